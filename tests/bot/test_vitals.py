"""What the bot tells about its queues and workers, and what to do where something is missing."""

from datetime import UTC, datetime

from redis.asyncio import ConnectionPool

from bot.lines import Presence, waiting
from bot.vitals import SelfKnowledge
from bot.worker import Queue, connect
from flows.engine.tools import Vital
from storage.records import Wake
from tests.bot.lab import Lab


async def vitals(lab: Lab, queue: Queue | None = None) -> dict[str, Vital]:
    """Return what is measured now, by name."""
    knowledge = SelfKnowledge(lab.database, queue or lab.queue, lambda: datetime.now(UTC), [])
    return {each.name: each for each in (await knowledge.vitals()).items}


async def test_every_queue_is_told(lab: Lab) -> None:
    """How many wait, and for how long the first has; one that is late wants a worker."""
    await lab.queue.wake(Wake("r1", 1, "heavy"))
    await lab.queue.redis.zadd(waiting("heavy"), {"r0:1": 1})

    found = await vitals(lab)

    assert found["Queue interactive"].value == "nothing waits, 0 playing"
    assert found["Queue interactive"].ok
    assert found["Queue heavy"].value.startswith("2 waiting, ")
    assert not found["Queue heavy"].ok
    assert "python -m bot worker --queues heavy" in found["Queue heavy"].remedy


async def test_a_queue_without_a_worker_is_named(lab: Lab) -> None:
    """Though there are workers, and though nothing waits there yet."""
    assert (await vitals(lab))["Workers"].remedy == "Start one: `python -m bot worker`."

    await lab.queue.beat("w1", Presence(queues={"interactive": 5, "batch": 1}))
    found = (await vitals(lab))["Workers"]
    assert (found.ok, found.value) == (False, "1 alive, nobody for heavy, delivery")
    assert "python -m bot worker --queues heavy,delivery" in found.remedy

    await lab.queue.beat("w2", Presence(queues={"heavy": 5, "delivery": 1}))
    assert (await vitals(lab))["Workers"] == Vital(
        "Workers", ok=True, value="2 alive", remedy="Start one: `python -m bot worker`."
    )


async def test_integrations_that_are_left_alone_are_named(lab: Lab) -> None:
    """With until when and why, and the workers that leave them alone."""
    await lab.queue.beat("w0", Presence())
    well = (await vitals(lab))["Breakers"]
    assert (well.ok, well.value) == (True, "every integration is called")

    paused = {"GitHub": "paused until 12:01 UTC (5 failures, last: GitHub cannot be reached.)"}
    await lab.queue.beat("w1", Presence(breakers=paused))
    await lab.queue.beat("w2", Presence(breakers=paused | {"Linear": "on trial (5 failures)"}))
    found = (await vitals(lab))["Breakers"]

    assert not found.ok
    assert found.value == (
        "GitHub: paused until 12:01 UTC (5 failures, last: GitHub cannot be reached.) "
        "on w1 and w2; Linear: on trial (5 failures) on w2"
    )


async def test_a_queue_that_is_away_is_one_finding(lab: Lab, redis_url: str) -> None:
    """With the setting to check; the database is measured all the same."""
    queue = Queue(await connect(redis_url))
    await queue.aclose()
    queue.redis.connection_pool = ConnectionPool.from_url("redis://127.0.0.1:9")

    found = await vitals(lab, queue)

    assert (found["Queue"].ok, found["Queue"].remedy) == (False, "Check FLOWBOT_REDIS_URL.")
    assert found["Database"].ok
    await queue.aclose()
