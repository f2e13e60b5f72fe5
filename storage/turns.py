"""Turns: how many runs are played at a time under a limit, and who comes next.

A run that is played and counts has its `turn` set, and so has one that is queued for its turn.
"""

from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.fence import Lease
from storage.records import RunRecord
from storage.tables import runs

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""When a run was woken last that nobody has called since it is in the line."""


class Limit(NamedTuple):
    """At most so many runs of a project, or of one flow in it, are played at a time."""

    name: str
    project: str
    flow: str
    most: int


class Line(NamedTuple):
    """A line of runs whose turn it is not; `flow` is that of the first."""

    name: str
    project: str
    flow: str


async def is_next(connection: AsyncConnection, limit: Limit, run: RunRecord) -> bool:
    """Say whether there is room for this run, before and apart from those that wait longer."""
    earlier = (runs.c.created_at < run.created_at) | (
        (runs.c.created_at == run.created_at) & (runs.c.id < run.id)
    )
    ahead = select(func.count()).where(runs.c.turn == limit.name, runs.c.state == "queued", earlier)
    waiting = (await connection.execute(ahead)).scalar_one()
    return bool(await _room(connection, limit) - waiting > 0)


async def take(connection: AsyncConnection, lease: Lease, limit: Limit) -> None:
    """Count a run from now on, until it is no longer played."""
    await connection.execute(update(runs).where(runs.c.id == lease.run_id).values(turn=limit.name))


async def stand_in_line(connection: AsyncConnection, lease: Lease, limit: Limit, line: str) -> None:
    """Let a run wait for its turn; nobody wakes it before."""
    await connection.execute(
        update(runs)
        .where(runs.c.id == lease.run_id, runs.c.lease_epoch == lease.epoch)
        .values(state="queued", line=line, lease_until=None, turn=limit.name, woken_at=NEVER)
    )


async def called(
    connection: AsyncConnection, limit: Limit, woken_before: datetime = NEVER
) -> list[str]:
    """Return who is next, as many as there is room for, without those who were called lately."""
    room = await _room(connection, limit)
    if room <= 0:
        return []
    query = (
        select(runs.c.id, runs.c.woken_at)
        .where(runs.c.turn == limit.name, runs.c.state == "queued")
        .order_by(runs.c.created_at, runs.c.id)
        .limit(room)
    )
    return [row.id for row in await connection.execute(query) if row.woken_at <= woken_before]


async def lines(connection: AsyncConnection) -> list[Line]:
    """Return the lines in which somebody is."""
    query = (
        select(runs.c.turn, runs.c.project, func.min(runs.c.flow))
        .where(runs.c.turn != "", runs.c.state == "queued")
        .group_by(runs.c.turn, runs.c.project)
    )
    return [Line(*row) for row in await connection.execute(query)]


async def _room(connection: AsyncConnection, limit: Limit) -> int:
    query = select(func.count()).where(
        runs.c.state == "running", runs.c.turn != "", runs.c.project == limit.project
    )
    if limit.flow:
        query = query.where(runs.c.flow == limit.flow)
    return limit.most - int((await connection.execute(query)).scalar_one())
