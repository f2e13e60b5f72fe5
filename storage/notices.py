"""Notices: what one person has to be told, once, by a message to them alone."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.report import Report
from storage.insert import insert
from storage.records import NoticeRecord
from storage.tables import notices

_COLUMNS = [notices.c[name] for name in NoticeRecord.__struct_fields__]


async def add(
    connection: AsyncConnection, key: str, to: Mapping[str, str], report: Report, at: datetime
) -> None:
    """Have somebody told something; what has the same key is told once."""
    row = {
        "key": key,
        "to": dict(to),
        "body": msgspec.json.encode(report),
        "tries": 0,
        "due_at": at,
        "error": "",
    }
    statement = insert(connection.dialect.name, notices).values(row)
    await connection.execute(statement.on_conflict_do_nothing(index_elements=["key"]))


async def due(connection: AsyncConnection, now: datetime, limit: int = 100) -> list[NoticeRecord]:
    """Return what may be sent now, the oldest first."""
    query = select(*_COLUMNS).where(notices.c.due_at <= now).order_by(notices.c.id).limit(limit)
    return [NoticeRecord(**row._mapping) for row in await connection.execute(query)]  # noqa: SLF001 - SQLAlchemy's public name


async def claim(connection: AsyncConnection, row: NoticeRecord, until: datetime) -> bool:
    """Keep a row from other senders for a while, and count the try; False where one was faster."""
    claimed = await connection.execute(
        update(notices)
        .where(notices.c.id == row.id, notices.c.due_at == row.due_at)
        .values(due_at=until, tries=notices.c.tries + 1)
    )
    return claimed.rowcount == 1


async def renew(connection: AsyncConnection, row_id: int, held: datetime, until: datetime) -> bool:
    """Keep a row that is claimed until `held` for longer; False where the claim was lost."""
    renewed = await connection.execute(
        update(notices).where(notices.c.id == row_id, notices.c.due_at == held).values(due_at=until)
    )
    return renewed.rowcount == 1


async def postpone(
    connection: AsyncConnection, row: NoticeRecord, until: datetime, error: str
) -> None:
    """Try a row again later, and remember why."""
    await connection.execute(
        update(notices).where(notices.c.id == row.id).values(due_at=until, error=error)
    )


async def drop(connection: AsyncConnection, row: NoticeRecord) -> None:
    """Forget a row: the person was told, or cannot be."""
    await connection.execute(delete(notices).where(notices.c.id == row.id))
