"""What channels are told that is about no run: each row is a message, and what it must show.

A row stays for as long as its message does, so that the message can be edited; it is due while the
two may differ.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, case, delete, exists, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.chat_records import PostRecord
from storage.insert import insert
from storage.tables import Moment, posts

BROKEN = "broken"
"""The error of a row that breaks its sender: it is tried again, and holds up nobody."""

LATE = "sent late"
"""The error of a row whose sender lost its claim while it sent: people may see it twice by now."""

TURN = "waits for its turn"
"""The error of a row that would be faster than the platform allows: later ones stay behind it."""

ANEW = "posted anew"
"""The error of a row whose message somebody has deleted: it was sent once more, and only once."""


class Health(NamedTuple):
    """How many rows are overdue, since when, how many could not be sent, and why the last one."""

    waiting: int
    oldest: datetime | None
    failing: int
    why: str


_COLUMNS = [posts.c[name] for name in PostRecord.__struct_fields__]
_IN_ORDER = posts.c.id + 0  # else SQLite reads all rows in that order, to be spared the sorting
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_earlier = posts.alias("earlier")
_heading = posts.alias("heading")


async def put(  # noqa: PLR0913 - as many as a post has
    connection: AsyncConnection,
    *,
    key: str,
    platform: str,
    channel: str,
    body: bytes,
    topic: str = "",
    source: str = "",
    head: str = "",
    at: datetime,
    due_at: datetime | None = None,
) -> None:
    """Say what the message with this key must show from now on, and not before `due_at`."""
    due = due_at or at
    row = {
        "key": key,
        "platform": platform,
        "channel": channel,
        "head": head,
        "topic": topic,
        "source": source,
        "body": body,
        "revision": 1,
        "thread": "",
        "message": "",
        "shown": "",
        "marked": "",
        "tries": 0,
        "due_at": due,
        "error": "",
        "created_at": at,
    }
    statement = insert(connection.dialect.name, posts).values(row)
    news = {"body": body, "revision": posts.c.revision + 1, "due_at": _due(due), "gone_at": None}
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["key"],
            set_=news,
            where=or_(posts.c.body != statement.excluded.body, posts.c.gone_at.is_not(None)),
        )
    )


async def withdraw(connection: AsyncConnection, key: str, at: datetime) -> None:
    """Say that a message must go; one that nobody has begun to send is forgotten."""
    same = posts.c.key == key
    await connection.execute(delete(posts).where(same, posts.c.message == "", posts.c.tries == 0))
    await connection.execute(
        update(posts)
        .where(same, posts.c.gone_at.is_(None))
        .values(gone_at=at, revision=posts.c.revision + 1, due_at=_due(at))
    )


async def get(connection: AsyncConnection, key: str) -> PostRecord | None:
    """Return the post with this key."""
    found = await _found(connection, posts.c.key == key)
    return found[0] if found else None


async def of_topic(connection: AsyncConnection, topic: str) -> list[PostRecord]:
    """Return every post about something, the oldest first."""
    return await _found(connection, posts.c.topic == topic)


async def of_sources(
    connection: AsyncConnection, sources: Collection[str], since: datetime
) -> list[PostRecord]:
    """Return every post whose news these are, as of then, the oldest first."""
    return await _found(connection, posts.c.source.in_(sources), posts.c.created_at >= since)


async def under(connection: AsyncConnection, head: str) -> list[PostRecord]:
    """Return every post in the thread of another, the oldest first."""
    return await _found(connection, posts.c.head == head)


async def by_message(connection: AsyncConnection, channel: str, message: str) -> PostRecord | None:
    """Return the post that is this message, else one in the thread that this message heads."""
    if not message:
        return None
    for place in (posts.c.message, posts.c.thread):
        if found := await _found(connection, posts.c.channel == channel, place == message):
            return found[0]
    return None


async def due(
    connection: AsyncConnection, now: datetime, platforms: Collection[str], limit: int = 100
) -> list[PostRecord]:
    """Return what may be sent now on these platforms, the oldest first.

    A reply waits for its head. A new message that is being sent, or has to be tried again, holds
    up the newer ones of its channel; one that is not wanted before some later moment does not.
    """
    head_is_coming = exists().where(
        _heading.c.key == posts.c.head, _heading.c.message == "", _heading.c.due_at.is_not(None)
    )
    held_up = exists().where(
        _earlier.c.platform == posts.c.platform,
        _earlier.c.channel == posts.c.channel,
        _earlier.c.id < posts.c.id,
        _earlier.c.message == "",
        _earlier.c.error != BROKEN,
        or_(_earlier.c.tries > 0, _earlier.c.error == TURN),
        _earlier.c.due_at > now,
    )
    is_free = or_(posts.c.message != "", and_(~head_is_coming, ~held_up))
    here = posts.c.platform.in_(platforms)
    query = select(*_COLUMNS).where(posts.c.due_at <= now, here, is_free).order_by(_IN_ORDER)
    rows = await connection.execute(query.limit(limit))
    return [PostRecord(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name


async def claim(connection: AsyncConnection, row: PostRecord, until: datetime) -> bool:
    """Keep a row from other senders for a while, and count the try; False where one was faster."""
    claimed = await connection.execute(
        update(posts)
        .where(posts.c.id == row.id, posts.c.due_at == row.due_at)
        .values(due_at=until, tries=posts.c.tries + 1)
    )
    return claimed.rowcount == 1


async def renew(connection: AsyncConnection, row_id: int, held: datetime, until: datetime) -> bool:
    """Keep a row that is claimed until `held` for longer; False where the claim was lost."""
    renewed = await connection.execute(
        update(posts).where(posts.c.id == row_id, posts.c.due_at == held).values(due_at=until)
    )
    return renewed.rowcount == 1


async def drop_claims(connection: AsyncConnection, now: datetime) -> None:
    """Let go of every row: only for a start at which no other process can be sending."""
    held = (posts.c.due_at > now, posts.c.tries > 0)
    await connection.execute(update(posts).where(*held).values(due_at=now))


async def settle(
    connection: AsyncConnection, sent: PostRecord, again: datetime, *, done: bool = True
) -> None:
    """Store where a message is, and what it shows by now.

    It is due `again` then if it is not `done`, or has news since it was read.
    """
    values = {
        "thread": sent.thread,
        "message": sent.message,
        "shown": sent.shown,
        "marked": sent.marked,
        "sent_at": sent.sent_at,
        "error": sent.error,
    }
    due: ColumnElement[datetime] = literal(again, Moment)
    if done:
        due = case((posts.c.revision != sent.revision, due), else_=None)
    same = posts.c.id == sent.id
    await connection.execute(update(posts).where(same).values(**values, tries=0, due_at=due))


async def postpone(
    connection: AsyncConnection, row: PostRecord, until: datetime, error: str, *, tries: int
) -> None:
    """Send a row later, and remember why, and how many tries may have got through."""
    # What may be there twice, or was posted anew, stays so, whatever becomes of the next try.
    kept = case((posts.c.error.in_((LATE, ANEW)), posts.c.error), else_=error)
    values = {"due_at": until, "error": error if error == BROKEN else kept, "tries": tries}
    await connection.execute(update(posts).where(posts.c.id == row.id).values(values))


async def move(connection: AsyncConnection, row: PostRecord, head: str, due: datetime) -> None:
    """Put a post that was not sent yet into the thread of another."""
    values = {"head": head, "due_at": due, "tries": 0}
    await connection.execute(update(posts).where(posts.c.id == row.id).values(values))


async def doubt(connection: AsyncConnection, row: PostRecord, at: datetime) -> None:
    """Say that a row was sent by somebody who had lost it: the next sender has a look."""
    values = {
        "shown": case((posts.c.message == "", posts.c.shown), else_=""),
        "marked": "",
        "revision": posts.c.revision + 1,
        "due_at": func.coalesce(posts.c.due_at, literal(at, Moment)),
        "error": LATE,
    }
    await connection.execute(update(posts).where(posts.c.id == row.id).values(values))


async def drop(connection: AsyncConnection, row: PostRecord) -> bool:
    """Forget a post whose message is gone; False where it is wanted again since it was read."""
    same = (posts.c.id == row.id, posts.c.revision == row.revision)
    return (await connection.execute(delete(posts).where(*same))).rowcount == 1


async def health(connection: AsyncConnection, now: datetime) -> Health:
    """Return how the sending goes."""
    overdue = select(func.count(), func.min(posts.c.due_at)).where(posts.c.due_at <= now)
    waiting, oldest = (await connection.execute(overdue)).one()
    fine = ("", TURN, LATE, ANEW)
    is_due = posts.c.due_at > _EVER  # a range, so that it is looked up among what is due alone
    query = select(posts.c.error).where(is_due, posts.c.error.not_in(fine))
    errors = list((await connection.execute(query.order_by(_IN_ORDER))).scalars())
    return Health(waiting, oldest, len(errors), errors[-1] if errors else "")


async def count_under(connection: AsyncConnection, head: str) -> int:
    """Return how many posts are, or are coming, into the thread of another."""
    query = select(func.count()).where(posts.c.head == head, posts.c.gone_at.is_(None))
    return (await connection.execute(query)).scalar_one()


def _due(wanted: datetime) -> ColumnElement[datetime]:
    """Return when a row is due that is wanted then, but for one that somebody works on."""
    is_free = and_(posts.c.tries == 0, posts.c.error != TURN)
    moment = literal(wanted, Moment)
    return case((is_free, moment), else_=func.coalesce(posts.c.due_at, moment))


async def _found(connection: AsyncConnection, *wanted: ColumnElement[bool]) -> list[PostRecord]:
    query = select(*_COLUMNS).where(*wanted).order_by(posts.c.id)
    rows = await connection.execute(query)
    return [PostRecord(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name
