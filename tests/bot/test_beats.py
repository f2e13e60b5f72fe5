"""Workers show that they live; what a queue forgot, or nobody came for, is swept up."""

import asyncio
from datetime import timedelta

import pytest
from redis.exceptions import RedisError
from sqlalchemy.exc import OperationalError

from bot.lines import Presence, QueueLook
from bot.vitals import Looks
from bot.worker import INTERACTIVE, LEASE, Queue
from tests.bot.lab import HERE, PATIENCE, Lab

HERE_I_AM = Presence(queues={"interactive": 5}, playing={"interactive": 1}, pid=7)


class Beating(Queue):
    """A queue that says when a worker's beat has arrived."""

    def __init__(self, queue: Queue) -> None:
        super().__init__(queue.redis)
        self.errors: list[Exception] = []
        self.beaten = asyncio.Event()

    async def beat(self, worker: str, presence: Presence) -> bool:
        if self.errors:
            raise self.errors.pop()
        known = await super().beat(worker, presence)
        self.beaten.set()
        return known


class Away(Queue):
    """A queue that cannot be looked at."""

    async def looks(self) -> dict[str, QueueLook]:
        raise RedisError("away")


async def test_a_living_worker_is_seen(lab: Lab) -> None:
    """By everybody who asks the queue, until it has been silent for the length of a lease."""
    queue = Beating(lab.queue)

    async with lab.player("w7", queue).alive(lambda: HERE_I_AM):
        await asyncio.wait_for(queue.beaten.wait(), PATIENCE)
        assert await Looks(lab.queue).workers() == {"w7": HERE_I_AM}
        left = await lab.queue.redis.pttl("flowbot:worker:w7")
        assert 0 < left <= LEASE / timedelta(milliseconds=1)

    assert await Looks(lab.queue).workers() == {}


async def test_a_silent_worker_is_forgotten(lab: Lab) -> None:
    """One that was killed cannot say so: its last word holds for a lease."""
    await lab.queue.beat("w1", HERE_I_AM)
    await lab.queue.beat("w2", HERE_I_AM)
    await lab.queue.redis.delete("flowbot:worker:w1")

    assert list(await Looks(lab.queue).workers()) == ["w2"]
    assert await lab.queue.redis.zrange("flowbot:workers", 0, -1) == [b"w2"]


@pytest.mark.parametrize(
    "error", [OSError("away"), OperationalError("SELECT 1", {}, Exception("database is locked"))]
)
async def test_a_failing_beat_is_tried_again(lab: Lab, error: Exception) -> None:
    """A worker that cannot reach a service for a moment keeps holding its runs afterwards."""
    queue = Beating(lab.queue)
    queue.errors.append(error)
    player = lab.player("w7", queue)
    beating = asyncio.create_task(player._every(timedelta(0), player._beat))

    await asyncio.wait_for(queue.beaten.wait(), PATIENCE)

    assert not beating.done()
    beating.cancel()
    await asyncio.gather(beating, return_exceptions=True)


async def test_what_a_queue_forgot_is_woken_at_the_next_beat(lab: Lab) -> None:
    """Nobody waits until it is late: a queue that forgot the worker has forgotten the wake-ups."""
    player = lab.player("w7")
    await player._beat()
    run_id = await lab.start("look desk")
    lab.clock.forward(1)
    await player._beat()
    assert await lab.queue.redis.zcard(INTERACTIVE) == 1

    await lab.queue.redis.flushall()
    await player._beat()

    assert await lab.queue.redis.zrange(INTERACTIVE, 0, -1) == [f"{run_id}:2".encode()]


async def test_what_was_asked_while_the_queue_was_away_is_woken_once_it_is_back(lab: Lab) -> None:
    """It forgot nothing, and was not told either."""
    queue = Beating(lab.queue)
    player = lab.player("w7", queue)
    await player._beat()
    run_id = await lab.start("look desk")
    await lab.queue.redis.delete(INTERACTIVE)
    lab.clock.forward(1)
    queue.errors.append(RedisError("away"))

    with pytest.raises(RedisError):
        await player._beat()
    await player._beat()

    assert await lab.queue.redis.zrange(INTERACTIVE, 0, -1) == [f"{run_id}:2".encode()]


async def test_a_queued_run_is_swept_only_when_nobody_came(lab: Lab) -> None:
    """A fresh one is left to its first wake-up."""
    await lab.type("look desk", origin=HERE)
    await lab.player().sweep()
    assert await lab.queue.redis.zcard(INTERACTIVE) == 1

    lab.clock.forward(31)
    await lab.player().sweep()

    assert await lab.queue.redis.zcard(INTERACTIVE) == 2


async def test_a_run_behind_others_is_not_put_into_the_line_again(lab: Lab) -> None:
    """However long the line is: the queue says for how long its first has waited."""
    await lab.type("look desk", origin=HERE)
    [(first, due)] = await lab.queue.redis.zrange(INTERACTIVE, 0, -1, withscores=True)
    await lab.queue.redis.zadd(INTERACTIVE, {first: due - 600_000})

    lab.clock.forward(600)
    await lab.player().sweep()
    assert await lab.queue.redis.zcard(INTERACTIVE) == 1

    await lab.queue.redis.delete(INTERACTIVE)
    await lab.player().sweep()
    assert await lab.queue.redis.zcard(INTERACTIVE) == 1


async def test_nothing_is_swept_while_the_queue_is_away(lab: Lab) -> None:
    """Nobody could be woken; what is queued then is woken at once when it is back."""
    await lab.type("look desk", origin=HERE)
    lab.clock.forward(60)

    await lab.player("w1", Away(lab.queue.redis)).sweep()
    assert await lab.queue.redis.zcard(INTERACTIVE) == 1

    await lab.player().sweep()
    assert await lab.queue.redis.zcard(INTERACTIVE) == 2


async def test_a_run_in_a_long_line_is_not_put_there_again_by_each_sweep(lab: Lab) -> None:
    """While every worker is busy, only a wake-up that was in vain for long is repeated."""
    await lab.type("look desk", origin=HERE)
    lab.clock.forward(31)
    for _ in range(14):
        await lab.player().sweep()
        lab.clock.forward(2)
    assert await lab.queue.redis.zcard(INTERACTIVE) == 2

    lab.clock.forward(4)
    await lab.player().sweep()

    assert await lab.queue.redis.zcard(INTERACTIVE) == 3
