"""A report as postings: its head for the channel, its blocks for the thread below; pure."""

from collections.abc import Iterator, Sequence
from typing import assert_never

from bot.chat import Posting
from flows.report import (
    Attachment,
    Block,
    Bullets,
    Code,
    Facts,
    Figure,
    Inline,
    Line,
    Report,
    Snippet,
    Table,
    Text,
)

MOST_LINES = 20  # of one message: more are another message


def head_of(report: Report) -> Posting:
    """Return what the channel reads: the title, and the sentence that is the verdict."""
    lines = ((report.summary,),) if report.summary else ()
    return Posting((report.title,), report.tone, lines)


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
