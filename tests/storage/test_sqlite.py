"""SQLite behind asyncio: one thread per connection, and a transaction that is one visit to it."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import runs
from storage.database import Database, Reply
from storage.migrate import migrate
from storage.tables import audit_head
from storage.tables import runs as table
from tests.storage.rows import run_like


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """Yield an empty database."""
    database = Database(f"sqlite:///{tmp_path / 'flowbot.db'}")
    await migrate(database)
    yield database
    await database.aclose()


def threads() -> set[threading.Thread]:
    """Return the threads that SQLite works in."""
    return {each for each in threading.enumerate() if each.name == "sqlite"}


async def test_rows_come_one_by_one_in_portions_or_all_at_once(database: Database) -> None:
    """However they are asked for, they are the ones that were there."""
    query = text(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n WHERE i < 5) SELECT i FROM n"
    )
    async with database.read() as connection:
        found = await connection.execute(query)
        assert found.fetchone() == (1,)
        assert found.fetchmany(2) == [(2,), (3,)]
        assert found.fetchall() == [(4,), (5,)]
        assert found.fetchone() is None
        assert [row.i for row in await connection.execute(query)] == [1, 2, 3, 4, 5]


async def test_a_reader_sees_what_was_there_when_it_began_to_read(database: Database) -> None:
    """A change by somebody else shows in its next transaction."""
    async with database.read() as reading:
        assert (await reading.execute(select(table.c.id))).all() == []
        async with database.begin() as writing:
            await runs.add(writing, run_like())
        assert (await reading.execute(select(table.c.id))).all() == []

    async with database.read() as reading:
        assert (await reading.execute(select(table.c.id))).scalars().all() == ["r1"]


async def test_a_transaction_without_a_statement_touches_nothing(database: Database) -> None:
    """It may end well or badly."""
    async with database.begin():
        pass
    with pytest.raises(LookupError):
        async with database.begin():
            raise LookupError

    async with database.begin() as connection:
        assert await runs.add(connection, run_like()) == {"r1"}


async def test_a_failing_statement_leaves_the_connection_usable(database: Database) -> None:
    """What came before it in its transaction is undone."""

    async def fail_halfway() -> None:
        async with database.begin() as connection:
            await runs.add(connection, run_like())
            await connection.execute(text("SELECT * FROM nowhere"))

    with pytest.raises(OperationalError, match="no such table"):
        await fail_halfway()

    async with database.begin() as connection:
        assert await runs.add(connection, run_like()) == {"r1"}


async def test_a_row_that_lacks_a_value_is_refused(database: Database) -> None:
    """Rows are taken as they are, so what a statement needs has to be in each of them."""
    rows: list[dict[str, object]] = [{"id": 1, "number": 1, "hash": "a"}, {"id": 2, "number": 2}]
    async with database.begin() as connection:
        with pytest.raises(StatementError, match=r"bind parameter 'hash'.* group 1"):
            await connection.execute(audit_head.insert(), rows)
        assert (await connection.execute(select(audit_head.c.id))).all() == []


async def test_a_request_that_waits_for_something_else_is_an_error(database: Database) -> None:
    """Its transaction is one visit to a thread without a loop; the next one works."""

    async def waiting(_: AsyncConnection, items: list[str]) -> list[Reply[str]]:
        await asyncio.sleep(0)
        return [Reply(each) for each in items]

    async def answering(_: AsyncConnection, items: list[str]) -> list[Reply[str]]:
        return [Reply(each) for each in items]

    with pytest.raises(RuntimeError, match="waited for something else"):
        await database.request(waiting, "one")  # type: ignore[arg-type] # a list is what it gets

    assert await database.request(answering, "two") == "two"  # type: ignore[arg-type] # as above


async def test_a_request_that_fails_undoes_its_part(database: Database) -> None:
    """Nothing of it is there afterwards, and its caller has the error."""

    async def twice(connection: AsyncConnection, _: object) -> list[Reply[None]]:
        await connection.execute(table.insert().from_select(["id"], select(text("'r1'"))))
        return []

    with pytest.raises(IntegrityError):
        await database.request(twice, "r1")

    async with database.read() as connection:
        assert await runs.get(connection, "r1") is None


async def test_closing_ends_the_threads(tmp_path: Path) -> None:
    """A process that has closed its databases has none of their threads left."""
    before = threads()
    database = Database(f"sqlite:///{tmp_path / 'another.db'}")
    async with database.read() as connection:
        await connection.execute(text("SELECT 1"))
    ours = threads() - before
    assert ours

    await database.aclose()

    for each in ours:
        await asyncio.to_thread(each.join, 5)
    assert not any(each.is_alive() for each in ours)


async def test_a_caller_that_is_cancelled_leaves_the_connection_to_others(
    database: Database,
) -> None:
    """Whatever it was doing is undone, and the next transaction finds nothing of it."""
    began = asyncio.Event()

    async def hang_on() -> None:
        async with database.begin() as connection:
            await runs.add(connection, run_like())
            began.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang_on())
    await began.wait()
    task.cancel()
    await asyncio.wait([task])

    async with database.begin() as connection:
        assert await runs.add(connection, run_like()) == {"r1"}


async def test_a_caller_may_be_cancelled_amid_a_statement(database: Database) -> None:
    """The statement ends in its thread, and is undone before anybody else uses the connection."""

    async def add() -> None:
        async with database.begin() as connection:
            await runs.add(connection, run_like())

    for turns in range(12):
        task = asyncio.create_task(add())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    async with database.begin() as connection:
        assert await runs.add(connection, run_like()) == {"r1"}
