"""What a flow says when it is done: a small, platform-neutral document.

The classes are msgspec structs: frozen, tagged with their kind, and stored as JSON as they are.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias, assert_never

import msgspec


class Link(msgspec.Struct, frozen=True, tag_field="kind", tag="link"):
    label: str
    url: str


class Code(msgspec.Struct, frozen=True, tag_field="kind", tag="code"):
    """Something to read or type to the letter: a tag, a path, a command."""

    code: str


class Person(msgspec.Struct, frozen=True, tag_field="kind", tag="person"):
    """Someone by their GitHub login, or a team as `acme/platform`.

    `id` is who that is on the platform that shows it, filled in right before that; without one the
    login is printed, and nobody is pinged.
    """

    login: str
    id: str = ""

    @property
    def is_team(self) -> bool:
        return "/" in self.login


class Moment(msgspec.Struct, frozen=True, tag_field="kind", tag="moment"):
    """An instant; chats and pages show it in the zone of whoever reads it."""

    at: datetime

    def __str__(self) -> str:
        return f"{self.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


class Channel(msgspec.Struct, frozen=True, tag_field="kind", tag="channel"):
    """A channel of Slack or Discord: the platform itself links it, elsewhere it has its name.

    One whose name is not known is called by its id, as people type it.
    """

    platform: str
    id: str
    name: str = ""

    def __str__(self) -> str:
        if not self.name:
            return f"{self.platform}:{self.id}"
        return f"#{self.name} on {self.platform.capitalize()}"


Inline: TypeAlias = str | Link | Code | Person | Moment | Channel
Line: TypeAlias = tuple[Inline, ...]


class Text(msgspec.Struct, frozen=True, tag_field="kind", tag="text"):
    parts: Line


class Facts(msgspec.Struct, frozen=True, tag_field="kind", tag="facts"):
    """Labelled values; each row is `(label, value)`."""

    rows: tuple[tuple[str, Line], ...]
    title: str = ""


class Bullets(msgspec.Struct, frozen=True, tag_field="kind", tag="bullets"):
    items: tuple[Line, ...]
    title: str = ""


class Table(msgspec.Struct, frozen=True, tag_field="kind", tag="table"):
    """Rows are as long as the head; numbers are written out by the flow, with their units."""

    head: tuple[str, ...]
    rows: tuple[tuple[Inline, ...], ...]
    title: str = ""


class Snippet(msgspec.Struct, frozen=True, tag_field="kind", tag="snippet"):
    """Lines as they are, in letters of one width: a command with a mark under a word, a log."""

    lines: str


class Figure(msgspec.Struct, frozen=True, tag_field="kind", tag="figure"):
    """A picture (PNG) with the sentence that says the same."""

    title: str
    alt: str
    png: bytes


class Attachment(msgspec.Struct, frozen=True, tag_field="kind", tag="attachment"):
    """A file that goes along: its name, media type and bytes."""

    name: str
    media: str
    content: bytes


Block: TypeAlias = Text | Facts | Bullets | Table | Snippet | Figure | Attachment
Tone: TypeAlias = Literal["neutral", "good", "warn", "bad"]


class Report(msgspec.Struct, frozen=True):
    """A title, one sentence that is the verdict, and blocks, the most important first.

    `data` keeps the numbers (JSON) for the baseline of the next run; `next` holds commands that
    are worth typing after this one, without the prefix (`"release acme/api"`). A `quiet` one says
    nothing new: a schedule that posts news alone keeps it to itself.
    """

    title: str
    summary: str = ""
    tone: Tone = "neutral"
    blocks: tuple[Block, ...] = ()
    data: dict[str, Any] = {}
    next: tuple[str, ...] = ()
    quiet: bool = False


def text(*parts: Inline) -> Text:
    """Return a paragraph of these parts."""
    return Text(parts)


def facts(title: str = "", /, **rows: Inline | Line) -> Facts:
    """Return labelled values; `lead_time="2 h"` becomes the row "Lead time"."""
    return Facts(tuple((_label(key), _line(value)) for key, value in rows.items()), title)


def bullets(items: Iterable[Inline | Line], title: str = "") -> Bullets:
    """Return a list with one entry per item."""
    return Bullets(tuple(_line(item) for item in items), title)


def table(head: Sequence[str], rows: Iterable[Sequence[Inline]], title: str = "") -> Table:
    """Return a table; every row is as long as its head."""
    body = tuple(tuple(row) for row in rows)
    if any(len(row) != len(head) for row in body):
        raise ValueError(f"Every row of {title or 'the table'!r} needs {len(head)} cells.")
    return Table(tuple(head), body, title)


def _label(key: str) -> str:
    words = key.replace("_", " ")
    return words[:1].upper() + words[1:]


def _line(value: Inline | Line) -> Line:
    return value if isinstance(value, tuple) else (value,)


def spoken(part: Inline) -> str:
    """Return what one part says, without its form."""
    match part:
        case str():
            return part
        case Link(label, url):
            return label or url
        case Code(code):
            return code
        case Person(login):
            return login
        case Moment() | Channel():
            return str(part)
    assert_never(part)


def people_of(report: Report) -> tuple[Person, ...]:
    """Return everybody whom a report names, in order, each once."""
    found: dict[Person, None] = {}

    def note(person: Person) -> Person:
        found[person] = None
        return person

    with_people(report, note)
    return tuple(found)


def with_people(report: Report, change: Callable[[Person], Inline]) -> Report:
    """Return a report with something else in place of each person."""
    blocks = tuple(_block_with(each, change) for each in report.blocks)
    return msgspec.structs.replace(report, blocks=blocks)


def line_with(line: Line, change: Callable[[Person], Inline]) -> Line:
    """Return a line with something else in place of each person."""
    return tuple(change(part) if isinstance(part, Person) else part for part in line)


def _block_with(block: Block, change: Callable[[Person], Inline]) -> Block:
    match block:
        case Text(parts):
            return Text(line_with(parts, change))
        case Facts(rows, title):
            return Facts(tuple((label, line_with(value, change)) for label, value in rows), title)
        case Bullets(items, title):
            return Bullets(tuple(line_with(item, change) for item in items), title)
        case Table(head, rows, title):
            return Table(head, tuple(line_with(row, change) for row in rows), title)
        case Snippet() | Figure() | Attachment():
            return block
    assert_never(block)
