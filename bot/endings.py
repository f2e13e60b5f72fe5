"""What a run says that something from outside has ended: a person, a loss, a change of the flow."""

from collections.abc import Iterable
from datetime import timedelta

from flows.engine.journal import Recorded, applied
from flows.engine.outcome import Outcome
from flows.report import Report

CHANGED = "The bot was updated while this run waited, and its flow is a different one now."
LOOK_AGAIN = timedelta(seconds=1)
LOSSES = 5  # more than these in a row without finishing anything, and the run is set aside


def finished(entries: Iterable[Recorded]) -> int:
    """Count what has come to its end: a run that gets on has more of it each time."""
    return sum(each.state in ("done", "failed") for each in entries)


def cancelled(by: str, entries: Iterable[Recorded]) -> Outcome:
    """Return the end of a run that somebody called off, with what was changed by then."""
    left = applied(entries)
    if not left:
        return Outcome("cancelled", f"Cancelled by {by}; nothing was changed.")
    return Outcome("cancelled", f"Cancelled by {by}, after these changes: {'; '.join(left)}.")


def too_early(run_id: str) -> Outcome:
    """Return the pause of a run that takes another one back, which has not ended yet."""
    return Outcome("later", f"Begins when run {run_id} has ended", after=LOOK_AGAIN)


def changed(flow: str, entries: Iterable[Recorded]) -> Outcome:
    """Return the end of a run that waited while its flow became another one."""
    left = applied(entries)
    stays = f"These changes stay: {'; '.join(left)}." if left else "Nothing was changed."
    why = f"{CHANGED} {stays} Start it again with the same inputs."
    return Outcome("stopped", why, Report(f"{flow} stopped", why, "warn"))


def set_aside(flow: str, losses: int) -> Outcome:
    """Return the end of a run that costs its worker each time it is played."""
    why = (
        f"Set aside: {losses} times in a row the process that played it was lost, "
        "and nothing more was finished. Retry plays it again from there."
    )
    return Outcome("failed", why, Report(f"{flow} failed", why, "bad"))


def unplayable(flow: str, why: str) -> Outcome:
    """Return the end of a run that the flows of today cannot play."""
    return Outcome("stopped", why, Report(f"{flow} stopped", why, "warn"))
