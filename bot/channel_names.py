"""What channels are called: asked for on their platform, and remembered for a day."""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from integrations.errors import NotFound, OutsideError, Refused
from storage import channels
from storage.channels import Named, Place
from storage.database import Database

log = logging.getLogger(__name__)

LIFE = timedelta(days=1)
PATIENCE = 1.0  # seconds: a page waits for them
MOST = 20  # that are asked for at once


class TellsNames(Protocol):
    """A platform that tells what a channel is called; may raise an `OutsideError`."""

    async def channel(self, channel: str) -> str: ...


class ChannelNames:
    """Knows channels by name; one that its platform does not tell of stays without."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        platforms: Mapping[str, TellsNames],
    ) -> None:
        self._database = database
        self._clock = clock
        self._platforms = platforms

    async def of(self, places: Collection[Place]) -> dict[Place, str]:
        """Return the names of those that are known, without #; an old name is asked for again."""
        async with self._database.read() as connection:
            known = dict(await channels.names(connection, places))
        old = [each for each in dict.fromkeys(places) if self._is_old(each, known.get(each))]
        if fresh := await self._asked(old[:MOST]):
            async with self._database.begin() as connection:
                for place, named in sorted(fresh.items()):
                    await channels.call(connection, place, named)
        return {place: named.name for place, named in (known | fresh).items() if named.name}

    def _is_old(self, place: Place, named: Named | None) -> bool:
        is_fresh = named is not None and self._clock() - named.at < LIFE
        return place[0] in self._platforms and not is_fresh

    async def _asked(self, places: Collection[Place]) -> dict[Place, Named]:
        """Ask for all at once; what is not said in time is asked for another time."""
        asking = {each: asyncio.create_task(self._name(each)) for each in places}
        if not asking:
            return {}
        _, slow = await asyncio.wait(asking.values(), timeout=PATIENCE)
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)
        told = {each: task.result() for each, task in asking.items() if task not in slow}
        return {each: named for each, named in told.items() if named}

    async def _name(self, place: Place) -> Named | None:
        platform, channel = place
        try:
            return Named(await self._platforms[platform].channel(channel), self._clock())
        except (NotFound, Refused):  # a private one, or one that is gone
            return Named("", self._clock())
        except OutsideError as error:
            log.warning("no name for %s:%s: %s", platform, channel, error)
            return None
