"""From words to a run: understand, ask policy, store, wake; and from a click to an answer."""

import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple, TypeAlias

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import grammar, shortcuts
from bot import help as helping
from bot import locks as locking
from bot.chat import Actor, Card, Origin
from bot.control import NOTHING, CalledOff, Control, Wanted
from bot.decisions import Decisions
from bot.desks import Desk
from bot.forms import fields_of, form_for, lacking, typed_as
from bot.home import Home, Homes
from bot.offers import VERBS
from bot.passes import Passes
from bot.people import persons
from bot.places import PROJECT, placed, places_of
from bot.pressing import ANSWER, FORM, TYPE, question_in, typing
from bot.replays import Replays
from bot.replies import Accepted, Field, Form, FormErrors, Say, no
from bot.routes import Routes
from bot.rules import Rules
from bot.schedules import Schedules
from bot.shortcuts import Posted
from bot.verbs import ANSWERS
from bot.wording import storable
from bot.worker import Signals
from flows.engine.registry import Find, find
from flows.engine.spec import Flow, Params
from flows.engine.tools import ProjectSettings
from flows.report import Code, Link, Report, text
from storage import audit, outbox, projects, runs
from storage.database import Database, Reply, Write, carried_out
from storage.records import RunRecord, Wake

__all__ = ["Accepted", "Dispatch", "Field", "Form", "FormErrors", "Say", "form_for"]

log = logging.getLogger(__name__)

READ = "I read that as “/flow {}”. Nothing has started yet."
LIFTED = "The freeze is lifted for this plan; it has to be approved as ever."

Claim: TypeAlias = Callable[[AsyncConnection], Awaitable[None]]
"""What has to come true in the transaction that stores a run; raises where it does not."""


class _Asked(NamedTuple):
    """A run that somebody asks for."""

    run: RunRecord
    wanted: Wanted
    by: Actor
    claim: Claim | None


class _Stored(NamedTuple):
    """What came of it: why it may not be run, or cannot; whether it is new; what it calls off."""

    forbidden: str = ""
    unfit: str = ""
    new: bool = False
    called_off: CalledOff = NOTHING


