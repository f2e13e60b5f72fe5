"""Follows what happens outside: hints come in with deliveries, looks follow a moment later.

A hint is stored before its delivery is finished, so whoever dies in between, the look is made. All
hints of a moment lead to one look, and a look that lost its claim changes nothing.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy.exc import SQLAlchemyError

from bot.deliveries import Heard
from bot.news.looks import PEOPLE, Background, News
from bot.subscriptions import looks
from bot.subscriptions.hints import Thing, hints_of, thing_of
from bot.subscriptions.looks import Eyes, Scene, Unreadable
from bot.subscriptions.wishes import fits
from integrations.errors import NotFound, OutsideError, Transient
from storage import sightings, subscriptions
from storage.database import Database
from storage.followed_records import SightingRecord

log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(seconds=5)
TOGETHER = timedelta(seconds=1)  # hints that come so close cost one look
CLAIM = timedelta(minutes=1)
FIRST_DELAY = timedelta(seconds=2)
LONGEST_DELAY = timedelta(minutes=10)
MOST_TRIES = 20
REMEMBERED = timedelta(days=180)
NOWHERE = Thing("", "", "")
FOLLOWED_BY_NONE = frozenset({"branch"})


class Seeing(NamedTuple):
    """How a thing stands, and what else was read of it."""

    state: object
    more: Background


class Follower:
    """Any number of them may work on one database."""

    def __init__(
        self, database: Database, eyes: Eyes, clock: Callable[[], datetime], news: News
    ) -> None:
        self._database = database
        self._eyes = eyes
        self._clock = clock
        self._news = news
        self._heard = asyncio.Event()

    async def hear(self, heard: Heard) -> None:
        """Store what a delivery hints at, where somebody follows it; a repeat adds nothing."""
        hints = hints_of(heard)
        if not hints:
            return
        now = self._clock()
        async with self._database.begin() as connection:
            live = await subscriptions.every(connection)
            concerning = await self._news.kinds(connection)
            for topic, thing, said in sorted(hints, key=lambda each: each.topic):
                is_followed = thing.kind not in FOLLOWED_BY_NONE and any(
                    fits(each.pattern, thing.home) for each in live
                )
                if is_followed or thing.kind in concerning:
                    await sightings.hint(connection, topic, now, now + TOGETHER, said)
        self._heard.set()

    async def run(self) -> None:
        """Look at what is due for as long as the process lives."""
        while True:
            self._heard.clear()
            try:
                wait = await self.look()
            except (OSError, SQLAlchemyError):
                log.warning("what is followed cannot be read; trying again", exc_info=True)
                wait = LOOK_EVERY
            if not wait:
                continue
            try:
                async with asyncio.timeout(min(wait, LOOK_EVERY).total_seconds()):
                    await self._heard.wait()
            except TimeoutError:
                continue

    async def look(self) -> timedelta:
        """Look at everything that is due; return how long nothing will be."""
        async with self._database.read() as connection:
            due = await sightings.due(connection, self._clock())
        for record in due:
            await self._look(record)
        async with self._database.read() as connection:
            soonest = await sightings.soonest(connection)
        return max(soonest - self._clock(), timedelta()) if soonest else LOOK_EVERY

    async def forget(self) -> None:
        """Forget things that nobody has heard of for long."""
        async with self._database.begin() as connection:
            await sightings.forget(connection, self._clock() - REMEMBERED)

    async def _look(self, record: SightingRecord) -> None:
        until = self._clock() + CLAIM
        async with self._database.begin() as connection:
            if not await sightings.claim(connection, record, until):
                return
        thing = thing_of(record.topic) or NOWHERE
        try:
            state = await self._eyes.state(thing)
            more = await self._news.background(thing, state)
            await self._settle(record, until, thing, Seeing(state, more))
        except Transient as error:
            delay = error.retry_after or min(FIRST_DELAY * 2**record.tries, LONGEST_DELAY)
            await self._postpone(record, until, delay, str(error))
        except OutsideError as error:
            await self._give_up(record, until, thing, error)
        except Unreadable:
            await self._give_up(record, until, NOWHERE, None)
        except (OSError, SQLAlchemyError):
            raise
        except Exception as error:  # one thing that breaks us must not hide all others
            log.exception("%s cannot be looked at", record.topic)
            await self._postpone(record, until, LONGEST_DELAY, repr(error))

    async def _settle(
        self, record: SightingRecord, until: datetime, thing: Thing, seeing: Seeing
    ) -> None:
        """Note how a thing stands and show it, all of it or nothing."""
        now = self._clock()
        async with self._database.begin() as connection:
            live = await subscriptions.every(connection)
            scene = Scene(connection, record, thing, now, now + TOGETHER, live)
            # What was claimed cannot be claimed by another one from here to the end.
            if not await sightings.settle(connection, record, until, record.state, now):
                return
            memory = dict(await looks.shown(scene, seeing.state))
            memory.pop(PEOPLE, None)
            if told := await self._news.tell(scene, seeing.state, seeing.more):
                memory[PEOPLE] = told
            await sightings.keep(connection, record.topic, memory, now)
            await looks.forget_trouble(scene)

    async def _postpone(
        self, record: SightingRecord, until: datetime, delay: timedelta, error: str
    ) -> None:
        if record.tries >= MOST_TRIES:
            log.warning("%s is not looked at any more: %s", record.topic, error)
            await self._give_up(record, until, NOWHERE, None)
            return
        async with self._database.begin() as connection:
            await sightings.postpone(connection, record, until, self._clock() + delay)

    async def _give_up(
        self,
        record: SightingRecord,
        until: datetime,
        thing: Thing,
        error: OutsideError | None,
    ) -> None:
        """Leave a thing as it was seen last; those who follow its home learn why."""
        async with self._database.begin() as connection:
            now = self._clock()
            if not await sightings.settle(connection, record, until, record.state, now):
                return
            if error is None or (thing.kind == "issue" and isinstance(error, NotFound)):
                return  # an issue can be deleted
            log.info("%s cannot be followed: %s", record.topic, error)
            every = await subscriptions.every(connection)
            ids = [each.id for each in every if fits(each.pattern, thing.home)]
            hidden = f"{thing.home} cannot be seen: is the bot's app installed there?"
            why = hidden if isinstance(error, NotFound) else str(error)
            await subscriptions.trouble(connection, ids, why)
