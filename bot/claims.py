"""A row that one sender alone may send, for as long as it says so in time."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from integrations.meter import Meter, metered
from storage import notices, outbox, posts
from storage.chat_records import PostRecord
from storage.database import Database
from storage.records import NoticeRecord, OutboxRecord

log = logging.getLogger(__name__)

R = TypeVar("R")
CLAIM = timedelta(seconds=10)


class ClaimLost(Exception):
    """We were away for too long: by now somebody else may be sending the row."""


class Claim:
    """A sender that is killed or stopped loses its claim; one that is only slow keeps it.

    `began` says whether anything was sent under it.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        row: OutboxRecord | NoticeRecord | PostRecord,
        length: timedelta = CLAIM,
    ) -> None:
        self._database = database
        self._clock = clock
        self._row = row
        self._length = length
        self._until = row.due_at or clock()
        self._held = False
        self.began = False

    async def sent(
        self,
        send: Callable[[], Awaitable[R]],
        settle: Callable[[AsyncConnection, R], Awaitable[None]],
        doubt: Callable[[], Awaitable[None]],
    ) -> R | None:
        """Send under the claim and settle what came of it; None where it is another sender's.

        What was sent when the claim was lost is in `doubt`: it may be there twice.
        """
        if not await self.taken():
            return None
        try:
            async with self.held():
                result = await send()
            async with self.ended() as connection:
                await settle(connection, result)
        except ClaimLost:
            log.warning("%s %s is left to another sender", type(self._row).__name__, self._row.id)
            if self.began:
                await doubt()
            return None
        return result

    async def taken(self) -> bool:
        """Take the row; False where another sender was faster."""
        until = self._clock() + self._length
        async with self._database.begin() as connection:
            taken = await self._claim(connection, until)
        self._until = until
        return taken

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Hold the row for the length of the block, and look at the clock before every change."""
        self._held = True
        keeping = asyncio.create_task(self._keep())
        try:
            with metered(Meter(fence=self.check)):
                yield
        finally:
            self._held = False  # a driver that loses its connection may swallow the cancellation
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    def check(self) -> None:
        """Raise ClaimLost where time is up: the last look before something is sent."""
        if self._clock() >= self._until:
            raise ClaimLost
        self.began = True

    @asynccontextmanager
    async def ended(self) -> AsyncIterator[AsyncConnection]:
        """Open the transaction that says what became of the row.

        Raises ClaimLost where another sender has taken it: what we know of it is out of date.
        """
        async with self._database.begin() as connection:
            if not await self._renewed(connection, self._clock() + self._length):
                raise ClaimLost
            yield connection

    async def _claim(self, connection: AsyncConnection, until: datetime) -> bool:
        match self._row:
            case OutboxRecord():
                return await outbox.claim(connection, self._row, until)
            case NoticeRecord():
                return await notices.claim(connection, self._row, until)
            case PostRecord():
                return await posts.claim(connection, self._row, until)

    async def _renewed(self, connection: AsyncConnection, until: datetime) -> bool:
        shelf = {OutboxRecord: outbox, NoticeRecord: notices, PostRecord: posts}[type(self._row)]
        renewed: bool = await shelf.renew(connection, self._row.id, self._until, until)
        return renewed

    async def _keep(self) -> None:
        while self._held:
            await asyncio.sleep(self._length.total_seconds() / 3)
            until = self._clock() + self._length
            with suppress(OSError, SQLAlchemyError):  # asked again, for as long as time is left
                async with self._database.begin() as connection:
                    renewed = await self._renewed(connection, until)
                if not renewed:
                    self._until = self._clock()  # another sender has it
                    return
                self._until = until
