"""What somebody reads of their notices: one as it is, several together, and what came of them."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from bot.chat import Button
from bot.times import said
from flows.report import Block, Line, Report, Text, bullets, text
from storage.records import NoticeRecord, report_from

DONE = "✓ "
SNOOZES = (("Remind me in 1 h", "1h"), ("Tomorrow", "tomorrow"))


def letter(
    rows: Sequence[NoticeRecord], now: datetime, zone: str
) -> tuple[Report, tuple[Button, ...]]:
    """Return the message for these notices, and what can be pressed below it."""
    ordered = sorted(rows, key=lambda each: (each.manner.settled, -each.manner.weight, each.id))
    asking = [each for each in ordered if each.topic]
    if len(ordered) == 1:
        [row] = ordered
        report = report_from(row.body)
        if row.manner.settled:
            return _one_line(report), ()
        if row.is_held:
            report = msgspec.structs.replace(
                report, blocks=(*report.blocks, text(_held([row], now, zone)))
            )
        buttons = tuple(Button(each.label, each.action) for each in row.manner.buttons)
        return report, (*buttons, *_snoozes(asking))
    lines = [_line(each) for each in ordered]
    parts: list[Block] = [bullets(lines), *(each for row in ordered for each in _rest(row))]
    waiting = [each for each in ordered if not each.manner.settled]
    if not waiting:
        return Report("", f"{DONE}Nothing of this waits for you any more.", blocks=tuple(parts)), ()
    count = f"{len(ordered)} messages for you"
    return Report(count, _held(waiting, now, zone), blocks=tuple(parts)), _snoozes(asking)


def _held(rows: Sequence[NoticeRecord], now: datetime, zone: str) -> str:
    first = min(each.manner.made_at or now for each in rows)
    return f"Held since {said(first, now, zone)}, for your time: /flow me says how."


def _one_line(report: Report) -> Report:
    return Report("", f"{DONE}{report.summary}")


def _line(row: NoticeRecord) -> Line:
    """Return what a notice says, as one entry of a list."""
    report = report_from(row.body)
    if row.manner.settled:
        return (f"{DONE}{report.summary}",)
    first = ". ".join(each.rstrip(".") for each in (report.title, report.summary) if each)
    texts = [each.parts for each in report.blocks if isinstance(each, Text)]
    return (f"{first}. " if first else "", *(part for parts in texts for part in (*parts, " ")))


def _rest(row: NoticeRecord) -> list[Block]:
    """Return what does not go into a list."""
    if row.manner.settled:
        return []
    return [each for each in report_from(row.body).blocks if not isinstance(each, Text)]


def _snoozes(asking: Sequence[NoticeRecord]) -> tuple[Button, ...]:
    if not asking:
        return ()
    number = asking[0].id
    return tuple(Button(label, f"type:snooze {number} {until}") for label, until in SNOOZES)
