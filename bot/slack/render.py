"""A report as Slack messages: text first, one table a message, pictures where they belong."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import assert_never

from bot.document import markdown
from bot.slack.inline import (
    WHOLE,
    Json,
    bold,
    chunks,
    escape,
    inline,
    line,
    link,
    listing,
    plain_text,
    preformatted,
    rich_text,
    section,
    short,
    styled,
    weigh,
    words,
)
from bot.wording import ELLIPSIS, MARKS, clean, file_name, fit, pieces, slug
from flows.report import (
    Attachment,
    Block,
    Bullets,
    Facts,
    Figure,
    Inline,
    Line,
    Person,
    Report,
    Snippet,
    Table,
    Text,
)

MESSAGES = 6
FULL_MESSAGES = 3
BLOCKS = 50
SIZE = 12_000
HEADER = 150
FALLBACK = 300
TITLE = 200
LABEL = 100
CELL = 300
SHORT_CELL = 60
ROW = 3_500
TABLE_ROWS = 100
TABLE_CELLS = 20
LIST_ITEMS = 40
LIST = 3_000
FILES = 10
ALT = 1_000
RESERVE = 1_500  # room in every message for what comes next and what was left out
SNIPPET = 2_500  # characters
CLOSING = 600  # of what is said below a table, in its message
COMMANDS = 3
COMMAND = 100

NUMBER = re.compile(r"[+\u2212-]?\d[\d.,:\u202f]{0,20}\s?(%|\u00d7|[a-zµ]{1,5}|€|\$)?")
NOTHING = {"—", "-", ""}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that goes along with a message; `alt` says what a picture shows."""

    name: str
    title: str
    content: bytes
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One message: `text` is for notifications, `blocks` for readers, `files` follow it."""

    text: str
    blocks: list[Json]
    files: tuple[Upload, ...] = ()


@dataclass(slots=True)
class _Pages:
    """Fills messages one after the other, each within Slack's limits."""

    title: str
    done: list[Message] = field(default_factory=list)
    blocks: list[Json] = field(default_factory=list)
    files: list[Upload] = field(default_factory=list)
    names: Counter[str] = field(default_factory=Counter)
    size: int = 0

    def add(self, block: Json) -> None:
        weight = weigh(block)
        full = self.size + weight > SIZE - RESERVE or len(self.blocks) >= BLOCKS - 1
        if self.blocks and (full or self.files):
            self.turn()
        self.blocks.append(block)
        self.size += weight

    def attach(self, upload: Upload) -> None:
        """Let a file follow the message at hand; names are unique within the report."""
        self.names[upload.name] += 1
        number = self.names[upload.name]
        stem, dot, ending = upload.name.rpartition(".")
        name = f"{stem}-{number}{dot}{ending}" if number > 1 else upload.name
        file = replace(upload, name=name)
        if not self.blocks and self.done and len(self.done[-1].files) < FILES:
            self.done[-1] = replace(self.done[-1], files=(*self.done[-1].files, file))
            return
        if not self.blocks or len(self.files) == FILES:
            self.add(section([bold(fit(upload.title, TITLE) or ELLIPSIS)]))
        self.files.append(file)

    def add_to_last(self, block: Json) -> None:
        """Add a closing line where it makes no message of its own, if there is room."""
        last = self.done[-1] if self.done else None
        if last is None or len(last.blocks) >= BLOCKS - 1:
            self.add(block)
            self.turn()
        else:
            self.done[-1] = replace(last, blocks=[*last.blocks, block])

    def turn(self) -> None:
        """Finish the message at hand; a table always ends one, because Slack shows it last."""
        if self.blocks:
            self.done.append(Message(self.title, self.blocks, tuple(self.files)))
        self.blocks, self.files, self.size = [], [], 0


def report_messages(report: Report, url: str) -> list[Message]:
    """Return a report as at least one message; `url` is the run's page, "" if there is none.

    What is more than three full messages is in a file that goes along, and on that page.
    """
    pages = _Pages(_fallback(report))
    for head in _head(report):
        pages.add(head)
    body, closing = _parted(report.blocks)
    for block in body:
        _place(pages, block, url)
    pages.turn()
    for part in (part for each in closing for part in _written(each)):
        pages.add_to_last(part)
    if any(map(clean, report.next)):
        pages.add_to_last(_next(report.next))
    if not pages.done:
        pages.add_to_last(section([styled(ELLIPSIS)]))
    kept = _readable(pages.done)
    return pages.done if len(kept) == len(pages.done) else _shortened(kept, pages.done, report, url)


