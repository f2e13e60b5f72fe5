"""Questions to people: asked once, answered once."""

from datetime import datetime
from functools import cache

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import Insert

from flows.engine.journal import Answer, Question
from storage.database import Write
from storage.insert import insert
from storage.records import QuestionRecord, question_from, question_json
from storage.tables import questions


def asking(dialect: str, run_id: str, question: Question, at: datetime) -> Write:
    """Store a question; one that was asked already stays as it is."""
    return _ask(dialect), {
        "run_id": run_id,
        "key": question.key,
        "body": question_json(question),
        "asked_at": at,
    }


async def get(connection: AsyncConnection, question_id: int) -> QuestionRecord | None:
    """Return one question."""
    row = (await connection.execute(select(questions).where(questions.c.id == question_id))).first()
    return _record(row._mapping) if row else None  # noqa: SLF001 - SQLAlchemy's public name


async def of_run(connection: AsyncConnection, run_id: str) -> list[QuestionRecord]:
    """Return what a run asked, in order."""
    query = select(questions).where(questions.c.run_id == run_id).order_by(questions.c.id)
    return [_record(row._mapping) for row in await connection.execute(query)]  # noqa: SLF001 - as above


async def answers(connection: AsyncConnection, run_id: str) -> dict[str, Answer]:
    """Return what people said so far, by the question's key."""
    return {
        each.question.key: Answer(each.answer, (each.answered_by or {})["name"], each.answered_at)
        for each in await of_run(connection, run_id)
        if each.answer is not None and each.answered_at is not None
    }


async def settle(
    connection: AsyncConnection, question_id: int, choice: str, by: dict[str, str], at: datetime
) -> bool:
    """Record the answer; False where somebody was faster."""
    claimed = await connection.execute(
        update(questions)
        .where(questions.c.id == question_id, questions.c.answer.is_(None))
        .values(answer=choice, answered_by=by, answered_at=at)
    )
    return claimed.rowcount == 1


@cache
def _ask(dialect: str) -> Insert:
    return insert(dialect, questions).on_conflict_do_nothing(index_elements=["run_id", "key"])


def _record(row: object) -> QuestionRecord:
    values = dict(row)  # type: ignore[call-overload] # a RowMapping
    del values["key"]
    return QuestionRecord(question=question_from(values.pop("body")), **values)
