"""The message of a day: in a channel that wants threads alone, it heads all that is new."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat import Posting
from bot.postings import posting_json
from storage import posts
from storage.chat_records import PostRecord

PREFIX = "day:"
TOPIC = "channel"


def is_head(row: PostRecord) -> bool:
    """Say whether a post is the message of a day."""
    return row.key.startswith(PREFIX)


async def move(connection: AsyncConnection, row: PostRecord, now: datetime, zone: str) -> None:
    """Put a post into the thread of its day, and count it there."""
    today = now.astimezone(ZoneInfo(zone))
    key = f"{PREFIX}{row.platform}:{row.channel}:{today:%Y-%m-%d}"
    await posts.move(connection, row, key, now)
    count = await posts.count_under(connection, key)
    await posts.put(
        connection,
        key=key,
        platform=row.platform,
        channel=row.channel,
        topic=TOPIC,
        body=posting_json(heading(today, count)),
        at=now,
    )


def heading(day: datetime, count: int) -> Posting:
    """Return what the message of a day says."""
    updates = "update" if count == 1 else "updates"
    return Posting((f"{day:%A} {day.day} {day:%B}: {count:,} {updates}",))
