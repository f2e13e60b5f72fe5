"""Wake-ups are heard at once, become one job each, and outlive the worker that took them."""

import asyncio
from datetime import timedelta

import msgspec

from bot.lines import playing, waiting
from bot.vitals import Looks
from bot.worker import INTERACTIVE, LEASE, Queue, Worker, connect
from storage.records import Wake
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


async def worker_of(redis_url: str, played: Played, **concurrency: int) -> Worker:
    """Return a worker with a pool of its own, which looks so rarely that only wake-ups count."""
    limits = concurrency or {"interactive": 10}
    pool = await connect(redis_url)
    return Worker(pool, played, concurrency=limits, look_every=PATIENCE * 2)


async def test_a_wake_up_is_heard_at_once(lab: Lab, redis_url: str) -> None:
    """Without polling: those from before it began, and those from then on."""
    played = Played()
    await lab.queue.wake(Wake("early", 1))

    async with at_work(await worker_of(redis_url, played)):
        await played.until(1)
        await lab.queue.wake(Wake("late", 1))
        await played.until(2)

    assert played.runs == ["early", "late"]


async def test_the_same_wake_up_is_one_job(lab: Lab, redis_url: str) -> None:
    """Another number is another one; nothing of either is left behind."""
    played = Played()
    for number in (1, 1, 2):
        assert await lab.queue.wake(Wake("r1", number))

    async with at_work(await worker_of(redis_url, played)):
        await played.until(2)

    assert played.runs == ["r1", "r1"]
    keys = {key.decode() async for key in lab.queue.redis.scan_iter("arq:*")}
    assert not [key for key in keys if "r1" in key]


async def test_wake_ups_at_once_share_a_round_trip(lab: Lab, redis_url: str) -> None:
    """However many ask, on whichever queues: each is in its line, and a repeat is still one job."""
    redis, played = lab.queue.redis, Played()
    await lab.queue.wake(Wake("before", 1))
    before = (await redis.info("commandstats"))["cmdstat_evalsha"]["calls"]

    wakes = [
        Wake(f"r{number % 30}", 1, ("interactive", "batch")[number % 2]) for number in range(60)
    ]
    assert all(await asyncio.gather(*(lab.queue.wake(each) for each in wakes)))

    calls = (await redis.info("commandstats"))["cmdstat_evalsha"]["calls"] - before
    assert calls == 1
    looks = await Looks(lab.queue).queues()
    assert (looks["interactive"].depth, looks["batch"].depth) == (16, 15)
    async with at_work(await worker_of(redis_url, played, interactive=9, batch=9)):
        played.go_on.set()
        await played.until(31)


async def test_whoever_asked_and_has_gone_does_not_hold_up_the_others(lab: Lab) -> None:
    """The wake-ups of a round trip are for several callers; one of them may be cancelled."""
    gone = asyncio.create_task(lab.queue.wake(Wake("r1", 1)))
    stays = asyncio.create_task(lab.queue.wake(Wake("r2", 1)))
    await asyncio.sleep(0)
    gone.cancel()

    assert await stays
    assert (await Looks(lab.queue).queues())["interactive"].depth == 2


async def test_jobs_are_plain_json(lab: Lab) -> None:
    """Whoever can write to the queue must not be able to run code by it."""
    await lab.queue.wake(Wake("r1", 1))

    job = msgspec.json.decode(await lab.queue.redis.get("arq:job:r1:1"))

    assert job["f"] == "play"
    assert job["a"] == ["r1"]


