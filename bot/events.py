"""What happens outside, told to the runs that wait for it: the one entry for all who hear of it."""

import logging
from collections.abc import Callable
from datetime import datetime

from bot.worker import Signals
from storage import waits
from storage.database import Database

log = logging.getLogger(__name__)


class Events:
    """Wakes whoever waits. A topic is a few words such as `github:pull:acme/api#12`."""

    def __init__(self, database: Database, queue: Signals, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._queue = queue
        self._clock = clock

    async def happened(self, *topics: str) -> int:
        """Wake every run that listens to one of these topics; return how many there were."""
        async with self._database.begin() as connection:
            woken = await waits.hear(connection, topics, self._clock())
        for wake in woken:
            if not await self._queue.wake(wake):
                # They are queued by now: they are swept up once the queue is back.
                log.warning("run %s is woken, but the queue does not answer", wake.run_id)
        return len(woken)
