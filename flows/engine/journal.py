"""What a run remembers, as the engine sees it; storage keeps it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from flows.report import Report
from integrations.meter import Meter

Kind: TypeAlias = Literal["step", "effect", "undo"]
EntryState: TypeAlias = Literal["running", "retrying", "done", "failed"]


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
    """Something only a person can settle; `key` is the plan's fingerprint or the question."""

    key: str
    text: str
    choices: tuple[str, ...]
    plan: tuple[Change, ...] = ()
    show: Report | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    choice: str
    by: str
    at: datetime


class Journal(Protocol):
    """The memory of one run; every call returns when the row is committed."""

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
