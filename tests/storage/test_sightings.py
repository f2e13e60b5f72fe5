"""Hints, claims and what was said, on both engines."""

import asyncio
from datetime import UTC, datetime, timedelta

from storage import sightings
from storage.database import Database
from storage.followed_records import SightingRecord

AT = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
SOON, UNTIL = AT + timedelta(seconds=1), AT + timedelta(minutes=1)
TOPIC = "github:pull:acme/api#7"


async def seen(database: Database) -> SightingRecord:
    """Return the thing as it is stored."""
    async with database.read() as connection:
        found = await sightings.get(connection, TOPIC)
    assert found is not None
    return found


async def hint(database: Database, *said: str, at: datetime = AT) -> None:
    """Say that the thing may have changed."""
    async with database.begin() as connection:
        due = at + timedelta(seconds=1)
        await sightings.hint(connection, TOPIC, at, due, [{"id": each} for each in said])


async def test_hints_of_a_moment_are_due_once(database: Database) -> None:
    """The first says when; what was said is kept, each once, in its order."""
    await hint(database, "a")
    await hint(database, "b", "a", at=AT + timedelta(seconds=5))
    await hint(database)
    found = await seen(database)
    assert (found.due_at, found.revision) == (SOON, 3)
    assert [each["id"] for each in found.said] == ["a", "b"]
    async with database.read() as connection:
        assert await sightings.due(connection, AT) == []
        assert await sightings.due(connection, SOON) == [found]
        assert await sightings.soonest(connection) == SOON


async def test_hints_at_the_same_time_lose_nothing(database: Database) -> None:
    """Each is written in a transaction of its own."""
    await asyncio.gather(*(hint(database, f"{number}") for number in range(8)))
    found = await seen(database)
    assert {each["id"] for each in found.said} == {f"{number}" for number in range(8)}
    assert found.revision == 8


async def test_a_look_is_claimed_by_one(database: Database) -> None:
    """It ends the claim, takes what it has heard, and leaves what came meanwhile."""
    await hint(database, "a")
    found = await seen(database)
    async with database.begin() as connection:
        assert await sightings.claim(connection, found, UNTIL)
    async with database.begin() as connection:
        assert not await sightings.claim(connection, found, UNTIL)
    await hint(database, "b", at=AT + timedelta(seconds=3))
    assert (await seen(database)).due_at == UNTIL
    async with database.begin() as connection:
        assert await sightings.settle(connection, found, UNTIL, {"n": 1}, SOON)
    after = await seen(database)
    assert (after.state, after.tries, after.due_at) == ({"n": 1}, 0, SOON)
    assert [each["id"] for each in after.said] == ["b"]
    async with database.begin() as connection:
        assert await sightings.claim(connection, after, UNTIL)
        assert await sightings.settle(connection, after, UNTIL, {"n": 2}, SOON)
        assert not await sightings.settle(connection, after, UNTIL, {"n": 3}, SOON)
    last = await seen(database)
    assert (last.state, last.due_at, last.said) == ({"n": 2}, None, [])


async def test_a_look_can_be_put_off(database: Database) -> None:
    """By whoever has the claim."""
    await hint(database)
    found = await seen(database)
    async with database.begin() as connection:
        await sightings.claim(connection, found, UNTIL)
        await sightings.postpone(connection, found, SOON, AT)  # not its claim
        await sightings.postpone(connection, found, UNTIL, UNTIL + timedelta(minutes=1))
    after = await seen(database)
    assert (after.due_at, after.tries) == (UNTIL + timedelta(minutes=1), 1)


async def test_a_start_lets_go_of_every_look(database: Database) -> None:
    """What was claimed is due; a hint that waits for others still waits."""
    await hint(database)
    async with database.begin() as connection:
        await sightings.drop_claims(connection, AT)
    found = await seen(database)
    assert found.due_at == SOON
    async with database.begin() as connection:
        await sightings.claim(connection, found, UNTIL)
        await sightings.drop_claims(connection, AT)
    assert (await seen(database)).due_at == AT


async def test_what_is_only_kept_is_held_while_it_changes(database: Database) -> None:
    """Two that count up at once come to two."""

    async def counted() -> None:
        async with database.begin() as connection:
            found = await sightings.held(connection, TOPIC, AT)
            count = found.state.get("n", 0) + 1
            await sightings.keep(connection, TOPIC, {"n": count}, AT)

    await asyncio.gather(counted(), counted())
    found = await seen(database)
    assert (found.state, found.due_at) == ({"n": 2}, None)
    async with database.begin() as connection:
        await sightings.forget(connection, AT)
        assert await sightings.get(connection, TOPIC) is not None
        await sightings.forget(connection, SOON)
        assert await sightings.get(connection, TOPIC) is None
