"""Changes that people made to what is set: what it was before, so that it can be put back."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records import ChangeRecord
from storage.tables import changes

_COLUMNS = [changes.c[name] for name in ChangeRecord.__struct_fields__]


async def add(
    connection: AsyncConnection,
    what: str,
    by: dict[str, str],
    said: str,
    before: Any,  # noqa: ANN401 - JSON of the subject's own
    after: Any,  # noqa: ANN401 - as above
    at: datetime,
) -> int:
    """Store a change and return its number.

    `what` names the thing that was changed, its subject first: `project acme/api environment`;
    `said` is the change in one sentence.
    """
    row = {"what": what, "by": by, "said": said, "before": before, "after": after, "at": at}
    added = await connection.execute(insert(changes).values(row).returning(changes.c.id))
    return int(added.scalar_one())


async def get(connection: AsyncConnection, change_id: int) -> ChangeRecord | None:
    """Return a change by its number, and let nobody else take it back meanwhile."""
    query = select(*_COLUMNS).where(changes.c.id == change_id).with_for_update()
    return _record((await connection.execute(query)).one_or_none())


async def newest(connection: AsyncConnection, what: str) -> ChangeRecord | None:
    """Return the last change of a thing that was not taken back."""
    query = (
        select(*_COLUMNS)
        .where(changes.c.what == what, changes.c.undone_at.is_(None))
        .order_by(changes.c.id.desc())
        .limit(1)
    )
    return _record((await connection.execute(query)).one_or_none())


async def recent(connection: AsyncConnection, limit: int) -> list[ChangeRecord]:
    """Return the newest changes that were not taken back, the last one first."""
    query = (
        select(*_COLUMNS)
        .where(changes.c.undone_at.is_(None))
        .order_by(changes.c.id.desc())
        .limit(limit)
    )
    rows = await connection.execute(query)
    return [ChangeRecord(**row._mapping) for row in rows]  # noqa: SLF001 - a public name


async def undone(
    connection: AsyncConnection, change_id: int, by: dict[str, str], at: datetime
) -> None:
    """Note that a change was taken back."""
    here = update(changes).where(changes.c.id == change_id)
    await connection.execute(here.values(undone_by=by, undone_at=at))


def _record(row: Any) -> ChangeRecord | None:  # noqa: ANN401 - a row, or none
    return ChangeRecord(**row._mapping) if row else None  # noqa: SLF001 - a public name
