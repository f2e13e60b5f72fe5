"""What somebody comes home to: what waits for them, their runs, projects and schedules."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import status
from bot.chat import Actor, Button, Card, MessageRef, Origin, State
from bot.grammar import Verb
from bot.pressing import answers_to
from bot.replies import Say
from bot.rules import Rules, case_of
from flows.engine.policy import objection, who_answers, who_approves
from flows.engine.registry import Find, catalogue
from flows.engine.tools import ProjectSettings
from flows.report import Block, Code, Line, Link, Moment, Report, bullets, text
from storage import journal, messages, people, projects, questions, runs, schedules
from storage.database import Database
from storage.records import QuestionRecord, RunRecord, ScheduleRecord

DECISIONS = 10
RUNS = 5
PROJECTS = 10
SCHEDULES = 10
EXAMPLES = 5
NOWHERE: frozenset[str] = frozenset()
NOTHING_WAITS = "Nothing waits for you."
NO_RUNS = "You have started nothing yet."
NO_PROJECTS = "No project is set up yet: an admin sets FLOWBOT_PROJECTS."
NO_SCHEDULES = "Nothing is scheduled in your name."


@dataclass(frozen=True, slots=True)
class Seen:
    """A run in a few words, with where to read on."""

    title: str
    state: State
    line: str
    url: str
    started: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """A plan to approve, or a question to answer, that waits for this person.

    `note` says who may and until when, `message` is the card in their chat, if it is there.
    """

    run: Seen
    question: str
    asker: str
    note: Line
    buttons: tuple[Button, ...]
    message: MessageRef | None = None


@dataclass(frozen=True, slots=True)
class Project:
    """A project, and what was done in it last."""

    name: str
    last: Seen | None


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A command that is given in this person's name; `trouble` is why it rests."""

    command: str
    when: str
    next_at: datetime | None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Home:
    """All of it; what is `more` than shown is counted, and on the page at `url`."""

    decisions: tuple[Decision, ...]
    more_decisions: int
    runs: tuple[Seen, ...]
    projects: tuple[Project, ...]
    more_projects: int
    schedules: tuple[Scheduled, ...]
    more_schedules: int
    examples: tuple[str, ...]
    url: str


class Homes:
    """Reads what concerns one person from the database, as policy lets them act."""

    verbs = frozenset({"home"})

    def __init__(
        self, database: Database, rules: Rules, clock: Callable[[], datetime], find: Find
    ) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock
        self._find = find

    async def answer(self, _said: Verb, by: Actor, _origin: Origin, _key: str) -> Say:
        """Tell somebody what they come home to."""
        return said_of(await self.of(by))

    async def of(self, who: Actor) -> Home:
        """Return what somebody comes home to now."""
        name = f"{who.platform}:{who.id}"
        async with self._database.read() as connection:
            every = await projects.every(connection)
            person = await people.of(connection, who.platform, who.id)
            also = person.addresses if person else NOWHERE
            waiting = [
                (run, asked, note)
                for run, asked in await questions.unanswered(connection)
                if (note := self.note(run, asked, who, every, also))
            ]
            decisions = [
                await self._decision(connection, *each, who) for each in waiting[:DECISIONS]
            ]
            mine = await runs.page(connection, limit=RUNS, asker=name)
            done = [await self._seen(connection, each) for each in mine]
            pins = person.settings.pins if person else ()
            first = sorted(every, key=lambda each: (each.name not in pins, each.name))
            about = [await self._project(connection, each.name) for each in first[:PROJECTS]]
            planned = [each async for each in _owned(connection, name)]
        planned.sort(key=lambda each: (each.paused, each.next_at))
        return Home(
            decisions=tuple(decisions),
            more_decisions=len(waiting) - len(decisions),
            runs=tuple(done),
            projects=tuple(about),
            more_projects=len(every) - len(about),
            schedules=tuple(map(_scheduled, planned[:SCHEDULES])),
            more_schedules=max(0, len(planned) - SCHEDULES),
            examples=self._examples(who, every),
            url=self._rules.page_url,
        )

    async def glance(self, run_id: str) -> Card | None:
        """Return what the card of a run says, without what can be pressed; None: no such run."""
        async with self._database.read() as connection:
            run = await runs.get(connection, run_id)
            seen = await self._seen(connection, run) if run else None
        if run is None or seen is None:
            return None
        ended = run.finished_at
        return Card(
            command=run.command,
            title=seen.title,
            state=seen.state,
            line=seen.line,
            by=Actor(**run.actor),
            url=seen.url,
            started=run.created_at,
            seconds=(ended - run.created_at).total_seconds() if ended else None,
        )

    def note(
        self,
        run: RunRecord,
        asked: QuestionRecord,
        who: Actor,
        every: Iterable[ProjectSettings],
        also: frozenset[str] = NOWHERE,
    ) -> Line:
        """Say who may decide this; nothing where this person may not, or already has.

        `also` is who they are elsewhere.
        """
        flow, now = self._find(run.flow), self._clock()
        if flow is None or (asked.deadline and asked.deadline <= now):
            return ()
        project = next((each for each in every if each.name == run.project), None)
        settings = project or ProjectSettings(run.project)
        policy, case = self._rules.policy(flow, settings), case_of(flow, run, asked, now)
        subject = replace(self._rules.subject(who, settings), also=also)
        is_plan = bool(asked.question.plan)
        has_said = any(each.person in subject.ids for each in asked.answers)
        if has_said or objection(policy, subject, "approve" if is_plan else "answer", case):
            return ()
        otherwise = asked.question.otherwise
        return who_approves(policy, case) if is_plan else who_answers(policy, case, otherwise)

    async def _decision(
        self,
        connection: AsyncConnection,
        run: RunRecord,
        asked: QuestionRecord,
        note: Line,
        who: Actor,
    ) -> Decision:
        sent = await messages.get(connection, run.id, "card")
        is_here = sent is not None and sent.platform == who.platform
        return Decision(
            run=await self._seen(connection, run),
            question=asked.question.text,
            asker=run.actor["name"],
            note=note,
            buttons=answers_to(asked),
            message=MessageRef(sent.platform, sent.channel, sent.message)
            if sent and is_here
            else None,
        )

    async def _project(self, connection: AsyncConnection, name: str) -> Project:
        newest = await runs.page(connection, limit=1, project=name)
        return Project(name, await self._seen(connection, newest[0]) if newest else None)

    async def _seen(self, connection: AsyncConnection, run: RunRecord) -> Seen:
        report = await runs.report(connection, run.id) if run.ended else None
        steps = [] if run.ended else await journal.timeline(connection, run.id)
        return Seen(
            title=status.title_of(run, self._find(run.flow), report),
            state=cast("State", run.state),
            line=status.line_of(run, steps, report),
            url=self._rules.url(run.id),
            started=run.created_at,
        )

    def _examples(self, who: Actor, every: Sequence[ProjectSettings]) -> tuple[str, ...]:
        """Return one thing to type of each family, as far as they may; first what only looks."""
        role = self._rules.highest(who, every)
        allowed = (each for each in catalogue().values() if role.covers(each.role))
        first: dict[str, str] = {}
        for each in sorted(allowed, key=lambda flow: (flow.writes, flow.examples[0])):
            first.setdefault(each.family, each.examples[0])
        return tuple(first.values())[:EXAMPLES]


