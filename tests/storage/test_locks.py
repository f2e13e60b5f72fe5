"""A lock has one holder and a line; turns are counted; notices are kept until they are told."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from flows.report import Report
from storage import control, locks, notices, runs, turns
from storage.database import Database
from storage.fence import Lease
from storage.records import LockRecord, NoticeRecord
from storage.turns import Limit
from tests.storage.rows import ADA, BEN, LATER, LONG_AGO, NOW, accepted

NAME = "deploy:acme/api:production"
HOUR = timedelta(hours=1)
LIMIT = Limit("acme/api:release-management", "acme/api", "release-management", 1)


async def line(database: Database, name: str = NAME) -> list[LockRecord]:
    """Return the holder and the line."""
    async with database.read() as connection:
        return await locks.line(connection, name)


async def test_a_line_has_its_holder_first_and_thieves_before_others(database: Database) -> None:
    """Otherwise it is in the order of asking."""
    async with database.begin() as connection:
        await locks.alone(connection, [NAME, "another"])
        await locks.wish(connection, NAME, ADA, NOW, run_id="r1", lasts=HOUR)
        await locks.grant(connection, (await locks.line(connection, NAME))[0], NOW)
        await locks.wish(connection, NAME, BEN, NOW, reason="Later")
        await locks.wish(connection, NAME, ADA, NOW, run_id="r2")
        await locks.wish(connection, NAME, BEN, NOW, run_id="r3", ahead=locks.TAKES)
    held, *others = await line(database)

    assert (held.run_id, held.held_at, held.until) == ("r1", NOW, NOW + HOUR)
    assert [each.run_id for each in others] == ["r3", "", "r2"]
    async with database.begin() as connection:
        await locks.hasten(connection, others[1], "Now")
    assert [each.reason for each in (await line(database))[1:]] == ["Now", "", ""]

    async with database.begin() as connection:
        await locks.leave(connection, "r1")
        await locks.drop(connection, others[0])
    assert [each.run_id for each in await line(database)] == ["", "r2"]


async def test_a_lock_cannot_have_two_holders(database: Database) -> None:
    """The database refuses it, whoever tries."""
    async with database.begin() as connection:
        for _ in range(2):
            await locks.wish(connection, NAME, ADA, NOW)
    first, second = await line(database)
    async with database.begin() as connection:
        await locks.grant(connection, first, NOW)

    with pytest.raises(IntegrityError):
        async with database.begin() as connection:
            await locks.grant(connection, second, NOW)


async def test_who_is_alone_with_a_line_decides_about_it(database: Database) -> None:
    """Ten at once: each sees what the one before it did."""

    async def take(number: int) -> None:
        async with database.begin() as connection:
            await locks.alone(connection, [NAME])
            others = await locks.line(connection, NAME)
            await locks.wish(connection, NAME, ADA, NOW, run_id=f"r{number}")
            if not others:
                await locks.grant(connection, (await locks.line(connection, NAME))[0], NOW)

    await asyncio.gather(*(take(number) for number in range(10)))

    assert [each.held_at is not None for each in await line(database)] == [True] + [False] * 9


async def test_what_is_overdue_or_forgotten_is_found(database: Database) -> None:
    """A run's lock is overdue where somebody wants it, a person's in any case."""
    await accepted(database)
    async with database.begin() as connection:
        for name, run_id in (("of a run", "r1"), ("of a person", "")):
            await locks.wish(connection, name, ADA, NOW, run_id=run_id, lasts=HOUR)
            await locks.grant(connection, (await locks.line(connection, name))[0], NOW)
        assert await locks.overdue(connection, NOW) == []
        assert await locks.overdue(connection, NOW + HOUR) == ["of a person"]
        await locks.wish(connection, "of a run", BEN, NOW)
        found = await locks.overdue(connection, NOW + HOUR)
        assert sorted(found) == ["of a person", "of a run"]
        assert await locks.forgotten(connection) == []
        assert await locks.health(connection) == (2, NOW)

        await control.cancel(connection, "r1", "ada", "Cancelled.", NOW)
        await locks.wish(connection, "of nobody", BEN, NOW)
        assert sorted(await locks.forgotten(connection)) == ["of a run", "of nobody"]
        assert [each.name for each in await locks.every(connection, limit=2)] == [
            "of a person",
            "of a run",
        ]


async def test_watchers_are_remembered_once_and_told_once(database: Database) -> None:
    """Whoever asks twice is told once."""
    async with database.begin() as connection:
        for person in (ADA, BEN, ADA):
            await locks.watch(connection, NAME, person)
        found = await locks.watchers(connection, NAME)
        assert sorted(each["name"] for each in found) == ["ada", "ben"]
        assert await locks.watchers(connection, NAME) == []


async def test_turns_are_counted_while_a_run_is_played(database: Database) -> None:
    """The longest waiting is called first, once, and only where there is room."""
    for number, name in enumerate(("r1", "r2", "r3")):
        await accepted(database, id=name, created_at=NOW + timedelta(seconds=number))
    r1, r2, r3 = [await leased(database, name) for name in ("r1", "r2", "r3")]
    async with database.begin() as connection:
        assert await turns.is_next(connection, LIMIT, r1.run)
        await turns.take(connection, r1.lease, LIMIT)
        for each in (r3, r2):
            assert not await turns.is_next(connection, LIMIT, each.run)
            await turns.stand_in_line(connection, each.lease, LIMIT, "In the line")
        assert await turns.called(connection, LIMIT) == []
        assert await turns.lines(connection) == [LIMIT[:3]]
        assert await runs.lost(connection, LATER, LATER) == ["r1"]  # its lease ran out

        statement, values = runs.settle("r1", "done", "", NOW)
        await connection.execute(statement, values)
        assert await turns.called(connection, LIMIT) == ["r2"]
        await runs.wake(connection, "r2", NOW)
        assert await turns.called(connection, LIMIT) == []
        assert await turns.called(connection, LIMIT, woken_before=LATER) == ["r2"]


async def test_a_run_that_is_taken_over_keeps_its_turn(database: Database) -> None:
    """One that is leased anew has to ask for it again."""
    await accepted(database)
    first = await leased(database, "r1")
    async with database.begin() as connection:
        await turns.take(connection, first.lease, LIMIT)

    over = await leased(database, "r1")
    assert over.run.turn == LIMIT.name
    async with database.begin() as connection:
        await turns.stand_in_line(connection, Lease("r1", first.lease.epoch), LIMIT, "Too late")
    assert (await leased(database, "r1")).run.turn == LIMIT.name

    async with database.begin() as connection:
        statement, values = runs.settle("r1", "queued", "", None)
        await connection.execute(statement, values)
    assert (await leased(database, "r1")).run.turn == ""


async def leased(database: Database, run_id: str) -> runs.Leased:
    """Take a run, for so short a time that anybody can take it over."""
    async with database.begin() as connection:
        taken = (await runs.lease(connection, {run_id}, "w1", NOW, LONG_AGO)).get(run_id)
    assert taken
    return taken


async def test_a_notice_is_kept_until_it_is_told(database: Database) -> None:
    """One sender at a time; the same news is one notice."""
    async with database.begin() as connection:
        for _ in range(2):
            await notices.add(connection, "k1", ADA, Report("", "It is free."), NOW)
        await notices.add(connection, "k2", BEN, Report("", "It is free."), LATER)
        [row] = await notices.due(connection, NOW)
        assert (row.to["name"], row.tries) == ("ada", 0)
        assert await notices.claim(connection, row, LATER)
        assert not await notices.claim(connection, row, LATER)
        assert await notices.renew(connection, row.id, LATER, LATER + HOUR)
        assert not await notices.renew(connection, row.id, LATER, LATER + HOUR)
        assert await notices.due(connection, NOW) == []

        await notices.postpone(connection, row, LATER, "Slack is away.")
        again = await notices.due(connection, LATER)
        assert [(each.key, each.tries) for each in again] == [("k1", 1), ("k2", 0)]
        await notices.drop(connection, again[0])
        left: list[NoticeRecord] = await notices.due(connection, LATER)
        assert [each.key for each in left] == ["k2"]


async def test_only_runs_that_wait_say_where_they_are(database: Database) -> None:
    """Those that say the same already have no news."""
    await accepted(database, state="waiting")
    await accepted(database, id="r2")
    async with database.begin() as connection:
        said = {"r1": "Next in the line", "r2": "2nd in the line", "r3": "3rd in the line"}
        assert await runs.say(connection, said) == {"r1": True}
        assert await runs.say(connection, said) == {}
