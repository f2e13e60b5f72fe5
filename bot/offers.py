"""What can be done with a run as it stands: the buttons of its card and of its page; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.endings import CHANGED
from flows.engine.journal import UNDO, Recorded, applied
from storage.records import QuestionRecord, RunRecord

CANCEL_AND_UNDO = "cancel-undo"
VERBS = ("cancel", CANCEL_AND_UNDO, "retry", "rerun", "real", "undo")


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that can be done with one press; `warns` says what to think of before it."""

    verb: str
    label: str
    warns: str = ""


CANCEL = Offer("cancel", "Cancel", "It stops at its next step. What it has changed by then stays.")
REGRET = Offer(
    CANCEL_AND_UNDO,
    "Cancel and undo",
    "It stops at its next step. What it has changed by then is taken back, once that is approved.",
)
RETRY = Offer("retry", "Retry")
RERUN = Offer("rerun", "Run again")
ANEW = Offer("rerun", "Start again with the same inputs")
REAL = Offer("real", "Run for real")
TAKE_BACK = Offer(
    "undo", "Undo", "You get a plan of what is taken back; it needs a yes before anything happens."
)


def offered(
    run: RunRecord, steps: Sequence[Recorded], asked: Sequence[QuestionRecord], *, undone: bool
) -> tuple[Offer, ...]:
    """Return what makes sense now; `undone` says that it is taken back, or about to be."""
    final = {change.title for each in asked for change in each.question.plan if not change.undoable}
    regrets = not run.undoes and any(title not in final for title in applied(steps))
    if not run.ended:
        return () if run.stop_by else (CANCEL, REGRET) if regrets else (CANCEL,)
    found = []
    if run.dry_run and run.state == "done":
        found.append(REAL)
    anew = run.line.startswith(CHANGED)
    retries = run.state in ("failed", "stopped") and not undone and not anew
    if retries and _can_go_on(run, steps, asked):
        found.append(RETRY)
    if run.state != "done" and not run.undoes:
        found.append(ANEW if anew else RERUN)
    if regrets and not undone:
        found.append(TAKE_BACK)
    return tuple(found)


def _can_go_on(run: RunRecord, steps: Sequence[Recorded], asked: Sequence[QuestionRecord]) -> bool:
    """Say whether a second try could end otherwise: what is recorded would only be read again."""
    broken = any(each.state != "done" or each.title.startswith(UNDO) for each in steps)
    declined = any(
        each.question.plan and each.answer not in (None, each.question.choices[0]) for each in asked
    )
    return run.state == "failed" or broken or declined
