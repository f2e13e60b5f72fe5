"""Tells those who may approve a plan that it waits for them, until somebody has decided."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat import Actor, MessageRef, Origin
from bot.grammar import Verb
from bot.home import Homes
from bot.replies import Say, no
from bot.times import said as told
from bot.words import Misread, quoted
from flows.engine.policy import names
from flows.engine.tools import ProjectSettings
from flows.report import Code, Line, Link, Report, text
from storage import audit, messages, notices, passes, people, projects, questions, runs
from storage.database import Database
from storage.people import Identity, Person
from storage.records import Manner, QuestionRecord, RunRecord

TOPIC = notices.QUESTION
NUDGE_EVERY = timedelta(hours=1)
WEIGHT = 2

Permalink = Callable[[MessageRef], str]
"""Returns the address of a message, "" where the platform has none."""


class _Reached(NamedTuple):
    """Somebody who may say yes, where they are told, and whom they are there."""

    person: Person
    at: Identity
    note: Line


class Summons:
    """Those who want their queue are told at once, or everybody in a project that wants it so."""

    verbs = frozenset({"nudge"})

    def __init__(
        self,
        database: Database,
        homes: Homes,
        clock: Callable[[], datetime],
        url: Callable[[str], str],
        permalinks: Mapping[str, Permalink],
    ) -> None:
        self._database = database
        self._homes = homes
        self._clock = clock
        self._url = url
        self._permalinks = permalinks
        self._called: set[int] = set()

    async def look(self) -> None:
        """Tell people of what is new, and say what became of what they were told."""
        async with self._database.read() as connection:
            waiting = await questions.unanswered(connection)
            topics = await notices.topics(connection, TOPIC)
        now = self._clock()
        open_ids = {asked.id for _, asked in waiting}
        for run, asked in waiting:
            is_late = asked.deadline is not None and asked.deadline <= now
            if asked.question.plan and asked.id not in self._called and not is_late:
                await self._call(run, asked)
        self._called = open_ids
        for topic in topics:
            number = int(topic.removeprefix(TOPIC))
            if number not in open_ids:
                await self._settle(topic, number)

    async def _call(self, run: RunRecord, asked: QuestionRecord) -> None:
        now = self._clock()
        async with self._database.begin() as connection:
            settings = await projects.find(connection, run.project)
            for each in await self._may_approve(connection, run, asked):
                if each.person.settings.queue_at is not None or settings.tell_approvers:
                    stop = ("You get this because you may approve it: ", *_how(settings))
                    report = await self._letter(connection, run, asked, each, stop)
                    await self._add(connection, asked, each, report, f"{each.person.id}", now)

    async def _add(
        self,
        connection: AsyncConnection,
        asked: QuestionRecord,
        to: _Reached,
        report: Report,
        key: str,
        now: datetime,
    ) -> None:
        await notices.add(
            connection,
            f"{TOPIC}{asked.id}:{key}",
            {"platform": to.at.platform, "id": to.at.id, "name": to.at.name},
            report,
            now,
            topic=f"{TOPIC}{asked.id}",
            manner=Manner(before=asked.deadline, weight=WEIGHT),
        )

    async def _may_approve(
        self, connection: AsyncConnection, run: RunRecord, asked: QuestionRecord
    ) -> list[_Reached]:
        """Return who may say yes now and can be told, on the platform of the run if they are."""
        settings = [await projects.find(connection, run.project)]
        found = []
        for person in await people.on_platforms(connection, people.CHATS):
            own = sorted(
                (each for each in person.identities if each.platform in people.CHATS),
                key=lambda each: each.platform != run.origin["platform"],
            )
            for each in own:
                who = Actor(each.platform, each.id, each.name)
                note = self._homes.note(run, asked, who, settings, person.addresses)
                if note:
                    found.append(_Reached(person, each, note))
                    break
        return found

    async def _letter(
        self,
        connection: AsyncConnection,
        run: RunRecord,
        asked: QuestionRecord,
        to: _Reached,
        stop: Line,
    ) -> Report:
        sent = await messages.get(connection, run.id, "card")
        url = ""
        if sent and sent.platform == to.at.platform and sent.platform in self._permalinks:
            ref = MessageRef(sent.platform, sent.channel, sent.message)
            url = self._permalinks[sent.platform](ref)
        where = Link("Open the thread", url) if url else Link("Open its page", self._url(run.id))
        what = f"{run.actor['name']} asks for a yes: {run.command}"
        plan = asked.question.plan
        size = f"{len(plan)} change{'' if len(plan) == 1 else 's'}: {plan[0].title}"
        more = ", …" if len(plan) > 1 else ""
        return Report(
            "",
            f"{what}.",
            blocks=(text(f"{size}{more}. ", where), text(*to.note), text(*stop)),
        )

    async def _settle(self, topic: str, number: int) -> None:
        """Say to everybody who was told what became of it."""
        async with self._database.begin() as connection:
            asked = await questions.get(connection, number)
            run = await runs.get(connection, asked.run_id) if asked else None
            if asked and run and asked.answer is None and not run.ended:
                return  # one of more than are looked at in one round
            await notices.settle(connection, topic, _outcome(run, asked), self._clock())

    async def answer(self, said: Verb, by: Actor, origin: Origin, key: str) -> Say:
        """Remind those who may approve a plan, for the one who asked for it."""
        if len(said.words) != 1:
            misread = Misread("Say which run: ", Code("/flow nudge RUN"))
            return Say(misread.report, "misread")
        now, run_id = self._clock(), said.words[0].lower()
        async with self._database.begin() as connection:
            run = await runs.get(connection, run_id)
            plans = [e for e in await questions.of_run(connection, run_id) if e.question.plan]
            asked = plans[-1] if plans else None
            if run is None or asked is None or asked.answer is not None or run.ended:
                return no(f"No plan of {quoted(run_id)} waits for a yes.", "unknown")
            person = await people.of(connection, by.platform, by.id)
            own = {f"{by.platform}:{by.id}", *(person.addresses if person else ())}
            if f"{run.actor['platform']}:{run.actor['id']}" not in own:
                return no(f"Only {run.actor['name']}, who asked for it, can remind the approvers.")
            return await self._nudge(connection, run, asked, by, origin, key, now)

    async def _nudge(
        self,
        connection: AsyncConnection,
        run: RunRecord,
        asked: QuestionRecord,
        by: Actor,
        origin: Origin,
        key: str,
        now: datetime,
    ) -> Say:
        is_public = origin.door == "comment"  # who people are in a chat is nothing for passers-by
        reached = await self._may_approve(connection, run, asked)
        there = [each for each in reached if _is_there(each.person, now)]
        if not there:
            return no(_nobody(reached, now, is_public=is_public))
        if not await passes.spend(connection, f"nudge:{asked.id}", now + NUDGE_EVERY, now):
            return no("They were reminded within the last hour: once an hour is enough.")
        stop = (f"{by.name} reminds you, since you may approve it.",)
        for each in there:
            report = await self._letter(connection, run, asked, each, stop)
            await self._add(connection, asked, each, report, f"{each.person.id}:{key}", now)
        shown = names([each.at.name for each in there])
        await audit.append(
            connection,
            at=now,
            actor=msgspec.to_builtins(by),
            door=origin.door,
            action="nudged",
            run_id=run.id,
            detail=shown,
        )
        whom = "those who may approve it" if is_public else shown
        return Say(Report("", f"I remind {whom}.", "good"))


def _is_there(person: Person, now: datetime) -> bool:
    settings = person.settings
    rests = settings.has_hours and not settings.work.is_working(now)
    return not (rests or settings.away(now) or settings.work.holiday(now))


def _nobody(reached: Sequence[_Reached], now: datetime, *, is_public: bool) -> str:
    if not reached:
        return "I know nobody else who may approve it: people are known once they say /flow me."
    soonest = min(reached, key=lambda each: each.person.settings.free_at(now, now))
    at = told(soonest.person.settings.free_at(now, now), now)
    following = "The next one is there" if is_public else f"Next is {soonest.at.name},"
    return f"Nobody who may approve it is at work now. {following} at {at}."


def _how(settings: ProjectSettings) -> Line:
    if settings.tell_approvers:
        return (f"{settings.name} tells all who may.",)
    return ("you want your queue. ", Code("/flow me queue off"), " stops it.")


def _outcome(run: RunRecord | None, asked: QuestionRecord | None) -> str:
    """Say in one line what became of a plan."""
    if run is None or asked is None:
        return "This plan is gone."
    if asked.answer is None:
        return f"Nobody has to decide any more: {run.command}."
    if asked.answered_by == questions.NOBODY:
        return f"Nobody approved it in time: {run.command}."
    is_yes = asked.question.choices and asked.answer == asked.question.choices[0]
    who = names(asked.decided_by) or "Somebody"
    return f"{who} {'approved' if is_yes else 'declined'} it: {run.command}."
