"""Sends what one row of the outbox says, once, whatever happens to those who send."""

import dataclasses
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TypeAlias

import msgspec
from msgspec.structs import replace
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.bulletins import echo_of, in_one
from bot.chat import Actor, Card, Chat, Gone, MessageRef, Posting, ThreadRef
from bot.claims import Claim, ClaimLost
from bot.offers import Offer, offered
from bot.pace import Short
from bot.parts import Part, is_news, part_of, tells
from bot.people.directory import Directory
from bot.postings import posting_json
from bot.retries import FIRST_DELAY, LONGEST_DELAY, delay_after
from bot.rules import GITHUB
from bot.subscriptions.cards import Shown, cards_of
from flows.engine.tools import ProjectSettings
from flows.report import Report, text
from integrations.errors import NotFound, OutsideError, Refused, Transient, Unauthorized
from storage import control, journal, messages, outbox, posts, projects, questions, runs
from storage.chat_records import PostRecord
from storage.database import Database
from storage.records import (
    MessageRecord,
    OutboxRecord,
    QuestionRecord,
    RunRecord,
    StepRecord,
    ToldRecord,
)

log = logging.getLogger(__name__)

EDIT_EVERY = timedelta(seconds=1.2)
WITHOUT_THREADS = frozenset({GITHUB})  # there a card has all the news itself
ANEW = "anew"  # marks that the card of a run was posted once more
SHOWN_WITHIN = timedelta(minutes=1)  # after an event, for a card of what it is about
BROKEN_AFTER = 3  # tries after which the rest of a thread no longer waits for what breaks us

