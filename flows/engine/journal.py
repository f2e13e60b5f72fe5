"""What a run remembers, as the engine sees it; storage keeps it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol, TypeAlias

from flows.engine.access import Role
from flows.report import Report
from integrations.meter import Meter

Kind: TypeAlias = Literal["step", "effect", "undo", "wait", "tell"]
EntryState: TypeAlias = Literal["running", "retrying", "done", "failed"]
CHANGES: frozenset[Kind] = frozenset({"effect", "undo"})
UNDO = "Undo: "  # before the title of an effect: the entry of taking it back
TELL = "Tell: "  # before the title of a report: the entry of saying it


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

    After `within`, the last of the choices counts as the answer: the safe one. `who` is the role
    that may answer, where it is another than the flow's; `form` names the model of a form, whose
    answer is the JSON of its values.
    """

    key: str
    text: str
    choices: tuple[str, ...]
    plan: tuple[Change, ...] = ()
    show: Report | None = None
    within: timedelta | None = None
    who: Role | None = None
    form: str = ""

    @property
    def otherwise(self) -> str:
        """What happens where nobody answers in time, for the end of a sentence."""
        if self.plan:
            return "it counts as declined"
        return f"then the answer is {self.choices[-1]}" if self.choices else "then the run stops"


@dataclass(frozen=True, slots=True)
class Answer:
    """What people said: `by` names them, and is empty where the deadline decided.

    A plan with `lifted` may be applied in a freeze.
    """

    choice: str
    by: str
    at: datetime
    lifted: bool = False


def end_of(run_id: str) -> str:
    """Return the topic on which the end of a run is told."""
    return f"run:{run_id}"


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
        """Record an entry; "running" never overwrites an end.

        The thread of the run is told what a "tell" says, in the same breath.
        """
        ...

    async def ask(self, question: Question) -> None:
        """Store a question, once."""
        ...

    async def wait(self, entry: Entry, topics: tuple[str, ...], due: datetime | None) -> None:
        """Record a wait: the run is played again when a topic is heard, and when it is `due`."""
        ...
