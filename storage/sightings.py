"""How things outside were last seen, and which of them have to be looked at again.

A hint costs one write, however it came; all hints of a moment lead to one look.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import case, delete, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.followed_records import SightingRecord
from storage.insert import insert
from storage.tables import Moment, sightings

_COLUMNS = [sightings.c[name] for name in SightingRecord.__struct_fields__]


async def hint(
    connection: AsyncConnection,
    topic: str,
    at: datetime,
    due: datetime,
    said: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Say that a thing may have changed, so that it is looked at when `due`, or before.

    What was `said` about it is kept for that look, each once by its `id`.
    """
    row = _new(topic, at) | {"revision": 1, "due_at": due}
    statement = insert(connection.dialect.name, sightings).values(row)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["topic"],
            set_={
                "revision": sightings.c.revision + 1,
                "due_at": func.coalesce(sightings.c.due_at, literal(due, Moment)),
            },
        )
    )
    if said:
        here = sightings.c.topic == topic
        known = (await connection.execute(select(sightings.c.said).where(here))).scalar_one()
        ids = {each["id"] for each in known}
        fresh = [dict(each) for each in said if each["id"] not in ids]
        await connection.execute(update(sightings).where(here).values(said=[*known, *fresh]))


async def held(connection: AsyncConnection, topic: str, at: datetime) -> SightingRecord:
    """Return a thing as it was last seen, and let nobody else change that meanwhile."""
    statement = insert(connection.dialect.name, sightings).values(_new(topic, at))
    await connection.execute(statement.on_conflict_do_nothing(index_elements=["topic"]))
    query = select(*_COLUMNS).where(sightings.c.topic == topic).with_for_update()
    return _record((await connection.execute(query)).one())


async def get(connection: AsyncConnection, topic: str) -> SightingRecord | None:
    """Return a thing as it was last seen."""
    row = (
        await connection.execute(select(*_COLUMNS).where(sightings.c.topic == topic))
    ).one_or_none()
    return _record(row) if row else None


async def keep(
    connection: AsyncConnection, topic: str, state: Mapping[str, Any], at: datetime
) -> None:
    """Store how a thing was seen that nobody looks at for its own sake."""
    here = update(sightings).where(sightings.c.topic == topic)
    await connection.execute(here.values(state=dict(state), at=at))


async def due(connection: AsyncConnection, now: datetime, limit: int = 50) -> list[SightingRecord]:
    """Return what has to be looked at, the longest overdue first."""
    query = select(*_COLUMNS).where(sightings.c.due_at <= now).order_by(sightings.c.due_at)
    return [_record(row) for row in await connection.execute(query.limit(limit))]


async def soonest(connection: AsyncConnection) -> datetime | None:
    """Return when something has to be looked at next."""
    at: datetime | None = (
        await connection.execute(select(func.min(sightings.c.due_at)))
    ).scalar_one_or_none()
    return at


async def claim(connection: AsyncConnection, seen: SightingRecord, until: datetime) -> bool:
    """Take a look upon oneself until then; False where somebody else was faster."""
    claimed = await connection.execute(
        update(sightings)
        .where(sightings.c.topic == seen.topic, sightings.c.due_at == seen.due_at)
        .values(due_at=until, tries=sightings.c.tries + 1)
    )
    return claimed.rowcount == 1


async def drop_claims(connection: AsyncConnection, now: datetime) -> None:
    """Let go of every look: only for a start at which no other process can be looking."""
    held = (sightings.c.due_at > now, sightings.c.tries > 0)
    await connection.execute(update(sightings).where(*held).values(due_at=now))


async def settle(
    connection: AsyncConnection,
    seen: SightingRecord,
    until: datetime,
    state: Mapping[str, Any],
    at: datetime,
) -> bool:
    """Store how a thing is that was claimed until then; False where the claim was lost.

    With a hint that came meanwhile it is due again at once.
    """
    is_news = sightings.c.revision != seen.revision
    again = case((is_news, literal(at, Moment)), else_=None)
    settled = await connection.execute(
        update(sightings)
        .where(sightings.c.topic == seen.topic, sightings.c.due_at == until)
        .values(
            state=dict(state),
            at=at,
            tries=0,
            due_at=again,
        )
    )
    if settled.rowcount != 1:
        return False
    here = sightings.c.topic == seen.topic
    if seen.said:
        said = (await connection.execute(select(sightings.c.said).where(here))).scalar_one()
        left = said[len(seen.said) :]
        await connection.execute(update(sightings).where(here).values(said=left))
    return True


async def postpone(
    connection: AsyncConnection, seen: SightingRecord, claimed: datetime, until: datetime
) -> None:
    """Look later at what was claimed."""
    same = (sightings.c.topic == seen.topic, sightings.c.due_at == claimed)
    await connection.execute(update(sightings).where(*same).values(due_at=until))


async def forget(connection: AsyncConnection, before: datetime) -> None:
    """Forget what was seen before then and is not waited for."""
    old = (sightings.c.due_at.is_(None), sightings.c.at < before)
    await connection.execute(delete(sightings).where(*old))


def _new(topic: str, at: datetime) -> dict[str, Any]:
    return {
        "topic": topic,
        "state": {},
        "said": [],
        "revision": 0,
        "tries": 0,
        "due_at": None,
        "at": at,
    }


def _record(row: Any) -> SightingRecord:  # noqa: ANN401 - SQLAlchemy types rows by position
    return SightingRecord(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
