"""A report as Discord messages: a coloured box each, pictures and files where they belong."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias, assert_never

from bot.discord.markdown import bold, chunks, code, escape, fenced, line, mentioned, page, weigh
from bot.discord.tables import table_text
from bot.document import markdown
from bot.wording import ELLIPSIS, MARKS, clean, file_name, fit, pieces, slug
from flows.report import (
    Attachment,
    Block,
    Bullets,
    Facts,
    Figure,
    Line,
    Person,
    Report,
    Snippet,
    Table,
    Text,
    Tone,
    people_of,
)

Json: TypeAlias = dict[str, Any]

COMPONENTS_V2 = 1 << 15
ROW, BUTTON, SELECT, TEXT, MEDIA, FILE, CONTAINER = 1, 2, 3, 10, 12, 13, 17

MESSAGES = 6
DISPLAYED = 4_000
SIZE = 3_200  # of these: the rest is for what was left out
COMPONENTS = 40
PARTS = 30  # of these
PINGS = 100
FILES = 10
LARGEST_FILE = 10 * 1024 * 1024
LARGEST_MESSAGE = 24 * 1024 * 1024  # of 25 MiB for the whole request
ALT = 1_024
TITLE = 200
SUMMARY = 1_500
LABEL = 100
ITEM = 1_000
LIST = 1_500
SNIPPET = 1_000  # characters, of which one may count for two
COMMANDS, COMMAND = 3, 100

COLOURS: dict[Tone, int] = {
    "neutral": 0x5865F2,
    "good": 0x2E9E5B,
    "warn": 0xD9A514,
    "bad": 0xD83C3E,
}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that goes along with a message; `alt` says what a picture shows."""

    name: str
    content: bytes
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One message: what its box holds, its colour, and the files that it refers to.

    `known` are the people and teams that it may ping: those whom a report names, and no others.
    """

    parts: tuple[Json, ...]
    colour: int
    files: tuple[Upload, ...] = ()
    known: tuple[Person, ...] = ()

    @property
    def body(self) -> Json:
        """The message as Discord takes it; it pings whom it mentions, of those who are known."""
        box = {"type": CONTAINER, "accent_color": self.colour, "components": list(self.parts)}
        return {
            "flags": COMPONENTS_V2,
            "components": [box],
            "allowed_mentions": self._allowed,
            "attachments": [
                {"id": str(number), "filename": file.name, "description": fit(file.alt, ALT)}
                for number, file in enumerate(self.files)
            ],
        }

    @property
    def _allowed(self) -> Json:
        """Return whom a message may ping: what looks like a mention pings nobody by itself."""
        if not self.known:
            return {"parse": []}
        users, roles = mentioned("".join(str(part.get("content", "")) for part in self.parts))
        users &= {each.id for each in self.known if not each.is_team}
        roles &= {each.id for each in self.known if each.is_team}
        allowed = {"users": sorted(users)[:PINGS], "roles": sorted(roles)[:PINGS]}
        return {"parse": [], **{name: ids for name, ids in allowed.items() if ids}}


def text_part(text: str) -> Json:
    """Return a paragraph."""
    return {"type": TEXT, "content": text or ELLIPSIS}


@dataclass(slots=True)
class _Pages:
    """Fills messages one after the other, each within Discord's limits."""

    colour: int
    done: list[Message] = field(default_factory=list)
    parts: list[Json] = field(default_factory=list)
    files: list[Upload] = field(default_factory=list)
    names: Counter[str] = field(default_factory=Counter)
    size: int = 0

    def add(self, text: str) -> None:
        weight = weigh(text)
        if self.parts and (self.size + weight > SIZE or len(self.parts) >= PARTS):
            self.turn()
        self.parts.append(text_part(text))
        self.size += weight

    def attach(self, upload: Upload, *, picture: bool) -> None:
        """Show a picture or a file; names are unique within the report."""
        held = sum(len(file.content) for file in self.files) + len(upload.content)
        is_full = len(self.files) == FILES or held > LARGEST_MESSAGE or len(self.parts) >= PARTS
        if self.parts and is_full:
            self.turn()
        self.names[upload.name] += 1
        number = self.names[upload.name]
        stem, dot, ending = upload.name.rpartition(".")
        name = f"{stem}-{number}{dot}{ending}" if number > 1 else upload.name
        media = {"url": f"attachment://{name}"}
        item = {"media": media, **({"description": fit(upload.alt, ALT)} if upload.alt else {})}
        shown = {"type": MEDIA, "items": [item]} if picture else {"type": FILE, "file": media}
        self.parts.append(shown)
        self.files.append(replace(upload, name=name))

    def turn(self) -> None:
        """Finish the message at hand."""
        if self.parts:
            self.done.append(Message(tuple(self.parts), self.colour, tuple(self.files)))
        self.parts, self.files, self.size = [], [], 0


