"""Sends what channels are told that is about no run, and keeps each message what it must be."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias, cast

from msgspec.structs import replace
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import days
from bot.chat import Chat, Gone, Mark, MessageRef, Posting, ThreadRef
from bot.claims import Claim, ClaimLost
from bot.pace import Short
from bot.people.directory import Directory
from bot.postings import digest_of, posting_from
from bot.retries import FIRST_DELAY, LONGEST_DELAY, delay_after
from bot.rounds import SWEEP, rounds
from bot.worker import Signals
from integrations.errors import OutsideError, Transient, Unauthorized
from storage import channels, posts
from storage.channels import ChannelSettings
from storage.chat_records import PostRecord
from storage.database import Database

log = logging.getLogger(__name__)

NEWS = "posts"
"""What `Signals.changed` is told once posts were written: they are sent without waiting."""

EDIT_EVERY = timedelta(seconds=1.2)
AT_ONCE = 8  # channels
BROKEN_AFTER = 3  # tries after which the rest of a channel no longer waits for what breaks us
AT_ONCE_AGAIN = timedelta()
SHOWN = 32  # characters
ANEW, AGAIN = "1", "2"  # lives of a message after its first
FAREWELL = "gone:"  # what is shown by a message that stays although it was withdrawn

Lost: TypeAlias = Callable[[str, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Sent:
    """The row as it is by now; what is not `done` has another step to take."""

    row: PostRecord
    done: bool = True
    lost: str = ""


@dataclass(frozen=True, slots=True)
class Later:
    """To be tried after a `wait`; `tries` may have got through so far."""

    wait: timedelta
    error: str
    tries: int


@dataclass(frozen=True, slots=True)
class Moved:
    """To go into the thread of a day, which is the one of this zone."""

    zone: str


@dataclass(frozen=True, slots=True)
class Removed:
    """No longer there, and nobody asks for it."""


Result: TypeAlias = Sent | Later | Moved | Removed


class Posts:
    """Any number of them may work on one database; each step is as if the process ended after it.

    `lost` hears of the sources whose channel takes nothing more of us, and why.
    """

    def __init__(
        self,
        database: Database,
        queue: Signals,
        clock: Callable[[], datetime],
        chats: Mapping[str, Chat],
        lost: Lost | None = None,
    ) -> None:
        self._database = database
        self._queue = queue
        self._clock = clock
        self._directory = Directory(database)
        self._chats = chats
        self._lost = lost
        self._lanes = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Deliver for as long as the process lives."""
        await rounds(self.deliver, self._queue.news, "the posts", NEWS.__eq__)

    async def deliver(self) -> timedelta:
        """Send what is due; return how long there is nothing to do unless there is news."""
        async with self._database.read() as connection:
            due = await posts.due(connection, self._clock(), [*self._chats])
        places: dict[tuple[str, str], list[PostRecord]] = {}
        for row in due:
            places.setdefault((row.platform, row.channel), []).append(row)
        soonest = await asyncio.gather(*map(self._deliver_channel, places.values()))
        return min(soonest, default=SWEEP)

    async def _deliver_channel(self, rows: list[PostRecord]) -> timedelta:
        """Send what one channel is told, in order; return when there is more to do."""
        soonest = SWEEP
        try:
            async with self._lanes:
                for row in rows:
                    result = await self._delivered(row)
                    match result:
                        case Later(wait):
                            soonest = min(soonest, wait)
                        case Moved() | Sent(done=False):
                            soonest = AT_ONCE_AGAIN
                    # What is new stays in order; an edit that has to wait holds up nothing.
                    if isinstance(result, Later | None) and not row.message:
                        break
        except Exception:  # nor must one channel break the round of the others
            log.warning("the posts cannot be written; trying again", exc_info=True)
        return soonest

    async def _delivered(self, row: PostRecord) -> Result | None:
        """Take one step with a row and settle that; None where it is another sender's."""
        claim = Claim(self._database, self._clock, row)
        result = await claim.sent(
            lambda: self._result(row, claim),
            lambda connection, result: self._settle(connection, row, result),
            lambda: self._doubt(row),
        )
        if isinstance(result, Sent) and result.lost:
            await self._tell_source(row, result.lost)
        return result

    async def _doubt(self, row: PostRecord) -> None:
        """Have somebody look at what was sent late: it may be there twice."""
        async with self._database.begin() as connection:
            await posts.doubt(connection, row, self._clock())

    async def _settle(self, connection: AsyncConnection, row: PostRecord, result: Result) -> None:
        now = self._clock()
        match result:
            case Sent(sent, done):
                again = now + EDIT_EVERY if done else now
                await posts.settle(connection, sent, again, done=done)
            case Later(wait, error, tries):
                await posts.postpone(connection, row, now + wait, error, tries=tries)
            case Moved(zone):
                await days.move(connection, row, now, zone)
            case Removed():
                if not await posts.drop(connection, row):  # by now it is wanted again
                    await posts.settle(connection, _unsent(row, AGAIN), now, done=False)

    async def _tell_source(self, row: PostRecord, why: str) -> None:
        log.warning("channel %s of %s takes no posts: %s", row.channel, row.platform, why)
        if self._lost and row.source:
            await self._lost(row.source, why)

    async def _result(self, row: PostRecord, claim: Claim) -> Result:
        """Take one step with a row and say what came of it, whatever the platform raises."""
        try:
            return await self._step(row)
        except ClaimLost:
            raise
        except OutsideError as error:
            return _refused(row, error, began=claim.began)
        except (OSError, SQLAlchemyError):
            log.warning("the database does not answer; trying again", exc_info=True)
            return Later(FIRST_DELAY, "", row.tries + claim.began)
        except Exception:  # a message that breaks us must not silence its channel
            log.exception("post %s cannot be sent", row.key)
            said = posts.BROKEN if row.tries >= BROKEN_AFTER else "Something broke on our side."
            return Later(delay_after(row.tries), said, row.tries + 1)

    async def _step(self, row: PostRecord) -> Result:
        chat, posting = self._chats[row.platform], posting_from(row.body)
        if not row.message:
            return await self._send(chat, row, posting)
        if row.error == posts.LATE:
            where = ThreadRef(row.platform, row.channel, row.thread)
            await chat.tidy(where, _key(row), row.created_at, keep=row.message)
            row = replace(row, error="")
        if row.gone_at:
            if not row.shown.startswith(FAREWELL) and await chat.remove(_ref(row)):
                return Removed()
            return await self._bring_up(chat, row, _farewell(posting), FAREWELL)
        return await self._bring_up(chat, row, posting)

    async def _send(self, chat: Chat, row: PostRecord, posting: Posting) -> Result:
        """Send what is not there yet, or find out that it is."""
        where, key = await self._place(row), _key(row)
        if row.gone_at:
            found = await chat.find(where, key, row.created_at)
            if found is None:
                return Removed()
            there = replace(row, message=found.message, thread=where.thread)
            return Sent(replace(there, sent_at=self._clock()), done=False)
        if not row.head and not row.tries and not days.is_head(row):
            settings = await self._settings(row)
            if settings.thread_only:
                return Moved(settings.zone)
        again, since = row.tries > 0 or row.error == posts.LATE, row.created_at
        named = await self._directory.posting(posting, row.platform)
        try:
            ref = await chat.post(where, named, key, again=again, since=since)
        except Gone:
            if not where.thread:
                raise
            where = ThreadRef(row.platform, row.channel)  # who heads the thread was deleted
            ref = await chat.post(where, named, key, again=again, since=since)
        now, shown = self._clock(), digest_of(posting)
        kept = row.error if row.error in (posts.ANEW, posts.LATE) else ""
        sent = replace(
            row, thread=where.thread, message=ref.message, shown=shown, sent_at=now, error=kept
        )
        return Sent(sent, done=not posting.mark and kept != posts.LATE)

    async def _bring_up(
        self, chat: Chat, row: PostRecord, posting: Posting, prefix: str = ""
    ) -> Result:
        """Take the next step to what a message must be: its text, or else its mark."""
        now, shown = self._clock(), f"{prefix}{digest_of(posting)}"[:SHOWN]
        is_marked = row.marked == posting.mark
        row = replace(row, error=row.error if row.error == posts.ANEW else "")
        if row.shown != shown or (row.tries and is_marked):
            # An edit whose answer was lost may have said something else since.
            since = now - row.sent_at if row.sent_at else EDIT_EVERY
            if since < EDIT_EVERY:
                return Later(EDIT_EVERY - since, "", row.tries)
            await chat.edit(_ref(row), await self._directory.posting(posting, row.platform))
            return Sent(replace(row, shown=shown, sent_at=now), done=is_marked)
        if not is_marked:
            await chat.mark(_ref(row), posting.mark, cast("Mark", row.marked))
        return Sent(replace(row, marked=posting.mark))

    async def _place(self, row: PostRecord) -> ThreadRef:
        """Return where a post goes: the thread of its head, for as long as there is one."""
        thread = ""
        if row.head:
            async with self._database.read() as connection:
                head = await posts.get(connection, row.head)
            thread = (head.thread or head.message) if head else ""
        return ThreadRef(row.platform, row.channel, thread)

    async def _settings(self, row: PostRecord) -> ChannelSettings:
        async with self._database.read() as connection:
            return await channels.find(connection, row.platform, row.channel)


