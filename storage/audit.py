"""Who asked, decided and did: rows chained by their hashes, so that none can change unseen."""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Select, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import Insert

from storage.database import Write
from storage.insert import insert
from storage.records import AuditRecord
from storage.tables import audit, audit_head

ORIGIN = "0" * 64
PORTION = 1000  # rows that are held in memory at a time


class Sign(msgspec.Struct, frozen=True):
    """On whose behalf a run works, and through which door it came."""

    actor: dict[str, str]
    door: str


async def append(
    connection: AsyncConnection,
    *,
    at: datetime,
    actor: dict[str, str],
    door: str,
    action: str,
    run_id: str,
    detail: str = "",
) -> None:
    """Add a row to the end of the chain, as the last thing in the caller's transaction.

    The chain has one end, and whoever holds it must not wait for anything else.
    """
    row = _row(at, Sign(actor, door), action, run_id, detail=detail)
    await _chain(connection, [row])


def appending(
    sign: Sign, at: datetime, action: str, run_id: str, *, effect: str = "", detail: str = ""
) -> Write:
    """Add a row in a group of writes: it is chained when they are committed."""
    return _chain, _row(at, sign, action, run_id, effect=effect, detail=detail)


def _row(
    at: datetime, sign: Sign, action: str, run_id: str, *, effect: str = "", detail: str
) -> dict[str, Any]:
    return {
        "at": at,
        "actor": sign.actor,
        "door": sign.door,
        "action": action,
        "run_id": run_id,
        "effect": effect,
        "detail": detail,
    }


async def _chain(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    # The lock on the head makes writers queue: the chain has one end.
    head = (await connection.execute(_HEAD)).one_or_none()
    if head is None:
        await connection.execute(_beginning(connection.dialect.name), {"hash": ORIGIN})
        head = (await connection.execute(_HEAD)).one()
    number, before = head.number, head.hash
    chained = []
    for row in rows:
        number += 1
        record = AuditRecord(number=number, before=before, hash="", **row)
        before = digest(record)
        chained.append({**row, "number": number, "before": record.before, "hash": before})
    await connection.execute(_ROW, chained)
    await connection.execute(_MOVE, {"last": number, "digest": before})


_ROW = audit.insert()
_HEAD = select(audit_head).with_for_update()
_MOVE = update(audit_head).values(number=bindparam("last"), hash=bindparam("digest"))
_END = select(
    func.coalesce(func.max(audit_head.c.number), 0),
    func.coalesce(func.max(audit_head.c.hash), ORIGIN),
    select(func.coalesce(func.max(audit.c.number), 0)).scalar_subquery(),
)


@cache
def _beginning(dialect: str) -> Insert:
    first = insert(dialect, audit_head).values(id=1, number=0, hash=bindparam("hash"))
    return first.on_conflict_do_nothing(index_elements=["id"])


async def of_run(connection: AsyncConnection, run_id: str) -> list[AuditRecord]:
    """Return what people did with a run, in order."""
    query = select(audit).where(audit.c.run_id == run_id).order_by(audit.c.number)
    return [AuditRecord(**row._mapping) for row in await connection.execute(query)]  # noqa: SLF001 - a public name


async def every(
    connection: AsyncConnection,
    *,
    after: int = 0,
    since: datetime | None = None,
    run_id: str = "",
) -> AsyncIterator[AuditRecord]:
    """Yield rows by number, a portion of them in memory at a time."""
    query = select(audit).order_by(audit.c.number).limit(PORTION)
    if since:
        query = query.where(audit.c.at >= since)
    if run_id:
        query = query.where(audit.c.run_id == run_id)
    while portion := await _portion(connection, query.where(audit.c.number > after)):
        for record in portion:
            yield record
        after = portion[-1].number


async def _portion(connection: AsyncConnection, query: Select[Any]) -> list[AuditRecord]:
    return [AuditRecord(**row._mapping) for row in await connection.execute(query)]  # noqa: SLF001 - as above


class Verdict(msgspec.Struct, frozen=True):
    """How far the chain holds: up to row `last` with its hash; `fault` says what is wrong then."""

    last: int
    hash: str
    fault: str = ""


async def verify(connection: AsyncConnection) -> Verdict:
    """Follow the chain to its end, and name the first row that does not fit.

    Rows that are written meanwhile are followed too.
    """
    verdict = Verdict(0, ORIGIN)
    while True:
        async for record in every(connection, after=verdict.last):
            if fault := _fault(record, verdict):
                return msgspec.structs.replace(verdict, fault=fault)
            verdict = Verdict(record.number, record.hash)
        number, head, newest = (await connection.execute(_END)).one()
        if newest == verdict.last:
            return msgspec.structs.replace(verdict, fault=_end_fault(verdict, number, head))


def digest(record: AuditRecord) -> str:
    """Return the SHA-256 over the row and the hash of the row before it."""
    fields = msgspec.structs.asdict(record) | {"hash": ""}
    return hashlib.sha256(msgspec.json.encode(fields, order="sorted")).hexdigest()


def _fault(record: AuditRecord, so_far: Verdict) -> str:
    """Say what is wrong with a row that follows on a chain that held so far."""
    number = so_far.last + 1
    if record.number != number:
        return f"Row {number} was removed: the next one there is {record.number}."
    if digest(record) != record.hash:
        return f"Row {number} was altered or inserted: its hash does not fit what it says."
    if record.before != so_far.hash:
        return f"Row {number} was inserted, or row {number - 1} replaced: they are not chained."
    return ""


def _end_fault(verdict: Verdict, number: int, head: str) -> str:
    """Say what is wrong where the rows end."""
    if number > verdict.last:
        return f"Row {verdict.last + 1} was removed, with all after it: there were {number}."
    if number < verdict.last:
        return f"Row {number + 1} was inserted: the chain ended at row {number}."
    if head != verdict.hash:
        return f"Row {number} was replaced: the end of the chain has another hash."
    return ""
