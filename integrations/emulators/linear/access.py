"""Who may do what to an emulated Linear, what was done, and what goes wrong on demand."""

from dataclasses import dataclass

from integrations.emulators.linear.limits import Allowance
from integrations.emulators.linear.records import User


@dataclass(frozen=True, slots=True)
class Write:
    """A mutation that changed the world, by the schema's name, and what it changed."""

    mutation: str
    id: str


@dataclass(slots=True)
class Fault:
    """What goes wrong for the next `times` operations whose text contains `match`."""

    status: int
    times: int
    match: str
    code: str
    message: str
    retry_after: int | None
    late: bool
    after: int = 0


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token opens: whose it is, whether it may write, and what it may use."""

    user: User
    writes: bool
    requests: Allowance
    complexity: Allowance


@dataclass(frozen=True, slots=True)
class App:
    """An OAuth app: what it proves itself by, and whom it acts as."""

    secret: str
    user: User
