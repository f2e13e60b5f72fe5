"""From words to a run: understand, ask policy, store, wake; and from a click to an answer."""

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import catalogue, grammar
from bot.chat import Actor, Origin
from bot.rules import Rules
from bot.worker import Signals
from flows.engine.policy import objection_to_answer, objection_to_run
from flows.engine.registry import Find, find
from flows.engine.spec import Flow
from flows.report import Code, Report, text
from storage import audit, outbox, questions, runs
from storage.database import Database
from storage.records import QuestionRecord, RunRecord

log = logging.getLogger(__name__)

ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The run is stored; its card follows by the outbox. `new` is False for a repeat."""

    run_id: str
    url: str
    new: bool


@dataclass(frozen=True, slots=True)
class Say:
    """An answer for this person alone."""

    report: Report


@dataclass(frozen=True, slots=True)
class Field:
    """One input of a form."""

    name: str
    label: str
    hint: str
    kind: Literal["text", "choice", "number", "flag"]
    choices: tuple[str, ...]
    required: bool
    value: str


@dataclass(frozen=True, slots=True)
class Form:
    """A required parameter is missing: ask for it."""

    flow: str
    title: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class FormErrors:
    """What was filled in does not fit: one sentence per field."""

    errors: Mapping[str, str]


class Dispatch:
    """The one way in, for every surface."""

    def __init__(
        self,
        database: Database,
        queue: Signals,
        rules: Rules,
        clock: Callable[[], datetime],
        find: Find = find,
    ) -> None:
        self._database = database
        self._queue = queue
        self._rules = rules
        self._clock = clock
        self._find = find

    async def command(
        self, typed: str, by: Actor, origin: Origin, key: str
    ) -> Accepted | Say | Form:
        """Take a command without its prefix; `key` names the trigger, so a repeat is one run."""
        try:
            understood = grammar.parse(typed, self._find)
        except grammar.Misread as misread:
            return Say(Report("", "", "warn", (text(*misread.says),)))
        match understood:
            case grammar.HelpWanted(topic):
                return Say(self._help(topic, by))
            case grammar.Incomplete(flow):
                return self._form(understood, by, flow)
            case grammar.Order():
                return await self._accept(understood, by, origin, key)

    async def submit_form(
        self, flow: str, values: Mapping[str, str], by: Actor, origin: Origin, key: str
    ) -> Accepted | Say | FormErrors:
        """Take a form that was filled in."""
        known = self._find(flow)
        if known is None:
            return Say(Report("", f"There is no flow called {flow} any more.", "warn"))
        given = {name: value.strip() for name, value in values.items() if value.strip()}
        dry_run = given.pop(grammar.DRY_RUN, "") == "true"
        missing = [
            name
            for name, info in known.params.model_fields.items()
            if info.is_required() and name not in given
        ]
        if missing:
            return FormErrors(dict.fromkeys(missing, "This is needed."))
        try:
            params = known.params.model_validate(given)
        except ValidationError as error:
            return FormErrors(grammar.problems(known, error))
        words = [known.alias, *(f"{name}={value}" for name, value in given.items())]
        command = grammar.joined(words)
        return await self._accept(grammar.Order(known, params, dry_run, command), by, origin, key)

    async def press(self, action: str, by: Actor) -> Say | None:
        """Take a button of a card: `answer:<question>:<choice>`; None where it counted."""
        verb, _, rest = action.partition(":")
        number, _, choice = rest.partition(":")
        if verb != ANSWER or not number.isdigit():
            return _no("This button belongs to an older version of the bot.")
        return await self.answer(int(number), choice, by)

    async def answer(self, question_id: int, choice: str, by: Actor) -> Say | None:
        """Answer a question of a run, if policy lets this person; the first answer counts."""
        now = self._clock()
        async with self._database.begin() as connection:
            asked = await questions.get(connection, question_id)
            run = await runs.get(connection, asked.run_id) if asked else None
            flow = self._find(run.flow) if run else None
            if asked is None or run is None or flow is None:
                return _no("This question is no longer there.")
            refusal = self._objection(asked, run, flow, by, choice)
            if not refusal and not await questions.settle(
                connection, question_id, choice, asdict(by), now
            ):
                refusal = _answered(asked)
            await audit.append(
                connection,
                at=now,
                actor=asdict(by),
                door=by.platform,
                action="refused" if refusal else "decided",
                run_id=run.id,
                detail=refusal or choice,
            )
            if refusal:
                return _no(refusal)
            number = await runs.wake(connection, run.id)
            await self._card(connection, run, now)
        await self._wake(run.id, number)
        return None

    async def _accept(
        self, order: grammar.Order, by: Actor, origin: Origin, key: str
    ) -> Accepted | Say:
        policy = self._rules.policy(order.flow)
        objection = objection_to_run(policy, self._rules.subject(by), order.flow.alias)
        now = self._clock()
        run = RunRecord(
            id=_run_id(key),
            flow=order.flow.slug,
            project=str(getattr(order.params, "repo", "")),
            command=order.command,
            params=order.params.model_dump(mode="json"),
            dry_run=order.dry_run,
            actor=asdict(by),
            origin=asdict(origin),
            state="queued",
            line="",
            attempts=0,
            created_at=now,
        )
        new = False
        async with self._database.begin() as connection:
            if not objection:
                new = await runs.add(connection, run)
            if new or objection:
                await audit.append(
                    connection,
                    at=now,
                    actor=asdict(by),
                    door=origin.door,
                    action="refused" if objection else "asked",
                    run_id="" if objection else run.id,
                    detail=objection or order.command,
                )
            if new:
                await self._card(connection, run, now)
        if objection:
            return _no(objection)
        if new:
            await self._wake(run.id, 1)
        return Accepted(run.id, self._rules.url(run.id), new)

    def _objection(
        self, asked: QuestionRecord, run: RunRecord, flow: Flow, by: Actor, choice: str
    ) -> str:
        if asked.answer is not None:
            return _answered(asked)
        if run.ended:
            return "This run has ended; there is nothing left to decide."
        if choice not in asked.question.choices:
            return f"{choice!r} is none of the answers."
        asker = f"{run.actor['platform']}:{run.actor['id']}"
        is_yes = bool(asked.question.plan) and choice == asked.question.choices[0]
        return objection_to_answer(
            self._rules.policy(flow), self._rules.subject(by), asker, is_plan=is_yes
        )

    def _help(self, topic: str, by: Actor) -> Report:
        if not topic:
            return catalogue.overview(self._rules.subject(by).role)
        flow = self._find(topic.lower())
        if flow is None:
            meant = catalogue.near(topic)
            hint = (
                (" Did you mean ", Code(f"/flow help {meant[0]}"), "?")
                if meant
                else (" ", Code("/flow help"), " lists them.")
            )
            return Report(
                "", "", "warn", (text(f"I know no flow called {grammar.quoted(topic)}.", *hint),)
            )
        return catalogue.help_for(flow)

    def _form(self, wanted: grammar.Incomplete, by: Actor, flow: Flow) -> Form | Say:
        objection = objection_to_run(self._rules.policy(flow), self._rules.subject(by), flow.alias)
        if objection:
            return _no(objection)
        return form_for(wanted)

    async def _card(self, connection: AsyncConnection, run: RunRecord, now: datetime) -> None:
        if run.has_thread:
            statement, values = outbox.card(connection.dialect.name, run.id, now)
            await connection.execute(statement, values)

    async def _wake(self, run_id: str, number: int) -> None:
        if not await self._queue.wake(run_id, number):
            # The request is stored: it is swept up once the queue is back.
            log.warning("run %s is stored, but the queue does not answer", run_id)
        self._queue.changed(run_id)


def form_for(wanted: grammar.Incomplete) -> Form:
    """Return the form that asks for a flow's parameters, filled in as far as they were given."""
    fields = []
    for name, info in wanted.flow.params.model_fields.items():
        known = catalogue.choices(info)
        default = "" if info.is_required() or info.default is None else str(info.default)
        if info.annotation is bool:
            kind: Literal["text", "choice", "number", "flag"] = "flag"
        elif known:
            kind = "choice"
        else:
            kind = "number" if info.annotation is int else "text"
        examples = ", ".join(str(each) for each in info.examples or [])
        fields.append(
            Field(
                name,
                name.replace("_", " ").capitalize(),
                f"{info.description or ''}" + (f" (such as {examples})" if examples else ""),
                kind,
                known,
                info.is_required(),
                wanted.given.get(name, default),
            )
        )
    return Form(wanted.flow.slug, wanted.flow.alias, tuple(fields))


def _run_id(key: str) -> str:
    """Return the id that belongs to a trigger: the same trigger, the same run."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def _no(why: str) -> Say:
    return Say(Report("", why, "warn"))


def _answered(asked: QuestionRecord) -> str:
    who = (asked.answered_by or {}).get("name", "somebody")
    return f"{who} was faster: the answer is {asked.answer or 'there already'}."
