"""Deliveries: what services told us, each kept once and for a while."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.insert import insert
from storage.records import DeliveryRecord
from storage.tables import deliveries

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
