"""What threads still have to be told: rows that name the news, not its text.

A row is written in the transaction that makes the news and rendered when it is sent, so any number
of changes to a card become one edit, and what is sent is always what is true.
"""

from datetime import datetime
from functools import cache

from sqlalchemy import case, delete, exists, func, literal_column, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import Insert

from storage.database import Statement
from storage.insert import insert
from storage.records import OutboxRecord
from storage.tables import messages, outbox

BROKEN = "broken"
"""The error of a row that breaks its sender: it is tried again, and holds up nobody."""

LATE = "sent late"
"""The error of a row whose sender lost its claim while it sent: people may see it twice by now."""

_earlier = outbox.alias("earlier")


def card(dialect: str, run_id: str, at: datetime) -> Statement:
    """Say that the card of a run is out of date."""
    return _row(dialect, f"card:{run_id}", run_id, "card", at)


def plan(dialect: str, run_id: str, question: str, at: datetime) -> Statement:
    """Say that the thread has to be shown what a plan is about."""
    return _row(dialect, f"plan:{run_id}:{question}", run_id, "plan", at)


def report(dialect: str, run_id: str, at: datetime) -> Statement:
    """Say that the thread has to be given the report."""
    return _row(dialect, f"report:{run_id}", run_id, "report", at)


def told(dialect: str, run_id: str, title: str, at: datetime) -> Statement:
    """Say that the thread has to be told what a run said in the entry with this title."""
    return _row(dialect, f"told:{run_id}:{title}", run_id, "told", at)


async def due(connection: AsyncConnection, now: datetime, limit: int = 100) -> list[OutboxRecord]:
    """Return what may be sent now, the oldest first.

    A plan that is being sent, or has to be tried again, holds up what its thread is told later; so
    does a card that is not there yet.
    """
    wanted = [outbox.c[name] for name in OutboxRecord.__struct_fields__]
    card_is_there = exists().where(messages.c.run_id == outbox.c.run_id, messages.c.kind == "card")
    held_up = exists().where(
        _earlier.c.run_id == outbox.c.run_id,
        _earlier.c.id < outbox.c.id,
        or_(_earlier.c.kind != "card", ~card_is_there),
        _earlier.c.error != BROKEN,
        _earlier.c.due_at > now,
    )
    query = select(*wanted).where(outbox.c.due_at <= now, ~held_up).order_by(outbox.c.id)
    query = query.limit(limit)
    return [OutboxRecord(**row._mapping) for row in await connection.execute(query)]  # noqa: SLF001 - a public name


async def claim(connection: AsyncConnection, row: OutboxRecord, until: datetime) -> bool:
    """Keep a row from other senders for a while, and count the try; False where one was faster."""
    claimed = await connection.execute(
        update(outbox)
        .where(outbox.c.id == row.id, outbox.c.due_at == row.due_at)
        .values(due_at=until, tries=outbox.c.tries + 1)
    )
    return claimed.rowcount == 1


async def renew(connection: AsyncConnection, row_id: int, held: datetime, until: datetime) -> bool:
    """Keep a row that is claimed until `held` for longer; False where the claim was lost."""
    renewed = await connection.execute(
        update(outbox).where(outbox.c.id == row_id, outbox.c.due_at == held).values(due_at=until)
    )
    return renewed.rowcount == 1


async def drop_claims(connection: AsyncConnection, now: datetime) -> None:
    """Let go of every row: only for a start at which no other process can be sending."""
    await connection.execute(update(outbox).where(outbox.c.due_at > now).values(due_at=now))


async def sent(connection: AsyncConnection, row: OutboxRecord, again: datetime) -> None:
    """Forget a row; one that has news since it was read is due `again` then, as a new one."""
    gone = await connection.execute(
        delete(outbox).where(outbox.c.id == row.id, outbox.c.revision == row.revision)
    )
    if not gone.rowcount:
        await postpone(connection, row, again, tries=0)
        since = update(outbox).where(outbox.c.id == row.id).values(since=again)
        await connection.execute(since)


async def postpone(
    connection: AsyncConnection, row: OutboxRecord, until: datetime, error: str = "", *, tries: int
) -> None:
    """Send a row later, and remember why, and how many tries may have got through."""
    # What may be there twice stays so, whatever becomes of the next try.
    kept = error if error == BROKEN else case((outbox.c.error == LATE, LATE), else_=error)
    await connection.execute(
        update(outbox).where(outbox.c.id == row.id).values(due_at=until, error=kept, tries=tries)
    )


async def doubt(connection: AsyncConnection, row: OutboxRecord, at: datetime) -> None:
    """Say that a row was sent by somebody who had lost it: the next sender has a look."""
    values = {"key": row.key, "run_id": row.run_id, "kind": row.kind, "due_at": at, "since": at}
    await connection.execute(
        insert(connection.dialect.name, outbox)
        .values(values | {"revision": 1, "tries": 1, "error": LATE})
        .on_conflict_do_update(
            index_elements=["key"], set_={"revision": outbox.c.revision + 1, "error": LATE}
        )
    )


async def waiting(connection: AsyncConnection) -> tuple[int, datetime | None]:
    """Return how many rows wait, and since when the oldest news does, however often put off."""
    since = func.coalesce(outbox.c.since, outbox.c.due_at)
    count, oldest = (await connection.execute(select(func.count(), func.min(since)))).one()
    return count, oldest


async def failing(connection: AsyncConnection) -> tuple[int, str]:
    """Return how many rows could not be sent when they were last tried, and why the last one."""
    query = select(outbox.c.error).where(outbox.c.error.not_in(("", LATE))).order_by(outbox.c.id)
    errors = list((await connection.execute(query)).scalars())
    return len(errors), errors[-1] if errors else ""


def _row(dialect: str, key: str, run_id: str, kind: str, at: datetime) -> Statement:
    return _upsert(dialect), {
        "key": key,
        "run_id": run_id,
        "kind": kind,
        "revision": 1,
        "tries": 0,
        "due_at": at,
        "error": "",
        "since": at,
    }


@cache
def _upsert(dialect: str) -> Insert:
    # Written as it is, so that no row carries it along.
    next_one = outbox.c.revision + literal_column("1")
    return insert(dialect, outbox).on_conflict_do_update(
        index_elements=["key"], set_={"revision": next_one}
    )
