"""Text from anywhere as Discord Markdown that can neither ping, link, format nor hide."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal, assert_never

from bot.wording import ELLIPSIS, clean, fit, is_web_address, pieces
from flows.report import Channel, Code, Inline, Line, Link, Moment, Person, spoken

CHUNK = 1_500
PIECE = 500  # of text from outside; escaped it can be twice as long
LABEL = 200
CODE = 400
ADDRESS = 500
FENCE = "```"
QUOTE = "\u02cb"  # what looks like a backtick

HERE = "discord"
ID = re.compile(r"[0-9]{1,30}")
MENTION = re.compile(r"(?<!\\)<(?:@([0-9]{1,30})|@&([0-9]{1,30}))>")
SPECIAL = re.compile(r"([\\*_~`|\[\]<>@]|:(?!\s))")
LINE_START = re.compile(r"(?m)^(\s*)(?:([#+>-])|(\d+)([.)]))")
BACKTICKS = re.compile("`+")
UNSAFE = re.compile(r"[\s()<>\\`\"'*_~|\[\]]")


def escape(text: str) -> str:
    """Return clean text in which nothing is markup."""
    marked = SPECIAL.sub(r"\\\1", clean(text))
    return LINE_START.sub(_held, marked)


def _held(start: re.Match[str]) -> str:
    blank, mark, number, point = start.groups()
    return f"{blank}\\{mark}" if mark else f"{blank}{number}\\{point}"


def bold(text: str) -> str:
    """Return text in bold, or nothing."""
    shown = escape(" ".join(clean(text).split()))
    return f"**{shown}**" if shown else ""


def code(text: str) -> str:
    """Return text to the letter; what cannot stand between backticks takes others' place."""
    shown = " ".join(fit(text, CODE).split("\n"))
    if not shown.strip():
        return ""
    if max(map(len, BACKTICKS.findall(shown)), default=0) > 1:
        shown = shown.replace("`", QUOTE)
    if "`" in shown:
        return f"`` {shown} ``"
    return f"`{shown}`"


def fenced(text: str) -> str:
    """Return clean lines to the letter; what would end them takes others' place."""
    return f"{FENCE}\n{text.replace('`', QUOTE)}\n{FENCE}"


def link(label: str, url: str) -> str:
    """Return a link without a preview, or only its label where it leads nowhere."""
    url = clean(url).strip()
    named = escape(fit(" ".join(clean(label).split()) or url, LABEL))
    safe = UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", url)
    if not is_web_address(url) or len(safe) > ADDRESS:
        return named
    return f"[{named}](<{safe}>)"


def page(url: str) -> str:
    """Return the link to a run's page."""
    return link("run's page", url)


def inline(part: Inline) -> str:
    """Return one part of a line."""
    match part:
        case str():
            return escape(part)
        case Link(label, url):
            return link(label, url)
        case Code(words):
            return code(words)
        case Person():
            return _person(part)
        case Moment(at):
            return moment(at, "f")
        case Channel(platform, number):
            is_here = platform == HERE and ID.fullmatch(number)
            return f"<#{number}>" if is_here else escape(fit(str(part), LABEL))
        case _:
            assert_never(part)


def _person(person: Person) -> str:
    """Return a mention where we know who it is here, or the login."""
    if not ID.fullmatch(person.id):
        return escape(fit(person.login, LABEL))
    return f"<@&{person.id}>" if person.is_team else f"<@{person.id}>"


def moment(at: datetime, style: Literal["t", "f"]) -> str:
    """Return a time that every reader sees in their own zone."""
    return f"<t:{int(at.timestamp())}:{style}>"


def mentioned(text: str) -> tuple[set[str], set[str]]:
    """Return the users and the roles that a text of ours mentions; escaped ones are none."""
    found = MENTION.findall(text)
    return {user for user, _ in found if user}, {role for _, role in found if role}


def plain(part: Inline) -> str:
    """Return what one part says, without its form, in one line."""
    return " ".join(clean(spoken(part)).split())


def weigh(text: str) -> int:
    """Return how long a text is for Discord, at the most: in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def chunks(parts: Line, limit: int = CHUNK) -> Iterator[str]:
    """Yield a line as texts of at most this weight; it is cut between words."""
    chunk = ""
    for each in _parts(parts, min(PIECE, limit // 2)):
        # Two runs of backticks side by side are one for Discord, and would let the rest out.
        part = f" {each}" if chunk.endswith("`") and each.startswith("`") else each
        if chunk and weigh(chunk) + weigh(part) > limit:
            yield chunk
            chunk = ""
        chunk += part
    if chunk.strip():
        yield chunk


def _parts(parts: Iterable[Inline], limit: int) -> Iterator[str]:
    for part in parts:
        if isinstance(part, str):
            yield from map(escape, pieces(clean(part), limit))
        else:
            yield inline(part)


def line(parts: Line, limit: int = CHUNK) -> str:
    """Return as much of a line as fits, without breaks; an ellipsis stands for the rest."""
    flat = tuple(" ".join(p.split("\n")) if isinstance(p, str) else p for p in parts)
    first = next(found := chunks(flat, limit - len(ELLIPSIS)), "")
    if weigh(first) > limit:  # not even its first part fits: its words have to do
        return escape(fit("".join(map(plain, parts)), limit // 4))
    return first + ELLIPSIS if next(found, None) else first
