"""What people decide about a run: their answers until there are enough, and freezes they lift."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import grammar
from bot.chat import Actor, Origin
from bot.replies import Kind, Say, no
from bot.rules import Rules, case_of
from bot.wording import storable
from bot.worker import Signals
from flows.engine.forms import model_called
from flows.engine.journal import Question
from flows.engine.policy import Act, Case, Policy, Subject, objection
from flows.engine.registry import Find, find
from flows.engine.spec import Flow, Params
from flows.report import Code, Report, text
from storage import audit, control, outbox, people, projects, questions, runs
from storage.database import Database
from storage.records import QuestionRecord, RunRecord, Wake

log = logging.getLogger(__name__)

COUNTED = "That counts; the card of the run shows how it stands."
GONE = "This question is no longer there."
LONGEST_REASON = 500
REASON = "The fix has to go out"
NOWHERE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Matter:
    """A question that somebody wants something of, with all that policy has to know."""

    asked: QuestionRecord
    run: RunRecord
    flow: Flow
    policy: Policy
    who: Subject
    case: Case

    def objection(self, act: Act) -> str:
        return objection(self.policy, self.who, act, self.case)

    def is_yes(self, choice: str) -> bool:
        return bool(self.asked.question.plan) and choice == self.asked.question.choices[0]

    @property
    def question(self) -> Question:
        return self.asked.question

    @property
    def form(self) -> type[Params] | None:
        """The model of the form that is asked for; None where there is none (any more)."""
        return model_called(self.question.form)

    def closed(self) -> str:
        """Return why nobody can answer any more, or an empty string."""
        asked = self.asked
        late = asked.answer is None and asked.deadline and asked.deadline <= self.case.at
        if self.run.ended:
            return "This run has ended; there is nothing left to decide."
        if late or asked.answered_by == questions.NOBODY:
            if self.question.plan:
                return "Nobody approved this in time, so it counts as declined."
            return f"Nobody answered this in time; {self.question.otherwise}."
        if asked.answer is not None:
            who = (asked.answered_by or {}).get("name", "somebody")
            answer = "" if asked.question.form else f": the answer is {asked.answer}"
            return f"{who} was faster{answer}."
        return ""

    def refusal(self, choice: str) -> str:
        """Return why this answer does not count, or an empty string."""
        asked = self.asked
        if asked.question.form:
            fits = self.form and _read(self.form, choice)
            return self.objection("answer") if fits else "This question has a form to fill in."
        if choice not in asked.question.choices:
            return f"{choice!r} is none of the answers."
        if not self.is_yes(choice):
            return self.objection("answer")
        if any(each.person in self.who.ids and each.choice == choice for each in asked.answers):
            so_far = len(asked.who_said(choice))
            return f"You have approved this already: {so_far} of {self.policy.quorum} have."
        return self.objection("approve")

    def forbids(self, choice: str, refusal: str) -> bool:
        """Say whether it is policy that refuses this answer."""
        act: Act = "approve" if self.is_yes(choice) else "answer"
        return bool(refusal) and refusal == self.objection(act)

    def obstacle(self, why: str) -> str:
        """Return why a freeze cannot be lifted for this plan, or an empty string."""
        if self.run.ended:
            return "This run has ended; there is nothing left to apply."
        if not self.policy.frozen(self.case.at):
            return "There is no freeze now."
        if self.case.lifted:
            who = (self.asked.lifted_by or {}).get("name", "Somebody")
            return f"{who} has lifted the freeze for this plan already."
        if not 0 < len(why) <= LONGEST_REASON:
            return f"Say why, in at most {LONGEST_REASON} characters: it goes into the audit."
        return self.objection("lift")


class Decisions:
    """Takes what people decide, from every door, each with one sentence where it does not count."""

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

    async def answer(self, question_id: int, choice: str, by: Actor, door: str = "") -> Say | None:
        """Take an answer; say why it does not count, or return None.

        A yes to a plan is the answer once enough people have said it; anything else is at once.
        """
        now, wake = self._clock(), None
        async with self._database.begin() as connection:
            # Two who answer at once do so one after the other: each sees what was said before.
            asked = await questions.get(connection, question_id, lock=True)
            matter = await self._matter(connection, asked, by, now)
            if matter is None:
                return no(GONE, "unknown")
            refusal, said, run_id = matter.closed() or matter.refusal(choice), choice, matter.run.id
            kind: Kind = "forbidden" if matter.forbids(choice, refusal) else "unfit"
            if not refusal:
                await questions.say(connection, question_id, choice, msgspec.to_builtins(by), now)
                count, quorum = len(matter.asked.who_said(choice)) + 1, matter.policy.quorum
                if not matter.is_yes(choice) or count >= quorum:
                    await questions.settle(
                        connection, question_id, choice, msgspec.to_builtins(by), now
                    )
                    wake = await runs.wake(connection, run_id, now)
                if matter.is_yes(choice) and quorum > 1:
                    said = f"{choice} ({count} of {quorum})"
                elif matter.question.form:
                    said = "filled in the form"
                await self._card(connection, matter.run, now)
            action = "refused" if refusal else "decided"
            await self._note(connection, action, run_id, by, refusal or said, door)
        if refusal:
            return no(refusal, kind)
        await self._tell(run_id, wake)
        return None

    async def form(self, question_id: int, by: Actor) -> tuple[_Matter, type[Params]] | Say:
        """Return the form that a question asks for, or why this person cannot fill it in."""
        async with self._database.read() as connection:
            asked = await questions.get(connection, question_id)
            matter = await self._matter(connection, asked, by, self._clock())
        if matter is None or matter.form is None:
            return no(GONE, "unknown")
        if closed := matter.closed():
            return no(closed)
        forbidden = matter.objection("answer")
        return no(forbidden, "forbidden") if forbidden else (matter, matter.form)

    async def answer_form(
        self, question_id: int, values: Mapping[str, str], by: Actor, door: str = ""
    ) -> Mapping[str, str] | Say | None:
        """Take a form; return a sentence per field that does not fit, or why it does not count."""
        found = await self.form(question_id, by)
        if isinstance(found, Say):
            await self._refused(question_id, by, found.report.summary, door)
            return found
        given = {name: kept for name, value in values.items() if (kept := storable(value).strip())}
        filled = grammar.filled(found[1], given)
        if isinstance(filled, Params):
            return await self.answer(question_id, filled.model_dump_json(), by, door)
        return filled

    async def answer_as_said(
        self, verb: str, words: tuple[str, ...], by: Actor, origin: Origin
    ) -> Say:
        """Answer the run that the first word names, or the one whose thread this is.

        A number after it names the plan that somebody has read: a yes is for that one alone.
        """
        async with self._database.read() as connection:
            run = await runs.get(connection, words[0].lower()) if words else None
            rest = words[1:] if run else words
            if run is None and origin.thread:
                place = (origin.platform, origin.channel, origin.thread)
                run = await control.in_thread(connection, *place)
            asked = await questions.of_run(connection, run.id) if run else []
        if run is None:
            named, here = Code(f"/flow {verb} RUN"), Code(f"!flow {verb}")
            waiting = Code("/flow home")
            which = ("Say which run: ", named, ", or ", here, " in its thread. ")
            how = text(*which, waiting, " has what waits for you.")
            return Say(Report("", "", "warn", (how,)), "unknown")
        if not asked:
            return no("This run has not asked anything.")
        wanted = _meant(asked, verb, rest)
        if isinstance(wanted, Say):
            return wanted
        refusal = await self.answer(*wanted, by, origin.door)
        return refusal or Say(Report("", COUNTED))

    async def _refused(self, question_id: int, by: Actor, why: str, door: str) -> None:
        async with self._database.begin() as connection:
            if asked := await questions.get(connection, question_id):
                await self._note(connection, "refused", asked.run_id, by, why, door)

    async def lift_as_said(self, words: tuple[str, ...], by: Actor, origin: Origin) -> str:
        """Lift the freeze for the run that the first word names, or whose thread this is.

        Return why not, or nothing; raises Misread where words are missing or name no run.
        """
        async with self._database.read() as connection:
            named = await runs.get(connection, words[0].lower()) if words else None
            place = (origin.platform, origin.channel, origin.thread)
            here = await control.in_thread(connection, *place) if origin.thread else None
        typed = ["lift", *words]
        if not (named or here):
            unknown = f"I know no run {grammar.quoted(words[0])}. " if words else ""
            raise grammar.Misread(
                f"{unknown}Say which run and why: ",
                Code(f"/flow lift RUN {REASON}"),
                ", or in its thread ",
                Code(f"!flow lift {REASON}"),
            ).at(typed, min(1, len(words)))
        if named and len(words) == 1:
            told = "Say why as well: it goes into the audit. Example: "
            raise grammar.Misread(told, Code(f"/flow lift {named.id} {REASON}")).at(typed, 1)
        if named:
            return await self.lift(named.id, " ".join(words[1:]), by)
        if here and not words:
            told = "Say why: it goes into the audit. Example: "
            raise grammar.Misread(told, Code(f"!flow lift {REASON}"))
        return await self.lift(here.id if here else "", " ".join(words), by)

    async def lift(self, run_id: str, why: str, by: Actor) -> str:
        """Let the plan of a run be applied in spite of a freeze; return why not, or nothing.

        As many people as ever have to approve it: only the freeze is out of the way.
        """
        now, wake, why = self._clock(), None, " ".join(why.split())
        async with self._database.begin() as connection:
            plans = [
                each for each in await questions.of_run(connection, run_id) if each.question.plan
            ]
            plan = await questions.get(connection, plans[-1].id, lock=True) if plans else None
            matter = await self._matter(connection, plan, by, now)
            if plan is None or matter is None:
                return "There is no run with this id that has a plan."
            refusal = matter.obstacle(why)
            if not refusal:
                await questions.lift(connection, plan.id, msgspec.to_builtins(by), why)
                if plan.answer is not None:
                    wake = await runs.call_back(connection, run_id, now)
                await self._card(connection, matter.run, now)
            action = "refused" if refusal else "lifted"
            await self._note(connection, action, run_id, by, refusal or why)
        return refusal or await self._tell(run_id, wake)

    async def expire(self) -> None:
        """Settle what nobody answered in time, with the safe choice; a form stays empty."""
        now = self._clock()
        async with self._database.read() as connection:
            overdue = await questions.overdue(connection, now)
        nobody = Actor(**questions.NOBODY)
        for question_id in overdue:
            async with self._database.begin() as connection:
                asked = await questions.get(connection, question_id, lock=True)
                run = await runs.get(connection, asked.run_id) if asked else None
                if asked is None or run is None or asked.answer is not None:
                    continue  # somebody was faster
                choice, wake = "".join(asked.question.choices[-1:]), None
                await questions.settle(connection, question_id, choice, questions.NOBODY, now)
                if not run.ended:
                    wake = await runs.wake(connection, run.id, now)
                    await self._card(connection, run, now)
                await self._note(connection, "decided", run.id, nobody, choice)
            await self._tell(run.id, wake)

    async def _matter(
        self, connection: AsyncConnection, asked: QuestionRecord | None, by: Actor, now: datetime
    ) -> _Matter | None:
        run = await runs.get(connection, asked.run_id) if asked else None
        flow = self._find(run.flow) if run else None
        if asked is None or run is None or flow is None:
            return None
        project = await projects.find(connection, run.project)
        person = await people.of(connection, by.platform, by.id)
        return _Matter(
            asked,
            run,
            flow,
            self._rules.policy(flow, project),
            replace(self._rules.subject(by, project), also=person.addresses if person else NOWHERE),
            case_of(flow, run, asked, now),
        )

    async def _card(self, connection: AsyncConnection, run: RunRecord, now: datetime) -> None:
        if run.has_thread:
            statement, values = outbox.card(connection.dialect.name, run.id, now)
            await connection.execute(statement, values)

    async def _note(
        self,
        connection: AsyncConnection,
        action: str,
        run_id: str,
        by: Actor,
        detail: str,
        door: str = "",
    ) -> None:
        await audit.append(
            connection,
            at=self._clock(),
            actor=msgspec.to_builtins(by),
            door=door or by.platform,
            action=action,
            run_id=run_id,
            detail=detail,
        )

    async def _tell(self, run_id: str, wake: Wake | None) -> str:
        """Wake the run where there is a wake-up, and tell of the news; objects to nothing."""
        if wake and not await self._queue.wake(wake):
            # The answer is stored: the run is swept up once the queue is back.
            log.warning("run %s is answered, but the queue does not answer", run_id)
        self._queue.changed(run_id)
        return ""


def _meant(asked: list[QuestionRecord], verb: str, words: tuple[str, ...]) -> tuple[int, str] | Say:
    """Return which question is answered, and how; or what is wrong with that."""
    found, last = " ".join(words), asked[-1]
    if verb == "answer":
        choices = last.question.choices
        return last.id, next((each for each in choices if each.lower() == found.lower()), found)
    if found:
        last = next((each for each in asked if str(each.id) == found), last)
        if str(last.id) != found:
            return no(f"This run has no plan {grammar.quoted(found)}.", "unknown")
    if not last.question.plan:
        how = Code(grammar.joined(["/flow", "answer", last.run_id, *last.question.choices[:1]]))
        asks = "This run does not ask for a yes to a plan: say "
        return Say(Report("", "", "warn", (text(asks, how, "."),)), "unfit")
    return last.id, last.question.choices[0 if verb == "approve" else -1]


def _read(model: type[Params], body: str) -> Params | None:
    """Return the form that was filled in; None for what is none."""
    try:
        return model.model_validate_json(body)
    except ValidationError:
        return None
