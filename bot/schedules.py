"""What people say about schedules: make one, list them, pause, resume and remove them."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import grammar
from bot.chat import Actor, Button, Origin
from bot.places import places_of
from bot.pointing import pointed
from bot.pressing import typing
from bot.replies import Say, no
from bot.rules import Rules
from bot.times import said as told_at
from flows.engine.access import Role
from flows.engine.phrase import UTC_ZONE, parse
from flows.engine.policy import Case, objection
from flows.engine.registry import Find
from flows.engine.schedule import BadSchedule, Schedule
from flows.report import Code, Inline, Link, Report, bullets, facts, table, text
from storage import audit, people, projects, schedules
from storage.database import Database
from storage.records import ScheduleRecord

SHOWN = 50
CATCH_UP = {
    "once": "one run, however many were missed",
    "all": "one run for each that was missed",
    "skip": "no run for those that were missed",
}
CHANGES: Mapping[str, str] = {
    "pause": "paused",
    "resume": "resumed",
    "remove": "removed",
}
EXAMPLE = Code('/flow schedule "weekdays 9:00 Europe/Berlin" dora acme/shop')
HELP = Report(
    "/flow schedule",
    "Runs a command again and again, in your name and in this channel.",
    blocks=(
        bullets(
            (
                (EXAMPLE,),
                (Code('/flow schedule --only-news "every 5 minutes" health'),),
                (Code("/flow schedule --catch-up skip 0 9 * * mon-fri dora acme/shop"),),
                (Code("/flow schedule pause 1a2b3c4d"), " (or resume, or remove)"),
                (Code("/flow schedules"),),
            ),
            "Examples",
        ),
        text(
            "A schedule is plain words or a cron line, and a time zone at its end; without one it "
            "is in yours (",
            Code("/flow me zone"),
            "), or in UTC. ",
            Code("--only-news"),
            " posts only what is worth it; ",
            Code("--catch-up"),
            f" says what happens after an outage: {', '.join(CATCH_UP)}.",
        ),
    ),
)


@dataclass(slots=True)
class _Wish:
    """What somebody typed after `schedule`, taken apart."""

    when: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    catch_up: str = "once"
    only_news: bool = False


class Schedules:
    """Answers what is said about schedules, to the one who said it."""

    verbs = frozenset({"schedule", "schedules"})

    def __init__(
        self, database: Database, rules: Rules, clock: Callable[[], datetime], find: Find
    ) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock
        self._find = find

    async def answer(self, said: grammar.Verb, by: Actor, origin: Origin, key: str) -> Say:
        """Do what was said; `key` names the trigger, so a repeat is one schedule."""
        try:
            match said.name, said.words:
                case ("schedules", _) | (_, ("list" | "show",)):
                    return Say(await self._list())
                case _, ("pause" | "resume" | "remove" as verb, schedule_id):
                    return await self._change(verb, schedule_id, by, origin)
                case _, ("pause" | "resume" | "remove" as verb,):
                    raise _which(verb)
                case _, ():
                    return Say(HELP)
                case _, words:
                    return await self._make(self._wish(words), by, origin, key)
        except grammar.Misread as misread:
            return Say(misread.report, "misread")
        except BadSchedule as error:
            return Say(_marked(error, said.words).report, "misread")

    async def _make(self, wish: _Wish, by: Actor, origin: Origin, key: str) -> Say:
        now = self._clock()
        async with self._database.read() as connection:
            person = await people.of(connection, by.platform, by.id)
            known = places_of(await projects.every(connection), origin.platform, origin.channel)
        home = (person.settings.zone if person else "") or UTC_ZONE
        schedule = parse(" ".join(wish.when), now, home)
        order = grammar.parse(grammar.joined(wish.command), self._find, known)
        if not isinstance(order, grammar.Order):
            raise grammar.Misread(*_cannot_be_scheduled(order))
        times = schedule.upcoming(now)
        project = str(getattr(order.params, "repo", ""))
        record = ScheduleRecord(
            id=schedule_id_of(key),
            text=schedule.said(),
            command=order.command,
            flow=order.flow.slug,
            project=project,
            owner=msgspec.to_builtins(by),
            origin=msgspec.to_builtins(
                Origin(
                    "schedule",
                    origin.platform,
                    origin.channel,
                    tells="news" if wish.only_news else "everything",
                )
            ),
            catch_up=wish.catch_up,
            next_at=times[0],
            created_at=now,
        )
        async with self._database.begin() as connection:
            settings = await projects.find(connection, project)
            subject = self._rules.subject(by, settings)
            policy = self._rules.policy(order.flow, settings)
            refusal = objection(policy, subject, "run", Case(order.flow.alias, subject.id, now))
            if not refusal and not await schedules.add(connection, record):
                return _scheduled(record, schedule, times)
            await self._audit(connection, by, origin, "refused" if refusal else "scheduled", record)
        return no(refusal, "forbidden") if refusal else _scheduled(record, schedule, times)

    async def _change(self, verb: str, schedule_id: str, by: Actor, origin: Origin) -> Say:
        now = self._clock()
        async with self._database.begin() as connection:
            record = await schedules.get(connection, schedule_id.lower())
            if record is None:
                return Say(_unknown(schedule_id), "unknown")
            settings = await projects.find(connection, record.project)
            subject = self._rules.subject(by, settings)
            is_owner = subject.id == f"{record.owner['platform']}:{record.owner['id']}"
            allowed = is_owner or subject.role.covers(Role.MAINTAINER)
            told = f"Only {record.owner['name']} or a maintainer may {verb} this schedule."
            if allowed:
                told = await self._do(connection, verb, record, now)
            action = CHANGES[verb] if allowed else "refused"
            await self._audit(connection, by, origin, action, record)
        if not allowed:
            return no(told, "forbidden")
        return Say(Report("", told, "good"), buttons=(_back(verb, record),))

    async def _do(
        self, connection: AsyncConnection, verb: str, record: ScheduleRecord, now: datetime
    ) -> str:
        what = f"{record.command}, {record.text}"
        if verb == "remove":
            await schedules.remove(connection, record.id)
            return f"Removed: {what}."
        if verb == "pause":
            await schedules.pause(connection, record.id)
            return f"Paused: {what}."
        schedule = parse(record.text, now)
        next_at = schedule.next_after(now)
        await schedules.resume(connection, record.id, next_at)
        return f"Goes on: {what}; next {schedule.shown(next_at)}."

    async def _list(self) -> Report:
        async with self._database.read() as connection:
            found = await schedules.page(connection, limit=SHOWN)
        if not found:
            return Report("", "", blocks=(text("Nothing is scheduled. Try ", EXAMPLE, "."),))
        rows = [_row(each, self._clock()) for each in found]
        head = ("Id", "Command", "When", "Next", "Owner")
        every = Link("all schedules", f"{self._rules.page_url}/schedules")
        return Report(
            "Schedules", blocks=(table(head, rows), text("With their next times: ", every, "."))
        )

    def _wish(self, words: Sequence[str]) -> _Wish:
        wish, rest = _Wish(), list(words)
        while rest:
            word = rest.pop(0)
            if word.startswith("--"):
                try:
                    _set_option(wish, word, rest)
                except grammar.Misread as misread:
                    raise misread.at(["schedule", *words], len(words) - len(rest)) from misread
            elif wish.when and (" " in wish.when[0] or self._find(word.lower())):
                wish.command = [word, *rest]  # from here on, options are the flow's
                return wish
            else:
                wish.when.append(word)
        raise grammar.Misread("Say when and what: ", EXAMPLE)

    async def _audit(
        self,
        connection: AsyncConnection,
        by: Actor,
        origin: Origin,
        action: str,
        record: ScheduleRecord,
    ) -> None:
        await audit.append(
            connection,
            at=self._clock(),
            actor=msgspec.to_builtins(by),
            door=origin.door,
            action=action,
            run_id="",
            detail=f"schedule {record.id}: {record.command}, {record.text}",
        )


def schedule_id_of(key: str) -> str:
    """Return the id that belongs to a trigger: the same trigger, the same schedule."""
    return hashlib.sha256(f"schedule:{key}".encode()).hexdigest()[:8]


def _marked(error: BadSchedule, words: Sequence[str]) -> grammar.Misread:
    """Return what is wrong with a schedule, with a mark under it and an example."""
    misread = grammar.Misread(f"{error} Example: ", EXAMPLE)
    typed = grammar.joined(["schedule", *words])
    at = typed.lower().find(error.about.lower()) if error.about else -1
    if at >= 0:
        end = at + len(error.about)
        misread.shown = pointed(typed[:at], typed[at:end], typed[end:])
    return misread


def _scheduled(record: ScheduleRecord, schedule: Schedule, times: Sequence[datetime]) -> Say:
    remove = typing(f"schedule remove {record.id}", "Undo")
    return Say(_made(record, schedule, times), buttons=(remove,))


def _back(verb: str, record: ScheduleRecord) -> Button:
    """Return the button that takes back what was done to a schedule."""
    if verb != "remove":
        other = "resume" if verb == "pause" else "pause"
        return typing(f"schedule {other} {record.id}", "Undo")
    news = ["--only-news"] if record.origin["tells"] == "news" else []
    options = [*news, "--catch-up", record.catch_up]
    words = [*options, record.text, *grammar.split(record.command)]
    return typing(grammar.joined(["schedule", *words]), "Schedule it again")


def _which(verb: str) -> grammar.Misread:
    """Ask which schedule is meant."""
    how = Code(f"/flow schedule {verb} 1a2b3c4d")
    return grammar.Misread("Say which: ", how, ". ", Code("/flow schedules"), " has their ids.")


def _unknown(schedule_id: str) -> Report:
    said = f"I know no schedule {grammar.quoted(schedule_id)}: "
    return Report("", "", "warn", (text(said, Code("/flow schedules"), " lists them."),))


def _set_option(wish: _Wish, word: str, rest: list[str]) -> None:
    name, _, value = word.removeprefix("--").partition("=")
    if name == "only-news":
        wish.only_news = True
        return
    if name != "catch-up":
        raise grammar.Misread(
            f"schedule has no option {grammar.quoted(word)}: it takes ",
            Code("--only-news"),
            " and ",
            Code("--catch-up"),
            ".",
        )
    wish.catch_up = value or (rest.pop(0) if rest else "")
    if wish.catch_up not in CATCH_UP:
        raise grammar.Misread(
            f"--catch-up cannot be {grammar.quoted(wish.catch_up)}: take {' or '.join(CATCH_UP)}. "
            "Example: ",
            Code("--catch-up skip"),
        )


def _made(record: ScheduleRecord, schedule: Schedule, times: Sequence[datetime]) -> Report:
    only_news = record.origin["tells"] == "news"
    about = facts(
        command=Code(f"/flow {record.command}"),
        when=record.text,
        posts="only what is news" if only_news else "every result",
        after_an_outage=CATCH_UP[record.catch_up],
        stop_it=Code(f"/flow schedule remove {record.id}"),
    )
    nexts = bullets([schedule.shown(each) for each in times], "The next times")
    return Report(f"Scheduled as {record.id}", tone="good", blocks=(about, nexts))


def _row(record: ScheduleRecord, now: datetime) -> tuple[Inline, ...]:
    state = "paused"
    if record.trouble:
        state = f"paused: {record.trouble}"
    elif not record.paused:
        zone = parse(record.text, now).zone
        state = told_at(record.next_at, now, "" if zone == UTC_ZONE else zone)
    return Code(record.id), Code(record.command), record.text, state, record.owner["name"]


def _cannot_be_scheduled(
    understood: grammar.Incomplete | grammar.Heard | grammar.HelpWanted | grammar.Verb,
) -> tuple[str | Code, ...]:
    if isinstance(understood, grammar.Incomplete):
        alias = understood.flow.alias
        missing = ", ".join(understood.missing)
        return f"{alias} needs {missing}: ", Code(f"/flow help {alias}")
    return "Only a flow can be scheduled: ", EXAMPLE
