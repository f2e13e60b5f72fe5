"""Deliveries: what services told us, each kept once and for a while."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.insert import insert
from storage.records import DeliveryRecord
from storage.tables import deliveries

AT_ONCE = 50  # so that what waits for a service does not hold up all else


class Heard(NamedTuple):
    """What one service told us: how often, when last, and how often we could not use it."""

    source: str
    many: int
    last: datetime
    failed: int
    error: str


_COLUMNS = [deliveries.c[name] for name in DeliveryRecord.__struct_fields__]


async def add(connection: AsyncConnection, row: DeliveryRecord) -> DeliveryRecord:
    """Keep a delivery; return it, or the one that was kept under its id before."""
    values = {name: getattr(row, name) for name in row.__struct_fields__}
    statement = insert(connection.dialect.name, deliveries).values(values)
    added = await connection.execute(statement.on_conflict_do_nothing(index_elements=["id"]))
    return row if added.rowcount == 1 else (await get(connection, row.id)) or row


async def get(connection: AsyncConnection, delivery_id: str) -> DeliveryRecord | None:
    """Return a delivery that is still kept."""
    query = select(*_COLUMNS).where(deliveries.c.id == delivery_id)
    row = (await connection.execute(query)).first()
    return DeliveryRecord(**row._mapping) if row else None  # noqa: SLF001 - SQLAlchemy's public name


async def settle(connection: AsyncConnection, delivery_id: str, state: str, error: str) -> None:
    """Note what became of a delivery."""
    await connection.execute(
        update(deliveries).where(deliveries.c.id == delivery_id).values(state=state, error=error)
    )


async def waiting(connection: AsyncConnection, since: datetime) -> list[DeliveryRecord]:
    """Return what came since then and waits to be told again, the oldest first."""
    query = (
        select(*_COLUMNS)
        .where(deliveries.c.received_at >= since, deliveries.c.state == "waiting")
        .order_by(deliveries.c.received_at, deliveries.c.id)
        .limit(AT_ONCE)
    )
    return [DeliveryRecord(**row._mapping) for row in await connection.execute(query)]  # noqa: SLF001 - SQLAlchemy's public name


async def newest(
    connection: AsyncConnection, limit: int, project: str = ""
) -> list[DeliveryRecord]:
    """Return what was told last, of one repository where it is named, the newest first."""
    query = select(*_COLUMNS).order_by(deliveries.c.received_at.desc(), deliveries.c.id)
    if project:
        query = query.where(deliveries.c.project == project)
    rows = await connection.execute(query.limit(limit))
    return [DeliveryRecord(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name


async def of_project(
    connection: AsyncConnection, project: str, since: datetime, limit: int = 1000
) -> list[DeliveryRecord]:
    """Return what was told about a repository since then, the newest first."""
    query = (
        select(*_COLUMNS)
        .where(deliveries.c.project == project, deliveries.c.received_at >= since)
        .order_by(deliveries.c.received_at.desc())
        .limit(limit)
    )
    return [DeliveryRecord(**row._mapping) for row in await connection.execute(query)]  # noqa: SLF001 - SQLAlchemy's public name


async def forget(connection: AsyncConnection, before: datetime) -> int:
    """Forget what came before then; return how many deliveries that were."""
    gone = await connection.execute(delete(deliveries).where(deliveries.c.received_at < before))
    return gone.rowcount


async def heard(connection: AsyncConnection, since: datetime) -> list[Heard]:
    """Return what each service has told us since then."""
    failed = deliveries.c.state == "failed"
    recent = deliveries.c.received_at >= since
    query = (
        select(
            deliveries.c.source,
            func.count(),
            func.max(deliveries.c.received_at),
            func.sum(case((failed, 1), else_=0)),
        )
        .where(recent)
        .group_by(deliveries.c.source)
        .order_by(deliveries.c.source)
    )
    found = []
    for source, count, last, failures in (await connection.execute(query)).all():
        newest = (
            select(deliveries.c.error)
            .where(deliveries.c.source == source, recent, failed)
            .order_by(deliveries.c.received_at.desc())
            .limit(1)
        )
        error = (await connection.execute(newest)).scalar_one_or_none() if failures else ""
        found.append(Heard(source, count, last, int(failures), error or ""))
    return found


async def projects_since(connection: AsyncConnection, since: datetime) -> list[str]:
    """Return the repositories that anything was told about since then."""
    query = select(deliveries.c.project).where(deliveries.c.received_at >= since).distinct()
    return sorted((await connection.execute(query)).scalars())
