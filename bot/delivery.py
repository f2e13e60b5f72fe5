"""Sends what one row of the outbox says, once, whatever happens to those who send."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import NamedTuple, TypeAlias

import msgspec
from msgspec.structs import replace
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat import Actor, Card, Chat, MessageRef, ThreadRef
from bot.claims import Claim, ClaimLost
from bot.offers import Offer, offered
from bot.pace import Short
from bot.people.directory import Directory
from bot.retries import FIRST_DELAY, LONGEST_DELAY, delay_after
from flows.engine.tools import ProjectSettings
from flows.report import Report, text
from integrations.errors import NotFound, OutsideError, Refused, Transient, Unauthorized
from storage import control, journal, messages, outbox, projects, questions, runs
from storage.database import Database
from storage.records import MessageRecord, OutboxRecord, QuestionRecord, RunRecord, StepRecord

log = logging.getLogger(__name__)

EDIT_EVERY = timedelta(seconds=1.2)
ANEW = "anew"  # marks that the card of a run was posted once more
BROKEN_AFTER = 3  # tries after which the rest of a thread no longer waits for what breaks us

Draw: TypeAlias = Callable[
    [
        RunRecord,
        list[StepRecord],
        list[QuestionRecord],
        Report | None,
        ProjectSettings,
        tuple[Offer, ...],
    ],
    Card,
]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a row: sent, or to be sent after a `wait`, with so many tries so far.

    `records` are what its thread has by now; what `holds_up` goes before the rest of its thread.
    """

    wait: timedelta | None = None
    error: str = ""
    tries: int = 0
    holds_up: bool = False
    records: tuple[MessageRecord, ...] = ()


class _Part(NamedTuple):
    """A plan or a report, the kind of message that it is, and the mark of this one time."""

    kind: str
    mark: str
    report: Report


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
            lambda connection, result: _settle(connection, row, result, self._clock()),
            lambda: self._doubt(row),
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
        if run is None:
            return Result()
        chat, sent = self._chats.get(run.origin["platform"]), told.get("card")
        if chat is None:
            return Result(LONGEST_DELAY, tries=row.tries)  # another process may be connected to it
        if sent is None and not _is_news(run, asked, report):
            return Result()
        if row.kind == "card":
            offers = offered(run, steps, asked, undone=undone_by is not None)
            card = self._card(run, steps, asked, report, project, offers)
            return await self._send_card(chat, run, card, told, row)
        if sent is None:
            return Result(FIRST_DELAY, tries=row.tries)
        part = _part(row, run, asked, report)
        return await self._send_part(chat, run, sent, part, told, row) if part else Result()

    async def _send_part(
        self,
        chat: Chat,
        run: RunRecord,
        sent: MessageRecord,
        part: _Part,
        told: Mapping[str, MessageRecord],
        row: OutboxRecord,
    ) -> Result:
        """Send the plan or the report, unless the thread has it: a plan may be asked for again."""
        where = ThreadRef(sent.platform, sent.channel, sent.thread or sent.message)
        key, before = f"{row.key}:{part.mark}", told.get(part.kind)
        if before is None or before.shown != part.mark:
            url, again = self._url(run.id), row.tries > 0
            report = await self._directory.report(part.report, where.platform)
            try:
                await chat.post_report(where, report, url, key, again=again)
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
    ) -> Result:
        now, shown, sent = self._clock(), _digest(card), told.get("card")
        if sent is None:
            where = await self._place(run)
            if where is None:
                return Result(FIRST_DELAY, tries=row.tries)
            ref = await chat.post_card(where, card, row.key, again=row.tries > 0)
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

    async def _place(self, run: RunRecord) -> ThreadRef | None:
        """Return where the card of a run goes; None until the card that heads the thread is there.

        A run that another has started is in that one's thread, if that one gets one.
        """
        origin, above = run.origin, None
        if run.parent:
            async with self._database.read() as connection:
                above = await messages.get(connection, run.parent, "card")
                parent = await runs.get(connection, run.parent)
            is_coming = parent and not parent.ended and origin.get("tells") != "news"
            if above is None and is_coming:
                return None
        thread = (above.thread or above.message) if above else origin["thread"]
        return ThreadRef(origin["platform"], origin["channel"], thread)


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


def _part(
    row: OutboxRecord, run: RunRecord, asked: list[QuestionRecord], report: Report | None
) -> _Part | None:
    """Return what a row tells; a run that is played on asks, and ends, once more."""
    if row.kind == "report":
        return _Part("report", _mark(run.finished_at), report) if report else None
    for each in asked:
        if row.key.endswith(each.question.key) and each.question.show:
            return _Part(f"plan:{each.id:x}", _mark(each.asked_at), each.question.show)
    return None


def _mark(at: datetime | None) -> str:
    return f"{at:%Y%m%dT%H%M%S%f}" if at else ""


def _digest(card: Card) -> str:
    """Return what a card says in so few characters that two cards are compared by it."""
    return blake2b(msgspec.json.encode(card), digest_size=16).hexdigest()


def _is_news(run: RunRecord, asked: list[QuestionRecord], report: Report | None) -> bool:
    """Say whether there is something to begin a thread with, where it is for news alone."""
    if run.origin.get("tells") != "news":
        return True
    if run.ended:
        return report is None or not report.quiet
    return any(each.answer is None for each in asked)
