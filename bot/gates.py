"""What a run passes before it is played: its lock, and how many may be played at a time.

A run with neither has no gate, and pays nothing for those that have one.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import handover
from bot.rules import Rules
from bot.worker import Signals
from flows.engine.errors import LeaseLost
from flows.engine.locks import lock_of
from flows.engine.policy import Policy
from flows.engine.registry import Find
from flows.engine.spec import Flow
from flows.engine.tools import ProjectSettings
from storage import locks, outbox, projects, runs, turns
from storage.database import Database
from storage.fence import standing
from storage.records import LockRecord, RunRecord
from storage.runs import Leased
from storage.turns import Limit

LONGEST_LINE = 240  # what the database keeps of the name of a line
ANY_NUMBER = 500  # who waits for a limit that is gone is called by so many


@dataclass(frozen=True, slots=True)
class Gate:
    """The lock that a run needs ("" for none), for how long, and the limits that count it."""

    lock: str
    lock_for: timedelta | None
    limits: tuple[Limit, ...]
    alias: str

    @property
    def names(self) -> list[str]:
        """Return the lines that a transaction at this gate needs for alone."""
        return [*([self.lock] if self.lock else []), *(f"turn:{each.name}" for each in self.limits)]


class Gates:
    """Lets runs in and out; right for any number of workers on one database."""

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

    def of(self, run: RunRecord, settings: ProjectSettings) -> Gate | None:
        """Return the gate of a run; None where it has none. A dry run takes no lock."""
        flow = self._find(run.flow)
        if flow is None:
            return None
        limits = _limits(flow, run.project, self._rules.policy(flow, settings))
        lock = "" if run.dry_run else _lock(flow, run)
        return Gate(lock, flow.lock_for, limits, flow.alias) if lock or limits else None

    async def admits(self, gate: Gate, leased: Leased) -> bool:
        """Say whether the run may be played now; if not it is put where it waits for that.

        Raises LeaseLost. Whoever was told to stop may pass: it has only to end.
        """
        run, now = leased.run, self._clock()
        async with self._database.begin() as connection:
            await locks.alone(connection, gate.names)
            held = await standing(connection, {leased.lease})
            if leased.lease not in held:
                raise LeaseLost(run.id)
            if held[leased.lease]:
                return True
            passes, calls = await self._wait_for_lock(connection, gate, leased, now)
            if passes and not run.turn and not await _wait_for_turn(connection, gate, leased, now):
                passes, calls = False, calls | {run.id: None}
        await handover.call(self._queue, calls)
        return passes

    @asynccontextmanager
    async def leaving(
        self, gate: Gate | None, run: RunRecord, *, ends: bool = False
    ) -> AsyncIterator[AsyncConnection]:
        """Open the transaction in which a run is no longer played, or ends.

        Those to whom it makes way are called when that is committed.
        """
        calls: handover.Calls = {}
        async with self._database.begin() as connection:
            if gate is None:
                yield connection
                return
            await locks.alone(connection, gate.names)
            yield connection
            now = self._clock()
            if gate.lock and ends:
                await locks.leave(connection, run.id)
                calls = await handover.pass_on(connection, gate.lock, now)
            for limit in gate.limits:
                calls |= await _called(connection, limit, now, turns.NEVER)
        await handover.call(self._queue, calls)

    async def sweep(self, late: timedelta) -> None:
        """Call those whose turn it is, unless they were called lately."""
        now = self._clock()
        async with self._database.read() as connection:
            lines = await turns.lines(connection)
        for line in lines:
            async with self._database.begin() as connection:
                await locks.alone(connection, [f"turn:{line.name}"])
                limit = await self._limit(connection, line)
                calls = await _called(connection, limit, now, now - late)
            await handover.call(self._queue, calls)

    async def _limit(self, connection: AsyncConnection, line: turns.Line) -> Limit:
        settings, flow = await projects.find(connection, line.project), self._find(line.flow)
        policy = self._rules.policy(flow, settings) if flow else None
        limits = _limits(flow, line.project, policy) if flow and policy else ()
        gone = Limit(line.name, line.project, line.flow, ANY_NUMBER)
        return next((each for each in limits if each.name == line.name), gone)

    async def _wait_for_lock(
        self, connection: AsyncConnection, gate: Gate, leased: Leased, now: datetime
    ) -> tuple[bool, handover.Calls]:
        """Take the lock, or let the run rest in the line; say whether it has what it needs."""
        run = leased.run
        if not gate.lock:
            return True, {}
        line = await locks.line(connection, gate.lock)
        if not any(each.run_id == run.id for each in line):
            if line and await _is_under(connection, run, line[0]):
                return True, {}
            await locks.wish(
                connection,
                gate.lock,
                run.actor,
                now,
                run_id=run.id,
                reason=run.command,
                lasts=gate.lock_for,
            )
            line = await locks.line(connection, gate.lock)
        if line[0].run_id == run.id and line[0].held_at:
            return True, {}
        following = handover.successor(line)
        if following and following.run_id == run.id:
            await handover.give(connection, line[0], following, now)
            line = await locks.line(connection, gate.lock)
            return True, await handover.explain(connection, line, now)
        place = next(place for place, each in enumerate(line) if each.run_id == run.id)
        said = handover.standing(line, place, now)
        state = await runs.rest(connection, leased.lease, leased.wakes, said)
        wake = await runs.wake(connection, run.id, now) if state == "queued" else None
        await _card(connection, run, now)
        return False, {run.id: wake}


async def _wait_for_turn(
    connection: AsyncConnection, gate: Gate, leased: Leased, now: datetime
) -> bool:
    """Count the run, or put it into the line; say whether it may be played."""
    for limit in gate.limits:
        if not await turns.is_next(connection, limit, leased.run):
            said = _in_line(limit, gate.alias)
            await turns.stand_in_line(connection, leased.lease, limit, said)
            await _card(connection, leased.run, now)
            return False
    if gate.limits:
        await turns.take(connection, leased.lease, gate.limits[0])
    return True


async def _called(
    connection: AsyncConnection, limit: Limit, now: datetime, woken_before: datetime
) -> handover.Calls:
    following = await turns.called(connection, limit, woken_before)
    return {run_id: await runs.wake(connection, run_id, now) for run_id in following}


async def _is_under(connection: AsyncConnection, run: RunRecord, holder: LockRecord) -> bool:
    """Say whether a run was started by the holder: it works under the same lock."""
    above: RunRecord | None = run
    while above and above.parent:
        if above.parent == holder.run_id:
            return True
        above = await runs.get(connection, above.parent)
    return False


async def _card(connection: AsyncConnection, run: RunRecord, now: datetime) -> None:
    if run.has_thread:
        statement, values = outbox.card(connection.dialect.name, run.id, now)
        await connection.execute(statement, values)


def _lock(flow: Flow, run: RunRecord) -> str:
    if not flow.lock:
        return ""
    try:
        return lock_of(flow, flow.params.model_validate(run.params))
    except ValidationError:
        return ""  # it is about to end: its flow takes other inputs by now


def _limits(flow: Flow, project: str, policy: Policy) -> tuple[Limit, ...]:
    limits = []
    if policy.max_running:
        name = f"{project}:{flow.slug}"[:LONGEST_LINE]
        limits.append(Limit(name, project, flow.slug, policy.max_running))
    if policy.all_running:
        limits.append(Limit(f"{project}:*"[:LONGEST_LINE], project, "", policy.all_running))
    return tuple(limits)


def _in_line(limit: Limit, alias: str) -> str:
    what = f"{limit.most} {alias}" if limit.flow else f"{limit.most}"
    where = f"{limit.project} runs " if limit.project else ""
    return f"In the line: {where}at most {what} at a time"
