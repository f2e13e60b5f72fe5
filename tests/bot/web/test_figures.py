"""What runs came to is read from a bounded number of rows, by an index."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import figures
from storage.database import Database
from tests.bot.web.conftest import Story
from tests.bot.web.wire import NOW


@pytest_asyncio.fixture
async def database(engine: Database) -> AsyncIterator[Database]:
    """Yield an empty database of each kind."""
    yield engine
    await engine.aclose()


async def test_a_flow_is_judged_by_its_last_runs(database: Database, story: Story) -> None:
    """Ended runs are counted by how they ended; the median is of those that are done."""
    for number, seconds in enumerate((10, 20, 90)):
        begun = NOW - timedelta(minutes=5)
        ended = begun + timedelta(seconds=seconds)
        await story.run(f"d{number}", state="done", started_at=begun, finished_at=ended)
    await story.run("f1", state="failed")
    await story.run("r1", state="running")
    await story.run("s1", state="stopped", flow="system-status")
    async with database.read() as connection:
        found = await figures.of_flows(connection)
    release, status = found["release-management"], found["system-status"]
    assert (release.ended, release.states) == (4, {"done": 3, "failed": 1})
    assert release.median == timedelta(seconds=20)
    assert (status.ended, status.median) == (1, None)


async def test_only_the_newest_runs_are_looked_at(database: Database, story: Story) -> None:
    """Old failures do not follow a flow for ever, and a long history costs nothing."""
    await story.run("old", ago=900, state="failed")
    for number in range(3):
        await story.run(f"d{number}", ago=number, state="done")
    async with database.read() as connection:
        found = await figures.of_flows(connection, last=3)
        counted = await figures.counts(connection, NOW - timedelta(hours=1), last=2)
    assert found["release-management"].states == {"done": 3}
    assert counted == {("release-management", "done"): 2}


async def test_steps_and_waits_are_measured(database: Database, story: Story) -> None:
    """Seconds of finished steps by kind, and since when the oldest queued run waits."""
    run = await story.run("r1")
    await story.step(run, "Find the last release", seconds=1.5)
    await story.step(run, "Tag v1.5.0", after=5, seconds=0.5, kind="effect")
    await story.step(run, "Publish", after=9, kind="effect", state="running")
    await story.run("q1", state="queued", ago=90)
    await story.run("q2", state="queued", ago=30)
    async with database.read() as connection:
        times = await figures.step_times(connection, NOW - timedelta(hours=1))
        since = await figures.queued_since(connection)
    assert times == {"step": [1.5], "effect": [0.5]}
    assert since == NOW - timedelta(seconds=90)


async def test_no_figure_reads_a_whole_table(database: Database, story: Story) -> None:
    """Every query walks an index from its newest end, or asks for rows by their key."""
    if not database.is_sqlite:
        pytest.skip("with so few rows PostgreSQL rightly prefers to read them all")
    await story.many(50)
    asked: list[tuple[str, Any]] = []

    def note(*given: Any) -> None:  # noqa: ANN401 - what SQLAlchemy hands over
        asked.append((given[2], given[3]))

    async with database.read() as connection:
        await connection.execute(text("SELECT 1"))  # the transaction has begun
        event.listen(connection.sync_connection, "before_cursor_execute", note)
        await figures.of_flows(connection)
        await figures.counts(connection, NOW - timedelta(hours=1))
        await figures.step_times(connection, NOW - timedelta(hours=1))
        await figures.queued_since(connection)
        event.remove(connection.sync_connection, "before_cursor_execute", note)
        assert len(asked) == 4
        steps = [line for query, given in asked for line in await _plan(connection, query, given)]
    tables = [line for line in steps if "runs" in line or "steps" in line]
    assert len(tables) >= 5
    assert all("USING" in line and "INDEX" in line for line in tables)


async def _plan(connection: AsyncConnection, query: str, given: Any) -> list[str]:  # noqa: ANN401 - as the driver had it
    rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", given)
    return [row.detail for row in rows]
