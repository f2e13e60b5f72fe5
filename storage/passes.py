"""Passes that are used up: each counts once, whoever shows it first."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.insert import insert
from storage.tables import spent


async def spend(connection: AsyncConnection, pass_id: str, until: datetime, now: datetime) -> bool:
    """Use up a pass that is good until then; False where that was done before."""
    await connection.execute(delete(spent).where(spent.c.until < now))
    statement = insert(connection.dialect.name, spent).values(id=pass_id, until=until)
    added = await connection.execute(statement.on_conflict_do_nothing(index_elements=["id"]))
    return added.rowcount == 1


async def is_spent(connection: AsyncConnection, pass_id: str) -> bool:
    """Say whether a pass was used up."""
    found = await connection.execute(select(spent.c.id).where(spent.c.id == pass_id))
    return found.first() is not None
