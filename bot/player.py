"""Plays runs: takes the lease, opens the journal, lets the flow run and settles how it ended.

The database is the truth: a lost wake-up is swept up, and whoever lost the lease writes nothing.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from pydantic import ValidationError
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import endings
from bot.children import Children
from bot.dispatch import Dispatch
from bot.gates import Gate, Gates
from bot.lines import Presence
from bot.rules import Rules
from bot.talk import place_from
from bot.worker import LEASE, Signals
from flows.engine.errors import LeaseLost
from flows.engine.journal import Entry, end_of
from flows.engine.outcome import Outcome
from flows.engine.registry import Find, find
from flows.engine.run import open_run, play
from flows.engine.spec import Flow
from flows.engine.tools import Identity, ProjectSettings, Tools
from flows.engine.undo import reversal
from storage import audit, journal, outbox, projects, runs, waits
from storage.database import Database, Reply, Write, carried_out
from storage.fence import Lease, standing
from storage.records import RunRecord

log = logging.getLogger(__name__)

WAKE_LATE = timedelta(seconds=30)
A_MOMENT = timedelta(milliseconds=50)


class _Earlier(NamedTuple):
    """A run that another one takes back, and what it remembers."""

    run: RunRecord
    known: journal.Known


class _Taken(NamedTuple):
    """A run that is ours to play, and all that is needed for it."""

    leased: runs.Leased
    known: journal.Known
    settings: ProjectSettings
    undone: _Earlier | None


async def _earlier(connection: AsyncConnection, run_id: str) -> _Earlier | None:
    run = await runs.get(connection, run_id)
    return _Earlier(run, await journal.remembered(connection, run_id)) if run else None


def _obstacle(run: RunRecord, flow: Flow, known: journal.Known) -> Outcome | None:
    """Return the end of a run that must not be played on; None where it may."""
    if run.code != flow.code:
        return endings.changed(flow.alias, known[0])
    if run.recoveries > endings.LOSSES:
        return endings.set_aside(flow.alias, run.recoveries)
    return None


def _with_changes(outcome: Outcome, flow: Flow, entries: Iterable[Entry]) -> Outcome:
    """Return an outcome that names what stays changed, where it is one that leaves something."""
    match outcome.ending:
        case "cancelled":
            return endings.cancelled(outcome.by, entries)
        case "changed":
            log.warning("a run does not fit %s any more: %s", flow.slug, outcome.line)
            return endings.changed(flow.alias, entries)
        case _:
            return outcome


class Player:
    """Carries one worker's runs; any number of them may work on one database."""

    def __init__(
        self,
        name: str,
        database: Database,
        queue: Signals,
        tools: Tools,
        rules: Rules,
        clock: Callable[[], datetime],
        find: Find = find,
    ) -> None:
        self.name = name
        self._database = database
        self._queue = queue
        self._tools = tools
        self._rules = rules
        self._clock = clock
        self._find = find
        dispatch = Dispatch(database, queue, rules, clock, find)
        self._children = Children(database, queue, dispatch, clock, find)
        self._gates = Gates(database, queue, rules, clock, find)
        self._held: set[Lease] = set()
        self._began = False
        self._missed = False
        self._presence: Callable[[], Presence] = Presence

    async def play(self, run_id: str) -> None:
        """Play a run as far as it goes; does nothing where somebody else holds it."""
        taking = asyncio.ensure_future(self._database.request(self._take, run_id, run_id))
        try:
            taken = await asyncio.shield(taking)
        except asyncio.CancelledError:
            if taken := await taking:
                await self._hand_back(taken.leased.lease)
            raise
        if taken is None:
            return
        leased, undone = taken.leased, taken.undone
        self._held.add(leased.lease)
        gate = self._gates.of(leased.run, taken.settings)
        try:
            if undone and not undone.run.ended:
                outcome = endings.too_early(undone.run.id)
            elif gate and not await self._gates.admits(gate, leased):
                return
            else:
                outcome = await self._attempt(taken)
            await self._settle(leased, outcome, gate, undone.run if undone else None)
        except LeaseLost:
            log.warning("run %s belongs to another worker by now", run_id)
        except asyncio.CancelledError:
            await self._hand_back(leased.lease)
            raise
        finally:
            self._held.discard(leased.lease)
            self._queue.changed(run_id)

    async def _hand_back(self, lease: Lease) -> None:
        """Put a run back into the line, as this process stops; its journal stays."""
        back = self._database.write(runs.settle(lease.run_id, "queued", "", None), lease=lease)
        with suppress(LeaseLost):
            await asyncio.shield(back)

    async def _take(
        self, connection: AsyncConnection, ids: Sequence[str]
    ) -> list[Reply[_Taken | None]]:
        """Take several runs at once, each with what it remembers; None for those of others."""
        now = self._clock()
        leased = await runs.lease(connection, set(ids), self.name, now, now + LEASE)
        names = {each.run.project for each in leased.values()}
        settings = await projects.named(connection, names) if names else {}
        taken = {}
        for each in leased.values():
            run, known = each.run, journal.NOTHING
            if run.attempts > 1:  # nothing is written yet when a run is played for the first time
                known = await journal.remembered(connection, run.id)
            if run.recoveries and (further := endings.finished(known[0])) > run.progress:
                run = msgspec.structs.replace(run, recoveries=1, progress=further)
                await runs.got_further(connection, run.id, further)
            undone = await _earlier(connection, run.undoes) if run.undoes else None
            run = await self._marked(connection, run, known)
            taken[run.id] = _Taken(each._replace(run=run), known, settings[run.project], undone)
        # Two wake-ups for one run may be in here; only one of them is to play it.
        return [Reply(taken.pop(run_id, None)) for run_id in ids]

    async def _marked(
        self, connection: AsyncConnection, run: RunRecord, known: journal.Known
    ) -> RunRecord:
        """Return the run with the mark of the page that plays it: the first one is noted."""
        flow = self._find(run.flow)
        if flow is None or flow.code == run.code or (run.code and any(known)):
            return run
        await runs.mark(connection, run.id, flow.code)
        return msgspec.structs.replace(run, code=flow.code)

    async def _attempt(self, taken: _Taken) -> Outcome:
        (run, lease, _), known, settings, undone = taken
        if run.stop_by:
            return endings.cancelled(run.stop_by, known[0])
        flow = self._find(run.flow)
        if flow is None:
            return endings.unplayable(run.flow, f"There is no flow called {run.flow} any more.")
        if obstacle := _obstacle(run, flow, known):
            return obstacle
        try:
            params = flow.params.model_validate(run.params)
        except ValidationError:
            why = f"{flow.alias} takes other inputs by now: start it again."
            return endings.unplayable(run.flow, why)
        memory = journal.RunJournal(
            self._database,
            lease,
            known,
            self._clock,
            has_thread=run.has_thread,
            told=self._queue.changed,
            sign=audit.Sign(run.actor, run.origin["door"]),
        )
        identity = Identity(
            id=run.id,
            flow=run.flow,
            project=run.project,
            actor=run.actor["name"],
            url=self._rules.url(run.id),
            started=run.created_at,
            policy=self._rules.policy(flow, settings),
            settings=settings,
            dry_run=run.dry_run,
            place=place_from(run.origin),
        )
        if undone:
            flow = reversal(flow, undone.run.created_at, *undone.known)
        handle = open_run(flow, identity, memory, self._tools, self._children)
        return _with_changes(await play(flow, params, handle), flow, memory.entries)

    async def _settle(
        self,
        leased: runs.Leased,
        outcome: Outcome,
        gate: Gate | None,
        undone: RunRecord | None,
    ) -> None:
        run, now = leased.run, self._clock()
        if outcome.ending == "lost":
            raise LeaseLost(run.id)
        if outcome.ending == "waiting":
            await self._rest(leased, outcome, now, gate)
            return
        if outcome.ending == "later":
            await self._put_off(leased, outcome, now, gate)
            return
        await self._end(leased, self._ending(run, outcome, undone, now), gate)
        if run.parent:
            await self._tell_starter(run.parent)

    def _ending(
        self, run: RunRecord, outcome: Outcome, undone: RunRecord | None, now: datetime
    ) -> list[Write]:
        """Return all that is written where a run ends, those below before those above."""
        writes: list[Write] = [runs.settle(run.id, outcome.ending, outcome.line, now)]
        if run.attempts > 1 or outcome.ending == "cancelled":
            writes.append(waits.ending(run.id))
        if run.parent:
            writes.append(waits.hearing(end_of(run.id), now))
        if outcome.report:
            writes += runs.keep(run, outcome.report, now)
        if run.has_thread:
            writes.append(outbox.card(self._database.dialect, run.id, now))
            if outcome.report and outcome.report.blocks:  # else the card says it all
                writes.append(outbox.report(self._database.dialect, run.id, now))
        if undone and undone.has_thread:  # it can be taken back again, or no more
            writes.append(outbox.card(self._database.dialect, undone.id, now))
        return writes

    async def _tell_starter(self, run_id: str) -> None:
        """Wake the run that waits for this end; the end itself has queued it."""
        async with self._database.read() as connection:
            wake = await runs.last_wake(connection, run_id)
        if wake:
            await self._queue.wake(wake)

    async def _end(self, leased: runs.Leased, writes: list[Write], gate: Gate | None) -> None:
        """Write how a run ended; one with a gate lets others in by the same transaction."""
        if gate is None:
            await self._database.write(*writes, lease=leased.lease)
            return
        async with self._gates.leaving(gate, leased.run, ends=True) as connection:
            await carried_out(connection, writes, leased.lease)

    async def _put_off(
        self, leased: runs.Leased, outcome: Outcome, now: datetime, gate: Gate | None
    ) -> None:
        """Play the run again after a while; nobody takes it before."""
        run_id, due = leased.run.id, now + outcome.after
        async with self._gates.leaving(gate, leased.run) as connection:
            if leased.lease not in await standing(connection, {leased.lease}):
                raise LeaseLost(run_id)
            wake = await runs.wake(connection, run_id, due)
            settled = runs.settle(run_id, "queued", outcome.line, None, due)
            told = [outbox.card(self._database.dialect, run_id, now)]
            for statement, values in (settled, *(told if leased.run.has_thread else ())):
                await connection.execute(statement, values)
        await self._queue.wake(wake, outcome.after + A_MOMENT)

    async def _rest(
        self, leased: runs.Leased, outcome: Outcome, now: datetime, gate: Gate | None
    ) -> None:
        """Let the run wait, unless the answer came while it was going to."""
        run = leased.run
        async with self._gates.leaving(gate, run) as connection:
            state = await runs.rest(connection, leased.lease, leased.wakes, outcome.line)
            if state is None:
                raise LeaseLost(run.id)
            wake = await runs.wake(connection, run.id, now) if state == "queued" else None
            if run.has_thread:
                statement, values = outbox.card(self._database.dialect, run.id, now)
                await connection.execute(statement, values)
        if wake:
            await self._queue.wake(wake)

    async def sweep(self, late: timedelta = WAKE_LATE) -> None:
        """Wake runs that wait for this time, that lost their worker, or, so late, their wake-up."""
        try:
            looks = await self._queue.looks()
        except RedisError:
            return  # nobody can be woken now; the next beat that arrives sweeps
        now, behind = self._clock(), {queue: look.wait for queue, look in looks.items()}
        async with self._database.begin() as connection:
            woken = await waits.hear_clock(connection, now)
            lost = await runs.lost(connection, now, now - late, behind)
            woken += [await runs.wake(connection, run_id, now) for run_id in lost]
        for wake in woken:
            await self._queue.wake(wake)
        await self._gates.sweep(late)

    @asynccontextmanager
    async def alive(self, presence: Callable[[], Presence] = Presence) -> AsyncIterator[None]:
        """Hold the leases, and beat, for as long as the block lasts."""
        self._presence = presence
        tasks = [
            asyncio.create_task(self._every(LEASE / 3, self._beat)),
            asyncio.create_task(self._every(LEASE / 3, self._hold)),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._queue.leave(self.name)

    async def _beat(self) -> None:
        """Tell that we live; a queue that was away, or has forgotten us, has forgotten the rest."""
        try:
            known = await self._queue.beat(self.name, self._presence())
        except RedisError:
            self._missed = True
            raise
        if self._missed or (self._began and not known):
            await self.sweep(timedelta())
        self._began, self._missed = True, False

    async def _hold(self) -> None:
        until = self._clock() + LEASE
        await asyncio.gather(*(self._renew(lease, until) for lease in self._held))

    async def _renew(self, lease: Lease, until: datetime) -> None:
        # Who has lost a run finds out where it wants to write something.
        with suppress(LeaseLost):
            await self._database.write(runs.renewal(lease.run_id, until), lease=lease)

    async def _every(self, pause: timedelta, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except (OSError, RedisError, SQLAlchemyError):
                log.warning("%s failed; trying again", work, exc_info=True)
            await asyncio.sleep(pause.total_seconds())
