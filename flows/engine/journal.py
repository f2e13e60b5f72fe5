"""What a run remembers, as the engine sees it; storage keeps it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol, TypeAlias

from flows.report import Report
from integrations.meter import Meter

Kind: TypeAlias = Literal["step", "effect", "undo"]
EntryState: TypeAlias = Literal["running", "retrying", "done", "failed"]
UNDO = "Undo: "  # before the title of an effect: the entry of taking it back


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal: `output` is the JSON of the result, `seconds` what it took."""

    title: str
    kind: Kind
    position: int
    state: EntryState
    attempt: int = 1
    output: bytes = b""
    error: str = ""
    seconds: float = 0


@dataclass(frozen=True, slots=True)
class Change:
    """One effect of a plan, as it is shown."""

    title: str
    undoable: bool


@dataclass(frozen=True, slots=True)
class Question:
    """Something only a person can settle; `key` is the plan's fingerprint or the question.

    After `within`, the last of the choices counts as the answer: the safe one.
    """

    key: str
    text: str
    choices: tuple[str, ...]
    plan: tuple[Change, ...] = ()
    show: Report | None = None
    within: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What people said: `by` names them, and is empty where the deadline decided.

    A plan with `lifted` may be applied in a freeze.
    """

    choice: str
    by: str
    at: datetime
    lifted: bool = False


class Recorded(Protocol):
    """One line of a journal, however it was read."""

    @property
    def title(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def state(self) -> str: ...


def applied(entries: Iterable[Recorded]) -> list[str]:
    """Return the titles of the changes that were made and not taken back."""
    done = [each for each in entries if each.state == "done"]
    undone = {each.title.removeprefix(UNDO) for each in done if each.kind == "undo"}
    return [each.title for each in done if each.kind == "effect" and each.title not in undone]


class Journal(Protocol):
    """The memory of one run; every call returns when the row is committed.

    Writing raises LeaseLost where another worker has the run by now, and Cancelled where somebody
    asked for it to stop: what begins is not recorded then, what ended is.
    """

    def now(self) -> datetime:
        """Return the time, for the engine: a flow has `run.started`."""
        ...

    def entry(self, title: str) -> Entry | None:
        """Return what is recorded under this title."""
        ...

    def answer(self, key: str) -> Answer | None:
        """Return what a person said to this question."""
        ...

    async def write(self, entry: Entry, used: Meter | None = None) -> None:
        """Record an entry; "running" never overwrites an end."""
        ...

    async def ask(self, question: Question) -> None:
        """Store a question, once."""
        ...