def _ref(row: PostRecord) -> MessageRef:
    return MessageRef(row.platform, row.channel, row.message)


def _key(row: PostRecord) -> str:
    """Return what a message bears so that it is found again; one more of the same has its own."""
    key = f"{row.key}#{row.id}"
    return key if row.message or not row.shown else f"{key}:{row.shown}"


def _unsent(row: PostRecord, life: str) -> PostRecord:
    """Return a row as one whose message is still to come, in another life than the one before."""
    return replace(row, message="", thread="", shown=life, marked="", sent_at=None)


def _refused(row: PostRecord, error: OutsideError, *, began: bool) -> Result:
    """Return what becomes of a post that its platform did not take."""
    match error:
        case Gone():
            return _anew(row)
        case Short():
            return Later(error.retry_after or FIRST_DELAY, posts.TURN, row.tries + began)
        case Transient():
            wait = error.retry_after or delay_after(row.tries)
            return Later(wait, str(error), row.tries + 1)
        case Unauthorized():  # it waits until somebody renews what is missing
            return Later(LONGEST_DELAY, str(error), row.tries + 1)
        case _:
            return Sent(replace(row, error=str(error)), lost=str(error))


def _anew(row: PostRecord) -> Result:
    """Return what becomes of a post that somebody has deleted: it is sent once more, and once."""
    if row.gone_at:
        return Removed()
    if row.error == posts.ANEW:
        return Sent(row)
    return Sent(replace(_unsent(row, ANEW), error=posts.ANEW), done=False)


def _farewell(posting: Posting) -> Posting:
    """Return the line that stays of a post that is no longer true, above its answers."""
    return Posting((*posting.title, " — no longer current"))
