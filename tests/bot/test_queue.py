"""Wake-ups are heard at once, become one job each, and outlive the worker that took them."""

import asyncio
from datetime import timedelta

import msgspec

from bot.worker import INTERACTIVE, LEASE, Queue, Worker, connect
from tests.bot.lab import PATIENCE, Lab, at_work

MILLISECOND, SECOND = timedelta(milliseconds=1), timedelta(seconds=1)


class Played:
    """Plays nothing: writes down what it was asked for."""

    def __init__(self) -> None:
        self.runs: list[str] = []
        self.at_work = 0
        self.most_at_work = 0
        self.go_on = asyncio.Event()
        self.go_on.set()
        self._changed = asyncio.Condition()

    async def __call__(self, run_id: str) -> None:
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        self.runs.append(run_id)
        async with self._changed:
            self._changed.notify_all()
        try:
            await self.go_on.wait()
        finally:
            self.at_work -= 1

    async def until(self, count: int) -> None:
        """Wait until so many were begun."""
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(lambda: len(self.runs) >= count)


async def worker_of(redis_url: str, played: Played, concurrency: int = 10) -> Worker:
    """Return a worker with a pool of its own, which polls so rarely that only wake-ups count."""
    return Worker(
        await connect(redis_url), played, concurrency=concurrency, poll_delay=PATIENCE * 2
    )


async def test_a_wake_up_is_heard_at_once(lab: Lab, redis_url: str) -> None:
    """Without polling: those from before it began, and those from then on."""
    played = Played()
    await lab.queue.wake("early", 1)

    async with at_work(await worker_of(redis_url, played)):
        await played.until(1)
        await lab.queue.wake("late", 1)
        await played.until(2)

    assert played.runs == ["early", "late"]


async def test_the_same_wake_up_is_one_job(lab: Lab, redis_url: str) -> None:
    """Another number is another one; nothing of either is left behind."""
    played = Played()
    for number in (1, 1, 2):
        assert await lab.queue.wake("r1", number)

    async with at_work(await worker_of(redis_url, played)):
        await played.until(2)

    assert played.runs == ["r1", "r1"]
    keys = {key.decode() async for key in lab.queue.redis.scan_iter("arq:*")}
    assert not [key for key in keys if "r1" in key]


async def test_jobs_are_plain_json(lab: Lab) -> None:
    """Whoever can write to the queue must not be able to run code by it."""
    await lab.queue.wake("r1", 1)

    job = msgspec.json.decode(await lab.queue.redis.get("arq:job:r1:1"))

    assert job["f"] == "play"
    assert job["a"] == ["r1"]


async def test_a_worker_plays_no_more_than_it_may(lab: Lab, redis_url: str) -> None:
    """The others follow as soon as there is room, though nobody wakes them again."""
    played = Played()
    played.go_on.clear()
    for number in range(6):
        await lab.queue.wake(f"r{number}", 1)

    async with at_work(await worker_of(redis_url, played, concurrency=2)):
        await played.until(2)
        played.go_on.set()
        await played.until(6)

    assert played.most_at_work == 2
    assert sorted(played.runs) == [f"r{number}" for number in range(6)]


async def test_what_a_stopping_worker_cannot_finish_goes_back(lab: Lab, redis_url: str) -> None:
    """It takes nothing new, waits for its grace, and the next worker begins it again."""
    played = Played()
    played.go_on.clear()
    worker = await worker_of(redis_url, played)
    main = asyncio.create_task(worker.main())
    await lab.queue.wake("r1", 1)
    await played.until(1)

    await worker.drain(timedelta(0))
    main.cancel()
    await asyncio.gather(main, return_exceptions=True)

    assert played.at_work == 0
    assert await lab.queue.redis.zcard(INTERACTIVE) == 1
    played.go_on.set()
    async with at_work(await worker_of(redis_url, played)):
        await played.until(2)
    assert played.runs == ["r1", "r1"]


async def test_what_a_lost_worker_had_begun_does_not_stay_in_the_line(
    lab: Lab, redis_url: str
) -> None:
    """A job is a worker's own for the length of a lease, and longer only while that lives."""
    played, mark = Played(), "arq:in-progress:r1:1"
    played.go_on.clear()
    await lab.queue.wake("r1", 1)
    worker = await worker_of(redis_url, played)

    async with at_work(worker):
        await played.until(1)
        assert 0 < await lab.queue.redis.pttl(mark) <= LEASE / MILLISECOND
        await lab.queue.redis.pexpire(mark, SECOND)
        await worker.hold()
        assert await lab.queue.redis.pttl(mark) > SECOND / MILLISECOND
        played.go_on.set()


async def test_news_reach_every_listener_in_any_process(lab: Lab, redis_url: str) -> None:
    """Told together they come together; on connecting, everybody is told to look."""
    other = Queue(await connect(redis_url))
    async with asyncio.timeout(PATIENCE), other.listen() as there, lab.queue.listen() as here:
        assert [await anext(there), await anext(here)] == ["", ""]

        for run_id in ("r1", "r2", "r1"):
            lab.queue.changed(run_id)

        assert {await anext(there), await anext(there)} == {"r1", "r2"}
        assert {await anext(here), await anext(here)} == {"r1", "r2"}
    await other.aclose()
