"""Subscriptions: which channel follows what; one that has ended stays, so that it can come back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.followed_records import SubscriptionRecord
from storage.insert import insert
from storage.tables import posts, subscriptions

_COLUMNS = [subscriptions.c[name] for name in SubscriptionRecord.__struct_fields__]
_LIVE = subscriptions.c.ended_at.is_(None)
_ORDER = tuple(subscriptions.c[name] for name in ("platform", "channel", "pattern", "id"))


async def save(connection: AsyncConnection, record: SubscriptionRecord) -> None:
    """Store a subscription as it is; one with the same id takes these values."""
    row = msgspec.structs.asdict(record)
    statement = insert(connection.dialect.name, subscriptions).values(row)
    await connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=row))


async def get(connection: AsyncConnection, subscription_id: str) -> SubscriptionRecord | None:
    """Return one subscription, also one that has ended."""
    found = await _found(connection, subscriptions.c.id == subscription_id)
    return found[0] if found else None


async def of_channel(
    connection: AsyncConnection, platform: str, channel: str
) -> list[SubscriptionRecord]:
    """Return what a channel follows, by pattern."""
    here = (subscriptions.c.platform == platform, subscriptions.c.channel == channel)
    return await _found(connection, _LIVE, *here)


async def every(connection: AsyncConnection) -> list[SubscriptionRecord]:
    """Return what all channels follow, by pattern."""
    return await _found(connection, _LIVE)


async def page(
    connection: AsyncConnection, *, limit: int = 50, after: str = ""
) -> list[SubscriptionRecord]:
    """Return what all channels follow, by channel; `after` is the id of the last one seen."""
    query = select(*_COLUMNS).where(_LIVE).order_by(*_ORDER).limit(limit)
    if after:
        last = await get(connection, after)
        if last is None:
            return []
        seen = (last.platform, last.channel, last.pattern, last.id)
        query = query.where(tuple_(*_ORDER) > tuple_(*seen))
    return [_record(row) for row in await connection.execute(query)]


async def counted(connection: AsyncConnection, ids: Sequence[str], at: datetime) -> None:
    """Note that these have sent a message each."""
    await connection.execute(
        update(subscriptions)
        .where(subscriptions.c.id.in_(ids))
        .values(matched=subscriptions.c.matched + 1, last_at=at)
    )


async def refused(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, str]:
    """Return which of these their channel has not taken the newest message of, and why."""
    newest = select(func.max(posts.c.id)).where(posts.c.source.in_(ids)).group_by(posts.c.source)
    query = select(posts.c.source, posts.c.error).where(
        posts.c.id.in_(newest.scalar_subquery()),
        posts.c.error != "",
        posts.c.sent_at.is_(None),
        posts.c.due_at.is_(None),
    )
    found = await connection.execute(query)
    return {row.source: row.error for row in found}


async def sent_since(
    connection: AsyncConnection, ids: Sequence[str], since: datetime
) -> dict[str, int]:
    """Return how many messages each has sent since then; one that sent none is left out."""
    query = (
        select(posts.c.source, func.count())
        .where(posts.c.source.in_(ids), posts.c.created_at >= since)
        .group_by(posts.c.source)
    )
    found = await connection.execute(query)
    return {row[0]: row[1] for row in found}


async def trouble(connection: AsyncConnection, ids: Sequence[str], why: str) -> None:
    """Say why nothing comes of these just now; "" where all is well again."""
    await connection.execute(
        update(subscriptions)
        .where(subscriptions.c.id.in_(ids), subscriptions.c.trouble != why)
        .values(trouble=why)
    )


async def _found(
    connection: AsyncConnection, *wanted: ColumnElement[bool]
) -> list[SubscriptionRecord]:
    query = select(*_COLUMNS).where(*wanted).order_by(*_ORDER)
    return [_record(row) for row in await connection.execute(query)]


def _record(row: Any) -> SubscriptionRecord:  # noqa: ANN401 - SQLAlchemy types rows by position
    return SubscriptionRecord(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
