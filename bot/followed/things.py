"""A followed thing as it stands, ready to be shown; and the words that all kinds share."""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from bot.chat import Posting
from bot.subscriptions.filters import Facts
from flows.report import Inline, Line, Person

Said: TypeAlias = Mapping[str, Any]
"""What a delivery told of what somebody said or did, each once by its `id`."""

LONGEST_QUOTE = 300
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_MARKS = re.compile(r"\*\*|__|`|(?<!\S)#{1,6}(?=\s)")
NOTHING: Facts = MappingProxyType({})


class Reply(NamedTuple):
    """News below the card: whose news it is, what more is known of it, and what it says."""

    key: str
    features: tuple[str, ...]
    posting: Posting
    facts: Facts = NOTHING


class Seen(NamedTuple):
    """A thing as it stands: one of the `features` has to want it for its card to be there.

    Any of `keeps` lets a card stay that a reply has brought. `memory` is what the next look
    compares with; what has `ended` is not taken back any more.
    """

    features: tuple[str, ...]
    facts: Facts
    card: Posting
    memory: dict[str, Any]
    replies: tuple[Reply, ...] = ()
    keeps: tuple[str, ...] = ()
    ended: bool = False


def known(**values: str | Iterable[str]) -> Facts:
    """Return what is known of a thing; a field without a value is not there."""
    every = {
        name: (value,) if isinstance(value, str) else tuple(value) for name, value in values.items()
    }
    return {name: tuple(filter(None, some)) for name, some in every.items() if any(some)}


def merged(*every: Facts) -> Facts:
    """Return what is known of several things, or of one from several sides."""
    names = dict.fromkeys(name for facts in every for name in facts)
    return {
        name: tuple(dict.fromkeys(each for facts in every for each in facts.get(name, ())))
        for name in names
    }


def yes_no(claim: bool) -> tuple[str, ...]:
    """Return a claim as people type it in a filter."""
    return ("yes", "true") if claim else ("no", "false")


def people(logins: Iterable[str], last: str = "and") -> Line:
    """Return people in a row: `ada, bo and cy`."""
    names = list(logins)
    made: list[Inline] = []
    for number, name in enumerate(names):
        if number:
            made.append(f" {last} " if number == len(names) - 1 else ", ")
        made.append(Person(name))
    return tuple(made)


def dotted(*parts: Line) -> Line:
    """Return parts of one line with dots between them, without those that are empty."""
    made: list[Inline] = []
    for part in filter(None, parts):
        made += [" · ", *part] if made else part
    return tuple(made)


def unmarked(text: str) -> str:
    """Return text without the marks of Markdown, which a chat would show as they are."""
    return _MARKS.sub("", _LINK.sub(r"\1", text)).strip()


def excerpt(text: str) -> str:
    """Return the beginning of what somebody wrote, without what is quoted or hidden in it."""
    kept = [line for line in text.splitlines() if not line.startswith((">", "<!--"))]
    flat = " ".join(unmarked(" ".join(kept)).split())
    return f"{flat[:LONGEST_QUOTE].rstrip()}…" if len(flat) > LONGEST_QUOTE else flat


def labels(names: Iterable[str]) -> Line:
    """Return labels as part of a line."""
    told = ", ".join(names)
    return (told,) if told else ()
