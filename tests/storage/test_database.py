"""Concurrent writes share a commit, and none of them pays for another's mistake."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.engine.errors import Cancelled
from integrations.errors import Transient
from storage import outbox, runs
from storage.database import Database, Reply, answering, is_away
from storage.migrate import migrate
from storage.records import OutboxRecord
from storage.tables import outbox as table
from storage.tables import runs as runs_table
from tests.storage.rows import LATER, NOW, accepted, run_like, stored

WRITERS = 200


async def rows(database: Database) -> list[OutboxRecord]:
    """Return what was written."""
    async with database.read() as connection:
        return await outbox.due(connection, LATER, limit=1000)


async def test_200_writers_share_few_commits(database: Database) -> None:
    """Whoever comes while a commit is under way goes with the next one."""
    await accepted(database)
    counted: Counter[str] = Counter()
    event.listen(database._engine.sync_engine, "commit", lambda _: counted.update(["commit"]))

    await asyncio.gather(
        *(
            database.write(outbox.plan(database.dialect, "r1", f"{number}", NOW))
            for number in range(WRITERS)
        )
    )

    assert len(await rows(database)) == WRITERS
    assert counted["commit"] <= 3


async def test_a_write_is_there_when_it_returns(database: Database) -> None:
    """Each of 200 callers reads its own row at once."""
    await accepted(database)

    async def write(number: int) -> int:
        await database.write(outbox.plan(database.dialect, "r1", f"{number}", NOW))
        async with database.read() as connection:
            query = select(func.count()).where(table.c.key == f"plan:r1:{number}")
            return int((await connection.execute(query)).scalar_one())

    assert await asyncio.gather(*map(write, range(WRITERS))) == [1] * WRITERS


async def test_one_failing_write_fails_alone(database: Database) -> None:
    """Its caller gets the error and all it wanted is undone; the neighbours' rows are there."""
    await accepted(database)

    async def write(number: int) -> None:
        run_id = "nobody" if number % 50 == 17 else "r1"
        await database.write(
            outbox.plan(database.dialect, "r1", f"{number}", NOW),
            outbox.report(database.dialect, run_id, NOW),
        )

    results = await asyncio.gather(*map(write, range(WRITERS)), return_exceptions=True)

    failed = [number for number, result in enumerate(results) if result is not None]
    assert failed == [17, 67, 117, 167]
    assert all(isinstance(results[number], IntegrityError) for number in failed)
    keys = {row.key for row in await rows(database)}
    expected = {f"plan:r1:{number}" for number in range(WRITERS) if number not in failed}
    assert keys == expected | {"report:r1"}


async def test_one_callers_writes_keep_their_order(database: Database) -> None:
    """In one call and over several, the last word counts."""
    await accepted(database)

    await database.write(
        runs.settle("r1", "running", "first", None),
        outbox.card(database.dialect, "r1", NOW),
        runs.settle("r1", "waiting", "second", None),
    )
    assert (await stored(database)).line == "second"

    async def tell(run_id: str) -> None:
        for number in range(10):
            await database.write(runs.settle(run_id, "running", f"line {number}", None))

    await accepted(database, id="r2")
    await asyncio.gather(tell("r1"), tell("r2"))

    assert (await stored(database, "r1")).line == "line 9"
    assert (await stored(database, "r2")).line == "line 9"


async def test_a_caller_that_is_cancelled_loses_nobody_elses_write(database: Database) -> None:
    """The others' rows are there, and they are told so."""
    await accepted(database)
    writing = [
        asyncio.create_task(database.write(outbox.plan(database.dialect, "r1", f"{number}", NOW)))
        for number in range(20)
    ]
    await asyncio.sleep(0)  # everybody is in the group by now
    for task in writing[::2]:
        task.cancel()

    results = await asyncio.gather(*writing, return_exceptions=True)

    assert all(isinstance(result, asyncio.CancelledError) for result in results[::2])
    assert results[1::2] == [""] * 10
    keys = {row.key for row in await rows(database)}
    assert keys >= {f"plan:r1:{number}" for number in range(1, 20, 2)}
    await database.write(outbox.card(database.dialect, "r1", NOW))
    assert "card:r1" in {row.key for row in await rows(database)}


async def test_a_cancelled_caller_in_a_failing_group_is_passed_over(database: Database) -> None:
    """Neither a result nor an error is handed to somebody who has gone."""
    await accepted(database)
    writing = [
        asyncio.create_task(database.write(outbox.report(database.dialect, run_id, NOW)))
        for run_id in ("nobody", "r1", "nobody", "r1")
    ]
    await asyncio.sleep(0)
    writing[0].cancel()
    writing[1].cancel()

    results = await asyncio.gather(*writing, return_exceptions=True)

    assert [type(result) for result in results[:2]] == [asyncio.CancelledError] * 2
    assert isinstance(results[2], IntegrityError)
    assert results[3] == ""


async def test_closing_finishes_what_is_being_written(database_url: str) -> None:
    """A process that stops does not leave a caller without its answer."""
    database = Database(database_url)
    await accepted(database)
    writing = asyncio.create_task(database.write(outbox.card(database.dialect, "r1", NOW)))
    await asyncio.sleep(0)

    await database.aclose()
    await writing

    reopened = Database(database_url)
    assert len(await rows(reopened)) == 1
    await reopened.aclose()


