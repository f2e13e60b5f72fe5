"""Text from anywhere as Slack elements that can neither ping, link, format nor hide."""

import json
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias, assert_never
from urllib.parse import urlsplit

from flows.report import Code, Inline, Line, Link, Person

Json: TypeAlias = dict[str, Any]

URL = 3_000
LINK = 300
GROUP = 6_000  # on the wire
BRIEF = 3_000  # on the wire
OVERHEAD = 50  # what an element takes on the wire besides its text
ELLIPSIS = "…"
HIDDEN = {"Cc", "Cf", "Cs"}  # control, format (bidi, zero-width) and halves of characters
KEPT = {"\n", "\t"}
SKIN_TONES = range(0x1F3FB, 0x1F400)
FLAGS = range(0x1F1E6, 0x1F200)


def clean(text: str) -> str:
    """Return `text` without characters that cannot be seen but change what is."""
    if text.isascii() and text.isprintable():
        return text
    lines = text.replace("\r\n", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return "".join(c for c in lines if c in KEPT or unicodedata.category(c) not in HIDDEN)


def escape(text: str) -> str:
    """Return clean text for the places that only take Slack's markup."""
    return clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def fit(text: str, limit: int) -> str:
    """Return clean text of at most `limit` characters, cut between words with an ellipsis."""
    text = clean(text)
    if len(text) <= limit:
        return text
    return text[: _cut(text, limit - len(ELLIPSIS))].rstrip() + ELLIPSIS


def pieces(text: str, limit: int) -> Iterator[str]:
    """Yield `text` in parts of at most `limit` characters, cut between words."""
    while len(text) > limit:
        end = _cut(text, limit)
        yield text[:end]
        text = text[end:]
    yield text


def _cut(text: str, limit: int) -> int:
    """Return where to cut: after a space near the end, never inside a visible character."""
    if text[limit].isspace():
        return limit
    space = max(text.rfind(" ", 0, limit), text.rfind("\n", 0, limit)) + 1
    if space > limit * 3 // 4:
        return space
    end = limit
    while end > 1 and _continues(text, end):
        end -= 1
    return end


def _continues(text: str, at: int) -> bool:
    """Say whether the character at `at` belongs to the one before it."""
    code = ord(text[at])
    if code in FLAGS:
        before = 0
        while before < at and ord(text[at - 1 - before]) in FLAGS:
            before += 1
        return before % 2 == 1
    return code in SKIN_TONES or unicodedata.category(text[at]).startswith("M")


def plain_text(text: str, limit: int) -> Json:
    """Return a text object in which nothing is markup, not even `:emoji:`."""
    return {"type": "plain_text", "text": fit(text, limit) or ELLIPSIS, "emoji": False}


def styled(text: str, *styles: str) -> Json:
    """Return a rich text element; it carries text as it is."""
    element: Json = {"type": "text", "text": clean(text)}
    return element | {"style": dict.fromkeys(styles, True)} if styles else element


def bold(text: str) -> Json:
    """Return a rich text element in bold."""
    return styled(text, "bold")


def inline(part: Inline) -> Json:
    """Return one part of a line as a rich text element."""
    match part:
        case str():
            return styled(part)
        case Link(label, url):
            return link(label, url)
        case Code(code):
            return styled(code, "code")
        case Person(login):
            return styled(login)
        case _:
            assert_never(part)


def link(label: str, url: str) -> Json:
    """Return a link, or only its label where the address is not one of the web."""
    url = clean(url)
    if not is_web_address(url):
        return styled(label)
    return {"type": "link", "url": url, "text": clean(label) or url}


def is_web_address(url: str) -> bool:
    """Say whether Slack can link to this."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc) and len(url) <= URL


def line(parts: Line) -> list[Json]:
    """Return a line as rich text elements; what is empty is left out."""
    return [element for element in map(inline, parts) if element.get("text")]


def words(parts: Line) -> str:
    """Return a line as plain text."""
    return "".join(inline(part).get("text", "") for part in parts)


def chunks(elements: Iterable[Json], limit: int = GROUP) -> Iterator[list[Json]]:
    """Yield elements in groups that fit into one block; long text is cut between words.

    `limit` is in characters on the wire, where one of text can take two.
    """
    group: list[Json] = []
    size = 0
    for element in elements:
        for part in _parts(element, limit):
            weight = weigh(part)
            if group and size + weight > limit:
                yield group
                group, size = [], 0
            group.append(part)
            size += weight
    if group:
        yield group


def _parts(element: Json, limit: int) -> Iterator[Json]:
    if element["type"] == "link":
        yield element | {"text": fit(element["text"], LINK)}
        return
    for text in pieces(element["text"], limit // 2 - OVERHEAD):
        yield element | {"text": text}


def short(parts: Line, limit: int = BRIEF) -> list[Json]:
    """Return as much of a line as fits, with an ellipsis if that is not all."""
    groups = list(chunks(line(parts), limit))
    if not groups:
        return []
    return [*groups[0], styled(ELLIPSIS)] if len(groups) > 1 else groups[0]


def weigh(block: Json) -> int:
    """Return how many characters something has on the wire, with the comma after it."""
    return len(json.dumps(block, ensure_ascii=False, separators=(",", ":"))) + 1


def section(elements: list[Json]) -> Json:
    """Return a rich text block of one paragraph."""
    return rich_text({"type": "rich_text_section", "elements": elements})


def listing(items: list[list[Json]], style: str, offset: int = 0) -> Json:
    """Return the list part of a rich text block; `offset` is how many items came before."""
    part: Json = {
        "type": "rich_text_list",
        "style": style,
        "elements": [{"type": "rich_text_section", "elements": item} for item in items],
    }
    return part | {"offset": offset} if offset else part


def rich_text(*parts: Json) -> Json:
    """Return a rich text block."""
    return {"type": "rich_text", "elements": list(parts)}
