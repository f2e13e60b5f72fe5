"""Schedules are stored once, found when they are due, and moved on by one of many."""

import asyncio
from datetime import timedelta

import msgspec

from storage import schedules
from storage.database import Database
from storage.records import ScheduleRecord
from tests.storage.rows import ADA, LONG_AGO, NOW

HOUR = timedelta(hours=1)
SCHEDULE = ScheduleRecord(
    id="s1",
    text="daily 9:00 Europe/Berlin",
    command="dora acme/shop",
    flow="performance-analytics",
    project="acme/shop",
    owner=ADA,
    origin={"door": "schedule", "platform": "slack", "channel": "C1", "thread": "", "message": ""},
    catch_up="once",
    next_at=NOW,
    created_at=LONG_AGO,
)


async def add(database: Database, **given: object) -> ScheduleRecord:
    """Store a schedule that differs from the one above in some columns."""
    record = msgspec.structs.replace(SCHEDULE, **given)
    async with database.begin() as connection:
        assert await schedules.add(connection, record)
    return record


async def stored(database: Database, schedule_id: str = "s1") -> ScheduleRecord | None:
    """Return a schedule as the database has it."""
    async with database.read() as connection:
        return await schedules.get(connection, schedule_id)


async def advance(database: Database, seen: ScheduleRecord) -> bool:
    """Move a schedule on by an hour."""
    async with database.begin() as connection:
        return await schedules.advance(connection, seen, seen.next_at + HOUR, NOW)


async def test_a_schedule_comes_back_as_it_was_stored(database: Database) -> None:
    """To the microsecond; a repeated delivery changes nothing."""
    record = await add(database)

    async with database.begin() as connection:
        assert not await schedules.add(connection, msgspec.structs.replace(record, text="other"))

    assert await stored(database) == record
    assert await stored(database, "nobody") is None


async def test_what_is_due_is_found_with_the_longest_overdue_first(database: Database) -> None:
    """What is paused, or comes later, is not."""
    await add(database, id="now")
    await add(database, id="late", next_at=NOW - HOUR)
    await add(database, id="paused", paused=True)
    await add(database, id="later", next_at=NOW + timedelta(microseconds=1))

    async with database.read() as connection:
        assert [each.id for each in await schedules.due(connection, NOW)] == ["late", "now"]
        assert [each.id for each in await schedules.due(connection, NOW, limit=1)] == ["late"]
        assert await schedules.soonest(connection) == NOW - HOUR


async def test_nothing_is_due_where_nothing_is_scheduled(database: Database) -> None:
    """Or where all of it is paused."""
    await add(database, paused=True)

    async with database.read() as connection:
        assert await schedules.due(connection, NOW) == []
        assert await schedules.soonest(connection) is None


async def test_of_10_who_saw_it_due_one_moves_it_on(database: Database) -> None:
    """The others see that they were late."""
    seen = await add(database)

    moved = await asyncio.gather(*(advance(database, seen) for _ in range(10)))

    assert moved.count(True) == 1
    after = await stored(database)
    assert after is not None
    assert (after.next_at, after.last_at) == (NOW + HOUR, NOW)


async def test_what_was_paused_or_removed_meanwhile_is_not_moved_on(database: Database) -> None:
    """A person's word counts at once."""
    paused, removed = await add(database), await add(database, id="s2")
    async with database.begin() as connection:
        await schedules.pause(connection, "s1", "trouble")
        await schedules.remove(connection, "s2")

    assert not await advance(database, paused)
    assert not await advance(database, removed)
    assert await stored(database, "s2") is None


async def test_a_schedule_that_goes_on_forgets_its_trouble(database: Database) -> None:
    """And is due at its next time."""
    await add(database)
    async with database.begin() as connection:
        await schedules.pause(connection, "s1", "No such flow")
        await schedules.resume(connection, "s1", NOW + HOUR)

    after = await stored(database)
    assert after is not None
    assert (after.paused, after.trouble, after.next_at) == (False, "", NOW + HOUR)


async def test_pages_hold_every_schedule_once(database: Database) -> None:
    """By id, whatever the size of the page."""
    for number in range(7):
        await add(database, id=f"s{number}")

    async with database.read() as connection:
        first = await schedules.page(connection, limit=4)
        second = await schedules.page(connection, limit=4, after=first[-1].id)
    assert [each.id for each in first + second] == [f"s{number}" for number in range(7)]


async def test_health_counts_what_is_late_and_what_stopped(database: Database) -> None:
    """A pause that a person asked for is neither."""
    await add(database, id="well", next_at=NOW)
    await add(database, id="late", next_at=NOW - HOUR)
    await add(database, id="paused", paused=True, next_at=NOW - HOUR)
    await add(database, id="stopped", paused=True, trouble="No such flow")

    async with database.read() as connection:
        assert await schedules.health(connection, NOW - timedelta(minutes=1)) == (2, 1, 1)


async def test_schedules_are_found_by_the_platform_of_their_owners(database: Database) -> None:
    """Those of people on another one are not among them."""
    await add(database)
    await add(database, id="s2", owner={"platform": "event", "id": "github", "name": "GitHub"})
    async with database.read() as connection:
        assert await schedules.of_owner(connection, "event") == {"s2"}
        assert await schedules.of_owner(connection, ADA["platform"]) == {"s1"}
        assert await schedules.of_owner(connection, "nowhere") == set()
