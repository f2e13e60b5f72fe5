"""What the repositories of subscriptions and sightings return: rows as values."""

from datetime import datetime
from typing import Any

import msgspec


class SubscriptionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel follows: it belongs to the channel, whoever made it.

    `settings` holds the features with their filters; `trouble` is why nothing comes of it just now;
    `matched` counts the messages that it sent.
    """

    id: str
    platform: str
    channel: str
    pattern: str
    settings: dict[str, Any]
    owner: dict[str, str]
    paused: bool = False
    trouble: str = ""
    matched: int = 0
    last_at: datetime | None = None
    ended_at: datetime | None = None
    created_at: datetime


class SightingRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A thing outside as it was last seen, and what was said about it since.

    It is looked at again at `due_at`; `revision` counts the hints that it has changed.
    """

    topic: str
    state: dict[str, Any]
    said: list[dict[str, Any]]
    revision: int
    tries: int
    due_at: datetime | None
    at: datetime