Draw: TypeAlias = Callable[
    [
        RunRecord,
        list[StepRecord],
        list[QuestionRecord],
        Report | None,
        ProjectSettings,
        tuple[Offer, ...],
        list[ToldRecord],
    ],
    Card,
]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a row: sent, or to be sent after a `wait`, with so many tries so far.

    `records` are what its thread has by now; what `holds_up` goes before the rest of its thread.
    The `echo` is what other channels are told, `below` their cards of what the run is about.
    """

    wait: timedelta | None = None
    error: str = ""
    tries: int = 0
    holds_up: bool = False
    records: tuple[MessageRecord, ...] = ()
    echo: Posting | None = None
    below: tuple[PostRecord, ...] = ()


class Delivery:
    """Claims a row, sends it, and settles it: each step as if the process could end after it."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        chats: Mapping[str, Chat],
        url: Callable[[str], str],
        card: Draw,
    ) -> None:
        self._database = database
        self._clock = clock
        self._chats = chats
        self._url = url
        self._card = card
        self._directory = Directory(database)

    async def delivered(self, row: OutboxRecord) -> Result | None:
        """Send one row and settle it; None where it is another sender's."""
        claim = Claim(self._database, self._clock, row)
        return await claim.sent(
            lambda: self._result(row, claim),
            lambda connection, result: self._settled(connection, row, result),
            lambda: self._doubt(row),
        )

    async def _settled(
        self, connection: AsyncConnection, row: OutboxRecord, result: Result
    ) -> None:
        if result.echo:
            await self._echo(connection, row.run_id, result.echo, result.below)
        await _settle(connection, row, result, self._clock())

    async def _echo(
        self,
        connection: AsyncConnection,
        run_id: str,
        said: Posting,
        below: Sequence[PostRecord],
    ) -> None:
        """Have other channels told as well, each below its card: the same message each time."""
        for card in below:
            await posts.put(
                connection,
                key=f"run:{run_id} in {card.platform}:{card.channel}",
                platform=card.platform,
                channel=card.channel,
                body=posting_json(said),
                topic=card.topic,
                source=card.source,
                head=card.key,
                at=self._clock(),
            )

    async def _doubt(self, row: OutboxRecord) -> None:
        """Have somebody look at what was sent late: it may be there twice, or be out of date."""
        async with self._database.begin() as connection:
            await outbox.doubt(connection, row, self._clock())
            await messages.doubt(connection, row.run_id, row.kind)

    async def _result(self, row: OutboxRecord, claim: Claim) -> Result:
        """Send one row and say what became of it, whatever the platform raises."""
        try:
            return await self._send(row)
        except ClaimLost:
            raise
        except Transient as error:
            return _put_off(row, error, began=claim.began)
        except OutsideError as error:
            log.warning("the thread of run %s cannot be told: %s", row.run_id, error)
            if not isinstance(error, Unauthorized):
                return Result()
            tries = row.tries + claim.began  # it waits until somebody renews what is missing
            return Result(LONGEST_DELAY, str(error), tries, holds_up=True)
        except (OSError, SQLAlchemyError):
            log.warning("the database does not answer; trying again", exc_info=True)
            return Result(FIRST_DELAY, tries=row.tries + claim.began, holds_up=True)
        except Exception:  # a message that breaks us must not silence every other thread
            log.exception("the thread of run %s cannot be told", row.run_id)
            said = outbox.BROKEN if row.tries >= BROKEN_AFTER else "Something broke on our side."
            return Result(delay_after(row.tries), said, row.tries + 1, holds_up=True)

    async def _send(self, row: OutboxRecord) -> Result:
        """Send one row, or return how long it has to wait."""
        async with self._database.read() as connection:
            run = await runs.get(connection, row.run_id)
            told = await messages.of_run(connection, row.run_id)
            steps = await journal.timeline(connection, row.run_id)
            asked = await questions.of_run(connection, row.run_id)
            report = await runs.report(connection, row.run_id)
            project = await projects.find(connection, run.project if run else "")
            ended = run is not None and run.ended
            undone_by = await control.undoing(connection, row.run_id) if ended else None
            said = await journal.told(connection, row.run_id) if tells(steps) else []
            about = run.origin.get("about", "").split() if run else []
            there = await cards_of(connection, about) if about else Shown()
        sent = told.get("card")
        if run is None or (sent is None and not is_news(run, asked, said, report)):
            return Result()
        where = await self._place(run, there) if sent is None else _thread(sent)
        chat = self._chats.get(where.platform) if where else None
        if where is None or chat is None:
            return _nowhere(where, row)
        if row.kind == "card":
            offers = offered(run, steps, asked, undone=undone_by is not None)
            card = self._card(run, steps, asked, report, project, offers, said)
            result = await self._send_card(chat, run, card, told, row, where)
            below = tuple(each for each in there.cards if not _is_here(each, where))
            echo = echo_of(card, report if ended else None)
            is_told = below and result.wait is None
            return dataclasses.replace(result, echo=echo, below=below) if is_told else result
        if sent is None:
            return Result(FIRST_DELAY, tries=row.tries)
        part = part_of(row, run, asked, said, report)
        return await self._send_part(chat, run, sent, part, told, row) if part else Result()

    async def _send_part(
        self,
        chat: Chat,
        run: RunRecord,
        sent: MessageRecord,
        part: Part,
        told: Mapping[str, MessageRecord],
        row: OutboxRecord,
    ) -> Result:
        """Send the plan or the report, unless the thread has it: a plan may be asked for again."""
        where = ThreadRef(sent.platform, sent.channel, sent.thread or sent.message)
        key, before = f"{row.key}:{part.mark}", told.get(part.kind)
        if before is None or before.shown != part.mark:
            url, again = self._url(run.id), row.tries > 0
            report = await self._directory.report(part.report, where.platform)
            brief = in_one(report) if row.kind == "told" else None
            try:
                if brief is None:
                    await chat.post_report(where, report, url, key, again=again)
                elif where.platform not in WITHOUT_THREADS:
                    await chat.post(where, brief, key, again=again, since=run.created_at)
            except Unauthorized:
                raise  # it is not the place
            except (NotFound, Refused) as lost:
                log.warning("the thread of run %s is out of reach: %s", run.id, lost)
                await _tell_who_asked(chat, run, report, key, lost, again=again)
            news = {"kind": part.kind, "message": "", "shown": part.mark, "sent_at": self._clock()}
            return Result(records=(replace(sent, **news),))
        if row.error == outbox.LATE:
            await chat.tidy(where, key, run.created_at)
        return Result()

    async def _send_card(
        self,
        chat: Chat,
        run: RunRecord,
        card: Card,
        told: Mapping[str, MessageRecord],
        row: OutboxRecord,
        where: ThreadRef,
    ) -> Result:
        now, shown, sent = self._clock(), _digest(card), told.get("card")
        if sent is None:
            again = row.tries > 0
            try:
                ref = await chat.post_card(where, card, row.key, again=again)
            except Gone:
                if not run.origin.get("about"):
                    raise
                where = ThreadRef(where.platform, where.channel)  # who heads the thread was deleted
                ref = await chat.post_card(where, card, row.key, again=again)
            return Result(records=(_record(run, where, ref, now, shown),))
        if row.error == outbox.LATE:
            where = ThreadRef(sent.platform, sent.channel, sent.thread)
            await chat.tidy(where, row.key, run.created_at, keep=sent.message)
        if sent.shown == shown and not row.tries:
            return Result()  # an edit whose answer was lost may have said something else since
        if now - sent.sent_at < EDIT_EVERY and not run.ended and not card.question:
            return Result(EDIT_EVERY - (now - sent.sent_at), tries=row.tries)
        record = replace(sent, sent_at=now, shown=shown)
        try:
            await chat.edit_card(MessageRef(sent.platform, sent.channel, sent.message), card)
        except (NotFound, Refused) as lost:
            if ANEW in told or isinstance(lost, Unauthorized):
                raise
            log.warning("the card of run %s is out of reach: %s", run.id, lost)
            where = ThreadRef(sent.platform, sent.channel, sent.thread)
            # Once more where it was, or, where that is gone, to who asked.
            ref = await chat.post_card(where, card, f"{row.key}:{ANEW}", again=row.tries > 0)
            record = _record(run, where, ref, now, shown)
            return Result(records=(record, replace(record, kind=ANEW)))
        return Result(records=(record,))

    async def _place(self, run: RunRecord, there: Shown) -> ThreadRef | None:
        """Return where the card of a run goes; None until the card that heads the thread is there.

        A run that another has started is in that one's thread, if that one gets one. One that an
        event has started is where that is shown, in the channel of the project if it is there;
        else it is in that channel.
        """
        origin, above = run.origin, None
        if run.parent:
            async with self._database.read() as connection:
                above = await messages.get(connection, run.parent, "card")
                parent = await runs.get(connection, run.parent)
            is_coming = parent and not parent.ended and origin.get("tells") != "news"
            if above is None and is_coming:
                return None
        if above is None and there.cards:
            own = (each for each in there.cards if each.channel == origin["channel"])
            card = next(own, there.cards[0])
            return ThreadRef(card.platform, card.channel, card.thread or card.message)
        if above is None and there.is_coming and self._clock() - run.created_at < SHOWN_WITHIN:
            return None
        thread = (above.thread or above.message) if above else origin["thread"]
        return ThreadRef(origin["platform"], origin["channel"], thread)


