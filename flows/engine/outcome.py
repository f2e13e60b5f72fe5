"""How an attempt to play a run ended."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, TypeAlias

from flows.engine.effects import Effect
from flows.engine.errors import (
    Cancelled,
    FlowError,
    Later,
    LeaseLost,
    Outdated,
    Pause,
    Rehearsed,
)
from flows.report import Code, Report, bullets, text
from integrations.errors import OutsideError

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


def failure(
    failed: Effect[Any], taken_back: int, left: list[str], error: Exception, *, follows: bool
) -> FlowError | Exception:
    """Return what ends a run whose plan failed: it says what of the plan stays."""
    if not isinstance(error, FlowError | OutsideError):
        return error
    story = f"“{failed.title}” failed: {error}"
    if left:
        return FlowError(f"{story} These changes stay and need a hand: {'; '.join(left)}.")
    if taken_back:
        return FlowError(f"{story} What had been done before it was taken back.")
    if follows:
        return FlowError(f"{story} What the same plan had changed before it stays.")
    return FlowError(f"{story} Nothing was changed.")


def rehearsal(effects: tuple[Effect[Any], ...], show: Report | None) -> Report:
    """Return what a dry run shows in place of a question."""
    lines = [
        (each.title, "" if each.undo else " (final: cannot be taken back)") for each in effects
    ]
    plan = bullets(lines, "This would happen")
    shown = show or Report("The plan")
    note = text("Dry run: nothing was changed. Leave out ", Code("--dry-run"), " to go on.")
    return Report(shown.title, shown.summary, "neutral", (plan, *shown.blocks, note), shown.data)
