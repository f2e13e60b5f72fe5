"""A lease keeps two workers off one run, and gives it to another when its worker is gone."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from flows.engine.errors import LeaseLost
from storage import runs
from storage.database import Database
from storage.fence import Lease
from storage.records import Wake
from storage.runs import Leased
from storage.tables import runs as table
from tests.storage.rows import LATER, NOW, accepted, stored

SECOND = timedelta(seconds=1)


async def take(
    database: Database, owner: str, now: datetime = NOW, until: datetime = LATER
) -> Leased | None:
    """Try to take the run."""
    async with database.begin() as connection:
        return (await runs.lease(connection, {"r1"}, owner, now, until)).get("r1")


async def lost(
    database: Database, now: datetime, woken_before: datetime = NOW - SECOND
) -> list[str]:
    """Return what a sweep at this moment would wake."""
    async with database.read() as connection:
        return await runs.lost(connection, now, woken_before)


async def wake(database: Database, at: datetime = NOW) -> Wake:
    """Wake the run."""
    async with database.begin() as connection:
        return await runs.wake(connection, "r1", at)


async def rest(database: Database, taken: Leased | None) -> str | None:
    """Let the run wait for a person."""
    assert taken is not None
    async with database.begin() as connection:
        return await runs.rest(connection, taken.lease, taken.wakes, "Waiting for a yes")


async def renew(database: Database, taken: Leased | None, until: datetime) -> str:
    """Hold on to the run."""
    assert taken is not None
    return await database.write(runs.renewal("r1", until), lease=taken.lease)


async def test_a_lease_begins_the_run(database: Database) -> None:
    """Whoever takes a run gets it as it then stands: running, for the first time, since now."""
    await accepted(database, line="In the line")

    taken = await take(database, "w1")

    assert taken is not None
    run, lease, wakes = taken
    assert lease == Lease("r1", 1)
    assert (run.state, run.line, run.attempts, run.started_at) == ("running", "", 1, NOW)
    assert wakes == 1
    assert await stored(database) == run


async def test_a_held_run_is_not_given_twice(database: Database) -> None:
    """Until the lease has run out, to the instant, nobody else gets it; its holder neither."""
    await accepted(database)
    await take(database, "w1")

    assert await take(database, "w2") is None
    assert await take(database, "w1") is None
    assert await take(database, "w2", LATER) is None


async def test_several_runs_are_taken_at_once(database: Database) -> None:
    """Each with its own lease; those that somebody holds, or that are not there, are left out."""
    for run_id in ("r1", "r2", "r3"):
        await accepted(database, id=run_id)
    await take(database, "w1")

    async with database.begin() as connection:
        ids = {"r1", "r2", "r3", "r4"}
        taken = await runs.lease(connection, ids, "w2", NOW, LATER)

    assert {run_id: each.lease for run_id, each in taken.items()} == {
        "r2": Lease("r2", 1),
        "r3": Lease("r3", 1),
    }


async def test_of_20_racing_owners_one_wins(database: Database) -> None:
    """However many workers hear the same wake-up, one plays."""
    await accepted(database)

    taken = await asyncio.gather(*(take(database, f"w{number}") for number in range(20)))

    assert len([each for each in taken if each]) == 1
    assert (await stored(database)).attempts == 1


async def test_after_a_lease_ran_out_another_owner_takes_over(database: Database) -> None:
    """The attempts are counted, the start stays the first one."""
    await accepted(database)
    await take(database, "w1")

    taken = await take(database, "w2", LATER + SECOND, LATER + 15 * SECOND)

    assert taken is not None
    assert (taken.run.attempts, taken.run.started_at) == (2, NOW)
    assert taken.lease == Lease("r1", 2)


async def test_renewing_holds_only_what_is_ones_own(database: Database) -> None:
    """A worker that comes back from a long pause cannot hold a run that another has by now."""
    await accepted(database)
    first = await take(database, "w1")
    await renew(database, first, LATER + SECOND)
    assert await take(database, "w2", LATER + SECOND / 2) is None
    second = await take(database, "w2", LATER + 2 * SECOND, LATER + 15 * SECOND)
    assert second is not None

    with pytest.raises(LeaseLost):
        await renew(database, first, LATER + 60 * SECOND)

    assert await take(database, "w3", LATER + 16 * SECOND) is not None


async def test_a_run_that_was_handed_back_is_not_renewed(database: Database) -> None:
    """It waits for a person, or until a service has time: its last holder has no hand in that."""
    await accepted(database)
    taken = await take(database, "w1")
    await database.write(runs.settle("r1", "queued", "Trying again soon", None, LATER))

    await renew(database, taken, LATER + 60 * SECOND)

    assert await take(database, "w2", LATER + SECOND) is not None


async def test_a_running_run_is_lost_once_its_lease_ran_out(database: Database) -> None:
    """Not before, and not while it is renewed."""
    await accepted(database)
    taken = await take(database, "w1")

    assert await lost(database, LATER) == []
    assert await lost(database, LATER + SECOND) == ["r1"]
    await renew(database, taken, LATER + 2 * SECOND)
    assert await lost(database, LATER + SECOND) == []


async def test_a_lost_run_is_woken_once_until_that_was_in_vain(database: Database) -> None:
    """While every worker is busy, the line does not grow with each sweep."""
    await accepted(database)
    await take(database, "w1")
    assert await lost(database, LATER + SECOND) == ["r1"]

    await wake(database, LATER + SECOND)

    assert await lost(database, LATER + 2 * SECOND) == []
    assert await lost(database, LATER + 40 * SECOND, LATER + 10 * SECOND) == ["r1"]


async def test_a_queued_run_is_woken_once_until_that_was_in_vain(database: Database) -> None:
    """As long as it is in the line, it is there once."""
    await accepted(database)
    assert await lost(database, LATER, LATER) == ["r1"]

    await wake(database, LATER)

    assert await lost(database, LATER + SECOND, LATER) == []
    assert await lost(database, LATER + SECOND, LATER + SECOND) == ["r1"]


async def test_losses_are_counted_until_the_run_gets_further(database: Database) -> None:
    """A worker that rests, or hands back, is no loss; one whose lease ran out is."""
    await accepted(database)
    taken = await take(database, "w1")
    assert await rest(database, taken) == "waiting"
    await wake(database)
    for number in range(3):
        now = LATER + 20 * number * SECOND
        taken = await take(database, "w1", now, now + SECOND)
        assert taken is not None
        assert taken.run.recoveries == number

    async with database.begin() as connection:
        await runs.got_further(connection, "r1", 7)

    run = await stored(database)
    assert (run.recoveries, run.progress) == (1, 7)


async def test_a_queued_run_is_lost_when_nobody_came_for_it(database: Database) -> None:
    """A fresh one is given time; one that was told to wait is left alone until then."""
    await accepted(database)

    assert await lost(database, NOW, NOW) == []
    assert await lost(database, NOW, NOW + SECOND) == ["r1"]

    await database.write(runs.settle("r1", "queued", "Trying again soon", None, LATER))
    assert await lost(database, LATER, LATER) == []
    assert await lost(database, LATER + SECOND, LATER) == ["r1"]


async def test_waiting_and_ended_runs_are_never_lost(database: Database) -> None:
    """Nobody has to come for them."""
    await accepted(database, id="waiting", state="waiting")
    await accepted(database, id="done", state="done")

    assert await lost(database, LATER, LATER) == []


async def test_a_resting_run_waits_without_a_holder(database: Database) -> None:
    """It says what for, and can be taken at once when the answer comes, not before.

    A wake-up may arrive twice: the second one finds nothing to do.
    """
    await accepted(database)
    taken = await take(database, "w1")

    assert await rest(database, taken) == "waiting"

    run = await stored(database)
    assert (run.state, run.line) == ("waiting", "Waiting for a yes")
    assert await take(database, "w2", NOW) is None
    await wake(database)
    assert await take(database, "w2", NOW) is not None


async def test_a_run_that_was_woken_while_it_was_played_does_not_rest(database: Database) -> None:
    """The answer came before the wait began, so the run goes back into the line."""
    await accepted(database, queue="heavy")
    taken = await take(database, "w1")
    assert await wake(database) == Wake("r1", 2, "heavy")

    assert await rest(database, taken) == "queued"

    assert (await stored(database)).state == "queued"


async def test_a_waiting_run_that_is_woken_is_queued(database: Database) -> None:
    """So that the sweep finds it where the wake-up itself is lost on its way to the queue."""
    await accepted(database)
    await rest(database, await take(database, "w1"))

    assert (await wake(database)).number == 2

    assert (await stored(database)).state == "queued"
    assert await lost(database, LATER, LATER) == ["r1"]


async def test_waking_a_running_run_leaves_it_running(database: Database) -> None:
    """Its holder goes on."""
    await accepted(database)
    await take(database, "w1")

    await wake(database)

    assert (await stored(database)).state == "running"
    assert await take(database, "w2") is None


async def test_an_end_is_final(database: Database) -> None:
    """A worker that was paused, and comes back after another has ended the run, changes nothing."""
    await accepted(database)
    taken = await take(database, "w1")
    await take(database, "w2", LATER + SECOND, LATER + 15 * SECOND)
    await database.write(runs.settle("r1", "done", "All is well.", LATER))

    assert await rest(database, taken) is None
    await database.write(runs.settle("r1", "queued", "Trying again soon", None))
    await database.write(runs.settle("r1", "failed", "Something broke", LATER + SECOND))

    run = await stored(database)
    assert (run.state, run.line, run.finished_at) == ("done", "All is well.", LATER)


async def test_every_wake_up_has_its_own_number(database: Database) -> None:
    """20 at once get 20 numbers: the queue refuses a job id that it has seen."""
    await accepted(database)

    woken = await asyncio.gather(*(wake(database) for _ in range(20)))

    assert sorted(each.number for each in woken) == list(range(2, 22))


async def test_dropping_leases_frees_what_was_being_played(database: Database) -> None:
    """After a start nobody else can hold a run; a delay that a service asked for still counts."""
    await accepted(database)
    await take(database, "w1")
    await accepted(database, id="later")
    await database.write(runs.settle("later", "queued", "", None, LATER))

    async with database.begin() as connection:
        await runs.drop_leases(connection, NOW)

    assert await lost(database, NOW + SECOND, NOW + SECOND) == ["r1"]
    assert await take(database, "w2", NOW + SECOND) is not None
    async with database.read() as connection:
        query = select(table.c.lease_until).where(table.c.id == "later")
        assert (await connection.execute(query)).scalar_one() == LATER


async def test_whoever_is_in_line_behind_others_is_not_lost(database: Database) -> None:
    """Each queue has its own line: the long wait of one says nothing about another."""
    await accepted(database, id="slow", queue="heavy")
    await accepted(database, id="quick", queue="interactive")
    now = NOW + 60 * SECOND

    async with database.read() as connection:
        waits = {"heavy": 60 * SECOND, "interactive": 0 * SECOND}
        assert await runs.lost(connection, now, now - 30 * SECOND, waits) == ["quick"]
        waits["heavy"] = 20 * SECOND
        assert await runs.lost(connection, now, now - 30 * SECOND, waits) == ["quick", "slow"]