async def test_a_block_that_raises_commits_nothing(database: Database) -> None:
    """Leaving the block by an error undoes all of it."""

    async def give_up_halfway() -> None:
        async with database.begin() as connection:
            await runs.add(connection, run_like())
            raise LookupError

    with pytest.raises(LookupError):
        await give_up_halfway()

    async with database.read() as connection:
        assert await runs.get(connection, "r1") is None


async def test_writers_that_read_first_take_turns(database: Database) -> None:
    """20 that each read a number and write the next one lose none (the head is locked)."""
    await accepted(database)

    async def next_line() -> None:
        async with database.begin() as connection:
            query = text("SELECT attempts FROM runs WHERE id = 'r1'")
            lock = text(f"{query.text} FOR UPDATE") if not database.is_sqlite else query
            count = (await connection.execute(lock)).scalar_one()
            change = text("UPDATE runs SET attempts = :n WHERE id = 'r1'")
            await connection.execute(change, {"n": count + 1})

    await asyncio.gather(*(next_line() for _ in range(20)))

    assert (await stored(database)).attempts == 20


async def test_a_statement_that_makes_no_sense_is_its_callers_error(database: Database) -> None:
    """The database stays usable for the next write."""
    await accepted(database)
    with pytest.raises((OperationalError, ProgrammingError)):
        await database.write((text("UPDATE no_such_table SET a = :a"), {"a": 1}))

    await database.write(outbox.card(database.dialect, "r1", NOW))

    assert len(await rows(database)) == 1


async def numbered(connection: AsyncConnection, keys: Sequence[str]) -> list[Reply[int]]:
    """Accept a run for each key; reply with how many there are, and keep a row for its thread."""
    for key in keys:
        if key == "bad":
            raise LookupError(key)
        if key == "stop":
            raise Cancelled(key)
    await runs.add(connection, *(run_like(id=key) for key in keys))
    count = (await connection.execute(select(func.count()).select_from(runs_table))).scalar_one()
    dialect = connection.dialect.name
    return [Reply(count, [outbox.card(dialect, key, NOW)]) for key in keys]


async def test_requests_of_many_callers_share_few_commits(database: Database) -> None:
    """Each gets its own reply, and what it wants written is there by then."""
    counted: Counter[str] = Counter()
    event.listen(database._engine.sync_engine, "commit", lambda _: counted.update(["commit"]))

    replies = await asyncio.gather(
        *(database.request(numbered, f"k{number:03}") for number in range(WRITERS))
    )

    assert len(replies) == WRITERS
    assert max(replies) == WRITERS
    assert len(await rows(database)) == WRITERS
    assert counted["commit"] <= 3


async def test_one_failing_request_fails_alone(database: Database) -> None:
    """Its caller gets the error; its neighbours, and those who only write, get what they wanted."""
    await accepted(database)

    results = await asyncio.gather(
        database.request(numbered, "k1"),
        database.request(numbered, "bad"),
        database.write(outbox.card(database.dialect, "r1", NOW)),
        database.request(numbered, "k2"),
        database.request(numbered, "stop"),
        return_exceptions=True,
    )

    assert isinstance(results[1], LookupError)
    assert isinstance(results[4], Cancelled)
    assert [results[0], *results[2:4]] == [2, "", 3]
    assert {row.key for row in await rows(database)} == {"card:k1", "card:r1", "card:k2"}


async def test_who_has_gone_before_it_was_begun_wants_nothing_any_more(database: Database) -> None:
    """Its request is not dealt with."""
    asking = asyncio.create_task(database.request(numbered, "k1"))
    other = asyncio.create_task(database.request(numbered, "k2"))
    await asyncio.sleep(0)
    asking.cancel()

    assert await other == 1

    async with database.read() as connection:
        assert await runs.get(connection, "k1") is None


async def test_a_lost_connection_is_everybodys_error_and_nothing_is_written_twice(
    postgres_database: str,
) -> None:
    """What was on its way may be there or not, so only those who wrote it may decide."""
    database = Database(postgres_database)
    await migrate(database)
    await accepted(database)

    async def asked(_: AsyncConnection, items: Sequence[str]) -> list[Reply[str]]:
        return [Reply(each) for each in items]

    broken, neighbour, asking = await asyncio.gather(
        database.write((text("SELECT pg_terminate_backend(pg_backend_pid())"), {})),
        database.write(outbox.plan(database.dialect, "r1", "p1", NOW)),
        database.request(asked, "again"),
        return_exceptions=True,
    )

    assert isinstance(broken, BaseException)
    assert is_away(broken)
    assert neighbour is broken
    assert asking == "again"
    assert await rows(database) == []
    await database.aclose()


async def test_a_wrong_statement_is_no_absence(database: Database) -> None:
    """It is a mistake, and would be one again."""
    with pytest.raises((OperationalError, ProgrammingError)) as wrong:
        await database.write((text("SELECT * FROM nowhere"), {}))
    assert not is_away(wrong.value)

    with pytest.raises(LookupError), answering():
        raise LookupError
    with pytest.raises((OperationalError, ProgrammingError)), answering():
        await database.write((text("SELECT * FROM nowhere"), {}))
    with pytest.raises(Transient, match="did not answer"), answering():
        raise OSError
