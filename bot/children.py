"""Flows that a run starts: runs of their own, which the one that waits for them hears of."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import grammar
from bot.catalogue import written
from bot.dispatch import Dispatch, Say, run_id_of
from bot.worker import Signals
from flows.engine.errors import AuthorError, Cancelled, FlowError, LeaseLost
from flows.engine.registry import Find
from flows.engine.spec import Flow, Params
from flows.report import Report
from storage import control, runs
from storage.database import Database, answering
from storage.records import RunRecord

DEEPEST = 5


class Children:
    """Implements the engine's `Starts`."""

    def __init__(
        self,
        database: Database,
        queue: Signals,
        dispatch: Dispatch,
        clock: Callable[[], datetime],
        find: Find,
    ) -> None:
        self._database = database
        self._queue = queue
        self._dispatch = dispatch
        self._clock = clock
        self._find = find

    async def start(self, parent: str, title: str, flow: str, inputs: Mapping[str, Any]) -> str:
        """Start a flow for a run and return its run: one and the same for the same title."""
        with answering():
            return await self._start(parent, title, flow, inputs)

    async def report(self, run: str) -> Report | None:
        """Return the report of a run, None before its end; raises FlowError where it has none."""
        with answering():
            async with self._database.read() as connection:
                child = await runs.get(connection, run)
                report = await runs.report(connection, run)
        if child is None:
            raise FlowError(f"The run {run} is no longer there.")
        if not child.ended:
            return None
        if child.state == "done" and report:
            return report
        raise FlowError(f"`{child.command}` is {child.state}: {child.line}")

    async def _start(self, parent: str, title: str, flow: str, inputs: Mapping[str, Any]) -> str:
        key = f"run:{parent}:{title}"
        if await self._goes_on(run_id_of(key)):
            return run_id_of(key)
        known = self._find(flow)
        if known is None:
            raise FlowError(f"There is no flow called {grammar.quoted(flow)} to start.")
        given = {name: value for name, value in inputs.items() if value is not None}
        params = _params(known, given)
        command = grammar.joined(
            [known.alias, *(f"{name}={written(value)}" for name, value in given.items())]
        )
        async with self._database.read() as connection:
            above = await self._above(connection, parent)
        starter = self._find(above.flow)
        if known.writes and starter and not starter.writes:
            raise AuthorError(f"{starter.slug} only looks, so it cannot start {known.slug}.")
        order = grammar.Order(known, params, above.dry_run, command)
        reply = await self._dispatch.start(order, above, key, partial(_may_start, parent))
        if isinstance(reply, Say):
            raise FlowError(reply.report.summary)
        return reply.run_id

    async def _goes_on(self, run_id: str) -> bool:
        """Say whether a run is there already; one that ended without a result is played on."""
        wake = None
        async with self._database.begin() as connection:
            found = await runs.get(connection, run_id)
            if found and found.state in control.AGAIN:
                wake = await control.reopen(connection, run_id, self._clock())
        if wake:
            await self._queue.wake(wake)
        return found is not None

    async def _above(self, connection: AsyncConnection, parent: str) -> RunRecord:
        """Return the run that starts another, unless too many have started each other."""
        run = top = await _there(connection, parent)
        for _ in range(DEEPEST):
            if not top.parent:
                return run
            top = await _there(connection, top.parent)
        raise FlowError(f"Flows start each other at most {DEEPEST} deep.")


def _params(flow: Flow, inputs: Mapping[str, Any]) -> Params:
    found = grammar.filled(flow.params, inputs)
    if isinstance(found, Params):
        return found
    said = (
        f"{name} is needed." if problem == grammar.NEEDED else problem
        for name, problem in found.items()
    )
    raise FlowError(f"{flow.alias} cannot be started: {' '.join(said)}")


async def _may_start(parent: str, connection: AsyncConnection) -> None:
    """Hold on to the run that starts another; raises where it is to stop, or has ended."""
    await runs.hold(connection, parent)
    run = await _there(connection, parent)
    if run.ended:
        raise LeaseLost(parent)
    if run.stop_by:
        raise Cancelled(run.stop_by)


async def _there(connection: AsyncConnection, run_id: str) -> RunRecord:
    run = await runs.get(connection, run_id)
    if run is None:
        raise LeaseLost(run_id)
    return run
