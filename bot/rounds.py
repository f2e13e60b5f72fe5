"""Rounds of sending: one after the other, at once where there is news."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

log = logging.getLogger(__name__)

SWEEP = timedelta(seconds=1)


async def rounds(
    deliver: Callable[[], Awaitable[timedelta]],
    news: Callable[[], AsyncIterator[str]],
    what: str,
    concerns: Callable[[str], bool] = bool,
) -> None:
    """Go on for as long as the process lives; a round says after how long the next is due.

    News that `concerns` nobody here wakes nobody.
    """
    arrived = asyncio.Event()

    async def hear() -> None:
        async for each in news():
            if not each or concerns(each):  # an empty one comes after a gap
                arrived.set()

    hearing = asyncio.create_task(hear())
    try:
        while True:
            arrived.clear()
            try:
                wait = await deliver()
            except Exception:  # whatever breaks one round must not be the end of all sending
                log.warning("%s cannot be read; trying again", what, exc_info=True)
                wait = SWEEP
            # Not wait_for: before Python 3.12 it can swallow the cancellation that ends us.
            with suppress(TimeoutError):
                async with asyncio.timeout(wait.total_seconds()):
                    await arrived.wait()
    finally:
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)
