"""Keeps one thread per run current: the card that grows, the plan, the report."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import cast

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from bot.chat import Actor, Button, Card, Chat, MessageRef, Planned, State, Step, ThreadRef
from bot.claims import Claim, ClaimLost
from bot.dispatch import ANSWER, FORM
from bot.endings import CHANGED
from bot.rules import Rules, case_of
from bot.worker import Signals
from flows.engine.journal import CHANGES, UNDO
from flows.engine.policy import names, who_answers, who_approves
from flows.engine.registry import Find, find
from flows.engine.run import NO, YES
from flows.engine.tools import ProjectSettings
from flows.report import Report
from integrations.errors import OutsideError, Transient
from storage import journal, messages, outbox, projects, questions, runs
from storage.database import Database
from storage.records import MessageRecord, OutboxRecord, QuestionRecord, RunRecord, StepRecord

log = logging.getLogger(__name__)

EDIT_EVERY = timedelta(seconds=1.2)
SWEEP_SECONDS = 1.0
FIRST_DELAY = timedelta(seconds=1)
LONGEST_DELAY = timedelta(minutes=5)
RERUN = "rerun"
LABELS = {YES: "Approve", NO: "Decline"}
DECIDED = {YES: "Approved", NO: "Declined"}
NOT_IN_TIME = "because nobody approved it in time"
NOT_ANSWERED = "because nobody answered in time"


class Threads:
    """Sends what the outbox holds, in order, to the platforms that are connected."""

    def __init__(
        self,
        database: Database,
        queue: Signals,
        rules: Rules,
        clock: Callable[[], datetime],
        chats: Mapping[str, Chat],
        find: Find = find,
    ) -> None:
        self._database = database
        self._queue = queue
        self._rules = rules
        self._clock = clock
        self._chats = chats
        self._find = find
        self._news = asyncio.Event()

    async def run(self) -> None:
        """Deliver for as long as the process lives."""
        hearing = asyncio.create_task(self._hear())
        try:
            while True:
                self._news.clear()
                try:
                    wait = await self.deliver()
                except (OSError, SQLAlchemyError):
                    log.warning("the outbox cannot be read; trying again", exc_info=True)
                    wait = timedelta(seconds=SWEEP_SECONDS)
                # Not wait_for: before Python 3.12 it can swallow the cancellation that ends us.
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait.total_seconds()):
                        await self._news.wait()
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)

    async def deliver(self) -> timedelta:
        """Send what is due; return how long there is nothing to do unless there is news."""
        async with self._database.read() as connection:
            due = await outbox.due(connection, self._clock())
        threads: dict[str, list[OutboxRecord]] = {}
        for row in due:
            threads.setdefault(row.run_id, []).append(row)
        soonest = await asyncio.gather(*map(self._deliver_run, threads.values()))
        return min(soonest, default=timedelta(seconds=SWEEP_SECONDS))

    async def _deliver_run(self, rows: list[OutboxRecord]) -> timedelta:
        """Send what one run has to say; a card that is not there yet holds up the rest."""
        soonest = timedelta(seconds=SWEEP_SECONDS)
        for row in rows:
            now, claim = self._clock(), Claim(self._database, self._clock, row)
            if not await claim.taken():
                return soonest
            try:
                async with claim.held():
                    wait = await self._send(row, claim)
            except ClaimLost:
                log.warning("the thread of run %s is left to another sender", row.run_id)
                return soonest
            except Transient as error:
                wait = error.retry_after or min(FIRST_DELAY * 2**row.tries, LONGEST_DELAY)
                await self._postpone(row, now + wait, str(error))
                return min(soonest, wait)
            except OutsideError as error:
                log.warning("the thread of run %s cannot be told: %s", row.run_id, error)
                wait = None
            except Exception:  # a message that breaks us must not silence every other thread
                log.exception("the thread of run %s cannot be told", row.run_id)
                await self._postpone(row, now + LONGEST_DELAY, outbox.BROKEN)
                return soonest
            if wait is None:
                async with self._database.begin() as connection:
                    await outbox.sent(connection, row, now + EDIT_EVERY)
            else:
                await self._postpone(row, now + wait)
                soonest = min(soonest, wait)
        return soonest

    async def _send(self, row: OutboxRecord, claim: Claim) -> timedelta | None:
        """Send one row; or return how long it has to wait."""
        async with self._database.read() as connection:
            run = await runs.get(connection, row.run_id)
            sent = await messages.get(connection, row.run_id, "card")
            steps = await journal.timeline(connection, row.run_id)
            asked = await questions.of_run(connection, row.run_id)
            report = await runs.report(connection, row.run_id)
            project = await projects.find(connection, run.project if run else "")
        if run is None:
            return None
        chat = self._chats.get(run.origin["platform"])
        if chat is None:
            return LONGEST_DELAY  # another process may be connected to it
        if sent is None and not _is_news(run, asked, report):
            return None
        url = self._rules.url(run.id)
        if row.kind == "card":
            card = self.card(run, steps, asked, report, project)
            return await self._send_card(chat, run, card, sent, row, claim)
        if sent is None:
            return FIRST_DELAY
        where = ThreadRef(sent.platform, sent.channel, sent.thread or sent.message)
        claim.check()
        if row.kind == "report" and report:
            await chat.post_report(where, report, url, row.key, again=row.tries > 0)
        for each in asked:
            if row.kind == "plan" and row.key.endswith(each.question.key) and each.question.show:
                await chat.post_report(where, each.question.show, url, row.key, again=row.tries > 0)
        return None

    async def _send_card(
        self,
        chat: Chat,
        run: RunRecord,
        card: Card,
        sent: MessageRecord | None,
        row: OutboxRecord,
        claim: Claim,
    ) -> timedelta | None:
        now = self._clock()
        claim.check()
        if sent is None:
            where = await self._place(run)
            if where is None:
                return FIRST_DELAY
            ref = await chat.post_card(where, card, row.key, again=row.tries > 0)
            record = MessageRecord(
                run_id=run.id,
                kind="card",
                platform=ref.platform,
                channel=ref.channel,
                thread=where.thread,
                message=ref.message,
                sent_at=now,
            )
        elif now - sent.sent_at < EDIT_EVERY and not run.ended and not card.buttons:
            return EDIT_EVERY - (now - sent.sent_at)
        else:
            await chat.edit_card(MessageRef(sent.platform, sent.channel, sent.message), card)
            record = msgspec.structs.replace(sent, sent_at=now)
        async with self._database.begin() as connection:
            await messages.add(connection, record)
        return None

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

    def card(
        self,
        run: RunRecord,
        steps: list[StepRecord],
        asked: list[QuestionRecord],
        report: Report | None,
        project: ProjectSettings,
    ) -> Card:
        """Return the living message of a run as it stands."""
        last = asked[-1] if asked else None
        is_open = last is not None and last.answer is None and not run.ended
        buttons = _buttons(last) if last and is_open else _start_again(run)
        return Card(
            command=run.command,
            title=_title(run, report),
            state=cast("State", run.state),
            line=_line(run, steps, report),
            by=Actor(**run.actor),
            url=self._rules.url(run.id),
            steps=tuple(_step(each) for each in steps if each.kind not in CHANGES),
            plan=_plan(last, steps),
            question=last.question.text if last and is_open else "",
            note=(self._who_answers(run, last, project),) if last and is_open else (),
            buttons=buttons,
            decided=_decided(last) if last else "",
            decided_at=last.answered_at if last else None,
            started=run.created_at,
            seconds=_seconds(run),
        )

    def _who_answers(self, run: RunRecord, asked: QuestionRecord, project: ProjectSettings) -> str:
        flow = self._find(run.flow)
        if flow is None:
            return ""
        case, policy = case_of(flow, run, asked, self._clock()), self._rules.policy(flow, project)
        if asked.question.plan:
            return who_approves(policy, case)
        return who_answers(policy, case, asked.question.otherwise)

    async def _postpone(self, row: OutboxRecord, until: datetime, error: str = "") -> None:
        async with self._database.begin() as connection:
            await outbox.postpone(connection, row, until, error)

    async def _hear(self) -> None:
        async for _ in self._queue.news():
            self._news.set()


def _is_news(run: RunRecord, asked: list[QuestionRecord], report: Report | None) -> bool:
    """Say whether there is something to begin a thread with, where it is for news alone."""
    if run.origin.get("tells") != "news":
        return True
    if run.ended:
        return report is None or not report.quiet
    return any(each.answer is None for each in asked)


def _title(run: RunRecord, report: Report | None) -> str:
    title = report.title if report and report.title else run.command
    return f"Dry run: {title}" if run.dry_run and run.state == "done" else title


def _line(run: RunRecord, steps: list[StepRecord], report: Report | None) -> str:
    """Say how things stand, in one sentence."""
    running = [each.title for each in steps if each.state == "running"]
    if run.ended:
        return report.summary if report else run.line
    if run.state == "queued":
        return run.line or "In the line"
    if run.state == "waiting":
        return run.line
    return f"{running[-1]} …" if running else "Working …"


def _step(step: StepRecord) -> Step:
    state = step.state if step.state in ("done", "failed") else "running"
    return Step(step.title, state)  # type: ignore[arg-type] # narrowed in the line above


def _plan(asked: QuestionRecord | None, steps: list[StepRecord]) -> tuple[Planned, ...]:
    if asked is None:
        return ()
    states = {each.title: each.state for each in steps if each.kind in CHANGES}
    undos = [each for each in steps if each.kind == "undo" and each.state == "done"]
    undone = {each.title.removeprefix(UNDO) for each in undos}
    planned = []
    for change in asked.question.plan:
        state = "undone" if change.title in undone else states.get(change.title, "planned")
        state = "running" if state == "retrying" else state
        planned.append(Planned(change.title, change.undoable, state))  # type: ignore[arg-type] # the journal's own states
    return tuple(planned)


def _start_again(run: RunRecord) -> tuple[Button, ...]:
    """Return the way on for a run whose flow has changed under it."""
    if run.state != "stopped" or not run.line.startswith(CHANGED):
        return ()
    return (Button("Start again with the same inputs", f"{RERUN}:{run.id}"),)


def _buttons(asked: QuestionRecord) -> tuple[Button, ...]:
    if asked.question.form:
        return (Button("Answer", f"{FORM}:{asked.id}", "good"),)
    tones = {YES: "good", NO: "bad"}
    return tuple(
        Button(
            LABELS.get(choice, choice),
            f"{ANSWER}:{asked.id}:{choice}",
            tones.get(choice, "neutral"),  # type: ignore[arg-type] # a Literal's own values
        )
        for choice in asked.question.choices
    )


def _decided(asked: QuestionRecord) -> str:
    if asked.answer is None:
        return ""
    why_not = NOT_IN_TIME if asked.question.plan else NOT_ANSWERED
    who = f"by {names(asked.decided_by)}" if asked.decided_by else why_not
    by = asked.lifted_by
    freeze = f"; {by['name']} lifted the freeze: {asked.lifted_why}" if by else ""
    what = "Answered" if asked.question.form and asked.answer else asked.answer
    said = f"{DECIDED.get(what, what)} {who}" if what else f"{who[:1].upper()}{who[1:]}"
    return f"{said}{freeze}"


def _seconds(run: RunRecord) -> float | None:
    if run.finished_at is None:
        return None
    return (run.finished_at - run.created_at).total_seconds()
