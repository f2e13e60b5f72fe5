"""What channels follow, on both engines."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from storage import posts, subscriptions
from storage.database import Database
from storage.followed_records import SubscriptionRecord

AT = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
ONE = SubscriptionRecord(
    id="s1",
    platform="slack",
    channel="C1",
    pattern="acme/*",
    settings={"features": {"prs": "branch:main"}},
    owner={"platform": "slack", "id": "U1", "name": "ada"},
    created_at=AT,
)
TWO = replace(ONE, id="s2", pattern="acme/api")
OTHER = replace(ONE, id="s3", channel="C2")


async def test_they_belong_to_channels(database: Database) -> None:
    """In the order of their patterns; those that have ended are kept, and not listed."""
    async with database.begin() as connection:
        for each in (TWO, ONE, OTHER):
            await subscriptions.save(connection, each)
        assert await subscriptions.of_channel(connection, "slack", "C1") == [ONE, TWO]
        assert await subscriptions.every(connection) == [ONE, TWO, OTHER]
        ended = replace(TWO, ended_at=AT)
        await subscriptions.save(connection, ended)
        assert await subscriptions.every(connection) == [ONE, OTHER]
        assert await subscriptions.get(connection, "s2") == ended
        assert await subscriptions.get(connection, "s9") is None


async def test_what_they_sent_and_what_troubles_them(database: Database) -> None:
    """Each is noted for some of them."""
    async with database.begin() as connection:
        for each in (ONE, TWO):
            await subscriptions.save(connection, each)
        later = AT + timedelta(hours=1)
        await subscriptions.counted(connection, ["s1"], later)
        await subscriptions.trouble(connection, ["s2"], "It is hidden.")
        one, two = await subscriptions.every(connection)
        assert (one.matched, one.last_at, one.trouble) == (1, later, "")
        assert (two.matched, two.last_at, two.trouble) == (0, None, "It is hidden.")


async def test_whose_newest_message_was_not_taken(database: Database) -> None:
    """What was sent since, or waits for its turn, is no trouble."""
    async with database.begin() as connection:
        for number, source in enumerate(("s1", "s2", "s1")):
            await posts.put(
                connection,
                key=f"k{number}",
                platform="slack",
                channel="C1",
                body=b"{}",
                source=source,
                at=AT,
            )
        for key, error in (("k0", "This channel is archived."), ("k1", "This bot was removed.")):
            row = await posts.get(connection, key)
            assert row is not None
            await posts.settle(connection, replace(row, error=error), AT, done=True)
        refused = await subscriptions.refused(connection, ["s1", "s2"])
        assert refused == {"s2": "This bot was removed."}
        assert await subscriptions.refused(connection, ["s1"]) == {}
        since = await subscriptions.sent_since(connection, ["s1", "s2", "s9"], AT)
        assert since == {"s1": 2, "s2": 1}
        assert await subscriptions.sent_since(connection, ["s1"], AT + timedelta(hours=1)) == {}


async def test_pages_lose_and_repeat_nothing(database: Database) -> None:
    """By channel, then pattern; one that ends meanwhile still tells where the next page begins."""
    async with database.begin() as connection:
        for number in range(5):
            same = replace(ONE, id=f"s{number}", channel=f"C{number // 2}")
            await subscriptions.save(connection, same)
        first = await subscriptions.page(connection, limit=2)
        await subscriptions.save(connection, replace(first[-1], ended_at=AT))
        rest = await subscriptions.page(connection, limit=9, after=first[-1].id)
        assert [each.id for each in first + rest] == ["s0", "s1", "s2", "s3", "s4"]
        assert await subscriptions.page(connection, after="s4") == []
        assert await subscriptions.page(connection, after="nothing") == []
