"""Which message of which platform shows what of a run."""

import msgspec
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.insert import insert
from storage.records import MessageRecord
from storage.tables import messages


async def add(connection: AsyncConnection, message: MessageRecord) -> None:
    """Remember a message; a second one of the same kind takes its place."""
    row = msgspec.structs.asdict(message)
    statement = insert(connection.dialect.name, messages).values(row)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["run_id", "kind"], set_=row)
    )


async def get(connection: AsyncConnection, run_id: str, kind: str) -> MessageRecord | None:
    """Return the message of this kind, once it was sent."""
    query = select(messages).where(messages.c.run_id == run_id, messages.c.kind == kind)
    row = (await connection.execute(query)).first()
    return MessageRecord(**row._mapping) if row else None  # noqa: SLF001 - SQLAlchemy's public name


async def of_run(connection: AsyncConnection, run_id: str) -> dict[str, MessageRecord]:
    """Return everything that was sent of a run, by its kind."""
    rows = await connection.execute(select(messages).where(messages.c.run_id == run_id))
    return {row.kind: MessageRecord(**row._mapping) for row in rows}  # noqa: SLF001 - a public name


async def doubt(connection: AsyncConnection, run_id: str, kind: str) -> None:
    """Forget what a message says: somebody may have changed it without being allowed to."""
    same = (messages.c.run_id == run_id, messages.c.kind == kind)
    await connection.execute(update(messages).where(*same).values(shown=""))
