"""What people do to runs that are there already: look, stop, play again, take back."""

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import endings, grammar, handover, status
from bot.chat import Actor, Origin
from bot.rules import Rules
from bot.worker import Signals
from flows.engine.access import Role
from flows.engine.journal import applied, end_of
from flows.engine.policy import Act, Case, Policy, objection
from flows.engine.registry import Find
from flows.report import Code, Report, bullets, text
from storage import audit, control, journal, locks, outbox, projects, runs, waits
from storage.database import Database
from storage.records import RunRecord

log = logging.getLogger(__name__)

LISTED = 20
DEAD = "dead"
REDRIVEN = 50  # runs that are played on at once, so that they do not hold up all others
ORPHANED = Policy(run=Role.OPERATOR)  # the flow of the run is gone, and with it what it asked for


@dataclass(frozen=True, slots=True)
class Again:
    """A run to accept: with the inputs of an earlier one, or to take back what that one did."""

    order: grammar.Order
    undoes: str = ""


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

    async def answer(self, said: grammar.Verb, by: Actor, origin: Origin) -> Report | Again:
        """Do what was said of the run that is named, or of the one whose thread this is."""
        if said.name in ("runs", DEAD):
            return await self._listed(said.name)
        if said.name == "retry" and said.words == (DEAD,):
            return await self._redrive(by, origin.door)
        run = await self._meant(said.words, origin)
        if run is None and said.name == "status" and not said.words:
            return await self._listed("runs")
        if run is None:
            return _no_run(said)
        return await self.act(said.name, run, by, origin.door)

    async def act(self, verb: str, run: RunRecord, by: Actor, door: str) -> Report | Again:
        """Do something to a run: `status`, `cancel`, `retry`, `rerun` or `undo`."""
        match verb:
            case "status":
                return await self._status(run)
            case "cancel":
                return await self._cancel(run, by, door)
            case "retry":
                return await self._retry(run, by, door)
            case "rerun":
                return self._again(run, run.command)
            case _:
                return await self._undo(run)

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

    async def _status(self, run: RunRecord) -> Report:
        async with self._database.read() as connection:
            steps = await journal.timeline(connection, run.id)
            undone_by = await control.undoing(connection, run.id)
            wanted = await locks.of_run(connection, run.id)
            line = await locks.line(connection, wanted[0].name) if wanted else []
        lock = handover.place(line, run.id, self._clock())
        return status.of_run(run, steps, undone_by, self._rules.url, lock)

    async def _cancel(self, run: RunRecord, by: Actor, door: str) -> Report:
        now, state, line = self._clock(), None, ""
        started: list[RunRecord] = []
        calls: handover.Calls = {}
        async with self._database.begin() as connection:
            refusal = await self._objection(connection, run, by, "cancel", now)
            if not refusal:
                # Those below before those above, as where a run ends and tells who waits for it.
                started = await control.started_by(connection, run.id)
                wanted = await locks.wanted_by(connection, [each.id for each in (*started, run)])
                await locks.alone(connection, wanted)
                for each in started:
                    await self._stop(connection, each, by, now)
                state, line = await self._stop(connection, run, by, now)
                refusal = "" if state else f"This run has ended already: it is {run.state}."
                if state == "cancelled":
                    calls |= handover.called(await waits.hear(connection, (end_of(run.id),), now))
                for name in sorted(wanted):
                    calls |= await handover.release(connection, name, now)
            for each in started:
                await self._noted(connection, each, by, door, refusal, "cancelled", now)
            await self._noted(connection, run, by, door, refusal, "cancelled", now)
        if refusal:
            return _no(refusal)
        news: handover.Calls = dict.fromkeys([each.id for each in (*started, run)])
        await handover.call(self._queue, news | calls)
        if state == "running":
            return Report("", "It stops at its next step; what it has changed by then stays.")
        return Report("", line)

    async def _stop(
        self, connection: AsyncConnection, run: RunRecord, by: Actor, at: datetime
    ) -> tuple[str | None, str]:
        """End a run, or tell who plays it; return its state by then, and its line."""
        line = endings.cancelled(by.name, await journal.timeline(connection, run.id)).line
        return await control.cancel(connection, run.id, by.name, line, at), line

    async def _retry(self, run: RunRecord, by: Actor, door: str) -> Report:
        now, wake = self._clock(), None
        async with self._database.begin() as connection:
            refusal = await self._objection(connection, run, by, "run", now)
            if not refusal and await control.undoing(connection, run.id):
                refusal = "What it did is taken back already: `rerun` starts it anew."
            if not refusal:
                wake = await control.reopen(connection, run.id, now)
                refusal = "" if wake else f"There is nothing to retry: this run is {run.state}."
            await self._noted(connection, run, by, door, refusal, "retried", now)
        if wake is None:
            return _no(refusal)
        if not await self._queue.wake(wake):
            log.warning("run %s is queued, but the queue does not answer", run.id)
        self._queue.changed(run.id)
        return Report("", "It goes on from where it failed, with the same inputs.")

    async def _redrive(self, by: Actor, door: str) -> Report:
        """Play on every run that was set aside, as far as this person may."""
        async with self._database.read() as connection:
            found = await control.dead(connection, endings.LOSSES, REDRIVEN)
        said = [(run, await self._retry(run, by, door)) for run in found]
        refused = [(run, answer) for run, answer in said if answer.tone == "warn"]
        more = " There may be more: say it again." if len(found) == REDRIVEN else ""
        summary = f"{len(found) - len(refused)} of {len(found)} runs go on.{more}"
        if not refused:
            return Report("", summary if found else "No run is set aside.")
        why = [(Code(run.id), f": {answer.summary}") for run, answer in refused]
        return Report("", summary, "warn", (bullets(why),))

    async def _undo(self, run: RunRecord) -> Report | Again:
        async with self._database.read() as connection:
            made = applied(await journal.timeline(connection, run.id))
            undone_by = await control.undoing(connection, run.id)
        if not run.ended:
            return _no(f"This run is {run.state}: cancel it first, then take back what it did.")
        if undone_by:
            return _no("It is taken back already." if undone_by.ended else "That is under way.")
        if run.undoes or not made:
            return _no("This run has changed nothing that could be taken back.")
        return self._again(run, grammar.joined(["undo", run.id]), undoes=run.id)

    def _again(self, run: RunRecord, command: str, undoes: str = "") -> Report | Again:
        flow = self._find(run.flow)
        if flow is None:
            return _no(f"There is no flow called {run.flow} any more.")
        try:
            params = flow.params.model_validate(run.params)
        except ValidationError:
            return _no(f"{flow.alias} takes other inputs by now: type it anew.")
        dry_run = run.dry_run and not undoes
        return Again(grammar.Order(flow, params, dry_run, command), undoes or run.undoes)

    async def _objection(
        self, connection: AsyncConnection, run: RunRecord, by: Actor, act: Act, at: datetime
    ) -> str:
        project = await projects.find(connection, run.project)
        flow = self._find(run.flow)
        policy = self._rules.policy(flow, project) if flow else ORPHANED
        asked_by = f"{run.actor['platform']}:{run.actor['id']}"
        case = Case(flow.alias if flow else run.flow, asked_by, at)
        return objection(policy, self._rules.subject(by, project), act, case)

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
        """Tell the card and the audit; the audit comes last in a transaction."""
        if run.has_thread and not refusal:
            statement, values = outbox.card(connection.dialect.name, run.id, at)
            await connection.execute(statement, values)
        await audit.append(
            connection,
            at=at,
            actor=asdict(by),
            door=door,
            action="refused" if refusal else action,
            run_id=run.id,
            detail=refusal,
        )


def _no(why: str) -> Report:
    return Report("", why, "warn")


def _no_run(said: grammar.Verb) -> Report:
    if said.words:
        known = (" ", Code("/flow runs"), " lists the newest.")
        return Report(
            "", "", "warn", (text(f"I know no run {grammar.quoted(said.words[0])}.", *known),)
        )
    how = (Code(f"/flow {said.name} RUN"), ", or ", Code(f"!flow {said.name}"), " in its thread.")
    return Report("", "", "warn", (text("Say which run: ", *how),))
