"""Who asked, decided and did: rows chained by their hashes, so that none can change unseen."""

import hashlib
from datetime import datetime
from functools import cache

import msgspec
from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import Insert

from storage.insert import insert
from storage.records import AuditRecord
from storage.tables import audit, audit_head

ORIGIN = "0" * 64


async def append(
    connection: AsyncConnection,
    *,
    at: datetime,
    actor: dict[str, str],
    door: str,
    action: str,
    run_id: str,
    detail: str = "",
) -> AuditRecord:
    """Add a row to the end of the chain, in the caller's transaction."""
    # The lock on the head makes writers queue: the chain has one end.
    head = (await connection.execute(_HEAD)).one_or_none()
    if head is None:
        await connection.execute(_beginning(connection.dialect.name), {"hash": ORIGIN})
        head = (await connection.execute(_HEAD)).one()
    record = AuditRecord(
        number=head.number + 1,
        at=at,
        actor=actor,
        door=door,
        action=action,
        run_id=run_id,
        detail=detail,
        before=head.hash,
        hash="",
    )
    record = msgspec.structs.replace(record, hash=digest(record))
    await connection.execute(_ROW, msgspec.structs.asdict(record))
    await connection.execute(_MOVE, {"last": record.number, "digest": record.hash})
    return record


_ROW = audit.insert()
_HEAD = select(audit_head).with_for_update()
_MOVE = update(audit_head).values(number=bindparam("last"), hash=bindparam("digest"))


@cache
def _beginning(dialect: str) -> Insert:
    first = insert(dialect, audit_head).values(id=1, number=0, hash=bindparam("hash"))
    return first.on_conflict_do_nothing(index_elements=["id"])


async def of_run(connection: AsyncConnection, run_id: str) -> list[AuditRecord]:
    """Return what people did with a run, in order."""
    query = select(audit).where(audit.c.run_id == run_id).order_by(audit.c.number)
    return [AuditRecord(**row._mapping) for row in await connection.execute(query)]  # noqa: SLF001 - a public name


def digest(record: AuditRecord) -> str:
    """Return the SHA-256 over the row and the hash of the row before it."""
    fields = msgspec.structs.asdict(record) | {"hash": ""}
    return hashlib.sha256(msgspec.json.encode(fields, order="sorted")).hexdigest()
