"""What changes the world, what goes wrong in it on demand, and how much may be asked of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from integrations.emulators.github.records import EPOCH

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Write:
    """A request that changed the world."""

    method: str
    path: str


@dataclass(slots=True)
class Fault:
    """What goes wrong for the next `times` requests whose path contains `match`."""

    status: int
    times: int
    match: str
    method: str
    retry_after: int | None
    message: str
    late: bool
    after: int = 0


@dataclass(slots=True)
class Quota:
    """The primary rate limit of one resource; it fills up again at `reset`."""

    limit: int = 5000
    used: int = 0
    reset: datetime = EPOCH
    window: timedelta = timedelta(hours=1)