def _parted(blocks: Sequence[Block]) -> tuple[Sequence[Block], Sequence[Text]]:
    """Return blocks, and the short texts that end them after a table: they stand with that."""
    count = next((n for n, each in enumerate(reversed(blocks)) if not isinstance(each, Text)), 0)
    body = blocks[: len(blocks) - count]
    closing = [each for each in blocks[len(body) :] if isinstance(each, Text)]
    length = sum(len(words(each.parts)) for each in closing)
    last = body[-1] if body else None
    if isinstance(last, Table) and last.head and length <= CLOSING:
        return body, closing
    return blocks, ()


def _readable(messages: list[Message]) -> list[Message]:
    """Return as many messages as somebody would read in a thread."""
    weights = accumulate(sum(map(weigh, message.blocks)) for message in messages)
    fitting = sum(weight <= FULL_MESSAGES * SIZE for weight in weights)
    return messages[: min(fitting, MESSAGES)]


def _shortened(
    kept: list[Message], messages: list[Message], report: Report, url: str
) -> list[Message]:
    """Return what is kept, ending with where the rest is and with the pictures of the rest."""
    *first, last = kept
    pictures = [file for message in messages[len(first) :] for file in message.files]
    if url:
        whole = Upload(f"{slug(report.title)}.md", "The whole report", markdown(report).encode())
        pictures.insert(0, whole)
    end = replace(last, blocks=[*last.blocks, _rest(url)], files=tuple(pictures[:FILES]))
    return [*first, end]


def files_elsewhere(count: int, url: str) -> Message:
    """Return the message that stands where files cannot be shared."""
    files = "1 file is" if count == 1 else f"{count} files are"
    said = f"{files} not shown here: I have to be in the channel for that (/invite @Flowbot)."
    return Message(
        said, [section([styled(f"{said} See the "), link("run's page", url), styled(".")])]
    )


def _rest(url: str) -> Json:
    if not url:
        return section([styled(f"{ELLIPSIS} the rest does not fit here.", "italic")])
    said = styled(f"{ELLIPSIS} the rest is in the attached file and on the ")
    return section([said, link("run's page", url), styled(".")])


def _fallback(report: Report) -> str:
    said = ": ".join(part for part in (report.title, report.summary) if part)
    if not said:
        said = next((words(block.parts) for block in report.blocks if isinstance(block, Text)), "")
    return escape(fit(said, FALLBACK)) or ELLIPSIS


def _head(report: Report) -> Iterator[Json]:
    mark = MARKS[report.tone]
    if clean(report.title).strip():
        yield {"type": "header", "text": plain_text(mark + report.title, HEADER)}
        mark = ""
    if clean(report.summary).strip():
        yield from map(section, chunks([styled(mark + report.summary)]))


def _place(pages: _Pages, block: Block, url: str) -> None:
    match block:
        case Text() | Facts() | Bullets() | Snippet():
            for part in _written(block):
                pages.add(part)
        case Table():
            _table(pages, block, url)
        case Figure(title, alt, png):
            pages.attach(Upload(f"{slug(title)}.png", fit(title, TITLE), png, fit(alt, ALT)))
        case Attachment(name, _, content):
            pages.attach(Upload(file_name(name), fit(name, TITLE), content))
        case _:
            assert_never(block)


def _written(block: Text | Facts | Bullets | Snippet) -> Iterator[Json]:
    match block:
        case Text(parts):
            yield from map(section, chunks(line(parts)))
        case Facts(rows, title):
            yield from map(section, chunks(_facts(rows, title)))
        case Bullets(items, title):
            yield from _bullets(items, title)
        case Snippet(lines):
            shown = filter(str.strip, pieces(clean(lines), SNIPPET))
            yield from (rich_text(preformatted(piece)) for piece in shown)


