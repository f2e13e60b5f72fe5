"""Questions to people: asked once, and settled once by as many of them as it takes."""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import Insert

from flows.engine.journal import Answer, Question
from flows.engine.policy import names
from storage.database import Write
from storage.insert import insert
from storage.records import (
    ACTIVE,
    AnswerRecord,
    QuestionRecord,
    RunRecord,
    question_from,
    question_json,
)
from storage.runs import COLUMNS
from storage.tables import answers as said
from storage.tables import questions, runs

NOBODY = {"platform": "flowbot", "id": "deadline", "name": "nobody in time"}


def asking(dialect: str, run_id: str, question: Question, at: datetime) -> Write:
    """Store a question; one that was asked already stays as it is."""
    return _ask(dialect), {
        "run_id": run_id,
        "key": question.key,
        "body": question_json(question),
        "asked_at": at,
        "deadline": at + question.within if question.within else None,
        "lifted_why": "",
    }


async def get(
    connection: AsyncConnection, question_id: int, *, lock: bool = False
) -> QuestionRecord | None:
    """Return one question; a locked one has no other answer before the transaction ends."""
    query = select(questions).where(questions.c.id == question_id)
    found = await _records(connection, query.with_for_update() if lock else query)
    return found[0] if found else None


async def is_asked(connection: AsyncConnection, run_id: str, key: str) -> bool:
    """Say whether a run has asked this question before."""
    query = select(questions.c.id).where(questions.c.run_id == run_id, questions.c.key == key)
    return (await connection.execute(query)).first() is not None


async def of_run(connection: AsyncConnection, run_id: str) -> list[QuestionRecord]:
    """Return what a run asked, in order."""
    query = select(questions).where(questions.c.run_id == run_id).order_by(questions.c.id)
    return await _records(connection, query)


async def answers(connection: AsyncConnection, run_id: str) -> dict[str, Answer]:
    """Return what was settled so far, by the question's key."""
    return {
        each.question.key: Answer(
            each.answer,
            names(each.decided_by),
            each.answered_at,
            lifted=each.lifted_by is not None,
        )
        for each in await of_run(connection, run_id)
        if each.answer is not None and each.answered_at is not None
    }


async def say(
    connection: AsyncConnection, question_id: int, choice: str, by: dict[str, str], at: datetime
) -> None:
    """Record what one person says; who says something else later has changed their mind."""
    row = {
        "question_id": question_id,
        "person": f"{by['platform']}:{by['id']}",
        "by": by,
        "choice": choice,
        "at": at,
    }
    await connection.execute(_say(connection.dialect.name), row)


async def settle(
    connection: AsyncConnection, question_id: int, choice: str, by: dict[str, str], at: datetime
) -> bool:
    """Make this the answer; False where there was one already."""
    claimed = await connection.execute(
        update(questions)
        .where(questions.c.id == question_id, questions.c.answer.is_(None))
        .values(answer=choice, answered_by=by, answered_at=at)
    )
    return claimed.rowcount == 1


async def lift(connection: AsyncConnection, question_id: int, by: dict[str, str], why: str) -> None:
    """Let a plan be applied in spite of a freeze, and remember who said so."""
    await connection.execute(
        update(questions).where(questions.c.id == question_id).values(lifted_by=by, lifted_why=why)
    )


async def overdue(connection: AsyncConnection, now: datetime, limit: int = 100) -> list[int]:
    """Return the ids of open questions whose deadline has passed, the longest ago first."""
    query = (
        select(questions.c.id)
        .where(questions.c.answer.is_(None), questions.c.deadline <= now)
        .order_by(questions.c.deadline)
        .limit(limit)
    )
    return list((await connection.execute(query)).scalars())


async def unanswered(
    connection: AsyncConnection, limit: int = 200
) -> list[tuple[RunRecord, QuestionRecord]]:
    """Return what runs that go on wait to be told by people, the longest ago first."""
    query = (
        select(questions)
        .join(runs, runs.c.id == questions.c.run_id)
        .where(runs.c.state.in_(ACTIVE), questions.c.answer.is_(None))
        .order_by(questions.c.asked_at, questions.c.id)
        .limit(limit)
    )
    asked = await _records(connection, query)
    wanted = select(*COLUMNS).where(runs.c.id.in_([each.run_id for each in asked]))
    found = {row.id: RunRecord(**row._mapping) for row in await connection.execute(wanted)}  # noqa: SLF001 - SQLAlchemy's public name
    return [(found[each.run_id], each) for each in asked]


async def _records(connection: AsyncConnection, query: Any) -> list[QuestionRecord]:  # noqa: ANN401 - SQLAlchemy types a query by its columns
    rows = [dict(row._mapping) for row in await connection.execute(query)]  # noqa: SLF001 - SQLAlchemy's public name
    given = await _said(connection, [row["id"] for row in rows])
    return [_record(row, given.get(row["id"], [])) for row in rows]


async def _said(
    connection: AsyncConnection, ids: Collection[int]
) -> Mapping[int, list[AnswerRecord]]:
    found: dict[int, list[AnswerRecord]] = {}
    if ids:
        query = select(said).where(said.c.question_id.in_(ids)).order_by(said.c.at, said.c.person)
        for row in await connection.execute(query):
            record = AnswerRecord(person=row.person, by=row.by, choice=row.choice, at=row.at)
            found.setdefault(row.question_id, []).append(record)
    return found


def _record(row: dict[str, Any], given: list[AnswerRecord]) -> QuestionRecord:
    del row["key"]
    return QuestionRecord(question=question_from(row.pop("body")), answers=tuple(given), **row)


@cache
def _ask(dialect: str) -> Insert:
    return insert(dialect, questions).on_conflict_do_nothing(index_elements=["run_id", "key"])


@cache
def _say(dialect: str) -> Insert:
    statement = insert(dialect, said)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["question_id", "person"], set_={"choice": new.choice, "at": new.at}
    )
