"""Notices: what one person has to be told, once, by a message to them alone.

One with a `topic` is remembered after it was sent, so that it can say later what came of it.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import String, and_, cast, delete, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.report import Report
from storage.insert import insert
from storage.records import HELD, Manner, NoticeRecord, report_from
from storage.tables import notices, questions, runs

QUESTION = "question:"
"""How the topic of a notice begins that is about a question, before its number."""

NEWS = "news:"
"""How the key of a notice begins that is about somebody's own work."""

LONGEST_KEY = 220  # of the 240 characters that the database keeps
_COLUMNS = [notices.c[name] for name in NoticeRecord.__struct_fields__]


async def add(
    connection: AsyncConnection,
    key: str,
    to: Mapping[str, str],
    report: Report,
    at: datetime,
    *,
    topic: str = "",
    manner: Manner | None = None,
) -> bool:
    """Have somebody told something; False where that was asked for before, by the same key."""
    how = manner or Manner()
    row = {
        "key": key,
        "to": dict(to),
        "person": f"{to['platform']}:{to['id']}",
        "body": msgspec.json.encode(report),
        "topic": topic,
        "manner": _plain(msgspec.structs.replace(how, made_at=how.made_at or at)),
        "tries": 0,
        "due_at": at,
        "error": "",
    }
    statement = insert(connection.dialect.name, notices).values(row)
    added = await connection.execute(statement.on_conflict_do_nothing(index_elements=["key"]))
    return added.rowcount == 1


async def due(connection: AsyncConnection, now: datetime, limit: int = 100) -> list[NoticeRecord]:
    """Return what may be sent now, the oldest first."""
    query = select(*_COLUMNS).where(notices.c.due_at <= now).order_by(notices.c.id).limit(limit)
    return await _records(connection, query)


async def get(connection: AsyncConnection, notice_id: int) -> NoticeRecord | None:
    """Return one notice, sent or not."""
    found = await _records(connection, select(*_COLUMNS).where(notices.c.id == notice_id))
    return found[0] if found else None


async def together(connection: AsyncConnection, row: NoticeRecord) -> list[NoticeRecord]:
    """Return what is in the same message as this notice, in the order in which it came."""
    if not row.batch:
        return [row]
    query = select(*_COLUMNS).where(notices.c.person == row.person, notices.c.batch == row.batch)
    return await _records(connection, query.order_by(notices.c.id))


async def keyed(connection: AsyncConnection, key: str) -> NoticeRecord | None:
    """Return the notice that was asked for by this key, whatever became of it."""
    found = await _records(connection, select(*_COLUMNS).where(notices.c.key == key))
    return found[0] if found else None


async def asking(connection: AsyncConnection, prefix: str) -> list[NoticeRecord]:
    """Return the notices of topics that begin so, and that are not settled yet."""
    is_about = notices.c.topic.startswith(prefix, autoescape=True)
    return await _records(connection, select(*_COLUMNS).where(is_about).order_by(notices.c.id))


async def last_asking(connection: AsyncConnection, person: str) -> NoticeRecord | None:
    """Return the newest notice that somebody was sent and that is not settled yet."""
    query = (
        select(*_COLUMNS)
        .where(notices.c.person == person, notices.c.sent_at.is_not(None), notices.c.topic != "")
        .order_by(notices.c.id.desc())
        .limit(1)
    )
    found = await _records(connection, query)
    return found[0] if found else None


async def topics(connection: AsyncConnection, prefix: str) -> list[str]:
    """Return the topics of this kind that are not settled yet."""
    query = select(notices.c.topic).where(notices.c.topic.startswith(prefix, autoescape=True))
    return list((await connection.execute(query.distinct())).scalars())


async def of_project(
    connection: AsyncConnection, project: str, since: datetime
) -> list[NoticeRecord]:
    """Return what people were told alone since then: what runs of a project ask, and its news."""
    topic = literal(QUESTION) + cast(questions.c.id, String)
    query = (
        select(*_COLUMNS)
        .join(questions, notices.c.topic == topic)
        .join(runs, runs.c.id == questions.c.run_id)
        .where(runs.c.project == project, questions.c.asked_at >= since)
        .order_by(notices.c.id)
    )
    asked = await _records(connection, query)
    begins = [
        *(f"{NEWS}{kind}:{project}#" for kind in ("pull", "review", "issue")),
        f"{NEWS}build:{project}/",
    ]
    is_news = or_(*(notices.c.key.startswith(each, autoescape=True) for each in begins))
    news = await _records(connection, select(*_COLUMNS).where(is_news).order_by(notices.c.id))
    return [*asked, *(each for each in news if (each.manner.made_at or since) >= since)]


async def settle(connection: AsyncConnection, topic: str, said: str, at: datetime) -> int:
    """Let nobody be asked about this any more: what was sent says in one line what came of it.

    What was not sent yet is not sent. Returns how many people had been asked.
    """
    if not topic:
        return 0
    done = await connection.execute(
        update(notices)
        .where(notices.c.topic == topic)
        .values(
            body=msgspec.json.encode(Report("", said)),
            manner=_plain(Manner(settled=True)),
            topic="",
            due_at=at,
        )
    )
    return done.rowcount


