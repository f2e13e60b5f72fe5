"""Pairs of issues are kept by project, each issue in one of them."""

from datetime import UTC, datetime, timedelta

from flows.engine.pairs import Pair
from storage import pairs
from storage.database import Database

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FIRST = Pair(7, "i7", "ENG-7", {"title": "a"}, {"title": "b"}, ("bug",), {"1": "x"}, ("title:a:b",))


async def test_a_pair_is_as_it_was_last_kept(database: Database) -> None:
    """By number; a twin that moved has left its old pair."""
    moved = Pair(3, "i7", "OPS-1")
    async with database.begin() as connection:
        await pairs.save(connection, "acme/api", Pair(9, "i9", "ENG-9"))
        await pairs.save(connection, "acme/api", Pair(7, "i7", "ENG-7"))
        await pairs.save(connection, "acme/api", FIRST)
        await pairs.save(connection, "acme/shop", moved)
    async with database.read() as connection:
        found = await pairs.every(connection, "acme/api")
    assert [each.number for each in found] == [7, 9]
    assert found[0] == FIRST
    async with database.begin() as connection:
        await pairs.save(connection, "acme/api", moved)
        await pairs.forget(connection, "acme/api", 9)
        assert await pairs.every(connection, "acme/api") == [moved]
        assert await pairs.every(connection, "acme/shop") == [moved]


async def test_a_sync_begins_once(database: Database) -> None:
    """And is as new after it has ended."""
    async with database.begin() as connection:
        assert await pairs.begun(connection, "acme/api") is None
        await pairs.begin(connection, "acme/api", NOON)
        await pairs.begin(connection, "acme/api", NOON + timedelta(days=1))
        assert await pairs.begun(connection, "acme/api") == NOON
        await pairs.end(connection, "acme/api")
        assert await pairs.begun(connection, "acme/api") is None
