"""Waiting runs are woken by what they listen to and by the clock, each time once, and alone."""

import asyncio
from datetime import datetime, timedelta
from itertools import chain

import pytest
from sqlalchemy import select

from storage import control, runs, waits
from storage.database import Database
from storage.records import Wake
from storage.tables import runs as table
from storage.tables import waits as rows
from tests.storage.rows import LATER, NOW, accepted, stored

SECOND = timedelta(seconds=1)


async def waiting(
    database: Database, run_id: str, *topics: str, due: datetime = LATER, state: str = "waiting"
) -> None:
    """Store a run that waits for these topics."""
    await accepted(database, id=run_id, state=state)
    await database.write(*waits.listening(run_id, topics, due))


def numbers(woken: list[Wake]) -> list[tuple[str, int]]:
    """Return what is told apart here: everybody is in one queue."""
    return [(each.run_id, each.number) for each in woken]


async def hear(database: Database, *topics: str) -> list[tuple[str, int]]:
    """Let something happen; return the wake-ups that it makes."""
    async with database.begin() as connection:
        return numbers(await waits.hear(connection, topics, NOW + SECOND))


async def hear_clock(database: Database, now: datetime) -> list[tuple[str, int]]:
    """Let it be this time; return the wake-ups that it makes."""
    async with database.begin() as connection:
        return numbers(await waits.hear_clock(connection, now))


async def listened(database: Database) -> list[tuple[str, str]]:
    """Return who listens to what."""
    async with database.read() as connection:
        query = select(rows.c.run_id, rows.c.topic).order_by(rows.c.run_id, rows.c.topic)
        return [(row.run_id, row.topic) for row in await connection.execute(query)]


async def test_whoever_listens_is_woken(database: Database) -> None:
    """They are queued from then on, and all others sleep."""
    await waiting(database, "a", "pull:1", "pull:2")
    await waiting(database, "b", "pull:2")
    await waiting(database, "c", "pull:3")
    async with database.read() as connection:
        assert await waits.listeners(connection, ["pull:2", "pull:0"]) == ["a", "b"]

    assert await hear(database, "pull:0") == []
    assert await hear(database, "pull:2", "pull:1") == [("a", 2), ("b", 2)]

    assert [(await stored(database, each)).state for each in "abc"] == [
        "queued",
        "queued",
        "waiting",
    ]
    assert await hear(database, "pull:2") == [("a", 3), ("b", 3)]


async def test_who_is_played_is_told_too(database: Database) -> None:
    """So that it does not rest on what it saw before."""
    await waiting(database, "a", "pull:1", state="running")

    assert await hear(database, "pull:1") == [("a", 2)]
    assert (await stored(database, "a")).state == "running"


async def test_waiting_anew_is_for_these_topics_alone(database: Database) -> None:
    """The last wait counts, and one that is over leaves nothing."""
    await waiting(database, "a", "pull:1", "pull:2")
    await database.write(*waits.listening("a", ("pull:2", "pull:3", waits.CLOCK), LATER))
    assert await listened(database) == [("a", "clock"), ("a", "pull:2"), ("a", "pull:3")]

    await database.write(waits.ending("a"))
    assert await listened(database) == []


async def test_the_clock_wakes_each_once(database: Database) -> None:
    """Not before its time, and not again until it waits anew."""
    await waiting(database, "a", due=NOW)
    await waiting(database, "b", due=LATER)

    assert await hear_clock(database, NOW - SECOND) == []
    assert await hear_clock(database, NOW) == [("a", 2)]
    assert await hear_clock(database, LATER) == [("b", 2)]
    assert await hear_clock(database, LATER + SECOND) == []
    assert (await stored(database, "a")).state == "queued"

    await database.write(*waits.listening("a", (), LATER))
    assert await hear_clock(database, LATER) == [("a", 3)]


async def test_of_ten_workers_at_once_one_wakes(database: Database) -> None:
    """However many look at the clock in the same moment."""
    for each in "abc":
        await waiting(database, each, due=NOW)

    woken = await asyncio.gather(*(hear_clock(database, LATER) for _ in range(10)))

    assert sorted(chain(*woken)) == [("a", 2), ("b", 2), ("c", 2)]


async def test_an_end_wakes_in_the_transaction_that_stores_it(database: Database) -> None:
    """Whoever waits for a run finds it ended; the number of its wake-up is there to be read."""
    await waiting(database, "a", "run:b")
    await accepted(database, id="b", state="running", parent="a")

    settled = runs.settle("b", "done", "All is well.", NOW)
    await database.write(settled, waits.hearing("run:b", NOW))

    assert (await stored(database, "a")).state == "queued"
    async with database.read() as connection:
        assert await runs.last_wake(connection, "a") == Wake("a", 2)
        woken = (await connection.execute(select(table.c.woken_at).where(table.c.id == "a"))).one()
    assert woken.woken_at == NOW


@pytest.mark.parametrize("state", ["done", "cancelled"])
async def test_who_has_ended_is_not_woken(database: Database, state: str) -> None:
    """Even where it has left something behind."""
    await waiting(database, "a", "pull:1", due=NOW, state=state)

    await database.write(waits.hearing("pull:1", NOW))
    assert await hear(database, "pull:1") == []
    assert await hear_clock(database, LATER) == []


async def test_a_run_that_is_cancelled_waits_for_nothing(database: Database) -> None:
    """One that is played still does, until it has stopped."""
    await waiting(database, "a", "pull:1")
    await waiting(database, "b", "pull:1", state="running")

    async with database.begin() as connection:
        assert await control.cancel(connection, "a", "ben", "", NOW) == "cancelled"
        assert await control.cancel(connection, "b", "ben", "", NOW) == "running"

    assert {run_id for run_id, _ in await listened(database)} == {"b"}


async def test_the_runs_that_a_run_has_started_are_found_with_theirs(database: Database) -> None:
    """The lowest first, and only those that have not ended."""
    await accepted(database, id="a")
    for run_id, parent, state in (
        ("b", "a", "waiting"),
        ("c", "b", "running"),
        ("d", "a", "done"),
        ("e", "a", "queued"),
    ):
        await accepted(database, id=run_id, parent=parent, state=state)

    async with database.read() as connection:
        found = [each.id for each in await control.started_by(connection, "a")]
        assert await control.started_by(connection, "") == []
    assert found == ["c", "b", "e"]
