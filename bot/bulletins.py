"""A report as postings: its head for the channel, its blocks for the thread below; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import assert_never

from bot.chat import Card, News, Posting
from flows.report import (
    Attachment,
    Block,
    Bullets,
    Code,
    Facts,
    Figure,
    Inline,
    Line,
    Link,
    Report,
    Snippet,
    Table,
    Text,
)
from storage.records import ToldRecord

MOST_LINES = 20  # of one message: more are another message
FEW_LINES = 6  # that are read at a glance
BY_ITSELF: Line = ("The project has this looked at by itself · ", Code("!flow why"))


def head_of(report: Report) -> Posting:
    """Return what the channel reads: the title, and the sentence that is the verdict."""
    lines = ((report.summary,),) if report.summary else ()
    return Posting((report.title,), report.tone, lines)


def news_of(told: ToldRecord) -> News:
    """Return what a run told as one line."""
    title, summary = told.report.title, told.report.summary
    return News((f"{title} — {summary}" if summary else title,), told.report.tone, told.at)


def in_one(report: Report) -> Posting | None:
    """Return a report that is read at a glance as one message; None where it is longer."""
    lines: list[Line] = []
    for block in report.blocks:
        if not isinstance(block, Text | Facts | Bullets):
            return None
        title, said = _said(block)
        lines += [*([(title,)] if title else []), *said]
    head = head_of(report)
    return replace(head, lines=(*head.lines, *lines)) if len(lines) <= FEW_LINES else None


def echo_of(card: Card, report: Report | None) -> Posting:
    """Return what other threads than its own read of a run: how it stands, or what came of it."""
    title = (Link(card.title, card.url),)
    ended = in_one(report) if report else None
    if ended and report:
        return Posting(title, report.tone, ended.lines, BY_ITSELF)
    latest = (card.latest.line,) if card.latest else ()
    asked: tuple[Line, ...] = ((card.question, " – answer on its page."),) if card.question else ()
    tone = report.tone if report else "neutral"
    return Posting(title, tone, ((card.line,), *latest, *asked), BY_ITSELF)


def details_of(report: Report) -> list[Posting]:
    """Return what the thread reads, a message for each block, or several for a long one."""
    return [posting for block in report.blocks for posting in _postings(block, report)]


def _postings(block: Block, report: Report) -> Iterator[Posting]:
    title, lines = _said(block)
    for start in range(0, len(lines), MOST_LINES):
        more = " (continued)" if start else ""
        part = tuple(lines[start : start + MOST_LINES])
        yield Posting((f"{title or report.title}{more}",), lines=part)


def _said(block: Block) -> tuple[str, Sequence[Line]]:  # noqa: PLR0911 - one for each kind
    match block:
        case Text():
            return "", [block.parts]
        case Facts():
            return block.title, [(f"{label}: ", *value) for label, value in block.rows]
        case Bullets():
            return block.title, [("• ", *item) for item in block.items]
        case Table():
            return block.title, [_row(block.head, row) for row in block.rows]
        case Snippet():
            return "", [(Code(line),) for line in block.lines.splitlines() if line.strip()]
        case Figure():
            return block.title, [(block.alt,)]
        case Attachment():
            return block.name, [("The file is on the page of the run.",)]
        case _:
            assert_never(block)


def _row(head: Sequence[str], row: Sequence[Inline]) -> Line:
    """Return a row as one line: its first cell, then the others by their names."""
    first, *others = row
    line: list[Inline] = ["• ", first]
    for name, cell in zip(head[1:], others, strict=True):
        if cell:
            line += [f" · {name}: ", cell]
    return tuple(line)
