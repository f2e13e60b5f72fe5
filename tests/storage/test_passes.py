"""A pass is used up by whoever shows it first, on both engines."""

import asyncio
from datetime import timedelta

from storage import passes
from storage.database import Database
from tests.storage.rows import NOW

SOON = NOW + timedelta(minutes=10)


async def spent(database: Database, pass_id: str) -> bool:
    """Show a pass; return whether it counted."""
    async with database.begin() as connection:
        return await passes.spend(connection, pass_id, SOON, NOW)


async def test_of_many_at_once_one_counts(database: Database) -> None:
    """And afterwards it is known to be used up."""
    async with database.read() as connection:
        assert not await passes.is_spent(connection, "p1")

    counted = await asyncio.gather(*(spent(database, "p1") for _ in range(8)))

    assert sorted(counted) == [False] * 7 + [True]
    assert await spent(database, "p2")
    async with database.read() as connection:
        assert await passes.is_spent(connection, "p1")


async def test_what_is_too_old_anyway_is_forgotten(database: Database) -> None:
    """The table stays as small as what is still good."""
    await spent(database, "p1")
    async with database.begin() as connection:
        later = SOON + timedelta(seconds=1)
        await passes.spend(connection, "p2", later, later)
    async with database.read() as connection:
        assert not await passes.is_spent(connection, "p1")
        assert await passes.is_spent(connection, "p2")
