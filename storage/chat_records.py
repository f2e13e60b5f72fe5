"""What the repositories of people and channels return: rows as values."""

from datetime import datetime

import msgspec


class PostRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A message in a channel that is about no run, and where it stands on its platform.

    `body` is what it must show, `shown` marks what it does show (before it is there: which message
    of this post it is, "" for the first), `marked` is its reaction. It is
    looked at again at `due_at`, and was withdrawn at `gone_at`. `head` is the key of the post whose
    thread it is in, `topic` what it is about, `source` whose news it is.
    """

    id: int
    key: str
    platform: str
    channel: str
    head: str
    topic: str
    source: str
    body: bytes
    revision: int
    thread: str
    message: str
    shown: str
    marked: str
    sent_at: datetime | None
    tries: int
    due_at: datetime | None
    error: str
    created_at: datetime
    gone_at: datetime | None
