"""The journal of a run survives its process: what was written is read back, ends are final."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from flows.engine.errors import Later, LeaseLost
from flows.engine.journal import Entry, Question
from integrations.meter import Meter, Used
from storage import audit, outbox, questions, runs
from storage.database import Database, Write
from storage.fence import Lease
from storage.journal import RunJournal, timeline
from storage.records import OutboxRecord, StepRecord
from tests.journals import open_journal
from tests.storage.rows import BEN, LATER, NOW, PLAN, accepted

RUNNING = Entry("Collect pulls", "step", 2, "running")
DONE = Entry("Collect pulls", "step", 2, "done", output=b'[{"n":"\xc3\xbc"}]', seconds=1.5)
RETRYING = Entry("Collect pulls", "step", 2, "retrying", error="GitHub is busy.", seconds=2)


def used(calls: int, size: int) -> Meter:
    """Return what a step used, spread over two integrations."""
    meter = Meter()
    for _ in range(calls):
        meter.count("github", size, cost=2)
    meter.count("linear", 1)
    return meter


def standing_still() -> datetime:
    """Return the one moment of these tests."""
    return NOW


async def opened(
    database: Database,
    *,
    clock: Callable[[], datetime] = standing_still,
    has_thread: bool = True,
    told: Callable[[str], None] = lambda _: None,
) -> RunJournal:
    """Open the journal of the run, as an attempt does."""
    return await open_journal(database, "r1", clock, has_thread=has_thread, told=told)


async def lines(database: Database) -> list[StepRecord]:
    """Return the timeline of the run."""
    async with database.read() as connection:
        return await timeline(connection, "r1")


async def news(database: Database) -> list[OutboxRecord]:
    """Return what the run's thread has to be told."""
    async with database.read() as connection:
        return await outbox.due(connection, LATER)


async def test_what_one_attempt_writes_the_next_one_reads(database: Database) -> None:
    """Entries come back whole, by their titles; what was never written is not there."""
    await accepted(database)
    await (await opened(database)).write(DONE)

    journal = await opened(database)

    entry = journal.entry("Collect pulls")
    assert entry is not None
    assert (entry.state, entry.output, entry.kind, entry.position) == (
        "done",
        DONE.output,
        "step",
        2,
    )
    assert journal.entry("Another") is None


async def test_a_journal_knows_at_once_what_it_wrote(database: Database) -> None:
    """An ended entry is there without reading again; one that runs is not recorded yet."""
    await accepted(database)
    journal = await opened(database)

    await journal.write(RUNNING)
    assert journal.entry("Collect pulls") is None
    await journal.write(DONE)
    assert journal.entry("Collect pulls") == DONE


async def test_the_timeline_says_when_and_with_what(database: Database) -> None:
    """A step began before it was written, by what it took; calls and bytes are summed up."""
    await accepted(database)
    await (await opened(database)).write(DONE, used(3, 100))

    [line] = await lines(database)

    assert (line.title, line.state, line.attempt, line.error) == ("Collect pulls", "done", 1, "")
    assert (line.started_at, line.finished_at) == (NOW - timedelta(seconds=1.5), NOW)
    assert (line.calls, line.bytes) == (4, 301)


async def test_the_timeline_is_in_the_order_of_the_flow(database: Database) -> None:
    """Whatever the clocks say; the effects of one plan share a place and go by their beginning."""
    await accepted(database)
    journal = await opened(database)
    for title, position, seconds in (("Third", 2, 1.0), ("Second", 2, 4.0), ("First", 1, 0.0)):
        await journal.write(Entry(title, "step", position, "done", seconds=seconds))

    assert [line.title for line in await lines(database)] == ["First", "Second", "Third"]


@pytest.mark.parametrize("ended", ["done", "failed", "retrying"])
async def test_a_late_running_does_not_hide_the_end(database: Database, ended: str) -> None:
    """A step announced while it was ending keeps its end, its output and its moment."""
    await accepted(database)
    journal = await opened(database)
    end = Entry("Collect pulls", "step", 2, ended, output=b"1", error="why")  # type: ignore[arg-type] # from the table above
    await journal.write(end, used(1, 10))

    await journal.write(RUNNING)

    [line] = await lines(database)
    assert (line.state, line.error, line.finished_at, line.calls) == (ended, "why", NOW, 2)
    entry = (await opened(database)).entry("Collect pulls")
    assert entry is not None
    assert (entry.state, entry.output) == (ended, b"1")


