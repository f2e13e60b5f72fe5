"""Discord's Markdown, read as its clients read it: what is shown, and what it does."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal[
    "text", "code", "link", "address", "mention", "emoji", "time", "mark", "block", "line"
]

INLINE = re.compile(
    r"""
    ```(?:[a-z0-9_+.-]+\n)?\n*(?P<block>.*?)\n*```
    | (?P<ticks>`+)(?P<code>.*?[^`])(?P=ticks)(?!`)
    | \\(?P<escaped>[^0-9A-Za-z\s])
    | \[(?P<label>(?:\\.|[^\]\\\n]|\[[^\]]*\])+)\]\(\s*<?(?P<url>https?://[^\s<>)]+)>?\s*\)
    | <t:(?P<time>-?\d+)(?::(?P<style>[tTdDfFR]))?>
    | (?P<mention><@!?\d+>|<@&\d+>|<\#\d+>|</[^:>]+:\d+>|@everyone|@here)
    | (?P<emoji><a?:\w+:\d+>|:[A-Za-z0-9_+-]+:)
    | <?(?P<address>https?://[^\s<>]*[^\s<>.,:;"')\]])>?
    | (?P<mark>\*{1,3}|_{1,2}|~~|\|\|)
    """,
    re.VERBOSE | re.DOTALL,
)
START = re.compile(r"[ ]*(?P<mark>\#{1,3}[ ]+|-\#[ ]+|>>>[ ]*|>[ ]+|[-*+][ ]+|\d+[.)][ ]+)")
STYLES = {"t": "%H:%M", "f": "%d %B %Y %H:%M", "d": "%d/%m/%Y", "D": "%d %B %Y"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text: what somebody sees, what it is, and where it leads."""

    kind: Kind
    text: str
    url: str = ""


def read(text: str) -> Iterator[Piece]:
    """Yield the parts of a text, in order."""
    at, fresh = 0, True
    while at < len(text):
        if fresh and (start := START.match(text, at)):
            yield Piece("line", start["mark"])
            at, fresh = start.end(), False
            continue
        found = INLINE.search(text, at)
        end = found.start() if found else len(text)
        newline = text.find("\n", at, end)
        if newline >= 0:
            yield Piece("text", text[at : newline + 1])
            at, fresh = newline + 1, True
            continue
        if end > at:
            yield Piece("text", text[at:end])
        if found:
            yield _piece(found)
            end = found.end()
        at, fresh = end, False


def _piece(found: re.Match[str]) -> Piece:  # noqa: PLR0911 - one per kind
    match found.lastgroup:
        case "block":
            return Piece("block", found["block"])
        case "code":
            return Piece("code", found["code"].strip() if "`" in found["code"] else found["code"])
        case "url":
            return Piece("link", shown(found["label"]), found["url"])
        case "time" | "style":
            moment = datetime.fromtimestamp(int(found["time"]), UTC)
            shape = STYLES.get(found["style"] or "f", STYLES["f"])
            return Piece("time", moment.strftime(shape))
        case "address":
            return Piece("address", found["address"], found["address"])
        case "mention" | "emoji" | "mark" as kind:
            return Piece(kind, found[kind])
        case _:
            return Piece("text", found["escaped"])


def shown(text: str) -> str:
    """Return a text as somebody sees it: its marks do their work and are gone."""
    return "".join(_shown(piece) for piece in read(text))


def plain(text: str) -> str:
    """Return a text as somebody reads it in a terminal: links with their addresses."""
    parts = []
    for piece in read(text):
        if piece.kind == "link":
            parts.append(f"{piece.text} ({piece.url})")
        elif piece.kind == "code":
            parts.append(f"`{piece.text}`")
        elif piece.kind == "line":
            parts.append("• " if piece.text.strip() in ("-", "*", "+") else _numbered(piece.text))
        else:
            parts.append(_shown(piece))
    return "".join(parts)


def _shown(piece: Piece) -> str:
    if piece.kind == "mark":
        return ""
    return _numbered(piece.text) if piece.kind == "line" else piece.text


def _numbered(mark: str) -> str:
    return mark if mark[0].isdigit() else ""