def _nowhere(where: ThreadRef | None, row: OutboxRecord) -> Result:
    """Return what becomes of a row that has no place yet, or none here, or none at all."""
    if where is None:
        return Result(FIRST_DELAY, tries=row.tries)
    if not where.channel:
        return Result()
    return Result(LONGEST_DELAY, tries=row.tries)  # another process may be connected to it


def _thread(sent: MessageRecord) -> ThreadRef:
    return ThreadRef(sent.platform, sent.channel, sent.thread or sent.message)


def _is_here(card: PostRecord, where: ThreadRef) -> bool:
    return (card.platform, card.channel) == (where.platform, where.channel)


def _record(
    run: RunRecord, where: ThreadRef, ref: MessageRef, now: datetime, shown: str
) -> MessageRecord:
    """Return where the card of a run is now: its thread is where it was to go, or its own."""
    return MessageRecord(
        run_id=run.id,
        kind="card",
        platform=ref.platform,
        channel=ref.channel,
        thread=where.thread if ref.channel == where.channel else "",
        message=ref.message,
        sent_at=now,
        shown=shown,
    )


async def _tell_who_asked(
    chat: Chat, run: RunRecord, report: Report, key: str, lost: OutsideError, *, again: bool
) -> None:
    """Tell a person what their thread can no longer be told, and why it comes to them."""
    by = Actor(**run.actor)
    if by.platform != run.origin["platform"]:
        raise lost
    said = text(f"I could not post this where you asked. {lost}")
    await chat.tell(by, replace(report, blocks=(said, *report.blocks)), key, again=again)


def _put_off(row: OutboxRecord, error: Transient, *, began: bool) -> Result:
    """Return when to try a row again; one that is only too early was not tried at all."""
    if isinstance(error, Short):
        tries = row.tries + began
        return Result(error.retry_after, tries=tries, holds_up=row.kind != "card")
    return Result(
        error.retry_after or delay_after(row.tries), str(error), row.tries + 1, holds_up=True
    )


async def _settle(
    connection: AsyncConnection, row: OutboxRecord, result: Result, now: datetime
) -> None:
    for record in result.records:
        await messages.add(connection, record)
    if result.wait is None:
        await outbox.sent(connection, row, now + EDIT_EVERY)
    else:
        until = now + result.wait
        await outbox.postpone(connection, row, until, result.error, tries=result.tries)


def _digest(card: Card) -> str:
    """Return what a card says in so few characters that two cards are compared by it."""
    return blake2b(msgspec.json.encode(card), digest_size=16).hexdigest()