class Dispatch:
    """The one way in, for every surface."""

    def __init__(
        self,
        database: Database,
        queue: Signals,
        rules: Rules,
        clock: Callable[[], datetime],
        find: Find = find,
        passes: Passes | None = None,
        desks: Sequence[Desk] = (),
    ) -> None:
        self.routes = Routes(database)
        self._database = database
        self._queue = queue
        self._rules = rules
        self._passes = passes
        self._clock = clock
        self._find = find
        self._decisions = Decisions(database, queue, rules, clock, find)
        self._control = Control(database, queue, rules, clock, find)
        self._locks = locking.Locks(database, queue, rules, clock)
        self._homes = Homes(database, rules, clock, find)
        scheduled = Schedules(database, rules, clock, find)
        self.replays = Replays(database, rules, clock, self.command)
        every: Sequence[Desk] = (self._homes, scheduled, self._locks, self.replays, *desks)
        self._desks = {verb: desk for desk in every for verb in desk.verbs}

    @property
    def verbs(self) -> AbstractSet[str]:
        """Return what the desks answer."""
        return self._desks.keys()

    async def command(
        self, typed: str, by: Actor, origin: Origin, key: str, claim: Claim | None = None
    ) -> Accepted | Say | Form:
        """Take a command without its prefix; `key` names the trigger, so a repeat is one run."""
        try:
            understood = await self.understood(storable(typed), origin)
        except grammar.Misread as misread:
            return Say(misread.report, "misread", tuple(map(typing, misread.meant)))
        match understood:
            case grammar.HelpWanted(topic):
                return Say(await self._help(topic, by, origin))
            case grammar.Incomplete():
                return await self._form(understood, by)
            case grammar.Heard(said, meant):
                return await self._heard(said, meant, by, origin, key, claim)
            case grammar.Verb():
                return await self._obey(understood, by, origin, key)
            case grammar.Order():
                return await self._accept(Wanted(understood), by, origin, key, claim)

    async def understood(self, typed: str, origin: Origin) -> grammar.Understood:
        """Return what a command means in this place, without doing it; raises Misread."""
        understood = grammar.parse(typed, self._find)
        if grammar.is_vague(understood):
            async with self._database.read() as connection:
                every = await projects.every(connection)
            known = places_of(every, origin.platform, origin.channel)
            understood = grammar.parse(typed, self._find, known)
        return await persons.found(self._database, understood, origin.platform)

    async def _heard(
        self,
        said: str,
        meant: grammar.Order | grammar.Incomplete,
        by: Actor,
        origin: Origin,
        key: str,
        claim: Claim | None,
    ) -> Accepted | Say | Form:
        """Take plain words: what only looks starts and says how it was read, the rest asks."""
        if isinstance(meant, grammar.Order) and (meant.dry_run or not meant.flow.writes):
            reply = await self._accept(Wanted(meant), by, origin, key, claim)
            note = Report("", blocks=(text("I read that as ", Code(f"/flow {said}"), "."),))
            return replace(reply, note=note) if isinstance(reply, Accepted) else reply
        asked = await self._form(lacking(meant), by)
        return replace(asked, text=READ.format(said)) if isinstance(asked, Form) else asked

    async def submit_form(
        self, flow: str, values: Mapping[str, str], by: Actor, origin: Origin, key: str
    ) -> Accepted | Say | FormErrors:
        """Take a form that was filled in."""
        known = self._find(flow)
        if known is None:
            return no(f"There is no flow called {flow} any more.", "unknown")
        given = {name: kept for name, value in values.items() if (kept := storable(value).strip())}
        dry_run = given.pop(grammar.DRY_RUN, "") == "true"
        params = grammar.filled(known.params, given)
        if not isinstance(params, Params):
            return FormErrors(params)
        fields = known.params.model_fields
        words = [
            known.alias,
            *(
                f"{name}={value}"
                for name, value in given.items()
                if value != typed_as(fields[name].default)
            ),
        ]
        command = grammar.joined(words)
        order = grammar.Order(known, params, dry_run, command)
        if grammar.is_vague(order) or persons.names_people(order):
            try:
                placed = await self.understood(command, origin)
            except grammar.Misread as misread:
                return FormErrors({PROJECT if grammar.is_vague(order) else "": str(misread)})
            if isinstance(placed, grammar.Order):
                order = replace(placed, dry_run=dry_run)
        return await self._accept(Wanted(order), by, origin, key)

    async def shortcut(self, name: str, posted: Posted, by: Actor, origin: Origin) -> Form | Say:
        """Return the form that an entry in a message's menu opens, filled in from the message."""
        async with self._database.read() as connection:
            every = await projects.every(connection)
        here = places_of(every, origin.platform, origin.channel).here
        wanted = shortcuts.meant(name, posted, here, self._find)
        return await self._form(wanted, by) if wanted else no(shortcuts.GONE, "unknown")

    async def start(
        self, order: grammar.Order, parent: RunRecord, key: str, claim: Claim
    ) -> Accepted | Say:
        """Take an order that a run gives, in the name of who gave that run's."""
        by, origin = Actor(**parent.actor), Origin(**parent.origin)  # type: ignore[arg-type] # stored as an Origin
        return await self._accept(Wanted(order, parent=parent.id), by, origin, key, claim)

    async def press(
        self, action: str, by: Actor, origin: Origin, key: str
    ) -> Accepted | Say | Form | None:
        """Take a button of a card; None where it counted and the card says so itself.

        It is `answer:<question>:<choice>`, `form:<question>`, `type:<command>`, or `cancel:<run>`.
        """
        verb, _, rest = storable(action).partition(":")
        if verb == TYPE and rest:
            return await self.command(rest, by, origin, key)
        question, choice = question_in(rest)
        if verb == ANSWER and question:
            return await self.answer(question, choice, by, origin.door)
        if verb == FORM and question:
            return await self.form(question, by)
        if verb in VERBS and rest:
            reply = await self.act(verb, rest, by, origin, key)
            # The card shows what came of it, and has other buttons from now on.
            return None if isinstance(reply, Say) and reply.kind == "answer" else reply
        return no("This button belongs to an older version of the bot.", "unknown")

    async def form(self, question_id: int, by: Actor) -> Form | Say:
        """Return the form that answers a question, or why this person cannot fill it in."""
        found = await self._decisions.form(question_id, by)
        if isinstance(found, Say):
            return found
        asked, model = found
        flow, alias = asked.flow.slug, asked.flow.alias
        return Form(flow, alias, fields_of(model, {}), question_id, asked.question.text)

    async def answer_form(
        self, question_id: int, values: Mapping[str, str], by: Actor, door: str = ""
    ) -> Say | FormErrors | None:
        """Take a form that answers a question; None where it counted."""
        refusal = await self._decisions.answer_form(question_id, values, by, door)
        return refusal if isinstance(refusal, Say) or refusal is None else FormErrors(refusal)

    async def act(
        self, verb: str, run_id: str, by: Actor, origin: Origin, key: str
    ) -> Accepted | Say:
        """Do something to a run that was offered: one of `offers.VERBS`."""
        wanted = await self._control.act_on(verb, run_id, by, origin.door)
        return wanted if isinstance(wanted, Say) else await self._accept(wanted, by, origin, key)

    async def answer(self, question_id: int, choice: str, by: Actor, door: str = "") -> Say | None:
        """Answer a question of a run; None where it counted."""
        return await self._decisions.answer(question_id, choice, by, door)

    async def lock(self, wish: locking.Wish, by: Actor, origin: Origin) -> Say:
        """Do what somebody wants of a lock, who has filled in a form or calls the API."""
        return await self._locks.act(wish, by, origin)

    async def _obey(
        self, said: grammar.Verb, by: Actor, origin: Origin, key: str
    ) -> Accepted | Say:
        if said.name == "page":
            return self._link(by)
        if desk := self._desks.get(said.name):
            return await desk.answer(said, by, origin, key)
        if said.name in ANSWERS:
            return await self._decisions.answer_as_said(said.name, said.words, by, origin)
        if said.name == "lift":
            try:
                refusal = await self._decisions.lift_as_said(said.words, by, origin)
            except grammar.Misread as misread:
                return Say(misread.report, "misread")
            return no(refusal) if refusal else Say(Report("", LIFTED))
        wanted = await self._control.answer(said, by, origin)
        return wanted if isinstance(wanted, Say) else await self._accept(wanted, by, origin, key)

    async def home(self, by: Actor) -> Home:
        """Return what somebody comes home to: what waits for them, and what is theirs."""
        return await self._homes.of(by)

    async def glance(self, run_id: str) -> Card | None:
        """Return what the card of a run says, for a link to it; None where there is no such run."""
        return await self._homes.glance(run_id)

    def _link(self, by: Actor) -> Say:
        if self._passes is None:
            return no("From here nobody can be signed in to the status page.")
        link = Link("Open the status page", self._passes.link(by, self._rules.page_url))
        how = " signed in as you. The link works once, and for ten minutes."
        return Say(Report("", blocks=(text(link, how),)))

    async def _accept(
        self, wanted: Wanted, by: Actor, origin: Origin, key: str, claim: Claim | None = None
    ) -> Accepted | Say:
        now, order = self._clock(), wanted.order
        run = RunRecord(
            id=run_id_of(key),
            flow=order.flow.slug,
            project=str(getattr(order.params, PROJECT, "")),
            command=order.command,
            params=order.params.model_dump(mode="json"),
            dry_run=order.dry_run,
            actor=msgspec.to_builtins(by),
            origin=msgspec.to_builtins(origin) | _place(wanted, origin),
            state="queued",
            line="",
            attempts=0,
            created_at=now,
            undoes=wanted.undoes,
            parent=wanted.parent,
            code=order.flow.code,
            queue=self.routes.queue(order.flow),
        )
        asked = _Asked(run, wanted, by, claim)
        if wanted.undoes:
            stored = await self._store_undo(asked)
        else:
            stored = await self._database.request(self._store, asked, run.parent or None)
        if refusal := stored.forbidden or stored.unfit:
            return no(refusal, "forbidden" if stored.forbidden else "unfit")
        if stored.new:
            await self._wake(Wake(run.id, 1, run.queue))
            await self._control.tell(stored.called_off)
        return Accepted(run.id, self._rules.url(run.id), stored.new)

    async def _store(
        self, connection: AsyncConnection, given: Sequence[_Asked]
    ) -> list[Reply[_Stored]]:
        """Store what may be run, for several callers at once."""
        for each in given:
            if each.claim:
                await each.claim(connection)
        known = await projects.named(connection, {each.run.project for each in given})
        given = [each._replace(run=placed(each.run, known[each.run.project])) for each in given]
        known = {each.name: each for each in known.values()}
        ask = self._objection
        why_not = [ask(wanted.order.flow, known[run.project], by) for run, wanted, by, _ in given]
        allowed = [each.run for each, why in zip(given, why_not, strict=True) if not why]
        added = await runs.add(connection, *allowed) if allowed else set()
        replies = []
        for each, why in zip(given, why_not, strict=True):
            stored = _Stored(forbidden=why, new=each.run.id in added)
            added.discard(each.run.id)  # asked for twice at once: the second is a repeat
            replies.append(Reply(stored, self._noted(each.run, stored)))
        return replies

    async def _store_undo(self, asked: _Asked) -> _Stored:
        """Store a run that takes another one back, which is called off for it where it goes on."""
        (run, wanted, by, _), called_off = asked, NOTHING
        async with self._database.begin() as connection:
            project = await projects.find(connection, run.project)
            forbidden = self._objection(wanted.order.flow, project, by)
            unfit = forbidden or await self._control.obstacle(connection, wanted, run.id)
            new = not unfit and bool(await runs.add(connection, run))
            if new:
                called_off = await self._control.make_way(connection, wanted, by, run.created_at)
            stored = _Stored(forbidden, unfit, new, called_off)
            await carried_out(connection, self._noted(run, stored))
        return stored

    def _noted(self, run: RunRecord, stored: _Stored) -> list[Write]:
        """Return what tells the card and the audit."""
        now, sign = run.created_at, audit.Sign(run.actor, run.origin["door"])
        if why := stored.forbidden or stored.unfit:
            return [audit.appending(sign, now, "refused", run.undoes, detail=why)]
        if not stored.new:
            return []
        stopped = [
            audit.appending(sign, now, "cancelled", each.id) for each in stored.called_off.runs
        ]
        card = [outbox.card(self._database.dialect, run.id, now)] if run.has_thread else []
        return [*card, *stopped, audit.appending(sign, now, "asked", run.id, detail=run.command)]

    def _objection(self, flow: Flow, project: ProjectSettings, by: Actor) -> str:
        return self._rules.refusal(flow, project, by, self._clock())

    async def _help(self, topic: str, by: Actor, origin: Origin) -> Report:
        async with self._database.read() as connection:
            asked = await helping.asked(connection, self._rules, by, origin, self._clock())
        return helping.answer(topic, asked, self._find)

    async def _form(self, wanted: grammar.Incomplete, by: Actor) -> Form | Say:
        async with self._database.read() as connection:
            project = await projects.find(connection, wanted.given.get(PROJECT, ""))
        refusal = self._objection(wanted.flow, project, by)
        return no(refusal, "forbidden") if refusal else form_for(wanted)

    async def _wake(self, wake: Wake) -> None:
        if not await self._queue.wake(wake):
            # The request is stored: it is swept up once the queue is back.
            log.warning("run %s is stored, but the queue does not answer", wake.run_id)
        self._queue.changed(wake.run_id)


def run_id_of(key: str) -> str:
    """Return the id that belongs to a trigger: the same trigger, the same run."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def _place(wanted: Wanted, origin: Origin) -> dict[str, str]:
    """Return where a run is told of that was asked for outside the chat; else it is its origin."""
    place = wanted.place
    if origin.channel or place is None:
        return {}
    return {"platform": place.platform, "channel": place.channel, "thread": place.thread}
