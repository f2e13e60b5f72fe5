"""What waiting runs listen to: topics that something may happen on, and the clock.

A run has one row for each topic; the one called `CLOCK` says when it is to look again in any case.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, case, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import runs as repository
from storage.database import Statement, Write
from storage.records import ACTIVE, Wake
from storage.tables import runs, waits

CLOCK = "clock"


def listening(run_id: str, topics: Collection[str], due: datetime | None) -> list[Write]:
    """Let a run be woken by these topics, and where it is `due`, and by nothing else."""
    row = {"run_id": run_id, "due_at": None}
    return [
        ending(run_id),
        *((_LISTEN, row | {"topic": each}) for each in sorted({*topics} - {CLOCK})),
        (_LISTEN, row | {"topic": CLOCK, "due_at": due}),
    ]


_LISTEN = waits.insert()


def ending(run_id: str) -> Statement:
    """Let a run wait for nothing more."""
    return _END, {"waiting": run_id}


_END = delete(waits).where(waits.c.run_id == bindparam("waiting"))


def hearing(topic: str, at: datetime) -> Statement:
    """Wake every run that listens to a topic, as part of what makes it happen."""
    return _HEAR, {"heard": topic, "at": at}


_HEAR = (
    update(runs)
    .where(
        runs.c.id.in_(select(waits.c.run_id).where(waits.c.topic == bindparam("heard"))),
        runs.c.state.in_(ACTIVE),
    )
    .values(
        wakes=runs.c.wakes + 1,
        woken_at=bindparam("at", type_=runs.c.woken_at.type),
        state=case((runs.c.state == "waiting", "queued"), else_=runs.c.state),
    )
)


async def hear(connection: AsyncConnection, topics: Collection[str], at: datetime) -> list[Wake]:
    """Wake every run that listens to one of these topics; return their wake-ups."""
    listens = exists().where(waits.c.run_id == runs.c.id, waits.c.topic.in_(topics))
    return [
        await repository.wake(connection, run_id, at) for run_id in await _held(connection, listens)
    ]


async def listeners(connection: AsyncConnection, topics: Collection[str]) -> list[str]:
    """Return the runs that listen to one of these topics, and leave them as they are."""
    listens = exists().where(waits.c.run_id == runs.c.id, waits.c.topic.in_(topics))
    query = select(runs.c.id).where(listens, runs.c.state.in_(ACTIVE)).order_by(runs.c.id)
    return list((await connection.execute(query)).scalars())


async def hear_clock(connection: AsyncConnection, now: datetime) -> list[Wake]:
    """Wake the runs whose time has come, each once; return their wake-ups."""
    is_due = waits.c.due_at <= now
    listens = exists().where(waits.c.run_id == runs.c.id, is_due)
    held = await _held(connection, listens, repository.SWEPT_AT_ONCE)
    if not held:
        return []
    # Another worker may have been faster, and have left nothing that is due.
    claimed = await connection.execute(
        update(waits)
        .where(waits.c.run_id.in_(held), is_due)
        .values(due_at=None)
        .returning(waits.c.run_id)
    )
    return [
        await repository.wake(connection, run_id, now) for run_id in sorted(set(claimed.scalars()))
    ]


async def _held(
    connection: AsyncConnection, listens: ColumnElement[bool], most: int | None = None
) -> list[str]:
    """Lock the runs that are to be woken, in the order in which everybody locks several."""
    query = (
        select(runs.c.id)
        .where(listens, runs.c.state.in_(ACTIVE))
        .order_by(runs.c.id)
        .limit(most)
        .with_for_update(key_share=True)
    )
    return list((await connection.execute(query)).scalars())
