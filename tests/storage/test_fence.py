"""Whoever lost a run writes nothing to it, and who shares its commit is not disturbed."""

import asyncio
from datetime import timedelta

import pytest

from flows.engine.errors import Cancelled, LeaseLost
from flows.engine.journal import Entry
from storage import audit, control, journal, outbox, runs
from storage.database import Database
from storage.fence import HELD_FOR, Lease
from storage.journal import RunJournal
from tests.storage.rows import ADA, LATER, NOW, PLAN, accepted, stored

SECOND = timedelta(seconds=1)
STEP = Entry("Collect pulls", "step", 1, "done", output=b"1")
INTENT = Entry("Tag v1.3.0", "effect", 2, "running")
RESULT = Entry("Tag v1.3.0", "effect", 2, "done", output=b"1")


async def take(database: Database, run_id: str = "r1", *, late: bool = False) -> Lease:
    """Take a run, at once or after the lease of the one before has run out."""
    now = LATER + SECOND if late else NOW
    async with database.begin() as connection:
        leased = await runs.lease(connection, {run_id}, "w1", now, now + HELD_FOR)
    return leased[run_id].lease


def opened(database: Database, lease: Lease) -> RunJournal:
    """Open the journal as the holder of a lease does."""
    return RunJournal(
        database,
        lease,
        ((), {}),
        lambda: NOW,
        has_thread=True,
        told=lambda _: None,
        sign=audit.Sign(ADA, "slash"),
    )


async def titles(database: Database, run_id: str = "r1") -> list[tuple[str, str]]:
    """Return what is in the journal of a run."""
    async with database.read() as connection:
        return [(each.title, each.state) for each in await journal.timeline(connection, run_id)]


@pytest.fixture
async def lost(database: Database) -> RunJournal:
    """Return the journal of a worker whose run another one has by now."""
    await accepted(database)
    first = await take(database)
    await take(database, late=True)
    return opened(database, first)


@pytest.mark.parametrize("entry", [STEP, INTENT, RESULT])
async def test_who_lost_the_lease_writes_no_entry(
    database: Database, lost: RunJournal, entry: Entry
) -> None:
    """Neither what it finished nor what it means to change; the card hears nothing of it."""
    with pytest.raises(LeaseLost):
        await lost.write(entry)

    assert await titles(database) == []
    async with database.read() as connection:
        assert await outbox.due(connection, LATER) == []
        assert await audit.of_run(connection, "r1") == []


async def test_who_lost_the_lease_asks_nobody(database: Database, lost: RunJournal) -> None:
    """The question would be of a run that somebody else plays."""
    with pytest.raises(LeaseLost):
        await lost.ask(PLAN)

    async with database.read() as connection:
        assert await outbox.due(connection, LATER) == []


async def test_who_lost_the_lease_ends_nothing(database: Database, lost: RunJournal) -> None:
    """The run goes on with its new holder."""
    with pytest.raises(LeaseLost):
        await database.write(runs.settle("r1", "done", "All is well.", NOW), lease=Lease("r1", 1))

    assert (await stored(database)).state == "running"


async def test_in_a_shared_commit_only_the_lost_run_is_left_out(database: Database) -> None:
    """50 runs write at once; every second one was taken over."""
    leases = []
    for number in range(50):
        await accepted(database, id=f"r{number}")
        leases.append(await take(database, f"r{number}"))
        if number % 2:
            await take(database, f"r{number}", late=True)

    results = await asyncio.gather(
        *(opened(database, lease).write(STEP) for lease in leases), return_exceptions=True
    )

    assert [isinstance(each, LeaseLost) for each in results] == [False, True] * 25
    for number in range(50):
        wanted = [] if number % 2 else [("Collect pulls", "done")]
        assert await titles(database, f"r{number}") == wanted


async def test_the_intent_to_change_something_renews_the_lease(database: Database) -> None:
    """A holder that was slow, and was not replaced yet, cannot be replaced while it changes it."""
    await accepted(database)
    lease = await take(database)
    slow = RunJournal(
        database,
        lease,
        ((), {}),
        lambda: LATER + 60 * SECOND,
        has_thread=False,
        told=lambda _: None,
        sign=audit.Sign(ADA, "slash"),
    )

    await slow.write(INTENT)

    now = LATER + 61 * SECOND
    async with database.begin() as connection:
        assert not await runs.lease(connection, {"r1"}, "w2", now, now + HELD_FOR)


async def test_a_run_that_is_to_stop_records_what_ended_and_begins_nothing(
    database: Database,
) -> None:
    """So that the journal tells the truth about what was changed."""
    await accepted(database)
    working = opened(database, await take(database))
    async with database.begin() as connection:
        assert await control.cancel(connection, "r1", "ben", "", NOW) == "running"

    with pytest.raises(Cancelled):
        await working.write(INTENT)
    assert await titles(database) == []
    with pytest.raises(Cancelled) as cancelled:
        await working.write(RESULT)

    assert cancelled.value.by == "ben"
    assert await titles(database) == [("Tag v1.3.0", "done")]
