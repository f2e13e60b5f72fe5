"""What runs came to, in numbers: every query looks at a bounded number of the newest rows."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from statistics import median

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from integrations.meter import Used, total
from storage.records import ENDED, used_from
from storage.tables import runs, steps

LAST_RUNS = 2000
RUNS_COUNTED = 10_000
RUNS_TIMED = 500
RUNS_OF_A_FLOW = 20
PLAYED = ("step", "effect", "undo")


class FlowFigures(msgspec.Struct, frozen=True):
    """What the last runs of a flow came to.

    `ended` is how many of them have ended, `states` how; `median` is the time from start to end of
    those that are done, waiting for people included, and None where none is.
    """

    ended: int
    states: dict[str, int]
    median: timedelta | None


async def of_flows(connection: AsyncConnection, last: int = LAST_RUNS) -> dict[str, FlowFigures]:
    """Return the figures of each flow that occurs among the `last` newest runs."""
    query = (
        select(runs.c.flow, runs.c.state, runs.c.started_at, runs.c.finished_at)
        .order_by(runs.c.created_at.desc(), runs.c.id.desc())
        .limit(last)
    )
    seen: dict[str, list[tuple[str, datetime | None, datetime | None]]] = defaultdict(list)
    for flow, state, started, finished in await connection.execute(query):
        seen[flow].append((state, started, finished))
    return {flow: _figures(rows) for flow, rows in seen.items()}


async def counts(
    connection: AsyncConnection, since: datetime, last: int = RUNS_COUNTED
) -> dict[tuple[str, str], int]:
    """Count the runs accepted since an instant (at most the `last`), by flow and state."""
    newest = (
        select(runs.c.flow, runs.c.state)
        .where(runs.c.created_at >= since)
        .order_by(runs.c.created_at.desc(), runs.c.id.desc())
        .limit(last)
        .subquery()
    )
    query = select(newest.c.flow, newest.c.state, func.count()).group_by(
        newest.c.flow, newest.c.state
    )
    return {(flow, state): count for flow, state, count in await connection.execute(query)}


async def step_times(
    connection: AsyncConnection, since: datetime, last: int = RUNS_TIMED
) -> dict[str, list[float]]:
    """Return the seconds of finished steps by kind, of at most the `last` runs since an instant."""
    newest = (
        select(runs.c.id)
        .where(runs.c.created_at >= since)
        .order_by(runs.c.created_at.desc(), runs.c.id.desc())
        .limit(last)
        .subquery()
    )
    query = (
        select(steps.c.kind, steps.c.started_at, steps.c.finished_at)
        .join(newest, newest.c.id == steps.c.run_id)
        .where(steps.c.finished_at.is_not(None))
    )
    times: dict[str, list[float]] = defaultdict(list)
    for kind, started, finished in await connection.execute(query):
        times[kind].append((finished - started).total_seconds())
    return dict(times)


async def playing_times(
    connection: AsyncConnection, last: int = LAST_RUNS, each: int = RUNS_OF_A_FLOW
) -> dict[str, timedelta]:
    """Return the median time that a run of each flow was played, by the newest `each` of them.

    It is the time in steps: steps at the same time count once, waiting for people or for a service
    that was busy (a step that was tried again) not at all. Only runs that are done count, and only
    the `last` of all.
    """
    query = (
        select(runs.c.id, runs.c.flow)
        .where(runs.c.state == "done")
        .order_by(runs.c.created_at.desc(), runs.c.id.desc())
        .limit(last)
    )
    chosen: dict[str, list[str]] = defaultdict(list)
    for run_id, flow in await connection.execute(query):
        if len(chosen[flow]) < each:
            chosen[flow].append(run_id)
    worked = await _worked(connection, [run_id for ids in chosen.values() for run_id in ids])
    return {
        flow: timedelta(seconds=median(worked.get(run_id, 0.0) for run_id in ids))
        for flow, ids in chosen.items()
    }


async def _worked(connection: AsyncConnection, ids: list[str]) -> dict[str, float]:
    """Return the seconds in which at least one step of each run was at work."""
    worked: dict[str, float] = defaultdict(float)
    busy_until: dict[str, datetime] = {}
    for at in range(0, len(ids), RUNS_TIMED):
        query = (
            select(steps.c.run_id, steps.c.started_at, steps.c.finished_at)
            .where(
                steps.c.run_id.in_(ids[at : at + RUNS_TIMED]),
                steps.c.kind.in_(PLAYED),
                steps.c.attempt == 1,
                steps.c.finished_at.is_not(None),
            )
            .order_by(steps.c.run_id, steps.c.started_at)
        )
        for run_id, started, finished in await connection.execute(query):
            begun = max(started, busy_until.get(run_id, started))
            worked[run_id] += max(0.0, (finished - begun).total_seconds())
            busy_until[run_id] = max(finished, begun)
    return worked


async def used(connection: AsyncConnection, since: datetime, last: int = RUNS_TIMED) -> Used:
    """Return what the steps of at most the `last` runs since an instant have used."""
    newest = (
        select(runs.c.id)
        .where(runs.c.created_at >= since)
        .order_by(runs.c.created_at.desc(), runs.c.id.desc())
        .limit(last)
        .subquery()
    )
    query = select(steps.c.used).join(newest, newest.c.id == steps.c.run_id)
    return total([used_from(lines) for lines in (await connection.execute(query)).scalars()])


async def queued_since(connection: AsyncConnection) -> datetime | None:
    """Return when the run was accepted that has been queued for longest."""
    query = (
        select(runs.c.created_at)
        .where(runs.c.state == "queued")
        .order_by(runs.c.created_at)
        .limit(1)
    )
    return (await connection.execute(query)).scalar_one_or_none()


def _figures(rows: Iterable[tuple[str, datetime | None, datetime | None]]) -> FlowFigures:
    ended = [row for row in rows if row[0] in ENDED]
    lengths = [
        (finished - started).total_seconds()
        for state, started, finished in ended
        if state == "done" and started and finished
    ]
    states = Counter(state for state, _, _ in ended)
    typical = timedelta(seconds=median(lengths)) if lengths else None
    return FlowFigures(len(ended), dict(states), typical)
