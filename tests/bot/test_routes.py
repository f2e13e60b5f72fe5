"""New runs go to the queue of their weight, and are woken there from then on."""

import asyncio
from datetime import timedelta

from bot.lines import waiting
from bot.routes import Routes
from flows.engine.journal import Entry
from flows.engine.queues import QUEUES
from integrations.errors import Transient
from storage.database import Database
from tests.bot.lab import PATIENCE, Lab
from tests.journals import noted
from tests.storage.rows import NOW, accepted


async def took(lab: Lab, minutes: float) -> None:
    """Store a finished run of `look` with one step of this length."""
    await accepted(lab.database, id=f"r{minutes}", flow="desk-watching", state="done")
    entry = Entry("Dig", "step", 1, "done", seconds=minutes * 60)
    await noted(lab.database, f"r{minutes}", entry, NOW)


async def queued(lab: Lab) -> dict[str, int]:
    """Count the wake-ups of each queue."""
    return {name: await lab.queue.redis.zcard(waiting(name)) for name in QUEUES}


async def test_a_declared_weight_decides_where_a_run_waits(lab: Lab) -> None:
    """Every later wake-up goes there too: this one comes after a service was busy."""
    lab.weight = "batch"
    lab.world.fail("desk", Transient("The world is busy.", timedelta(minutes=3)))

    run_id = await lab.start("look desk")
    assert (await lab.run(run_id)).queue == "batch"
    assert await queued(lab) == {"interactive": 0, "batch": 1, "heavy": 0}
    await lab.player().play(run_id)

    assert await queued(lab) == {"interactive": 0, "batch": 2, "heavy": 0}


async def test_what_takes_long_is_heavy_from_the_next_measurement_on(lab: Lab) -> None:
    """Whatever its author said; until then, and on the way in, nothing is measured."""
    await took(lab, 12)
    assert (await lab.run(await lab.start("look desk"))).queue == "interactive"

    await lab.dispatch.routes.measure()

    assert (await lab.run(await lab.start("look chair"))).queue == "heavy"
    assert (await lab.run(await lab.start("choose"))).queue == "interactive"


class Blind(Routes):
    """Routes that cannot measure, and say when they tried."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.tried = asyncio.Event()

    async def measure(self) -> None:
        self.tried.set()
        raise OSError("away")


async def test_what_cannot_be_measured_is_tried_again(lab: Lab) -> None:
    """Until then the declared weight holds."""
    routes = Blind(lab.database)
    measuring = asyncio.create_task(routes.run())

    await asyncio.wait_for(routes.tried.wait(), PATIENCE)
    await asyncio.sleep(0)

    assert not measuring.done()
    assert [routes.queue(flow) for flow in lab.flows()] == ["interactive"] * 3
    measuring.cancel()
    await asyncio.gather(measuring, return_exceptions=True)
