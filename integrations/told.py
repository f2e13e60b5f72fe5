"""What a webhook of any service says: never more than a hint to look."""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

LONGEST_TOPIC = 240


class Told(NamedTuple):
    """What happened (`opened`), in which repository, and the topics that runs wait for.

    Each part is empty where the body does not say it, or where nobody here could use it.
    """

    action: str = ""
    repo: str = ""
    topics: tuple[str, ...] = ()


def is_topic(text: str) -> bool:
    """Say whether somebody can wait for this: no database keeps what is longer, or has a NUL."""
    return len(text) <= LONGEST_TOPIC and "\0" not in text


def topics(source: str, things: Iterable[str]) -> tuple[str, ...]:
    """Return the topics of things in a service, each once, without what is none."""
    every = (f"{source}:{each}" for each in things)
    return tuple(dict.fromkeys(filter(is_topic, every)))


def word(raw: msgspec.Raw) -> str:
    """Return a piece of JSON that is a text; "" where it is missing or anything else."""
    try:
        return msgspec.json.decode(raw, type=str)
    except ValueError:
        return ""
