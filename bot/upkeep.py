"""What has to be looked at again and again: one worker, the leader, does it for all of them.

Each look may be made by several at once and comes to the same; the leader spares the others the
work. Where nobody can be asked who leads, everybody looks.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TypeAlias

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(seconds=3)
SELDOM = 3  # looks: only each third one is made at what may wait for a few seconds
LEADS_FOR = timedelta(seconds=7)  # a lost leader has a successor before the leases it held run out

Look: TypeAlias = Callable[[], Awaitable[object]]
Leads: TypeAlias = Callable[[timedelta], Awaitable[bool]]
"""Asks to lead for so long; False where another one leads."""


class Upkeep:
    """Wakes what is due or lost, and ends what is overdue: whatever it is given to look at."""

    def __init__(
        self,
        leads: Callable[[timedelta], Awaitable[bool]],
        looks: Sequence[Look],
        seldom: Sequence[Look] = (),
    ) -> None:
        self._leads = leads
        self._looks = looks
        self._seldom = seldom
        self._round = 0

    async def run(self) -> None:
        """Look at once, since who starts may be who was lost; then for as long as we live."""
        await self._look()
        while True:
            await self.round()
            await asyncio.sleep(LOOK_EVERY.total_seconds())

    async def round(self) -> None:
        """Look once, if it is ours to do."""
        try:
            is_ours = await self._leads(LEADS_FOR)
        except (OSError, RedisError):
            is_ours = True
        if is_ours:
            await self._look()

    async def _look(self) -> None:
        """Look at what it is time for; what fails is looked at in the next round."""
        looks = [*self._looks, *(() if self._round % SELDOM else self._seldom)]
        self._round += 1
        for look in looks:
            try:
                await look()
            except (OSError, RedisError, SQLAlchemyError):
                log.warning("%s failed; trying again", look, exc_info=True)
