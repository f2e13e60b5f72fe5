"""Schedules: what is given again and again, when next, and who was first to give it."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.insert import insert
from storage.records import ScheduleRecord
from storage.tables import schedules

_COLUMNS = [schedules.c[name] for name in ScheduleRecord.__struct_fields__]


async def add(connection: AsyncConnection, schedule: ScheduleRecord) -> bool:
    """Store a schedule; False where it was stored before (a repeated delivery)."""
    adding = insert(connection.dialect.name, schedules).on_conflict_do_nothing(
        index_elements=["id"]
    )
    added = await connection.execute(adding, msgspec.structs.asdict(schedule))
    return added.rowcount == 1


async def get(connection: AsyncConnection, schedule_id: str) -> ScheduleRecord | None:
    """Return one schedule."""
    row = (await connection.execute(select(*_COLUMNS).where(schedules.c.id == schedule_id))).first()
    return _record(row) if row else None


async def page(
    connection: AsyncConnection, *, limit: int = 50, after: str = ""
) -> list[ScheduleRecord]:
    """Return schedules by id; `after` is the id of the last one seen."""
    query = select(*_COLUMNS).where(schedules.c.id > after).order_by(schedules.c.id).limit(limit)
    return [_record(row) for row in await connection.execute(query)]


async def of_owner(connection: AsyncConnection, platform: str) -> set[str]:
    """Return the ids of the schedules whose owners are on this platform."""
    query = select(schedules.c.id).where(schedules.c.owner["platform"].as_string() == platform)
    return set((await connection.execute(query)).scalars())


async def due(connection: AsyncConnection, now: datetime, limit: int = 100) -> list[ScheduleRecord]:
    """Return what should have been given by now, the longest overdue first."""
    query = (
        select(*_COLUMNS)
        .where(schedules.c.paused.is_(False), schedules.c.next_at <= now)
        .order_by(schedules.c.next_at)
        .limit(limit)
    )
    return [_record(row) for row in await connection.execute(query)]


async def soonest(connection: AsyncConnection) -> datetime | None:
    """Return when something is due next."""
    query = select(func.min(schedules.c.next_at)).where(schedules.c.paused.is_(False))
    at: datetime | None = (await connection.execute(query)).scalar_one_or_none()
    return at


async def advance(
    connection: AsyncConnection, seen: ScheduleRecord, next_at: datetime, last_at: datetime | None
) -> bool:
    """Move on to the next time; False where somebody else did, or it was paused or removed."""
    moved = await connection.execute(
        update(schedules)
        .where(
            schedules.c.id == seen.id,
            schedules.c.next_at == seen.next_at,
            schedules.c.paused.is_(False),
        )
        .values(next_at=next_at, last_at=last_at)
    )
    return moved.rowcount == 1


async def pause(connection: AsyncConnection, schedule_id: str, trouble: str = "") -> None:
    """Let a schedule rest; `trouble` says why, where it was not a person's wish."""
    await connection.execute(
        update(schedules).where(schedules.c.id == schedule_id).values(paused=True, trouble=trouble)
    )


async def resume(connection: AsyncConnection, schedule_id: str, next_at: datetime) -> None:
    """Let a schedule go on from its next time."""
    await connection.execute(
        update(schedules)
        .where(schedules.c.id == schedule_id)
        .values(paused=False, trouble="", next_at=next_at)
    )


async def remove(connection: AsyncConnection, schedule_id: str) -> None:
    """Forget a schedule; its runs stay."""
    await connection.execute(delete(schedules).where(schedules.c.id == schedule_id))


async def health(connection: AsyncConnection, late: datetime) -> tuple[int, int, int]:
    """Return how many are active, how many of them were due before `late`, how many in trouble."""
    active, troubled = schedules.c.paused.is_(False), schedules.c.trouble != ""
    query = select(
        func.count().filter(active),
        func.count().filter(active, schedules.c.next_at < late),
        func.count().filter(troubled),
    ).select_from(schedules)
    alive, overdue, stopped = (await connection.execute(query)).one()
    return alive, overdue, stopped


def _record(row: Any) -> ScheduleRecord:  # noqa: ANN401 - SQLAlchemy types rows by position
    return ScheduleRecord(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
