"""Figures count what the newest runs came to, and say how many they looked at."""

from datetime import timedelta

from flows.engine.journal import Entry
from integrations.meter import Meter, Used
from storage import figures
from storage.database import Database
from tests.journals import noted, open_journal
from tests.storage.rows import NOW, accepted

MINUTE = timedelta(minutes=1)


async def ended(database: Database, name: str, minutes: float, state: str, flow: str) -> None:
    """Store a run that began a minute after it was accepted, and took this long."""
    number = int(name)
    created = NOW + number * MINUTE
    started = created + MINUTE
    await accepted(
        database,
        id=name,
        flow=flow,
        state=state,
        created_at=created,
        started_at=started,
        finished_at=started + minutes * MINUTE if state != "running" else None,
    )


async def test_a_flow_is_summed_up_by_its_ended_runs(database: Database) -> None:
    """The median is of those that are done; running ones count nowhere."""
    for name, minutes, state in (
        ("1", 3, "done"),
        ("2", 5, "done"),
        ("3", 900, "failed"),
        ("4", 10, "done"),
        ("5", 1, "running"),
    ):
        await ended(database, name, minutes, state, "dora")
    await ended(database, "6", 1, "stopped", "health")

    async with database.read() as connection:
        found = await figures.of_flows(connection)

    assert found == {
        "dora": figures.FlowFigures(4, {"done": 3, "failed": 1}, 5 * MINUTE),
        "health": figures.FlowFigures(1, {"stopped": 1}, None),
    }


async def test_only_the_newest_runs_are_looked_at(database: Database) -> None:
    """What came before them costs nothing and counts nothing."""
    await ended(database, "1", 100, "failed", "dora")
    await ended(database, "2", 2, "done", "dora")
    await ended(database, "3", 4, "done", "dora")

    async with database.read() as connection:
        found = await figures.of_flows(connection, last=2)
        counted = await figures.counts(connection, NOW, last=2)

    assert found["dora"] == figures.FlowFigures(2, {"done": 2}, 3 * MINUTE)
    assert counted == {("dora", "done"): 2}


async def test_runs_are_counted_by_flow_and_state_since_an_instant(database: Database) -> None:
    """The instant itself is in."""
    await ended(database, "1", 1, "done", "dora")
    await ended(database, "2", 1, "done", "dora")
    await ended(database, "3", 1, "failed", "health")

    async with database.read() as connection:
        counted = await figures.counts(connection, NOW + 2 * MINUTE)

    assert counted == {("dora", "done"): 1, ("health", "failed"): 1}


async def test_steps_are_timed_by_their_kind(database: Database) -> None:
    """Those that still run have no time yet."""
    await accepted(database)
    journal = await open_journal(database, "r1", lambda: NOW, has_thread=False, told=lambda _: None)
    await journal.write(Entry("Read", "step", 1, "done", seconds=1.5))
    await journal.write(Entry("Tag", "effect", 2, "done", seconds=0.25))
    await journal.write(Entry("Wait", "step", 3, "running"))

    async with database.read() as connection:
        assert await figures.step_times(connection, NOW) == {"step": [1.5], "effect": [0.25]}
        assert await figures.step_times(connection, NOW + MINUTE) == {}


async def test_what_the_last_runs_used_is_summed_up(database: Database) -> None:
    """Those since an instant, and at most so many of them."""
    for run_id, created in (("old", NOW - MINUTE), ("r1", NOW), ("r2", NOW + MINUTE)):
        await accepted(database, id=run_id, created_at=created)
        journal = await open_journal(
            database, run_id, lambda: NOW, has_thread=False, told=lambda _: None
        )
        meter = Meter()
        meter.count("github", 100, cost=2)
        meter.child(0.5, 7)
        await journal.write(Entry("Collect pulls", "step", 1, "done"), meter)

    async with database.read() as connection:
        both = await figures.used(connection, NOW)
        newest = await figures.used(connection, NOW, last=1)
    assert both == Used({"github": 2}, {"github": 4}, {"github": 200}, 1.0, 7)
    assert newest == Used({"github": 1}, {"github": 2}, {"github": 100}, 0.5, 7)


async def test_the_longest_in_the_line_is_named(database: Database) -> None:
    """None where nobody waits to be played."""
    async with database.read() as connection:
        assert await figures.queued_since(connection) is None
    await accepted(database, id="new", created_at=NOW)
    await accepted(database, id="old", created_at=NOW - MINUTE)
    await accepted(database, id="older", created_at=NOW - 2 * MINUTE, state="running")

    async with database.read() as connection:
        assert await figures.queued_since(connection) == NOW - MINUTE


async def worked(database: Database, run_id: str, *steps: tuple[float, float, int]) -> None:
    """Store a done run of `dora` with steps: begun after and as long as these minutes; attempt."""
    await accepted(database, id=run_id, flow="dora", state="done")
    for number, (after, minutes, attempt) in enumerate(steps):
        entry = Entry(f"Step {number}", "step", number, "done", attempt, seconds=minutes * 60)
        await noted(database, run_id, entry, NOW + (after + minutes) * MINUTE)


async def test_a_flow_is_timed_by_its_steps_alone(database: Database) -> None:
    """Not by the hours that it waited for a yes, nor by a service that was busy."""
    await worked(database, "r1", (0, 2, 1), (600, 1, 1), (700, 90, 2))

    async with database.read() as connection:
        assert await figures.playing_times(connection) == {"dora": 3 * MINUTE}


async def test_steps_at_the_same_time_count_once(database: Database) -> None:
    """Five fetches of a minute that overlap are not five minutes."""
    await worked(database, "r1", (0, 4, 1), (1, 1, 1), (3, 3, 1))

    async with database.read() as connection:
        assert await figures.playing_times(connection) == {"dora": 6 * MINUTE}


async def test_the_middle_of_the_newest_runs_counts(database: Database) -> None:
    """One slow run makes no heavy flow; what a flow took long ago is forgotten."""
    for number, minutes in enumerate((500, 1, 2, 30)):
        await accepted(
            database,
            id=f"r{number}",
            flow="dora",
            state="done",
            created_at=NOW + number * MINUTE,
        )
        entry = Entry("Dig", "step", 1, "done", seconds=minutes * 60)
        await noted(database, f"r{number}", entry, NOW)

    async with database.read() as connection:
        assert await figures.playing_times(connection, each=3) == {"dora": 2 * MINUTE}
        assert await figures.playing_times(connection, last=1) == {"dora": 30 * MINUTE}
