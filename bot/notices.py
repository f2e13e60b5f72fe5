"""Tells people what concerns them alone, once, by a message to each, in their own time."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat import Actor, Chat, MessageRef
from bot.claims import Claim, ClaimLost
from bot.people.directory import Directory
from bot.people.letters import letter
from bot.retries import FIRST_DELAY, LONGEST_DELAY, delay_after
from integrations.errors import OutsideError, Transient
from storage import notices, people
from storage.database import Database
from storage.people import PersonSettings
from storage.records import NoticeRecord

log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(seconds=5)
REMEMBERED = timedelta(days=30)
MOST_TRIES = 300  # a day of the longest delays: after that it is no news any more


class Notices:
    """Any number of them may work on one database.

    What has to wait for somebody's hours is held, and comes as one message then.
    """

    def __init__(
        self, database: Database, clock: Callable[[], datetime], chats: Mapping[str, Chat]
    ) -> None:
        self._database = database
        self._clock = clock
        self._chats = chats
        self._directory = Directory(database)

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
        by_person: dict[str, list[NoticeRecord]] = {}
        async with self._database.read() as connection:
            for row in await notices.due(connection, self._clock()):
                by_person.setdefault(row.person, []).append(row)
            times = {
                person: await _settings(connection, rows[0]) for person, rows in by_person.items()
            }
        for person, rows in by_person.items():
            for row in await self._ready(rows, times[person]):
                await self._send(row, times[person].zone)

    async def forget(self) -> None:
        """Forget what was told long ago."""
        async with self._database.begin() as connection:
            await notices.forget(connection, self._clock() - REMEMBERED)

    async def _ready(
        self, rows: list[NoticeRecord], settings: PersonSettings
    ) -> list[NoticeRecord]:
        """Return what somebody is told now; the rest is held, and what was held goes together."""
        now, ready, held = self._clock(), [], []
        for row in rows:
            until = _until(row, settings, now)
            if until > now:
                async with self._database.begin() as connection:
                    await notices.hold(connection, row, until)
            elif row.is_held and not (row.batch or row.message or row.manner.settled):
                held.append(row)
            else:
                ready.append(row)
        if len(held) > 1:
            held = await self._gathered(held)
        return [*ready, *held]

    async def _gathered(self, rows: list[NoticeRecord]) -> list[NoticeRecord]:
        """Make one message of several; none where another sender has one of them."""
        leader, *others = sorted(rows, key=lambda each: (-each.manner.weight, each.id))
        try:
            async with self._database.begin() as connection:
                await notices.gather(connection, leader, others)
                found = await notices.get(connection, leader.id)
        except notices.Taken:
            return []
        return [found] if found else []

    async def _send(self, row: NoticeRecord, zone: str) -> None:
        """Send one message, or bring it up to date."""
        claim = Claim(self._database, self._clock, row)
        if not await claim.taken():
            return
        try:
            async with claim.held():
                await self._tell(row, claim, zone)
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

    async def _tell(self, row: NoticeRecord, claim: Claim, zone: str) -> None:
        chat = self._chats.get(row.to["platform"])
        if chat is None:  # another process may be connected to it
            await self._postpone(row, LONGEST_DELAY, "nobody is connected to that platform")
            return
        async with self._database.read() as connection:
            rows = await notices.together(connection, row)
        if row.batch and not row.leads and not row.message:
            # What is told of it since waits until the message that it is in was sent.
            await self._postpone(row, FIRST_DELAY, "its message is on the way")
            return
        if not row.message and not row.tries and all(each.manner.settled for each in rows):
            await self._drop(row)  # nobody has to know any more
            return
        report, buttons = letter(rows, self._clock(), zone)
        report = await self._directory.report(report, row.to["platform"])
        claim.check()
        place = MessageRef(row.to["platform"], row.channel, row.message)
        if not row.message:
            place = await chat.tell(
                Actor(**row.to), report, row.key, again=row.tries > 0, buttons=buttons
            )
        is_stale = row.tries and (row.batch or row.manner.settled or row.manner.revised)
        if row.message or is_stale:
            await chat.retell(place, report, row.batch or row.key, buttons)
        async with claim.ended() as connection:
            await notices.sent(connection, row, place.channel, place.message, self._clock())

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


def _until(row: NoticeRecord, settings: PersonSettings, now: datetime) -> datetime:
    """Return when somebody is told; what became of something is shown at once, without a sound."""
    how = row.manner
    if how.urgent or how.settled or row.message or (row.batch and row.tries):
        return now
    free = settings.free_at(how.made_at or now, now)
    return now if how.before and how.before <= free else free


async def _settings(connection: AsyncConnection, row: NoticeRecord) -> PersonSettings:
    person = await people.of(connection, row.to["platform"], row.to["id"])
    return person.settings if person else PersonSettings()
