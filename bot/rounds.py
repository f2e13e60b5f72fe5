"""Rounds of sending: one after the other, at once where there is news."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

log = logging.getLogger(__name__)

SWEEP = timedelta(seconds=1)  # while there may be more to do
CALM = timedelta(seconds=4)  # where nothing was, for a few rounds: whatever is new is told anyway
UNTIL_CALM = 5


class Rest:
    """How long to wait after a round: longer where there was nothing to do for a few of them."""

    def __init__(self) -> None:
        self._quiet = 0

    def end(self) -> None:
        """Be as quick as at first: there is news."""
        self._quiet = 0

    def after(self, wait: timedelta) -> timedelta:
        """Return for how long to wait after a round that says this."""
        self._quiet = self._quiet + 1 if wait >= SWEEP else 0
        return CALM if self._quiet > UNTIL_CALM else wait


async def rounds(
    deliver: Callable[[], Awaitable[timedelta]],
    news: Callable[[], AsyncIterator[str]],
    what: str,
    concerns: Callable[[str], bool] = bool,
) -> None:
    """Go on for as long as the process lives; a round says after how long the next is due.

    A round that had nothing to do says `SWEEP`.
    News that `concerns` nobody here wakes nobody.
    """
    arrived, rest = asyncio.Event(), Rest()

    async def hear() -> None:
        async for each in news():
            if not each or concerns(each):  # an empty one comes after a gap
                arrived.set()

    hearing = asyncio.create_task(hear())
    try:
        while True:
            if arrived.is_set():
                rest.end()
            arrived.clear()
            try:
                wait = await deliver()
            except Exception:  # whatever breaks one round must not be the end of all sending
                log.warning("%s cannot be read; trying again", what, exc_info=True)
                wait = SWEEP
            # Not wait_for: before Python 3.12 it can swallow the cancellation that ends us.
            with suppress(TimeoutError):
                async with asyncio.timeout(rest.after(wait).total_seconds()):
                    await arrived.wait()
    finally:
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)