async def test_a_worker_plays_no_more_than_it_may(lab: Lab, redis_url: str) -> None:
    """The others follow as soon as there is room, though nobody wakes them again."""
    played = Played()
    played.go_on.clear()
    for number in range(6):
        await lab.queue.wake(Wake(f"r{number}", 1))

    async with at_work(await worker_of(redis_url, played, interactive=2)):
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
    await lab.queue.wake(Wake("r1", 1))
    await played.until(1)

    await worker.drain(timedelta(0))
    main.cancel()
    await asyncio.gather(main, return_exceptions=True)
    await worker.aclose()

    assert played.at_work == 0
    assert await lab.queue.redis.zcard(INTERACTIVE) == 1
    played.go_on.set()
    async with at_work(await worker_of(redis_url, played)):
        await played.until(2)
    assert played.runs == ["r1", "r1"]


async def test_what_a_lost_worker_had_begun_goes_back_into_the_line(
    lab: Lab, redis_url: str
) -> None:
    """A job is a worker's own for the length of a lease, and longer only while that lives."""
    played, mark = Played(), playing("interactive")
    played.go_on.clear()
    await lab.queue.wake(Wake("r1", 1))
    lost, other = Played(), await worker_of(redis_url, played)
    lost.go_on.clear()
    worker = await worker_of(redis_url, lost)

    async with at_work(worker):
        await lost.until(1)
        now = (await Looks(lab.queue).time()).timestamp() * 1000
        until = await lab.queue.redis.zscore(mark, "r1:1")
        assert until is not None
        assert 0 < until - now <= LEASE / MILLISECOND
        await lab.queue.redis.zadd(mark, {"r1:1": now + 1})
        await worker.hold()
        held = await lab.queue.redis.zscore(mark, "r1:1")
        assert held is not None
        assert held >= until
        await lab.queue.redis.zadd(mark, {"r1:1": now - 1})  # it was paused for too long
        async with at_work(other):
            await played.until(1)
            played.go_on.set()
        lost.go_on.set()

    assert await lab.queue.redis.zcard(mark) == 0


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


async def test_a_wake_up_for_later_is_taken_when_it_is_due(lab: Lab, redis_url: str) -> None:
    """Though nobody looks in between: a worker knows when the next one is due."""
    played = Played()
    await lab.queue.wake(Wake("before", 1), 20 * MILLISECOND)

    async with at_work(await worker_of(redis_url, played)):
        await played.until(1)
        await lab.queue.wake(Wake("much later", 1), timedelta(hours=1))
        await lab.queue.wake(Wake("soon", 1), 20 * MILLISECOND)
        await played.until(2)

    assert played.runs == ["before", "soon"]
    look = (await Looks(lab.queue).queues())["interactive"]
    assert (look.depth, look.wait, look.playing) == (0, timedelta(), 0)


async def test_a_worker_plays_the_queues_that_it_serves(lab: Lab, redis_url: str) -> None:
    """The others are for other workers."""
    played, others = Played(), Played()
    for number, queue in enumerate(("heavy", "interactive", "batch")):
        await lab.queue.wake(Wake(f"r{number}", 1, queue))

    async with at_work(await worker_of(redis_url, played, interactive=5, batch=5)):
        await played.until(2)
        looks = await Looks(lab.queue).queues()
        assert looks["heavy"].depth == 1
        async with at_work(await worker_of(redis_url, others, heavy=1)):
            await others.until(1)

    assert (sorted(played.runs), others.runs) == (["r1", "r2"], ["r0"])


async def test_heavy_runs_do_not_delay_an_interactive_one(lab: Lab, redis_url: str) -> None:
    """A full line of them, on the same worker: each queue has its own room."""
    played = Played()
    played.go_on.clear()
    for number in range(500):
        await lab.queue.wake(Wake(f"heavy-{number}", 1, "heavy"))

    worker = await worker_of(redis_url, played, heavy=2, interactive=5)
    async with at_work(worker):
        await played.until(2)
        await lab.queue.wake(Wake("quick", 1))
        await played.until(3)
        assert played.runs[2] == "quick"
        assert worker.playing == {"heavy": 2, "interactive": 1}
        looks = await Looks(lab.queue).queues()
        assert (looks["heavy"].depth, looks["heavy"].playing) == (498, 2)
        worker.allow_pick_jobs = False
        played.go_on.set()


