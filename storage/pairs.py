"""Pairs: issues that are the same on GitHub and in Linear, as they were when last synced."""

from datetime import datetime

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.engine.pairs import Pair
from storage.insert import insert
from storage.tables import pairs, syncs

_DECODER = msgspec.json.Decoder(Pair)


async def begun(connection: AsyncConnection, project: str) -> datetime | None:
    """Return since when the issues of a project are synced."""
    query = select(syncs.c.begun_at).where(syncs.c.project == project)
    found: datetime | None = (await connection.execute(query)).scalar_one_or_none()
    return found


async def begin(connection: AsyncConnection, project: str, at: datetime) -> None:
    """Note that issues are synced from now on; the first time counts."""
    row = {"project": project, "begun_at": at}
    statement = insert(connection.dialect.name, syncs).values(row)
    await connection.execute(statement.on_conflict_do_nothing(index_elements=["project"]))


async def end(connection: AsyncConnection, project: str) -> None:
    """Note that issues are not synced; what is known of the pairs stays."""
    await connection.execute(delete(syncs).where(syncs.c.project == project))


async def every(connection: AsyncConnection, project: str) -> list[Pair]:
    """Return all pairs of a project, by number."""
    query = select(pairs.c.body).where(pairs.c.project == project).order_by(pairs.c.number)
    return [_DECODER.decode(body) for body in (await connection.execute(query)).scalars()]


async def save(connection: AsyncConnection, project: str, pair: Pair) -> None:
    """Store a pair; an issue is in one pair, so what it was in before is forgotten."""
    others = (pairs.c.project == project, pairs.c.issue == pair.issue)
    await connection.execute(delete(pairs).where(*others, pairs.c.number != pair.number))
    row = {
        "project": project,
        "number": pair.number,
        "issue": pair.issue,
        "body": msgspec.json.encode(pair),
    }
    statement = insert(connection.dialect.name, pairs).values(row)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["project", "number"], set_=row)
    )


async def forget(connection: AsyncConnection, project: str, number: int) -> None:
    """Delete a pair."""
    await connection.execute(
        delete(pairs).where(pairs.c.project == project, pairs.c.number == number)
    )