async def test_the_next_attempt_of_a_retried_step_runs_again(database: Database) -> None:
    """Its line says running, and what earlier attempts used stays counted."""
    await accepted(database)
    journal = await opened(database)
    await journal.write(RETRYING, used(2, 100))
    await journal.write(Entry("Collect pulls", "step", 2, "running", attempt=2))
    [line] = await lines(database)
    assert (line.state, line.attempt, line.calls) == ("running", 2, 3)

    await journal.write(Entry("Collect pulls", "step", 2, "done", attempt=2), used(1, 50))

    [line] = await lines(database)
    assert (line.state, line.attempt, line.calls, line.bytes) == ("done", 2, 5, 252)


async def test_what_all_attempts_of_a_step_used_is_kept(database: Database) -> None:
    """Calls, cost, bytes and CPU are summed up; of memory it is the most that a process took."""
    await accepted(database)
    journal = await opened(database)
    first, second = used(2, 100), used(1, 50)
    first.child(0.5, 7_000)
    second.child(0.25, 5_000)
    await journal.write(RETRYING, first)
    await journal.write(Entry("Collect pulls", "step", 2, "running", attempt=2))
    await journal.write(Entry("Collect pulls", "step", 2, "done", attempt=2), second)

    [line] = await lines(database)
    assert line.used == Used(
        {"github": 3, "linear": 2}, {"github": 6}, {"github": 250, "linear": 2}, 0.75, 7_000
    )


async def test_a_step_that_was_put_off_has_not_begun(database: Database) -> None:
    """It begins when it is tried: what it waited for is not its own time."""
    await accepted(database)
    put_off = Entry("Collect pulls", "step", 2, "retrying", 0, error="GitHub has been failing.")
    await (await opened(database)).write(put_off, Meter())
    [before] = await lines(database)
    assert (before.state, before.attempt) == ("retrying", 0)

    journal = await opened(database, clock=lambda: LATER)
    await journal.write(Entry("Collect pulls", "step", 2, "running", 1))
    await journal.write(Entry("Collect pulls", "step", 2, "done", 1, seconds=1.5), used(1, 50))

    [line] = await lines(database)
    assert (line.state, line.attempt, line.started_at) == ("done", 1, LATER)
    assert line.finished_at == LATER


async def test_steps_from_before_the_meter_used_nothing_that_is_known(database: Database) -> None:
    """Rows that a migration has given an empty record are read, and added to, as all others."""
    await accepted(database)
    async with database.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO steps (run_id, title, kind, position, state, attempt, output, error,"
                " started_at, calls, bytes)"
                " VALUES ('r1', 'Collect pulls', 'step', 2, 'retrying', 1, '', '', 0, 4, 9)"
            )
        )
    [before] = await lines(database)
    await (await opened(database)).write(DONE, used(1, 50))

    [line] = await lines(database)
    assert (before.calls, before.used) == (4, Used())
    assert (line.calls, line.used.calls) == (6, {"github": 1, "linear": 1})


async def test_every_write_is_news_for_the_card(database: Database) -> None:
    """Many of them are one row; a run that nobody reads about in a chat has none."""
    await accepted(database)
    journal = await opened(database)
    await journal.write(RUNNING)
    await journal.write(DONE)
    [row] = await news(database)
    assert (row.key, row.kind, row.revision) == ("card:r1", "card", 2)

    await accepted(database, id="r2")
    silent = await open_journal(
        database, "r2", standing_still, has_thread=False, told=lambda _: None
    )
    await silent.write(DONE)
    await silent.ask(PLAN)

    assert [each.run_id for each in await news(database)] == ["r1"]


async def test_listeners_hear_after_the_commit(database: Database) -> None:
    """Whoever reads on hearing the news finds what it was about."""
    await accepted(database)
    heard: list[str] = []
    journal = await opened(database, told=heard.append)

    await journal.write(DONE)
    await journal.ask(PLAN)

    assert heard == ["r1", "r1"]
    assert len(await lines(database)) == 1


