"""A report as plain text for a terminal."""

import unicodedata
from collections.abc import Sequence
from typing import assert_never

from bot.verbs import VERBS
from flows.report import (
    Attachment,
    Block,
    Bullets,
    Channel,
    Code,
    Facts,
    Figure,
    Inline,
    Line,
    Link,
    Moment,
    Person,
    Report,
    Snippet,
    Table,
    Text,
)

WIDEST_CELL = 60
MARKS = {"good": "✓ ", "warn": "! ", "bad": "✗ ", "neutral": ""}


def render(report: Report) -> str:
    """Return the whole report; nothing in it can move the cursor or colour the screen."""
    head = clean(f"{MARKS[report.tone]}{report.title}") if report.title else ""
    lead = "\n".join(filter(None, [head, clean(report.summary)]))
    follow = [f"Next: {_typed(clean(each))}" for each in report.next]
    return "\n\n".join(filter(None, [lead, *map(block, report.blocks), *follow]))


def _typed(command: str) -> str:
    """Return how a command is typed: a terminal runs flows, other verbs belong to a chat."""
    is_verb = command.partition(" ")[0] in VERBS
    return f"/flow {command} (in a chat)" if is_verb else f"python -m bot run {command}"


def block(given: Block) -> str:
    """Return one block as lines."""
    match given:
        case Text(parts):
            return line(parts)
        case Facts(rows, title):
            width = max((len(label) for label, _ in rows), default=0)
            return _titled(
                title, [f"{clean(label):{width}}  {line(value)}" for label, value in rows]
            )
        case Bullets(items, title):
            return _titled(title, [f"• {line(item)}" for item in items])
        case Table(head, rows, title):
            return _titled(title, table([head, *([inline(cell) for cell in row] for row in rows)]))
        case Snippet(lines):
            return "\n".join(map(clean, lines.splitlines()))
        case Figure() | Attachment():
            return _beside(given)
        case _:
            assert_never(given)


def inline(part: Inline) -> str:
    """Return one part; a link shows where it goes."""
    match part:
        case str():
            return clean(part)
        case Link(label, url):
            return clean(f"{label} ({url})")
        case Code(code):
            return clean(code)
        case Person(login):
            return clean(f"@{login}")
        case Moment():
            return str(part)
        case Channel():
            return clean(str(part))
        case _:
            assert_never(part)


def line(parts: Line) -> str:
    """Return parts in a row."""
    return "".join(map(inline, parts))


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows with their columns aligned, the first one underlined."""
    cells = [[_cut(clean(str(cell))) for cell in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        )
        for row in cells
    ]
    return [
        lines[0].rstrip(),
        "  ".join("─" * width for width in widths),
        *map(str.rstrip, lines[1:]),
    ]


def clean(text: str) -> str:
    """Return the text without control and direction characters."""
    return "".join(
        " " if char == "\n" else char
        for char in text
        if char == "\n" or unicodedata.category(char) not in ("Cc", "Cf")
    )


def _titled(title: str, lines: list[str]) -> str:
    return "\n".join([clean(title), *lines] if title else lines)


def _beside(given: Figure | Attachment) -> str:
    if isinstance(given, Figure):
        return f"[picture: {clean(given.title)}] {clean(given.alt)}"
    return f"[file: {clean(given.name)}, {len(given.content):,} bytes]"


def _cut(text: str) -> str:
    return text if len(text) <= WIDEST_CELL else f"{text[: WIDEST_CELL - 1]}…"


def _width(text: str) -> int:
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide
