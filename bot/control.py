"""What people do to runs that are there already: look, stop, play again, take back."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

import msgspec
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import endings, grammar, handover, status
from bot.chat import Actor, Origin, ThreadRef
from bot.offers import CANCEL_AND_UNDO
from bot.people.clocks import zone_of
from bot.replies import Say, no
from bot.rules import Rules
from bot.worker import Signals
from flows.engine.access import Role
from flows.engine.journal import CHANGES, applied, end_of
from flows.engine.policy import Act, Case, Policy, objection
from flows.engine.registry import Find
from flows.report import Code, Line, Report, bullets, text
from storage import audit, control, journal, locks, messages, outbox, projects, runs, waits
from storage.database import Database
from storage.records import RunRecord

log = logging.getLogger(__name__)

LISTED = 20
DEAD = "dead"
REDRIVEN = 50  # runs that are played on at once, so that they do not hold up all others
ORPHANED = Policy(run=Role.OPERATOR)  # the flow of the run is gone, and with it what it asked for
AND_UNDO = "--undo"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A run to accept: something new, once more, or to take back what an earlier one did.

    With `cancels` the earlier one is called off in the same breath, and taken back once it has
    ended; `place` is where a run is told of that was asked for outside the chat, `parent` the run
    that starts it.
    """

    order: grammar.Order
    undoes: str = ""
    cancels: bool = False
    place: ThreadRef | None = None
    parent: str = ""


@dataclass(frozen=True, slots=True)
class CalledOff:
    """What was called off, who is called for that, and what the person is told."""

    runs: tuple[RunRecord, ...] = ()
    calls: handover.Calls = field(default_factory=dict)
    said: str = ""


NOTHING = CalledOff()


