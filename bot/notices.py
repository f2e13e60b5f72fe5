"""Tells people what concerns them alone, once, by a message to each."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from bot.chat import Actor, Chat
from bot.claims import Claim, ClaimLost
from bot.retries import LONGEST_DELAY, delay_after
from integrations.errors import OutsideError, Transient
from storage import notices
from storage.database import Database
from storage.records import NoticeRecord, report_from

log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(seconds=3)
MOST_TRIES = 300  # a day of the longest delays: after that it is no news any more


class Notices:
    """Any number of them may work on one database."""

    def __init__(
        self, database: Database, clock: Callable[[], datetime], chats: Mapping[str, Chat]
    ) -> None:
        self._database = database
        self._clock = clock
        self._chats = chats

    async def run(self) -> None:
        """Deliver for as long as the process lives."""
        while True:
            try:
                await self.deliver()
            except (OSError, SQLAlchemyError):
                log.warning("the notices cannot be read; trying again", exc_info=True)
            await asyncio.sleep(LOOK_EVERY.total_seconds())

    async def deliver(self) -> None:
        """Send what is due; one that fails holds up no other."""
        async with self._database.read() as connection:
            due = await notices.due(connection, self._clock())
        for row in due:
            claim = Claim(self._database, self._clock, row)
            if not await claim.taken():
                continue
            try:
                async with claim.held():
                    await self._tell(row, claim)
            except ClaimLost:
                log.warning("notice %s is left to another sender", row.key)
            except Transient as error:
                delay = error.retry_after or delay_after(row.tries)
                await self._postpone(row, delay, str(error))
            except OutsideError as error:
                log.warning("%s cannot be told: %s", row.to["name"], error)
                await self._drop(row)
            except Exception as error:  # a message that breaks us must not silence all others
                log.exception("%s cannot be told", row.to["name"])
                await self._postpone(row, LONGEST_DELAY, repr(error))

    async def _tell(self, row: NoticeRecord, claim: Claim) -> None:
        chat = self._chats.get(row.to["platform"])
        if chat is None:  # another process may be connected to it
            await self._postpone(row, LONGEST_DELAY, "nobody is connected to that platform")
            return
        claim.check()
        await chat.tell(Actor(**row.to), report_from(row.body), row.key, again=row.tries > 0)
        await self._drop(row)

    async def _postpone(self, row: NoticeRecord, delay: timedelta, error: str) -> None:
        if row.tries >= MOST_TRIES:
            log.warning("%s was not told in time: %s", row.to["name"], error)
            await self._drop(row)
            return
        async with self._database.begin() as connection:
            await notices.postpone(connection, row, self._clock() + delay, error)

    async def _drop(self, row: NoticeRecord) -> None:
        async with self._database.begin() as connection:
            await notices.drop(connection, row)
