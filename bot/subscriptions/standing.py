"""How subscriptions are just now: what is wrong with each, and what it has sent of late."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import subscriptions
from storage.followed_records import SubscriptionRecord

WEEK = timedelta(days=7)


async def with_troubles(
    connection: AsyncConnection, records: Sequence[SubscriptionRecord]
) -> list[SubscriptionRecord]:
    """Return subscriptions as they are: what a channel does not take is the worse trouble."""
    refusals = await subscriptions.refused(connection, [each.id for each in records])
    return [replace(each, trouble=refusals.get(each.id) or each.trouble) for each in records]


async def sent_in_a_week(
    connection: AsyncConnection, records: Sequence[SubscriptionRecord], now: datetime
) -> dict[str, int]:
    """Return how many messages each has sent within a week; one that sent none is left out."""
    return await subscriptions.sent_since(connection, [each.id for each in records], now - WEEK)