def report_messages(report: Report, url: str) -> list[Message]:
    """Return a report as at least one message; `url` is the run's page, "" if there is none.

    What is more than a few full messages is in a file that goes along, and on that page.
    """
    pages = _Pages(COLOURS[report.tone])
    for head in _head(report):
        pages.add(head)
    for block in report.blocks:
        _place(pages, block, url)
    if any(map(clean, report.next)):
        pages.add(_next(report.next))
    if not pages.parts and not pages.done:
        pages.add(ELLIPSIS)
    pages.turn()
    known = tuple(each for each in people_of(report) if each.id)
    done = [replace(each, known=known) for each in pages.done]
    kept = done[:MESSAGES]  # as many as somebody would read in a thread
    return kept if len(kept) == len(done) else _shortened(kept, report, url)


def _shortened(kept: list[Message], report: Report, url: str) -> list[Message]:
    """Return what is kept, ending with where the rest is and with the whole as a file."""
    *first, last = kept
    whole = markdown(report).encode()
    said = f"{ELLIPSIS} the rest is on the {page(url)}." if url else ""
    if len(whole) > LARGEST_FILE:
        end = text_part(said or f"{ELLIPSIS} the rest does not fit here.")
        return [*first, replace(last, parts=(*last.parts, end))]
    file = Upload(f"{slug(report.title)}-whole.md", whole)
    shown = {"type": FILE, "file": {"url": f"attachment://{file.name}"}}
    also = f" and on the {page(url)}" if url else ""
    said = f"{ELLIPSIS} the rest is in this file{also}."
    if len(last.files) == FILES:
        return [*kept, Message((text_part(said), shown), last.colour, (file,))]
    parts, files = (*last.parts, text_part(said), shown), (*last.files, file)
    return [*first, replace(last, parts=parts, files=files)]


def _head(report: Report) -> Iterator[str]:
    mark = MARKS[report.tone]
    title = escape(fit(" ".join(clean(report.title).split()), TITLE))
    if title:
        yield f"### {mark}{title}"
        mark = ""
    for number, piece in enumerate(chunks((report.summary,), SUMMARY)):
        yield piece if number else f"{mark}{piece}"


def _place(pages: _Pages, block: Block, url: str) -> None:
    match block:
        case Text() | Facts() | Bullets() | Snippet():
            for part in _written(block):
                pages.add(part)
        case Table():
            _table(pages, block, url)
        case Figure():
            _figure(pages, block, url)
        case Attachment(name, _, content):
            _attach(pages, Upload(file_name(name), content), url, picture=False)
        case _:
            assert_never(block)


def _written(block: Text | Facts | Bullets | Snippet) -> Iterator[str]:
    match block:
        case Text(parts):
            yield from chunks(parts)
        case Facts(rows, title):
            yield from _grouped([_fact(label, value) for label, value in rows], title)
        case Bullets(items, title):
            yield from _grouped([f"- {line(item, ITEM) or '—'}" for item in items], title)
        case Snippet(lines):
            yield from map(fenced, filter(str.strip, pieces(clean(lines), SNIPPET)))


def _figure(pages: _Pages, figure: Figure, url: str) -> None:
    if title := bold(fit(figure.title, TITLE)):
        pages.add(title)
    upload = Upload(f"{slug(figure.title)}.png", figure.png, clean(figure.alt))
    _attach(pages, upload, url, picture=True)


def _attach(pages: _Pages, upload: Upload, url: str, *, picture: bool) -> None:
    if len(upload.content) <= LARGEST_FILE:
        pages.attach(upload, picture=picture)
        return
    where = f": see the {page(url)}" if url else ""
    pages.add(f"{code(upload.name)} is too large for Discord{where}.")


def _fact(label: str, value: Line) -> str:
    name = bold(f"{fit(label, LABEL)}:")
    return f"{name} {line(value, ITEM) or '—'}"


def _grouped(lines: Sequence[str], title: str) -> Iterator[str]:
    """Yield lines in groups that fit into one message; the title heads the first."""
    group = [bold(fit(title, TITLE))] if clean(title).strip() else []
    size = sum(map(weigh, group))
    for each in lines:
        if group and size + weigh(each) > LIST:
            yield "\n".join(group)
            group, size = [], 0
        group.append(each)
        size += weigh(each) + 1
    if group:
        yield "\n".join(group)


def _table(pages: _Pages, table: Table, url: str) -> None:
    """Add a table with the rows that fit, and say how many there are."""
    shown = table_text(table)
    if not shown.text:
        return
    count = len(table.rows)
    left_out = [f"{shown.rows:,} more rows"] if shown.rows else []
    left_out += [f"{shown.columns} more columns"] if shown.columns else []
    title = bold(fit(table.title, TITLE))
    if left_out:
        where = f" on the {page(url)}" if url else ""
        first = f"the first {count - shown.rows:,} of {count:,}; {ELLIPSIS} "
        title += f"{' — ' if title else ''}{first}{' and '.join(left_out)}{where}"
    pages.add(f"{title}\n{shown.text}" if title else shown.text)


def _next(commands: Sequence[str]) -> str:
    shown = [code(f"/flow {fit(command, COMMAND)}") for command in commands[:COMMANDS]]
    return f"Next: {'  or  '.join(shown)}"
