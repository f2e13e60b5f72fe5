"""Locks: who holds one, who is in the line for it, and who wants to know when it is free.

The line of a lock is its rows, in the order in which they were asked for. Whoever changes it takes
it for alone first: the holder of a lock is decided by one transaction at a time.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.insert import insert
from storage.records import ENDED, LockRecord
from storage.tables import lock_watchers, locks, runs

_COLUMNS = [locks.c[name] for name in LockRecord.__struct_fields__]
_IN_LINE = (locks.c.held_at.is_(None), locks.c.ahead.desc(), locks.c.id)
MOST = 1000
TAKES, LENDS = 1, 2


async def alone(connection: AsyncConnection, names: Collection[str]) -> None:
    """Let nobody else change these lines before the transaction ends; first thing in it.

    Always in one order, so that two who want several never wait for each other. SQLite has one
    writer anyway.
    """
    if connection.dialect.name == "postgresql":
        for name in sorted(names):
            mark = func.hashtextextended(name, 0)
            await connection.execute(select(func.pg_advisory_xact_lock(mark)))


async def wish(  # noqa: PLR0913 - each is a column
    connection: AsyncConnection,
    name: str,
    by: Mapping[str, str],
    at: datetime,
    *,
    run_id: str = "",
    reason: str = "",
    lasts: timedelta | None = None,
    ahead: int = 0,
) -> None:
    """Join the line for a lock."""
    await connection.execute(
        locks.insert().values(
            name=name,
            run_id=run_id,
            by=dict(by),
            reason=reason,
            asked_at=at,
            seconds=None if lasts is None else int(lasts.total_seconds()),
            ahead=ahead,
        )
    )


async def line(connection: AsyncConnection, name: str) -> list[LockRecord]:
    """Return the holder, if there is one, and then the line."""
    query = select(*_COLUMNS).where(locks.c.name == name).order_by(*_IN_LINE)
    return [_record(row) for row in await connection.execute(query)]


async def grant(connection: AsyncConnection, wished: LockRecord, at: datetime) -> None:
    """Let the first in the line hold the lock, from now on."""
    await connection.execute(
        update(locks)
        .where(locks.c.id == wished.id)
        .values(held_at=at, until=wished.until or until(wished.seconds, at))
    )


async def lend(connection: AsyncConnection, record: LockRecord) -> None:
    """Let a person stand back, until their own run has ended; the end of the lock stays."""
    await connection.execute(
        update(locks).where(locks.c.id == record.id).values(held_at=None, ahead=LENDS)
    )


def until(seconds: int | None, at: datetime) -> datetime | None:
    """Return when a lock ends that is got now."""
    return None if seconds is None else at + timedelta(seconds=seconds)


async def extend(
    connection: AsyncConnection,
    held: LockRecord,
    reason: str,
    lasts: timedelta | None,
    at: datetime,
) -> None:
    """Let a holder, or a wish, have another reason, and another end from now."""
    seconds = None if lasts is None else int(lasts.total_seconds())
    ends = until(seconds, at) if held.held_at or held.ahead == LENDS else None
    await connection.execute(
        update(locks)
        .where(locks.c.id == held.id)
        .values(reason=reason or held.reason, seconds=seconds, until=ends)
    )


async def hasten(connection: AsyncConnection, wished: LockRecord, reason: str) -> None:
    """Put a wish at the head of its line."""
    await connection.execute(
        update(locks).where(locks.c.id == wished.id).values(ahead=TAKES, reason=reason)
    )


async def drop(connection: AsyncConnection, record: LockRecord) -> None:
    """Take somebody out of a line, or the lock from who holds it."""
    await connection.execute(delete(locks).where(locks.c.id == record.id))


async def leave(connection: AsyncConnection, run_id: str) -> None:
    """Take a run out of every line, and from it what it holds."""
    await connection.execute(delete(locks).where(locks.c.run_id == run_id))


async def of_run(connection: AsyncConnection, run_id: str) -> list[LockRecord]:
    """Return what a run holds, or wants."""
    query = select(*_COLUMNS).where(locks.c.run_id == run_id).order_by(locks.c.id)
    return [_record(row) for row in await connection.execute(query)]


async def wanted_by(connection: AsyncConnection, run_ids: Collection[str]) -> list[str]:
    """Return the names of the locks that these runs hold, or want."""
    query = select(locks.c.name).where(locks.c.run_id.in_(run_ids)).distinct()
    return list((await connection.execute(query)).scalars())


async def drop_ended(connection: AsyncConnection, name: str) -> None:
    """Take the runs that have ended out of a line, and the lock from one that holds it."""
    ended = exists().where(runs.c.id == locks.c.run_id, runs.c.state.in_(ENDED))
    await connection.execute(delete(locks).where(locks.c.name == name, ended))


async def every(connection: AsyncConnection, limit: int = MOST) -> list[LockRecord]:
    """Return all locks by name, each with its holder first and then its line."""
    query = select(*_COLUMNS).order_by(locks.c.name, *_IN_LINE).limit(limit)
    return [_record(row) for row in await connection.execute(query)]


async def overdue(connection: AsyncConnection, now: datetime) -> list[str]:
    """Return the names of locks that should have ended by now.

    That of a run only where somebody wants it: nobody is helped by taking it otherwise.
    """
    other = locks.alias("other")
    wanted = exists().where(other.c.name == locks.c.name, other.c.held_at.is_(None))
    query = select(locks.c.name).where(
        locks.c.held_at.is_not(None), locks.c.until <= now, wanted | (locks.c.run_id == "")
    )
    return list((await connection.execute(query)).scalars())


async def forgotten(connection: AsyncConnection) -> list[str]:
    """Return the names of locks that wait for nobody: of runs that have ended, or free ones."""
    holder = locks.alias("holder")
    held = exists().where(holder.c.name == locks.c.name, holder.c.held_at.is_not(None))
    has_ended = exists().where(runs.c.id == locks.c.run_id, runs.c.state.in_(ENDED))
    query = select(locks.c.name).where(has_ended | ~held).distinct()
    return list((await connection.execute(query)).scalars())


async def watch(connection: AsyncConnection, name: str, by: Mapping[str, str]) -> None:
    """Remember who wants to know when a lock is free; asking twice is asking once."""
    row = {"name": name, "person": f"{by['platform']}:{by['id']}", "by": dict(by)}
    statement = insert(connection.dialect.name, lock_watchers).values(row)
    await connection.execute(statement.on_conflict_do_nothing(index_elements=["name", "person"]))


async def watchers(connection: AsyncConnection, name: str) -> list[dict[str, str]]:
    """Return who wants to know when a lock is free, and forget them: they are told once."""
    gone = await connection.execute(
        delete(lock_watchers).where(lock_watchers.c.name == name).returning(lock_watchers.c.by)
    )
    return list(gone.scalars())


async def health(connection: AsyncConnection) -> tuple[int, datetime | None]:
    """Return how many locks are held, and since when the oldest is."""
    query = select(func.count(), func.min(locks.c.held_at)).where(locks.c.held_at.is_not(None))
    count, oldest = (await connection.execute(query)).one()
    return count, oldest


def _record(row: Any) -> LockRecord:  # noqa: ANN401 - SQLAlchemy types rows by position
    return LockRecord(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
