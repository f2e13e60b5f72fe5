"""Which queue a new run goes to; what flows really take is measured beside, never on the way in."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from flows.engine.queues import Weight, queue_for
from flows.engine.spec import Flow
from storage import figures
from storage.database import Database

log = logging.getLogger(__name__)

MEASURE_EVERY = timedelta(minutes=5)


class Routes:
    """Knows how long the runs of each flow took lately."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._typical: Mapping[str, timedelta] = {}

    def queue(self, flow: Flow) -> Weight:
        """Return the queue of a flow, by what was measured last; asks nobody."""
        return queue_for(flow.weight, self._typical.get(flow.slug))

    async def measure(self) -> None:
        """Look at what the newest runs took."""
        async with self._database.read() as connection:
            self._typical = await figures.playing_times(connection)

    async def run(self) -> None:
        """Measure again and again, for as long as the process lives."""
        while True:
            try:
                await self.measure()
            except (OSError, SQLAlchemyError):
                log.warning("the flows cannot be measured; trying again", exc_info=True)
            await asyncio.sleep(MEASURE_EVERY.total_seconds())
