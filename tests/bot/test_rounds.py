"""Rounds of sending: at once where there is news, seldom where there is nothing to do."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

from bot.rounds import CALM, SWEEP, UNTIL_CALM, Rest, rounds


def test_quiet_rounds_become_seldom() -> None:
    """Not at once: what was sent a moment ago may soon be changed."""
    rest = Rest()
    assert [rest.after(SWEEP) for _ in range(UNTIL_CALM + 2)] == [SWEEP] * UNTIL_CALM + [CALM] * 2


def test_work_or_news_begins_anew() -> None:
    """A round with something to do says itself when the next one is due."""
    rest, soon = Rest(), timedelta(seconds=0.2)
    for _ in range(UNTIL_CALM + 1):
        rest.after(SWEEP)
    assert [rest.after(soon), rest.after(SWEEP)] == [soon, SWEEP]
    for _ in range(UNTIL_CALM):
        rest.after(SWEEP)
    rest.end()
    assert rest.after(SWEEP) == SWEEP


async def test_news_ends_the_waiting() -> None:
    """What concerns nobody here does not, and nor is anything lost that breaks a round."""
    told: asyncio.Queue[str] = asyncio.Queue()
    begun: asyncio.Queue[int] = asyncio.Queue()
    count = 0

    async def deliver() -> timedelta:
        nonlocal count
        count += 1
        begun.put_nowait(count)
        if count == 1:
            raise OSError("broken")
        return timedelta(hours=1)

    async def news() -> AsyncIterator[str]:
        while True:
            yield await told.get()

    task = asyncio.create_task(rounds(deliver, news, "the work", "ours".__eq__))
    async with asyncio.timeout(5):
        assert await begun.get() == 1
        told.put_nowait("ours")
        assert await begun.get() == 2
        told.put_nowait("theirs")
        told.put_nowait("")
        assert await begun.get() == 3
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert count == 3
