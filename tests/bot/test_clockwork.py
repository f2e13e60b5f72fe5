"""What is scheduled starts at its time: each time once, whoever is first, also after an outage."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat import Actor, Origin
from bot.clockwork import LOOK_EVERY, Clockwork
from storage import audit, runs, schedules
from storage.database import Database
from storage.migrate import migrate
from storage.records import RunRecord, ScheduleRecord
from tests.bot.lab import ADA, CAT, PATIENCE, Lab

NINE = datetime(2026, 3, 5, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest_asyncio.fixture(params=["sqlite", "postgresql"])
async def two(
    request: pytest.FixtureRequest, lab: Lab, migrated_file: Path, tmp_path: Path
) -> AsyncIterator[tuple[Lab, Lab]]:
    """Yield the bot twice, as two processes have it: each connected to the one database."""
    if request.param == "sqlite":
        path = tmp_path / "shared.db"
        shutil.copyfile(migrated_file, path)
        url = f"sqlite+aiosqlite:///{path}"
    else:
        url = request.getfixturevalue("postgres_database")
    first, second = Database(url), Database(url)
    await migrate(first)
    yield Lab(first, lab.queue, lab.tools), Lab(second, lab.queue, lab.tools)
    await first.aclose()
    await second.aclose()


def clockwork(lab: Lab) -> Clockwork:
    """Return what gives the commands."""
    return Clockwork(lab.database, lab.dispatch, lab.clock)


async def scheduled(
    lab: Lab,
    text: str = "hourly UTC",
    command: str = "look desk",
    *,
    catch_up: str = "once",
    next_at: datetime = NINE,
    owner: Actor = ADA,
    schedule_id: str = "s1",
) -> None:
    """Schedule a command that is due at nine, and let it be nine."""
    lab.clock.now = NINE
    record = ScheduleRecord(
        id=schedule_id,
        text=text,
        command=command,
        flow="desk-watching",
        project="",
        owner=asdict(owner),
        origin=asdict(Origin("schedule", "slack", "C1")),
        catch_up=catch_up,
        next_at=next_at,
        created_at=NINE - HOUR,
    )
    async with lab.database.begin() as connection:
        await schedules.add(connection, record)


async def schedule(lab: Lab, schedule_id: str = "s1") -> ScheduleRecord:
    """Return the schedule as it stands."""
    async with lab.database.read() as connection:
        record = await schedules.get(connection, schedule_id)
    assert record is not None
    return record


async def accepted(lab: Lab) -> list[RunRecord]:
    """Return every run there is."""
    async with lab.database.read() as connection:
        return await runs.page(connection)


async def test_a_time_is_one_run_in_its_owners_name(lab: Lab) -> None:
    """In the channel that it was made in; the next time is set."""
    await scheduled(lab)

    await clockwork(lab).tick()

    [run] = await accepted(lab)
    assert (run.command, run.actor["name"]) == ("look desk", "ada")
    assert (run.origin["door"], run.origin["channel"]) == ("schedule", "C1")
    after = await schedule(lab)
    assert (after.next_at, after.last_at) == (NINE + HOUR, NINE)
    assert await lab.queue.redis.zcard("flowbot:interactive") == 1


async def test_nothing_starts_before_its_time(lab: Lab) -> None:
    """The clockwork sleeps until then, though never long: others make schedules too."""
    await scheduled(lab, next_at=NINE + timedelta(seconds=2))

    assert await clockwork(lab).tick() == timedelta(seconds=2)
    assert await accepted(lab) == []
    lab.clock.now -= HOUR
    assert await clockwork(lab).tick() == LOOK_EVERY


async def test_two_clockworks_start_each_time_once(two: tuple[Lab, Lab]) -> None:
    """24 hours of two schedules, both clocks at once."""
    for name in ("s1", "s2"):
        await scheduled(two[0], schedule_id=name)

    for hour in range(24):
        for lab in two:
            lab.clock.now = NINE + hour * HOUR
        await asyncio.gather(*(clockwork(lab).tick() for lab in two))

    found = await accepted(two[0])
    assert len(found) == len({run.id for run in found}) == 48
    assert [run.created_at for run in found].count(NINE) == 2


async def test_a_process_that_is_lost_while_it_accepts_loses_no_time(lab: Lab) -> None:
    """The run and the step to the next time are one transaction: the next tick does both."""
    await scheduled(lab)
    before = await schedule(lab)

    async def claim_and_lose(connection: AsyncConnection) -> None:
        assert await schedules.advance(connection, before, NINE + HOUR, NINE)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await lab.dispatch.command(
            "look desk", ADA, Origin("schedule", "slack", "C1"), "k", claim_and_lose
        )
    assert await accepted(lab) == []
    assert await schedule(lab) == before

    await clockwork(lab).tick()

    assert len(await accepted(lab)) == 1


@pytest.mark.parametrize(("catch_up", "count"), [("once", 1), ("all", 5), ("skip", 0)])
async def test_times_that_nobody_was_there_for(lab: Lab, catch_up: str, count: int) -> None:
    """Four and a half hours late: one run, one for each, or none; then it goes on."""
    await scheduled(lab, catch_up=catch_up)
    lab.clock.now = NINE + 4.5 * HOUR
    work = clockwork(lab)

    while await work.tick() == timedelta():
        assert catch_up == "all"

    assert len(await accepted(lab)) == count
    assert (await schedule(lab)).next_at == NINE + 5 * HOUR


async def test_a_little_late_is_no_outage(lab: Lab) -> None:
    """Not even where what was missed is to be skipped."""
    await scheduled(lab, catch_up="skip")
    lab.clock.forward(59)

    await clockwork(lab).tick()

    assert len(await accepted(lab)) == 1


@pytest.mark.parametrize(
    ("command", "owner", "why"),
    [
        ("make desk", CAT, "`make` needs the role maintainer; yours is viewer."),
        ("vanish desk", ADA, "I know no flow called “vanish”."),
        ("look", ADA, "desk-watching asks for other inputs by now"),
        ("look desk big=maybe", ADA, "look has no parameter “big”"),
    ],
)
async def test_what_cannot_start_pauses_itself_and_says_why(
    lab: Lab, command: str, owner: Actor, why: str
) -> None:
    """Instead of failing again and again; its neighbours go on."""
    await scheduled(lab, command=command, owner=owner)
    await scheduled(lab, schedule_id="s2")

    await clockwork(lab).tick()

    after = await schedule(lab)
    assert after.paused
    assert after.trouble.startswith(why)
    assert [run.command for run in await accepted(lab)] == ["look desk"]


async def test_a_refusal_is_in_the_audit(lab: Lab) -> None:
    """With the owner, and the schedule as the door."""
    await scheduled(lab, command="make desk", owner=CAT)

    await clockwork(lab).tick()

    async with lab.database.read() as connection:
        [row] = await audit.of_run(connection, "")
    assert (row.action, row.actor["name"], row.door) == ("refused", "cat", "schedule")


async def test_a_zone_that_is_gone_pauses_its_schedule(lab: Lab) -> None:
    """Time zones are renamed and dropped now and then."""
    await scheduled(lab, text="hourly Mars/Olympus_Mons")

    await clockwork(lab).tick()

    assert "I know no time zone" in (await schedule(lab)).trouble


async def test_it_works_for_as_long_as_it_lives(lab: Lab) -> None:
    """The loop gives what is due without anybody else."""
    await scheduled(lab)
    async with asyncio.timeout(PATIENCE), lab.queue.listen() as news:
        assert await anext(news) == ""  # from here on, it is heard
        task = asyncio.create_task(clockwork(lab).run())
        told = await anext(news)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert [run.id for run in await accepted(lab)] == [told]
