"""What a webhook of any service says: never more than a hint to look."""

from typing import NamedTuple

import msgspec


class Told(NamedTuple):
    """What happened (`opened`), in which repository, and the topics that runs wait for.

    Each part is empty where the body does not say it, or where nobody here could use it.
    """

    action: str = ""
    repo: str = ""
    topics: tuple[str, ...] = ()


def word(raw: msgspec.Raw) -> str:
    """Return a piece of JSON that is a text; "" where it is missing or anything else."""
    try:
        return msgspec.json.decode(raw, type=str)
    except ValueError:
        return ""
