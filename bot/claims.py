"""A row that one sender alone may send, for as long as it says so in time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from storage import notices, outbox
from storage.database import Database
from storage.records import NoticeRecord, OutboxRecord

CLAIM = timedelta(seconds=10)


class ClaimLost(Exception):
    """We were away for too long: by now somebody else may be sending the row."""


class Claim:
    """A sender that is killed or stopped loses its claim; one that is only slow keeps it."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        row: OutboxRecord | NoticeRecord,
        length: timedelta = CLAIM,
    ) -> None:
        self._database = database
        self._clock = clock
        self._row = row
        self._length = length
        self._until = row.due_at
        self._shelf = notices if isinstance(row, NoticeRecord) else outbox

    async def taken(self) -> bool:
        """Take the row; False where another sender was faster."""
        until = self._clock() + self._length
        async with self._database.begin() as connection:
            taken = await self._claim(connection, until)
        self._until = until
        return taken

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Hold the row for the length of the block; raises ClaimLost where it slips away."""
        try:
            async with asyncio.timeout(self._length.total_seconds()) as end:
                keeping = asyncio.create_task(self._keep(end))
                try:
                    yield
                finally:
                    keeping.cancel()
                    await asyncio.gather(keeping, return_exceptions=True)
        except TimeoutError:
            raise ClaimLost from None

    def check(self) -> None:
        """Raise ClaimLost where time is up: the last look before something is sent."""
        if self._clock() >= self._until:
            raise ClaimLost

    async def _claim(self, connection: AsyncConnection, until: datetime) -> bool:
        if isinstance(self._row, NoticeRecord):
            return await notices.claim(connection, self._row, until)
        return await outbox.claim(connection, self._row, until)

    async def _keep(self, end: asyncio.Timeout) -> None:
        loop, length = asyncio.get_running_loop(), self._length.total_seconds()
        while True:
            await asyncio.sleep(length / 3)
            until, at = self._clock() + self._length, loop.time() + length
            async with self._database.begin() as connection:
                if not await self._shelf.renew(connection, self._row.id, self._until, until):
                    return  # the block runs out of time by itself
            self._until = until
            end.reschedule(at)
