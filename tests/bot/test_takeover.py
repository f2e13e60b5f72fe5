"""A worker that was paused past its lease comes back to a run that another has: it does nothing."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.endings import LOSSES
from bot.worker import LEASE, Queue, connect
from flows.engine.run import YES
from flows.engine.tools import Tools
from integrations.git import Workspaces
from integrations.github import GitHub, GitHubApi, GitHubReader, TokenSignIn
from integrations.probes import Probes
from storage.database import Database
from storage.migrate import migrate
from storage.tables import runs
from tests.bot.lab import ADA, BEN, CAT, PATIENCE, Lab
from tests.flows.engine.memory import Knowledge, Lost, Thing, World
from tests.integrations.sources import nowhere

AFTER_THE_LEASE = LEASE.total_seconds() + 1


class Pausing(World):
    """A world in which the first call for a name takes as long as a test wants."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.reached = asyncio.Event()
        self.go_on = asyncio.Event()

    async def thing(self, name: str) -> Thing:
        found = await super().thing(name)
        await self._pause(name)
        return found

    async def ensure_thing(self, name: str, value: object = "") -> Thing:
        made = await super().ensure_thing(name, value)
        await self._pause(f"+{name}")
        return made

    async def _pause(self, name: str) -> None:
        if name == self.name and not self.reached.is_set():
            self.reached.set()
            await self.go_on.wait()


@pytest.fixture(params=["sqlite", "postgresql"])
async def lab(request: pytest.FixtureRequest, redis_url: str, tmp_path: Path) -> AsyncIterator[Lab]:
    """Yield the bot on each of the two engines."""
    if request.param == "sqlite":
        database = Database(f"sqlite+aiosqlite:///{tmp_path / 'flowbot.db'}")
        await migrate(database)
    else:
        database = Database(request.getfixturevalue("postgres_database"))
        await migrate(database)
    queue = Queue(await connect(redis_url))
    async with GitHubApi(TokenSignIn("secret"), base_url="http://127.0.0.1:9") as api:
        tools = Tools(
            GitHub(api),
            GitHubReader(api),
            Workspaces(tmp_path),
            Probes(set()),
            *nowhere(),
            Knowledge(),
        )
        yield Lab(database, queue, tools)
    await queue.aclose()
    await database.aclose()


async def approved(lab: Lab) -> str:
    """Return a run whose plan has its yes, and which waits for a worker."""
    run_id = await lab.start("make desk")
    await lab.player().play(run_id)
    await lab.dispatch.answer((await lab.asked(run_id)).id, YES, BEN)
    return run_id


async def test_who_is_paused_in_a_step_writes_nothing_afterwards(lab: Lab) -> None:
    """Another has finished the run by then; its card, report and journal are the other's."""
    lab.world = world = Pausing("desk")
    run_id = await lab.start("look desk")
    paused = asyncio.create_task(lab.player("w1").play(run_id))
    await asyncio.wait_for(world.reached.wait(), PATIENCE)

    lab.clock.forward(AFTER_THE_LEASE)
    await lab.player("w2").sweep()
    await lab.player("w2").play(run_id)
    done, steps = await lab.run(run_id), await lab.steps(run_id)
    assert done.state == "done"

    lab.clock.forward(AFTER_THE_LEASE)
    world.go_on.set()
    await paused

    assert await lab.run(run_id) == done
    assert await lab.steps(run_id) == steps
    assert world.looks == ["desk", "desk", "names"]  # the paused one looked no further


async def test_who_is_paused_before_a_change_does_not_make_it(lab: Lab) -> None:
    """Its intent is refused while the other is still at work."""
    lab.world = world = Pausing("+desk")
    run_id = await approved(lab)
    paused = asyncio.create_task(lab.player("w1").play(run_id))
    await asyncio.wait_for(world.reached.wait(), PATIENCE)

    lab.clock.forward(AFTER_THE_LEASE)
    other = lab.player("w2")
    await other.sweep()
    await other.play(run_id)
    world.go_on.set()
    await paused

    # The first change was under way, so it is made again by its natural key; the next one is not.
    assert world.writes == ["+desk", "+desk", "+news"]
    assert (await lab.run(run_id)).state == "done"
    assert [each.state for each in await lab.steps(run_id)] == ["done"] * 3


