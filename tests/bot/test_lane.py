"""All processes take turns to call GitHub, and together never call it too often."""

import asyncio
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from bot import lane as lanes
from bot.lane import READS, WRITES, SharedLane
from bot.pace import LocalPace, SharedPace
from integrations.errors import Limited, Transient
from tests.bot.lab import Clock

AWAY = "redis://127.0.0.1:9"


@pytest.fixture
def clock() -> Clock:
    """Return a clock that all processes go by."""
    return Clock()


def opened(redis: Redis, clock: Clock) -> SharedLane:
    """Return the lane as one process has it."""
    return SharedLane(redis, SharedPace(redis, clock), clock)


async def test_one_process_writes_at_a_time(redis: Redis, clock: Clock) -> None:
    """For each owner; writes for another owner do not wait."""
    one, other, order = opened(redis, clock), opened(redis, clock), list[str]()
    begun = asyncio.Event()

    async def first() -> None:
        async with one.write("acme", "a"):
            begun.set()
            async with other.write("umbrella", "c"):
                order.append("umbrella")
            order.append("first")

    async def second() -> None:
        await begun.wait()
        async with other.write("acme", "b"):
            order.append("second")

    await asyncio.gather(first(), second())
    assert order == ["umbrella", "first", "second"]


async def test_who_waits_too_long_comes_back_later(
    redis: Redis, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine tries again; a place that was lost is free by itself."""
    monkeypatch.setattr(lanes, "PATIENCE", timedelta(milliseconds=50))
    async with opened(redis, clock).write("acme", "a"):
        with pytest.raises(Transient, match="Another run writes"):
            async with opened(redis, clock).write("acme", "b"):
                pytest.fail("two write at once")
        await redis.delete("flowbot:lane:acme")  # as if it had been held too long


async def test_all_together_keep_the_budget(redis: Redis, clock: Clock) -> None:
    """Eighty writes a minute, whoever makes them; the page shows what is left."""
    lane = opened(redis, clock)
    for number in range(WRITES - 1):
        async with lane.write("acme", f"{number}"):
            pass
    left = {each.name: each.left for each in await opened(redis, clock).spent()}
    assert left == {"GitHub writes per minute, acme": 1, "GitHub writes per hour, acme": 421}
    async with lane.write("acme", "last"):
        pass
    clock.forward(61)
    assert (await lane.spent())[0].left == WRITES


async def test_github_is_left_alone_where_it_asks_for_it(redis: Redis, clock: Clock) -> None:
    """By every process, for reads and writes of that owner."""
    await opened(redis, clock).bar("acme", timedelta(minutes=5))
    other = opened(redis, clock)
    with pytest.raises(Limited) as limited:
        await other.read("acme")
    assert limited.value.retry_after == timedelta(minutes=5)
    with pytest.raises(Limited):
        async with other.write("acme", "a"):
            pytest.fail("it was to be left alone")
    await other.read("umbrella")


async def test_a_short_wait_is_waited_for(redis: Redis, clock: Clock) -> None:
    """Reads go on as soon as there is room again."""
    lane = opened(redis, clock)
    for _ in range(READS):
        await lane.read("")
    waiting = asyncio.create_task(lane.read(""))
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()


async def test_without_redis_each_process_keeps_its_own(clock: Clock) -> None:
    """Nothing stands still because Redis is away."""
    redis = Redis.from_url(AWAY)
    lane = SharedLane(redis, LocalPace(clock), clock)
    async with lane.write("acme", "a"):
        pass
    assert await lane.spent() == []
    await redis.aclose()