async def _owned(connection: AsyncConnection, name: str) -> AsyncIterator[ScheduleRecord]:
    """Yield the schedules of one person."""
    last = ""
    while found := await schedules.page(connection, after=last):
        for each in found:
            if f"{each.owner['platform']}:{each.owner['id']}" == name:
                yield each
        last = found[-1].id


def _scheduled(record: ScheduleRecord) -> Scheduled:
    trouble = record.trouble or ("paused" if record.paused else "")
    next_at = None if trouble else record.next_at
    return Scheduled(record.command, record.text, next_at, trouble)


def said_of(home: Home) -> Say:
    """Return it as an answer, for where there is no page of one's own; what waits comes first."""
    waiting = [
        _numbered(number, each, len(home.decisions))
        for number, each in enumerate(home.decisions, 1)
    ]
    parts: list[Block] = _part("Waits for you", waiting, home.more_decisions, NOTHING_WAITS)
    parts += _part("Your newest runs", map(_run_line, home.runs), 0, NO_RUNS)
    parts += _part("Projects", map(_project_line, home.projects), home.more_projects, NO_PROJECTS)
    upcoming = map(_schedule_line, home.schedules)
    parts += _part("Your schedules", upcoming, home.more_schedules, NO_SCHEDULES)
    buttons = tuple(
        Button(_named(each.label, number, len(home.decisions)), each.action, each.tone)
        for number, decision in enumerate(home.decisions, 1)
        for each in decision.buttons
    )
    typed = tuple(home.examples)
    return Say(Report("Your overview", blocks=tuple(parts), next=typed), buttons=buttons)


def _named(label: str, number: int, count: int) -> str:
    return f"{label} {number}" if count > 1 else label


def _numbered(number: int, decision: Decision, count: int) -> Line:
    lead = f"{number}: " if count > 1 else ""
    asked = f" — {decision.question} Asked by {decision.asker}. "
    return (lead, Link(decision.run.title, decision.run.url), asked, *decision.note)


def _part(title: str, lines: Iterable[Line], more: int, nothing: str) -> list[Block]:
    shown = list(lines)
    if more:
        shown.append((f"… {more} more",))
    return [bullets(shown, title)] if shown else [text(nothing)]


def _run_line(run: Seen) -> Line:
    return (f"{run.state}: ", Link(run.title, run.url), f" — {run.line}" if run.line else "")


def _project_line(project: Project) -> Line:
    if project.last is None:
        return (project.name, " — nothing has run yet")
    return (project.name, " — last: ", Link(project.last.title, project.last.url))


def _schedule_line(scheduled: Scheduled) -> Line:
    at = scheduled.next_at
    when: Line = ("next ", Moment(at)) if at else (scheduled.trouble,)
    return (Code(f"/flow {scheduled.command}"), f" {scheduled.when}; ", *when)