async def test_who_is_paused_cannot_end_or_rest_the_run(lab: Lab) -> None:
    """The other waits for a person with it; coming back changes nothing about that."""
    lab.hold_up.clear()
    run_id = await lab.start("choose")
    paused = asyncio.create_task(lab.player("w1").play(run_id))
    await asyncio.wait_for(lab.held_up.wait(), PATIENCE)
    lab.clock.forward(AFTER_THE_LEASE)
    lab.hold_up.set()
    await asyncio.gather(paused, lab.player("w2").play(run_id))
    await lab.dispatch.answer((await lab.asked(run_id)).id, "blue", ADA)

    await lab.player("w3").play(run_id)

    run = await lab.run(run_id)
    assert (run.state, run.line) == ("done", "blue")


async def test_two_workers_that_take_turns_losing_it_make_each_change_once(lab: Lab) -> None:
    """Ten runs, each lost by its worker right after each of its changes."""
    runs = []
    for number in range(10):
        run_id = await lab.start(f"make desk-{number}")
        await lab.player().play(run_id)
        await lab.dispatch.answer((await lab.asked(run_id)).id, YES, BEN)
        runs.append(run_id)
    for run_id in runs:
        lab.world.lose_at = 1
        with pytest.raises(Lost):
            await lab.player("w1").play(run_id)
    lab.clock.forward(AFTER_THE_LEASE)

    await asyncio.gather(
        *(lab.player(worker).play(run_id) for run_id in runs for worker in ("w1", "w2"))
    )

    assert [(await lab.run(run_id)).state for run_id in runs] == ["done"] * 10
    for number in range(10):
        assert lab.world.writes.count(f"+desk-{number}") == 2  # the lost one, and its repetition
    assert lab.world.writes.count("+news") == 10


async def test_a_run_that_costs_its_worker_each_time_is_set_aside(lab: Lab) -> None:
    """It is listed, says what to do, and a retry plays it on from there."""
    run_id = await approved(lab)
    for _ in range(LOSSES + 1):
        lab.world.lose_at = 1
        with pytest.raises(Lost):
            await lab.player("w1").play(run_id)
        lab.clock.forward(AFTER_THE_LEASE)
    lab.world.lose_at = 0
    await lab.player("w1").play(run_id)

    run = await lab.run(run_id)
    assert run.state == "failed"
    assert run.line.startswith("Set aside: 6 times in a row the process that played it was lost")
    assert run_id in repr(await lab.type("dead"))
    writes = len(lab.world.writes)

    await lab.type(f"retry {run_id}")
    assert run_id not in repr(await lab.type("dead"))
    await lab.player("w1").play(run_id)

    assert (await lab.run(run_id)).state == "done"
    assert lab.world.writes[writes:] == ["+desk", "+news"]
    assert lab.world.looks == ["floor"]


async def test_all_runs_that_were_set_aside_go_on_at_once(lab: Lab) -> None:
    """Those that this person may retry; the others are named, with the reason."""
    assert "No run is set aside." in repr(await lab.type("retry dead"))
    look, make = await lab.start("look desk", BEN), await lab.start("make desk", BEN)
    async with lab.database.begin() as connection:
        await connection.execute(
            update(runs).values(state="failed", recoveries=LOSSES + 1, finished_at=lab.clock())
        )

    refused = repr(await lab.type("retry dead", CAT))
    assert "1 of 2 runs go on." in refused
    assert make in refused
    assert "needs the role maintainer" in refused
    assert "1 of 1 runs go on." in repr(await lab.type("retry dead"))

    assert [(await lab.run(each)).state for each in (look, make)] == ["queued", "queued"]
    assert "There is none." in repr(await lab.type("dead"))


async def test_a_run_that_gets_further_is_not_set_aside(lab: Lab) -> None:
    """However many workers it loses: what counts is losing them at the same place."""
    run_id = await approved(lab)
    for lost_at in (1, 1, 1, 2, 1, 1, 1):  # the fourth worker brings the first change home
        lab.world.lose_at = lost_at
        with pytest.raises(Lost):
            await lab.player("w1").play(run_id)
        lab.clock.forward(AFTER_THE_LEASE)

    await lab.player("w1").play(run_id)

    assert (await lab.run(run_id)).state == "done"
