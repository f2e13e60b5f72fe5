"""How an attempt to play a run ended."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeAlias

from flows.engine.errors import Cancelled, Later, LeaseLost, Outdated, Pause, Rehearsed
from flows.report import Report

Ending: TypeAlias = Literal[
    "done", "waiting", "later", "stopped", "failed", "cancelled", "changed", "lost"
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended; `line` says it in a sentence, `after` when to play again.

    `by` is who called it off. One that is "lost" says nothing: another worker has the run; one that
    is "changed" cannot be played on, since its flow is another by now.
    """

    ending: Ending
    line: str = ""
    report: Report | None = None
    after: timedelta = timedelta()
    by: str = ""


def paused(pause: Pause) -> Outcome:
    """Return what an attempt came to that ended though nothing went wrong."""
    match pause:
        case LeaseLost():
            return Outcome("lost")
        case Cancelled():
            return Outcome("cancelled", f"Cancelled by {pause.by}.", by=pause.by)
        case Later():
            return Outcome("later", pause.why, after=pause.after)
        case Outdated():
            return Outcome("changed", str(pause))
        case Rehearsed():
            return Outcome("done", "Dry run: nothing was changed.", pause.report)
        case _:
            return Outcome("waiting", f"Waiting for {pause}")
