"""What one row of the outbox tells: a plan, news or a report; and whether it is worth it."""

from datetime import datetime
from typing import NamedTuple

from flows.report import Report
from storage.records import OutboxRecord, QuestionRecord, RunRecord, StepRecord, ToldRecord


class Part(NamedTuple):
    """A plan, news or a report, the kind of message that it is, and the mark of this one time."""

    kind: str
    mark: str
    report: Report


def part_of(
    row: OutboxRecord,
    run: RunRecord,
    asked: list[QuestionRecord],
    said: list[ToldRecord],
    report: Report | None,
) -> Part | None:
    """Return what a row tells; a run that is played on asks, and ends, once more."""
    if row.kind == "report":
        return Part("report", _mark(run.finished_at), report) if report else None
    if row.kind == "told":
        named = row.key.removeprefix(f"told:{run.id}:")
        now = next((each for each in said if each.title == named), None)
        return Part(f"told:{now.position:x}", _mark(now.at), now.report) if now else None
    for each in asked:
        if row.key.endswith(each.question.key) and each.question.show:
            return Part(f"plan:{each.id:x}", _mark(each.asked_at), each.question.show)
    return None


def _mark(at: datetime | None) -> str:
    return f"{at:%Y%m%dT%H%M%S%f}" if at else ""


def tells(steps: list[StepRecord]) -> bool:
    """Say whether a run has told something before its end."""
    return any(each.kind == "tell" for each in steps)


def is_news(
    run: RunRecord, asked: list[QuestionRecord], said: list[ToldRecord], report: Report | None
) -> bool:
    """Say whether there is something to begin a thread with, where it is for news alone."""
    if run.origin.get("tells") != "news":
        return True
    if any(not each.report.quiet for each in said):
        return True
    if run.ended:
        return report is None or not report.quiet
    return any(each.answer is None for each in asked)
