"""What a run says that something from outside has ended: a person, a loss, a change of the flow."""

from collections.abc import Iterable

from flows.engine.journal import Recorded, applied
from flows.engine.outcome import Outcome
from flows.report import Report

CHANGED = "The flow changed while this run waited, so it is not played on."
LOSSES = 5  # more than these in a row without finishing anything, and the run is set aside


def finished(entries: Iterable[Recorded]) -> int:
    """Count what has come to its end: a run that gets on has more of it each time."""
    return sum(each.state in ("done", "failed") for each in entries)


def cancelled(by: str, entries: Iterable[Recorded]) -> Outcome:
    """Return the end of a run that somebody called off; what was changed by then stays."""
    left = applied(entries)
    if not left:
        return Outcome("cancelled", f"Cancelled by {by}; nothing was changed.")
    return Outcome("cancelled", f"Cancelled by {by}. These changes stay: {'; '.join(left)}.")


def changed(flow: str, entries: Iterable[Recorded]) -> Outcome:
    """Return the end of a run that waited while its flow became another one."""
    left = applied(entries)
    stays = f"These changes stay: {'; '.join(left)}." if left else "Nothing was changed."
    why = f"{CHANGED} {stays} `rerun` starts it again with the same inputs."
    return Outcome("stopped", why, Report(f"{flow} stopped", why, "warn"))


def set_aside(flow: str, losses: int) -> Outcome:
    """Return the end of a run that costs its worker each time it is played."""
    why = (
        f"Set aside: {losses} times in a row the process that played it was lost, "
        "and nothing more was finished. `retry` plays it again from there."
    )
    return Outcome("failed", why, Report(f"{flow} failed", why, "bad"))


def unplayable(flow: str, why: str) -> Outcome:
    """Return the end of a run that the flows of today cannot play."""
    return Outcome("stopped", why, Report(f"{flow} stopped", why, "warn"))
