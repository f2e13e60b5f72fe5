"""A report as a Markdown file, for what is too long to be messages."""

import re
from collections.abc import Iterator
from typing import assert_never

from bot.wording import clean
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

SPECIAL = re.compile(r"([\\`*_\[\]<>#|~!])")
BACKTICKS = re.compile("`+")
UNSAFE_IN_URL = str.maketrans({"(": "%28", ")": "%29", "<": "%3C", ">": "%3E", " ": "%20"})


def markdown(report: Report) -> str:
    """Return the whole report; text from outside cannot format it."""
    lines = [f"# {_escape(report.title)}"] if report.title else []
    if report.summary:
        lines += ["", _escape(report.summary)]
    for block in report.blocks:
        lines += ["", *_block(block)]
    return "\n".join(lines).strip() + "\n"


def _escape(text: str) -> str:
    return SPECIAL.sub(r"\\\1", " ".join(clean(text).split("\n")))


def _inline(part: Inline) -> str:
    match part:
        case str():
            return _escape(part)
        case Link(label, url):
            return f"[{_escape(label)}](<{clean(url).translate(UNSAFE_IN_URL)}>)"
        case Code(code):
            return _code(code)
        case Person(login):
            return _escape(login)
        case Moment():
            return str(part)
        case Channel():
            return _escape(str(part))
        case _:
            assert_never(part)


def _code(text: str) -> str:
    """Return text between more backticks than it has in a row."""
    shown = " ".join(clean(text).split("\n")).replace("|", "\\|")
    fence = "`" * (1 + max(map(len, BACKTICKS.findall(shown)), default=0))
    gap = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{gap}{shown}{gap}{fence}"


def fenced(text: str) -> str:
    """Return lines of code between more backticks than they have in a row."""
    longest = max(map(len, BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


def _line(parts: Line) -> str:
    return "".join(map(_inline, parts))


def _titled(title: str) -> list[str]:
    return [f"## {_escape(title)}", ""] if title else []


def _block(block: Block) -> Iterator[str]:
    match block:
        case Text(parts):
            yield _line(parts)
        case Facts(rows, title):
            yield from _titled(title)
            yield from (f"- **{_escape(label)}**: {_line(value)}" for label, value in rows)
        case Bullets(items, title):
            yield from _titled(title)
            yield from (f"- {_line(item)}" for item in items)
        case Table(head, rows, title):
            yield from _titled(title)
            yield _row(head)
            yield _row(["---"] * len(head), raw=True)
            yield from map(_row, rows)
        case Snippet(lines):
            yield fenced(clean(lines))
        case Figure(title, alt, _):
            yield f"{_escape(title)}: {_escape(alt)}"
        case Attachment(name, _, _):
            yield f"Attached: {_escape(name)}"
        case _:
            assert_never(block)


def _row(cells: tuple[Inline, ...] | list[str], *, raw: bool = False) -> str:
    shown = cells if raw else [_inline(cell) for cell in cells]
    return "| " + " | ".join(map(str, shown)) + " |"