class Control:
    """The verbs about runs, for every door; policy is asked for each, and each is audited."""

    def __init__(
        self,
        database: Database,
        queue: Signals,
        rules: Rules,
        clock: Callable[[], datetime],
        find: Find,
    ) -> None:
        self._database = database
        self._queue = queue
        self._rules = rules
        self._clock = clock
        self._find = find

    async def answer(self, said: grammar.Verb, by: Actor, origin: Origin) -> Say | Wanted:
        """Do what was said of the run that is named, or of the one whose thread this is."""
        if said.name in ("runs", DEAD):
            return Say(await self._listed(said.name))
        if said.name == "retry" and said.words == (DEAD,):
            return await self._redrive(by, origin.door)
        words = tuple(word for word in said.words if word != AND_UNDO)
        run = await self._meant(words, origin)
        if run is None and said.name == "status" and not words:
            return Say(await self._listed("runs"))
        if run is None:
            return Say(_no_run(said.name, words), "unknown")
        undoes_too = said.name == "cancel" and words != said.words
        return await self.act(CANCEL_AND_UNDO if undoes_too else said.name, run, by, origin.door)

    async def act_on(self, verb: str, run_id: str, by: Actor, door: str) -> Say | Wanted:
        """Do something to the run with this id."""
        async with self._database.read() as connection:
            run = await runs.get(connection, run_id)
        return (
            await self.act(verb, run, by, door)
            if run
            else no("This run is no longer there.", "unknown")
        )

    async def act(self, verb: str, run: RunRecord, by: Actor, door: str) -> Say | Wanted:
        """Do something to a run: look, or one of the verbs that can be offered."""
        match verb:
            case "status":
                return await self._status(run, by)
            case "cancel":
                return await self._cancel(run, by, door)
            case "cancel-undo":
                return await self._cancel_and_undo(run, by, door)
            case "retry":
                return await self._retry(run, by, door)
            case _:
                return await self._anew(verb, run, by, door)

    async def _anew(self, verb: str, run: RunRecord, by: Actor, door: str) -> Say | Wanted:
        match verb:
            case "undo":
                return await self._undo(run)
            case "real" if not run.dry_run:
                return no("This run was no dry run: `rerun` starts it once more.")
            case "real":
                return await self._again(run, grammar.without_dry_run(run.command), dry_run=False)
            case _ if run.undoes:
                return await self.act_on("undo", run.undoes, by, door)
            case _:
                return await self._again(run, run.command, dry_run=run.dry_run)

    async def _listed(self, which: str) -> Report:
        async with self._database.read() as connection:
            if which == DEAD:
                found = await control.dead(connection, endings.LOSSES, LISTED)
                return status.of_runs("Runs that were set aside", found, self._rules.url)
            return status.of_runs(
                "The newest runs", await runs.page(connection, limit=LISTED), self._rules.url
            )

    async def _meant(self, words: tuple[str, ...], origin: Origin) -> RunRecord | None:
        async with self._database.read() as connection:
            if words:
                return await runs.get(connection, words[0].lower())
            if not origin.thread:
                return None
            return await control.in_thread(
                connection, origin.platform, origin.channel, origin.thread
            )

    async def _status(self, run: RunRecord, by: Actor) -> Say:
        async with self._database.read() as connection:
            steps = await journal.timeline(connection, run.id)
            undone_by = await control.undoing(connection, run.id)
            wanted = await locks.of_run(connection, run.id)
            line = await locks.line(connection, wanted[0].name) if wanted else []
            zone = await zone_of(connection, by)
        lock = handover.place(line, run.id, self._clock(), zone)
        return Say(status.of_run(run, steps, undone_by, self._rules.url, lock))

    async def _cancel(self, run: RunRecord, by: Actor, door: str) -> Say:
        now, called_off = self._clock(), NOTHING
        async with self._database.begin() as connection:
            forbidden = await self._objection(connection, run, by, "cancel", now)
            if not forbidden:
                called_off = await self.call_off(connection, run, by, now)
            ended = "" if called_off.runs else f"This run has ended already: it is {run.state}."
            for each in called_off.runs or (run,):
                await self._noted(connection, each, by, door, forbidden or ended, "cancelled", now)
        if forbidden:
            return no(forbidden, "forbidden")
        if ended:
            return no(ended)
        await self.tell(called_off)
        return Say(Report("", called_off.said))

    async def call_off(
        self, connection: AsyncConnection, run: RunRecord, by: Actor, now: datetime
    ) -> CalledOff:
        """End a run and those that it has started, or let them stop."""
        if run.ended:
            return NOTHING
        # Those below before those above, as where a run ends and tells who waits for it.
        started = await control.started_by(connection, run.id)
        wanted = await locks.wanted_by(connection, [each.id for each in (*started, run)])
        await locks.alone(connection, wanted)
        for each in started:
            await self._stop(connection, each, by, now)
        state, line = await self._stop(connection, run, by, now)
        if state is None:
            return NOTHING
        woken = await waits.hear(connection, (end_of(run.id),), now) if state == "cancelled" else []
        calls = handover.called(woken)
        for name in sorted(wanted):
            calls |= await handover.release(connection, name, now)
        undone = await runs.get(connection, run.undoes) if run.undoes else None
        for each in (*started, run, *((undone,) if undone else ())):
            await self._card(connection, each, now)
        played = "It stops at its next step; what it has changed by then stays."
        said = played if state == "running" else line
        return CalledOff((*started, run), calls, said)

    async def _stop(
        self, connection: AsyncConnection, run: RunRecord, by: Actor, at: datetime
    ) -> tuple[str | None, str]:
        """End a run, or tell who plays it; return its state by then, and its line."""
        line = endings.cancelled(by.name, await journal.timeline(connection, run.id)).line
        return await control.cancel(connection, run.id, by.name, line, at), line

    async def tell(self, called_off: CalledOff) -> None:
        """Tell everybody, once it is committed, what was called off."""
        news: handover.Calls = dict.fromkeys([each.id for each in called_off.runs])
        await handover.call(self._queue, news | called_off.calls)

    async def obstacle(self, connection: AsyncConnection, wanted: Wanted, run_id: str) -> str:
        """Return why a run cannot be taken back by this one, or an empty string."""
        if not wanted.undoes:
            return ""
        # Of two who want it, one comes second; those below before those above, as everywhere.
        for each in await control.started_by(connection, wanted.undoes) if wanted.cancels else ():
            await control.held(connection, each.id)
        await control.held(connection, wanted.undoes)
        other = await control.undoing(connection, wanted.undoes)
        return _taken_back(other) if other and other.id != run_id else ""

    async def make_way(
        self, connection: AsyncConnection, wanted: Wanted, by: Actor, now: datetime
    ) -> CalledOff:
        """Prepare the run that another one takes back; return what was called off for that."""
        run = await runs.get(connection, wanted.undoes) if wanted.undoes else None
        if run is None:
            return NOTHING
        await self._card(connection, run, now)  # it is not to be taken back twice
        return await self.call_off(connection, run, by, now) if wanted.cancels else NOTHING

    async def _cancel_and_undo(self, run: RunRecord, by: Actor, door: str) -> Say | Wanted:
        now, flow = self._clock(), self._find(run.flow)
        async with self._database.begin() as connection:
            entries = await journal.timeline(connection, run.id)
            begun = run.state == "running" or any(each.kind in CHANGES for each in entries)
            possible = flow is not None and flow.writes and not run.undoes and begun
            refusal = ""
            if possible and not run.ended:
                refusal = await self._objection(connection, run, by, "cancel", now)
                if refusal:
                    await self._noted(connection, run, by, door, refusal, "cancelled", now)
        if refusal:
            return no(refusal, "forbidden")
        if run.ended or not possible:
            return await self._cancel(run, by, door)
        return await self._taking_back(run, cancels=True)

    async def _retry(self, run: RunRecord, by: Actor, door: str) -> Say:
        now, wake = self._clock(), None
        async with self._database.begin() as connection:
            await control.held(connection, run.id)
            forbidden = refusal = await self._objection(connection, run, by, "run", now)
            if not refusal and await control.undoing(connection, run.id):
                refusal = "What it did is taken back already: `rerun` starts it anew."
            if not refusal:
                wake = await control.reopen(connection, run.id, now)
                refusal = "" if wake else f"There is nothing to retry: this run is {run.state}."
            if not refusal:
                await self._card(connection, run, now)
            await self._noted(connection, run, by, door, refusal, "retried", now)
        if wake is None:
            return no(refusal, "forbidden" if forbidden else "unfit")
        if not await self._queue.wake(wake):
            log.warning("run %s is queued, but the queue does not answer", run.id)
        self._queue.changed(run.id)
        return Say(Report("", "It goes on from where it failed, with the same inputs."))

    async def _redrive(self, by: Actor, door: str) -> Say:
        """Play on every run that was set aside, as far as this person may."""
        async with self._database.read() as connection:
            found = await control.dead(connection, endings.LOSSES, REDRIVEN)
        said = [(run, await self._retry(run, by, door)) for run in found]
        refused = [(run, reply.report) for run, reply in said if reply.kind != "answer"]
        more = " There may be more: say it again." if len(found) == REDRIVEN else ""
        summary = f"{len(found) - len(refused)} of {len(found)} runs go on.{more}"
        if not refused:
            return Say(Report("", summary if found else "No run is set aside."))
        why = [(Code(run.id), f": {report.summary}") for run, report in refused]
        return Say(Report("", summary, "warn", (bullets(why),)))

    async def _undo(self, run: RunRecord) -> Say | Wanted:
        async with self._database.read() as connection:
            made = applied(await journal.timeline(connection, run.id))
            undone_by = await control.undoing(connection, run.id)
        if not run.ended:
            return no(
                f"This run is {run.state}: cancel it first, or say `cancel --undo` to have what "
                "it did taken back as well."
            )
        if undone_by:
            return no(_taken_back(undone_by))
        if run.undoes or not made:
            return no("This run has changed nothing that could be taken back.")
        return await self._taking_back(run)

    async def _taking_back(self, run: RunRecord, *, cancels: bool = False) -> Say | Wanted:
        command = grammar.joined(["undo", run.id])
        wanted = await self._again(run, command, dry_run=False, undoes=run.id)
        return replace(wanted, cancels=cancels) if isinstance(wanted, Wanted) else wanted

    async def _again(
        self, run: RunRecord, command: str, *, dry_run: bool, undoes: str = ""
    ) -> Say | Wanted:
        flow = self._find(run.flow)
        if flow is None:
            return no(f"There is no flow called {run.flow} any more.")
        try:
            params = flow.params.model_validate(run.params)
        except ValidationError:
            return no(f"{flow.alias} takes other inputs by now: type it anew.")
        order = grammar.Order(flow, params, dry_run, command)
        return Wanted(order, undoes, place=await self._place(run))

    async def _place(self, run: RunRecord) -> ThreadRef | None:
        """Return the thread in which people read about a run."""
        if not run.has_thread:
            return None
        async with self._database.read() as connection:
            sent = await messages.get(connection, run.id, "card")
        if sent is None and not run.origin["channel"]:
            return None
        if sent is None:
            return ThreadRef(*(run.origin[name] for name in ("platform", "channel", "thread")))
        return ThreadRef(sent.platform, sent.channel, sent.thread or sent.message)

    async def _objection(
        self, connection: AsyncConnection, run: RunRecord, by: Actor, act: Act, at: datetime
    ) -> str:
        project = await projects.find(connection, run.project)
        flow = self._find(run.flow)
        policy = self._rules.policy(flow, project) if flow else ORPHANED
        asked_by = f"{run.actor['platform']}:{run.actor['id']}"
        case = Case(flow.alias if flow else run.flow, asked_by, at)
        return objection(policy, self._rules.subject(by, project), act, case)

    async def _card(self, connection: AsyncConnection, run: RunRecord, at: datetime) -> None:
        if run.has_thread:
            statement, values = outbox.card(connection.dialect.name, run.id, at)
            await connection.execute(statement, values)

    async def _noted(
        self,
        connection: AsyncConnection,
        run: RunRecord,
        by: Actor,
        door: str,
        refusal: str,
        action: str,
        at: datetime,
    ) -> None:
        """Tell the audit, which comes last in a transaction."""
        await audit.append(
            connection,
            at=at,
            actor=msgspec.to_builtins(by),
            door=door,
            action="refused" if refusal else action,
            run_id=run.id,
            detail=refusal,
        )


def _taken_back(by: RunRecord) -> str:
    return "It is taken back already." if by.ended else "That is under way."


def _no_run(verb: str, words: tuple[str, ...]) -> Report:
    if words:
        known = (" ", Code("/flow runs"), " lists the newest.")
        return Report("", "", "warn", (text(f"I know no run {grammar.quoted(words[0])}.", *known),))
    how: Line = (Code(f"/flow {verb} RUN"), ", or ", Code(f"!flow {verb}"), " in its thread.")
    if verb == "undo":
        how = (*how, " What is set is taken back by ", Code("/flow undo-change"), ".")
    return Report("", "", "warn", (text("Say which run: ", *how),))
