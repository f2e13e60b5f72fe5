"""What is due once an hour is done by one worker, beside everything else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.hourly import CLAIM, EVERY, Hourly
from integrations.errors import Transient
from tests.bot.lab import Lab


@asynccontextmanager
async def at_work(hourly: Hourly) -> AsyncIterator[None]:
    """Let it work for as long as the block lasts."""
    work = asyncio.create_task(hourly.run())
    async with asyncio.timeout(10):
        yield
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)


async def test_one_of_several_does_the_work_once_an_hour(lab: Lab) -> None:
    """The claim runs out by itself; whoever looks then, works."""
    done: list[str] = []
    finished = asyncio.Event()

    def working(name: str) -> Hourly:
        async def job() -> None:
            done.append(name)
            finished.set()

        return Hourly(lab.queue.claims, [job])

    one, two = working("one"), working("two")
    async with at_work(one), at_work(two):
        await one.look()
        await two.look()
        await one.look()
        await finished.wait()
        assert done == ["one"]
        left = await lab.queue.redis.pttl(CLAIM)
        assert 0 < left <= EVERY.total_seconds() * 1000

        finished.clear()
        await lab.queue.release(CLAIM)
        await two.look()
        await finished.wait()
        assert done == ["one", "two"]


async def test_a_job_that_fails_keeps_the_next_from_nothing(lab: Lab) -> None:
    """A service that is away is asked again in the next hour."""
    finished = asyncio.Event()

    async def fails() -> None:
        raise Transient("Away.")

    async def job() -> None:
        finished.set()

    hourly = Hourly(lab.queue.claims, [fails, job])
    async with at_work(hourly):
        await hourly.look()
        await finished.wait()
