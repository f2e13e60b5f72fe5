"""Text from anywhere as GitHub Markdown that can neither ping, link, refer, format nor hide.

GitHub looks for `@people`, `#12`, `GH-12`, addresses, emoji and formulas in what is left after its
Markdown, so a backslash keeps none of them from it: a word that may be one is shown as code.
"""

import re
from collections.abc import Iterable, Iterator
from typing import assert_never

from bot.document import fenced
from bot.wording import ELLIPSIS, clean, fit, is_web_address
from flows.report import Channel, Code, Inline, Line, Link, Moment, Person

FENCE = "```"
LABEL, CODE, ADDRESS = 200, 400, 1_000

SPECIAL = re.compile(r"([\\`*_\[\]<>|~!&])")
SPOKEN_TO = re.compile(
    r"[@#$]|//|:\w[\w+-]*:|https?:|mailto:|www|\bgh-|\b[0-9a-f]{7,40}\b", re.IGNORECASE
)
WORDS = re.compile(r"(\s+)")
LINE_START = re.compile(r"^([+=:-]|\d+(?=[.)]))")
BACKTICKS = re.compile("`+")
UNSAFE = re.compile(r"[\s()<>\\`\"'*_~|\[\]]")
THREAD = re.compile(
    r"https?://[^/]+/([\w.-]+/[\w.-]+)/(?:pull|issues|discussions)/(\d+)(?:[/?#].*)?"
)

__all__ = ["FENCE", "bold", "code", "escape", "fenced", "held", "inline", "line", "link"]


def escape(text: str) -> str:
    """Return clean text as one line in which nothing is markup."""
    flat = " ".join(clean(text).split("\n"))
    return "".join(map(_word, WORDS.split(flat)))


def _word(word: str) -> str:
    if SPOKEN_TO.search(word):
        return code(word)
    return SPECIAL.sub(r"\\\1", word)


def held(text: str) -> str:
    """Return escaped text that starts a line, without being a list or a rule for that."""
    return LINE_START.sub(_held, text.lstrip())


def _held(start: re.Match[str]) -> str:
    return f"{start[1]}\\" if start[1].isdigit() else f"\\{start[1]}"


def bold(text: str) -> str:
    """Return text in bold, or nothing."""
    shown = escape(" ".join(clean(text).split()))
    return f"**{shown}**" if shown else ""


def code(text: str) -> str:
    """Return text to the letter, between more backticks than it has in a row."""
    shown = " ".join(fit(text, CODE).split("\n"))
    if not shown.strip():
        return ""
    fence = "`" * (1 + max(map(len, BACKTICKS.findall(shown)), default=0))
    gap = " " if "`" in (shown[0], shown[-1]) else ""
    return f"{fence}{gap}{shown}{gap}{fence}"


def link(label: str, url: str) -> str:
    """Return a link; an issue or pull request is named instead, since it would note a link to it.

    Where it leads nowhere, only its label is left.
    """
    url = clean(url)
    named = escape(fit(" ".join(clean(label).split()) or url, LABEL))
    if thread := THREAD.fullmatch(url):
        name, number = f"{thread[1]}#{thread[2]}", f"#{thread[2]}"
        return named if label and number in label else f"{named} ({code(name)})"
    safe = UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", url)
    if not is_web_address(url) or len(safe) > ADDRESS:
        return named
    return f"[{named}](<{safe}>)"


def inline(part: Inline) -> str:
    """Return one part of a line."""
    match part:
        case str():
            return escape(part)
        case Link(label, url):
            return link(label, url)
        case Code(words):
            return code(words)
        case Person(login):
            return escape(fit(login, LABEL))
        case Moment():
            return code(str(part))  # beside other digits it would be the hash of a commit
        case Channel():
            return code(str(part))  # #7 would be an issue
        case _:
            assert_never(part)


def line(parts: Line, limit: int) -> str:
    """Return as much of a line as fits into so many characters; an ellipsis stands for the rest."""
    shown, size = "", limit - len(ELLIPSIS)
    for piece in _pieces(parts, size):
        if len(shown) + len(piece) > size:
            return shown.rstrip() + ELLIPSIS
        # Backticks that touch would be read as one longer row of them.
        shown += f" {piece}" if shown.endswith("`") and piece.startswith("`") else piece
    return shown.strip()


def _pieces(parts: Iterable[Inline], limit: int) -> Iterator[str]:
    """Yield a line word by word, so that it is cut between words; a link is whole, or not there."""
    for part in parts:
        if isinstance(part, str):
            yield from map(_word, WORDS.split(" ".join(fit(part, limit).split("\n"))))
        else:
            yield inline(part)