async def test_a_line_says_how_long_its_first_has_waited(lab: Lab, redis_url: str) -> None:
    """The wait until a worker took it is counted, for all workers together."""
    played = Played()
    looks = Looks(lab.queue)
    await lab.queue.wake(Wake("r1", 1, "batch"))
    await lab.queue.wake(Wake("r2", 1, "batch"), timedelta(hours=1))
    due = await lab.queue.redis.zscore(waiting("batch"), "r1:1")
    assert due is not None
    await lab.queue.redis.zadd(waiting("batch"), {"r1:1": due - 90_000})

    look = (await looks.queues())["batch"]
    assert look.depth == 1
    assert 90 * SECOND <= look.wait < 91 * SECOND + PATIENCE * SECOND

    async with at_work(await worker_of(redis_url, played, batch=1)):
        await played.until(1)
    waited = await looks.waited()
    assert waited["batch"].count == 1
    assert waited["batch"].seconds >= 90
    assert dict(waited["batch"].upto)[60.0] == 0
    assert dict(waited["batch"].upto)[1800.0] == 1
    assert (waited["heavy"].count, waited["heavy"].seconds) == (0, 0)


async def test_ten_thousand_that_wait_are_counted_at_once(lab: Lab) -> None:
    """How a queue stands is one question to Redis, which walks through nothing."""
    redis = lab.queue.redis
    before = (await redis.info("commandstats")).get("cmdstat_scan", {"calls": 0})["calls"]
    await redis.zadd(waiting("heavy"), {f"r{number}:1": number for number in range(10_000)})

    assert (await Looks(lab.queue).queues())["heavy"].depth == 10_000

    after = (await redis.info("commandstats")).get("cmdstat_scan", {"calls": 0})["calls"]
    assert after == before


async def test_a_worker_takes_what_came_while_redis_was_away(lab: Lab, redis_url: str) -> None:
    """It looks again when it is back, wherever it was interrupted."""
    played = Played()
    worker = await worker_of(redis_url, played)
    async with at_work(worker):
        await lab.queue.wake(Wake("r1", 1))
        await played.until(1)
        await lab.queue.redis.client_kill_filter(_type="pubsub")
        await lab.queue.wake(Wake("r2", 1))
        await played.until(2)

    assert played.runs == ["r1", "r2"]


async def test_a_wake_up_that_cannot_be_read_is_put_away(lab: Lab, redis_url: str) -> None:
    """Others can write to Redis too; the database wakes its run again, should it be one."""
    played, redis = Played(), lab.queue.redis
    await redis.zadd(waiting("interactive"), {"without a body": 1, "nonsense": 2, "strange": 3})
    await redis.set("arq:job:nonsense", b"\x80pickle")
    await redis.set("arq:job:strange", b'{"f": "play", "a": [], "k": {}, "t": 1, "et": 1}')
    await redis.publish("flowbot:wake", "interactive soon")

    async with at_work(await worker_of(redis_url, played)):
        await lab.queue.wake(Wake("r1", 1))
        await played.until(1)

    assert await redis.zcard(waiting("interactive")) == 0
    assert await redis.zcard(playing("interactive")) == 0


async def test_a_play_that_breaks_is_put_away(lab: Lab, redis_url: str) -> None:
    """What it broke by is in the log, and the next one is played."""
    played, redis = Played(), lab.queue.redis

    async def play(run_id: str) -> None:
        await played(run_id)
        if run_id == "r1":
            raise LookupError(run_id)

    worker = Worker(await connect(redis_url), play, concurrency={"interactive": 1})
    async with at_work(worker):
        await lab.queue.wake(Wake("r1", 1))
        await lab.queue.wake(Wake("r2", 1))
        await played.until(2)

    assert played.runs == ["r1", "r2"]
    assert await redis.zcard(playing("interactive")) == 0
