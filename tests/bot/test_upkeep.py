"""One worker looks for all, another one when it is gone, everybody where none can be asked."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import pytest
from redis.exceptions import ConnectionError as NobodyThere

from bot.upkeep import LEADS_FOR, SELDOM, Upkeep
from bot.worker import LEADER, Queue, connect


@pytest.fixture
async def queue(redis_url: str) -> AsyncIterator[Queue]:
    """Yield the queue that workers share."""
    queue = Queue(await connect(redis_url))
    yield queue
    await queue.aclose()


def looking(queue: Queue, name: str, seen: list[str]) -> Upkeep:
    """Return the upkeep of a worker that notes each of its looks."""

    async def look() -> None:
        seen.append(name)

    return Upkeep(partial(queue.leads, name), [look])


async def test_one_of_two_workers_looks(queue: Queue) -> None:
    """Whoever came first leads on, for as long as it says so in time."""
    seen: list[str] = []
    one, two = looking(queue, "w1", seen), looking(queue, "w2", seen)

    for _ in range(3):
        await one.round()
        await two.round()

    assert seen == ["w1"] * 3
    assert 0 < await queue.redis.pttl(LEADER) <= LEADS_FOR.total_seconds() * 1000


async def test_a_lost_leader_has_a_successor(queue: Queue) -> None:
    """What a leader has said of itself runs out; a queue that was emptied has forgotten it."""
    seen: list[str] = []
    one, two = looking(queue, "w1", seen), looking(queue, "w2", seen)
    await one.round()
    await queue.redis.flushall()

    await two.round()
    await one.round()

    assert seen == ["w1", "w2"]


async def test_who_starts_looks_at_once(queue: Queue) -> None:
    """Whoever led may be gone with what it held; that is not waited for."""
    await queue.leads("gone", LEADS_FOR)
    looked = asyncio.Event()

    async def look() -> None:
        looked.set()

    work = asyncio.create_task(Upkeep(partial(queue.leads, "w1"), [look]).run())
    async with asyncio.timeout(10):
        await looked.wait()
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)

    assert await queue.redis.get(LEADER) == b"gone"


async def test_who_cannot_ask_looks(queue: Queue) -> None:
    """Several that look come to the same; nobody looking would lose something."""
    seen: list[str] = []

    async def away(_: timedelta) -> bool:
        raise NobodyThere

    async def look() -> None:
        seen.append("looked")

    await Upkeep(away, [look]).round()

    assert seen == ["looked"]


async def test_a_look_that_fails_keeps_nobody_from_looking(queue: Queue) -> None:
    """It is tried again in the next round, for as long as the process lives."""
    done = asyncio.Event()

    async def fail() -> None:
        raise OSError

    async def look() -> None:
        done.set()

    async with asyncio.timeout(10):
        work = asyncio.create_task(Upkeep(partial(queue.leads, "w1"), [fail, look]).run())
        await done.wait()
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    assert work.cancelled()


async def test_what_may_wait_is_looked_at_seldom(queue: Queue) -> None:
    """At once, since nobody knows for how long nobody has looked; then each third time."""
    seen: list[str] = []

    async def often() -> None:
        seen.append("often")

    async def seldom() -> None:
        seen.append("seldom")

    upkeep = Upkeep(partial(queue.leads, "w1"), [often], [seldom])
    for _ in range(SELDOM + 1):
        await upkeep.round()
    assert seen == ["often", "seldom", *["often"] * SELDOM, "seldom"]