async def test_asking_shows_the_plan_after_the_card(database: Database) -> None:
    """The card gets its buttons, then the thread what the plan is about."""
    await accepted(database)
    await (await opened(database)).ask(PLAN)

    assert [row.key for row in await news(database)] == ["card:r1", "plan:r1:c0ffee"]


async def test_a_plan_that_was_shown_is_not_shown_again(database: Database) -> None:
    """A worker that was lost right after asking is followed by one that asks again."""
    await accepted(database)
    await (await opened(database)).ask(PLAN)
    async with database.begin() as connection:
        for row in await outbox.due(connection, LATER):
            await outbox.sent(connection, row, LATER)

    await (await opened(database)).ask(PLAN)

    assert [row.key for row in await news(database)] == ["card:r1"]


async def test_a_question_without_details_needs_only_the_card(database: Database) -> None:
    """A choice has nothing more to show."""
    await accepted(database)
    await (await opened(database)).ask(Question("Which?", "Which?", ("a", "b")))

    assert [row.kind for row in await news(database)] == ["card"]


async def test_an_answer_is_there_for_the_next_attempt(database: Database) -> None:
    """The attempt that asked does not see it; the one after does."""
    await accepted(database)
    journal = await opened(database)
    await journal.ask(PLAN)
    async with database.begin() as connection:
        [asked] = await questions.of_run(connection, "r1")
        await questions.say(connection, asked.id, "approve", BEN, LATER)
        await questions.settle(connection, asked.id, "approve", BEN, LATER)

    assert journal.answer("c0ffee") is None
    answer = (await opened(database)).answer("c0ffee")

    assert answer is not None
    assert (answer.choice, answer.by, answer.at) == ("approve", "ben", LATER)


async def test_what_a_run_does_and_takes_back_is_in_the_audit_with_its_journal(
    database: Database,
) -> None:
    """One row for each end of an effect or an undo; none for steps, intents and retries."""
    await accepted(database)
    journal = await opened(database)
    for entry in (
        DONE,
        Entry("Tag v1", "effect", 1, "running"),
        Entry("Tag v1", "effect", 1, "retrying", error="GitHub is busy."),
        Entry("Tag v1", "effect", 1, "done"),
        Entry("Announce v1", "effect", 1, "failed", error="Refused."),
        Entry("Undo: Tag v1", "undo", 1, "running"),
        Entry("Undo: Tag v1", "undo", 1, "done"),
    ):
        await journal.write(entry)

    async with database.read() as connection:
        rows = await audit.of_run(connection, "r1")
        verdict = await audit.verify(connection)
    assert [(row.action, row.effect, row.detail) for row in rows] == [
        ("did", "Tag v1", ""),
        ("failed", "Announce v1", "Refused."),
        ("undone", "Tag v1", ""),
    ]
    assert {(row.actor["name"], row.door) for row in rows} == {("ada", "slash")}
    assert (verdict.last, verdict.fault) == (3, "")


async def test_whoever_lost_the_lease_leaves_nothing_in_the_audit(database: Database) -> None:
    """What was not journaled was not noted either."""
    await accepted(database)
    journal = await opened(database)
    async with database.begin() as connection:
        assert await runs.lease(connection, {"r1"}, "another", LATER, LATER)

    with pytest.raises(LeaseLost):
        await journal.write(Entry("Tag v1", "effect", 1, "done"))

    async with database.read() as connection:
        assert await audit.of_run(connection, "r1") == []


class Away(Database):
    """A database whose next write gets no answer."""

    async def write(self, *_: Write, lease: Lease | None = None, begins: bool = False) -> str:
        raise ConnectionResetError


async def test_a_database_that_does_not_answer_ends_the_attempt_alone(
    database: Database, database_url: str
) -> None:
    """What was being written may be there or not: the run is played again, and reads it."""
    await accepted(database)
    away = Away(database_url)
    journal = await open_journal(away, "r1", lambda: NOW, has_thread=False, told=lambda _: None)

    with pytest.raises(Later, match="did not answer"):
        await journal.write(Entry("Look", "step", 1, "done", output=b"1"))

    await away.aclose()
