"""What a flow may do in a chat: read the thread it came from, post there, take that back."""

from datetime import datetime
from typing import Protocol

import msgspec

from flows.report import Report


class Place(msgspec.Struct, frozen=True):
    """Where a run came from, or where something is posted: a channel, and a thread in it.

    `message` is what was typed to start the run, "" where the platform shows nothing of it.
    """

    platform: str
    channel: str
    thread: str = ""
    message: str = ""


def place_from(words: str) -> Place:
    """Return the channel that settings name as `slack:C024BE91L`."""
    platform, _, channel = words.partition(":")
    return Place(platform, channel)


class Said(msgspec.Struct, frozen=True):
    """One message of somebody else: who wrote it, what it says, when, and its address."""

    author: str
    text: str
    at: datetime
    link: str = ""


class Posted(msgspec.Struct, frozen=True):
    """Something that was handed over to be posted; `key` takes it back."""

    key: str
    place: Place


class Listens(Protocol):
    """Reads what people said."""

    async def thread(self, place: Place, link: str = "") -> list[Said]:
        """Return the messages of a thread, the oldest first, without the bot's own.

        `link` is the address of a message in the same channel, "" for the thread of the place
        itself. Raises Refused for any other channel: whoever asks may not be in that one.
        """
        ...


class Talks(Listens, Protocol):
    """Also posts, each thing once."""

    async def ensure_posted(self, place: Place, report: Report, key: str) -> Posted:
        """Post a report: its head in the channel, its blocks in the thread below.

        The same key is the same message, which gets this text.
        """
        ...

    async def delete_posted(self, key: str) -> None:
        """Take back what was posted under this key."""
        ...