async def revise(
    connection: AsyncConnection, row: NoticeRecord, report: Report, topic: str, at: datetime
) -> None:
    """Let a notice say something else from now on: what was sent is edited, without a sound."""
    body = msgspec.json.encode(report)
    if (row.body, row.topic) == (body, topic):
        return
    manner = msgspec.structs.replace(row.manner, settled=False, revised=True)
    # What nobody has sent yet keeps its time: it may be put off.
    again = {"due_at": at} if row.message or row.tries or row.batch else {}
    values = {"body": body, "topic": topic, "manner": _plain(manner)} | again
    await connection.execute(update(notices).where(notices.c.id == row.id).values(values))


async def settle_one(
    connection: AsyncConnection, row: NoticeRecord, said: str, at: datetime
) -> bool:
    """Settle one notice that was sent; False where that was done before."""
    done = await connection.execute(
        update(notices)
        .where(notices.c.id == row.id, notices.c.topic == row.topic)
        .values(
            body=msgspec.json.encode(Report("", said)),
            manner=_plain(Manner(settled=True)),
            topic="",
            due_at=at,
        )
    )
    return done.rowcount == 1


async def repeat(
    connection: AsyncConnection, row: NoticeRecord, at: datetime, now: datetime
) -> None:
    """Have somebody told something once more, at another time."""
    key = f"{row.key[:LONGEST_KEY]}~{at:%Y%m%d%H%M%S}"
    manner = msgspec.structs.replace(row.manner, made_at=now)
    await add(connection, key, row.to, report_from(row.body), at, topic=row.topic, manner=manner)


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


async def hold(connection: AsyncConnection, row: NoticeRecord, until: datetime) -> None:
    """Let a notice wait for the time of who is told, unless somebody has it by now."""
    await connection.execute(
        update(notices)
        .where(notices.c.id == row.id, notices.c.due_at == row.due_at)
        .values(due_at=until, error=HELD)
    )


async def release(connection: AsyncConnection, people: Collection[str], at: datetime) -> None:
    """Look again at what waits for the time of these people: it has changed."""
    await connection.execute(
        update(notices)
        .where(
            notices.c.person.in_(people),
            notices.c.due_at.is_not(None),
            notices.c.error.like(f"{HELD}%"),
        )
        .values(due_at=at)
    )


class Taken(Exception):
    """Another sender has one of the notices by now."""


async def gather(
    connection: AsyncConnection, leader: NoticeRecord, others: Sequence[NoticeRecord]
) -> None:
    """Have notices sent in one message, with their leader; raises Taken, in time to write none."""
    for row in (leader, *others):
        follows = {} if row is leader else {"due_at": None}
        taken = await connection.execute(
            update(notices)
            .where(notices.c.id == row.id, notices.c.due_at == row.due_at)
            .values(batch=leader.key, **follows)
        )
        if taken.rowcount != 1:
            raise Taken


async def postpone(
    connection: AsyncConnection, row: NoticeRecord, until: datetime, error: str
) -> None:
    """Try a row again later, and remember why."""
    said = f"{HELD}; {error}" if row.is_held else error
    await connection.execute(
        update(notices).where(notices.c.id == row.id).values(due_at=until, error=said)
    )


async def sent(
    connection: AsyncConnection, row: NoticeRecord, channel: str, message: str, at: datetime
) -> None:
    """Remember where a notice is shown, with all that is in the same message."""
    if not row.topic and not row.batch:
        await drop(connection, row)
        return
    place = {"channel": channel, "message": message, "sent_at": at}
    if row.batch:
        same = and_(notices.c.person == row.person, notices.c.batch == row.batch)
        await connection.execute(update(notices).where(same).values(place))
    await connection.execute(
        update(notices).where(notices.c.id == row.id).values(place | {"due_at": None, "tries": 0})
    )


async def drop(connection: AsyncConnection, row: NoticeRecord) -> None:
    """Forget a row, and what would be sent with it: the person was told, or cannot be."""
    own = notices.c.id == row.id
    same = and_(notices.c.person == row.person, notices.c.batch == row.key)
    await connection.execute(delete(notices).where(or_(own, same) if row.leads else own))


async def forget(connection: AsyncConnection, before: datetime) -> None:
    """Forget what was sent before this, and says what it says."""
    await connection.execute(
        delete(notices).where(notices.c.sent_at < before, notices.c.due_at.is_(None))
    )


def _plain(manner: Manner) -> Any:  # noqa: ANN401 - any JSON
    return msgspec.to_builtins(manner)


async def _records(connection: AsyncConnection, query: Any) -> list[NoticeRecord]:  # noqa: ANN401 - SQLAlchemy types a query by its columns
    rows = [dict(row._mapping) for row in await connection.execute(query)]  # noqa: SLF001 - SQLAlchemy's public name
    return [
        NoticeRecord(**row | {"manner": msgspec.convert(row["manner"], Manner)}) for row in rows
    ]