def _facts(rows: Sequence[tuple[str, Line]], title: str) -> list[Json]:
    elements = [bold(title)] if clean(title) else []
    for label, value in rows:
        if elements:
            elements.append(styled("\n"))
        elements += [bold(f"{fit(label, LABEL)}: "), *line(value)]
    return elements


def _bullets(items: Sequence[Line], title: str) -> Iterator[Json]:
    heads = [{"type": "rich_text_section", "elements": [bold(fit(title, TITLE))]}]
    parts = heads if clean(title) else []
    group: list[list[Json]] = []
    size = 0
    for item in items:
        shown = short(item) or [styled("—")]
        weight = sum(weigh(element) for element in shown)
        if group and (size + weight > LIST or len(group) == LIST_ITEMS):
            yield rich_text(*parts, listing(group, "bullet"))
            parts, group, size = [], [], 0
        group.append(shown)
        size += weight
    if group or parts:
        yield rich_text(*parts, *([listing(group, "bullet")] if group else []))


def _table(pages: _Pages, table: Table, url: str) -> None:
    """Add a table with the rows that fit, and say how many there are."""
    width = min(len(table.head), TABLE_CELLS)
    if not width:
        return
    head = [_raw(name, SHORT_CELL) for name in table.head[:width]]
    rows = [head]
    size = weigh({"type": "table", "rows": [head], "column_settings": _columns(table, width)})
    for row in table.rows[: TABLE_ROWS - 1]:
        cells = _row(row[:width])
        weight = sum(map(weigh, cells)) + len("[],")
        if size + weight > SIZE - 2 * RESERVE:
            break
        rows.append(cells)
        size += weight
    title = _table_title(table, len(rows) - 1, width, url)
    if pages.size + size + sum(map(weigh, title)) > SIZE - RESERVE or pages.files:
        pages.turn()
    for block in title:
        pages.add(block)
    pages.add({"type": "table", "rows": rows, "column_settings": _columns(table, width)})
    pages.turn()


def _table_title(table: Table, shown: int, width: int, url: str) -> list[Json]:
    elements = [bold(fit(table.title, TITLE))] if clean(table.title) else []
    hidden = len(table.rows) - shown
    left_out = [f"{hidden:,} more rows"] if hidden else []
    if len(table.head) > width:
        left_out.append(f"{len(table.head) - width} more columns")
    if left_out:
        gap = " — " if elements else ""
        elements.append(styled(f"{gap}the first {shown:,} of {len(table.rows):,}; "))
        elements.append(styled(f"{ELLIPSIS} {' and '.join(left_out)}"))
        if url:
            elements += [styled(" on the "), link("run's page", url)]
    return [section(elements)] if elements else []


def _columns(table: Table, width: int) -> list[Json]:
    return [
        {"align": "right"} if _is_numeric(row[i] for row in table.rows) else {"is_wrapped": True}
        for i in range(width)
    ]


def _is_numeric(cells: Iterable[Inline]) -> bool:
    texts = [cell for cell in cells if not (isinstance(cell, str) and cell in NOTHING)]
    return bool(texts) and all(isinstance(t, str) and NUMBER.fullmatch(t) for t in texts)


def _row(cells: Sequence[Inline]) -> list[Json]:
    """Return a row; one that would take too much of the message is cut to short plain cells."""
    shown = [_cell(cell) for cell in cells]
    if sum(map(weigh, shown)) <= ROW:
        return shown
    return [_raw(words((cell,)), SHORT_CELL) for cell in cells]


def _cell(value: Inline) -> Json:
    element = inline(value)
    if element["type"] in WHOLE:
        return section([element])
    text = fit(element["text"], CELL).strip()
    if not text or isinstance(value, str | Person) or element.keys() == {"type", "text"}:
        return _raw(text, CELL)
    return section([element | {"text": text}])


def _raw(text: str, limit: int) -> Json:
    """Return a plain cell; Slack refuses empty ones."""
    return {"type": "raw_text", "text": fit(text, limit).strip() or "—"}


def _next(commands: Sequence[str]) -> Json:
    elements = [styled("Next: ")]
    for number, command in enumerate(commands[:COMMANDS]):
        if number:
            elements.append(styled("  or  "))
        elements.append(styled(f"/flow {fit(command, COMMAND)}", "code"))
    return section(elements)
