"""What people do to runs that are there already: stop them, play them again, find them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case, delete, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.engine.journal import UNDO
from storage import journal, questions, waits
from storage.records import ACTIVE, QuestionRecord, RunRecord, Wake
from storage.runs import COLUMNS
from storage.tables import messages, reports, results, runs, steps
from storage.tables import questions as asked

AGAIN = ("failed", "stopped", "cancelled")


async def cancel(
    connection: AsyncConnection, run_id: str, by: str, line: str, at: datetime
) -> str | None:
    """End a run that nobody plays, with this line; one that is played is told to stop.

    Returns the state by then, None where the run has ended before.
    """
    played = runs.c.state == "running"
    moment = literal(at, runs.c.finished_at.type)
    query = (
        update(runs)
        .where(runs.c.id == run_id, runs.c.state.in_(ACTIVE))
        .values(
            stop_by=by,
            state=case((played, runs.c.state), else_="cancelled"),
            line=case((played, runs.c.line), else_=line),
            finished_at=case((played, runs.c.finished_at), else_=moment),
            lease_until=case((played, runs.c.lease_until), else_=None),
            turn=case((played, runs.c.turn), else_=""),
        )
        .returning(runs.c.state)
    )
    row = (await connection.execute(query)).one_or_none()
    if row and row.state == "cancelled":
        await connection.execute(*waits.ending(run_id))
    return str(row.state) if row else None


async def started_by(connection: AsyncConnection, run_id: str) -> list[RunRecord]:
    """Return the runs that this one has started and that have not ended; theirs come first."""
    query = (
        select(*COLUMNS)
        .where(runs.c.parent == run_id, runs.c.parent != "", runs.c.state.in_(ACTIVE))
        .order_by(runs.c.id)
    )
    found = []
    for row in (await connection.execute(query)).all():
        found += await started_by(connection, row.id)
        found.append(RunRecord(**row._mapping))  # noqa: SLF001 - SQLAlchemy's public name
    return found


async def reopen(connection: AsyncConnection, run_id: str, at: datetime) -> Wake | None:
    """Let a run that has ended without success be played on; return its wake-up.

    None where there is nothing to play on. What worked stays in its journal; what failed, was
    declined or was taken back is forgotten, so that it happens, and is asked, again. Who asks for
    it wants the flow as it is by now.
    """
    query = (
        update(runs)
        .where(runs.c.id == run_id, runs.c.state.in_(AGAIN))
        .values(
            state="queued",
            line="",
            finished_at=None,
            lease_until=None,
            stop_by="",
            recoveries=0,
            code="",
            wakes=runs.c.wakes + 1,
            woken_at=at,
        )
        .returning(runs.c.id, runs.c.wakes, runs.c.queue)
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    for table in (reports, results):
        await connection.execute(delete(table).where(table.c.run_id == run_id))
    taken_back = await _forget_entries(connection, run_id)
    await _forget_answers(connection, run_id, taken_back)
    return Wake(*row)


async def held(connection: AsyncConnection, run_id: str) -> RunRecord | None:
    """Return a run that nobody else changes before the caller's transaction ends."""
    query = select(*COLUMNS).where(runs.c.id == run_id).with_for_update()
    row = (await connection.execute(query)).first()
    return RunRecord(**row._mapping) if row else None  # noqa: SLF001 - SQLAlchemy's public name


async def undoing(connection: AsyncConnection, run_id: str) -> RunRecord | None:
    """Return the run that takes this one back, or has; None where none does."""
    query = (
        select(*COLUMNS)
        # Without the second condition SQLite does not see that the small index will do.
        .where(runs.c.undoes == run_id, runs.c.undoes != "", runs.c.state.in_((*ACTIVE, "done")))
        .order_by(runs.c.created_at.desc())
        .limit(1)
    )
    row = (await connection.execute(query)).first()
    return RunRecord(**row._mapping) if row else None  # noqa: SLF001 - SQLAlchemy's public name


async def in_thread(
    connection: AsyncConnection, platform: str, channel: str, thread: str
) -> RunRecord | None:
    """Return the newest run whose card heads this thread, or is in it, and which people started."""
    query = (
        select(*COLUMNS)
        .join(messages, messages.c.run_id == runs.c.id)
        .where(
            messages.c.platform == platform,
            messages.c.channel == channel,
            or_(messages.c.thread == thread, messages.c.message == thread),
        )
        # A run that another has started is in that one's thread.
        .order_by(runs.c.parent != "", runs.c.created_at.desc(), runs.c.id.desc())
        .limit(1)
    )
    row = (await connection.execute(query)).first()
    return RunRecord(**row._mapping) if row else None  # noqa: SLF001 - as above


async def dead(connection: AsyncConnection, losses: int, limit: int = 50) -> Sequence[RunRecord]:
    """Return the runs that were set aside after more losses than these, the newest first."""
    query = (
        select(*COLUMNS)
        .where(runs.c.recoveries > losses, runs.c.recoveries > 0, runs.c.state == "failed")
        .order_by(runs.c.created_at.desc(), runs.c.id.desc())
        .limit(limit)
    )
    rows = await connection.execute(query)
    return [RunRecord(**row._mapping) for row in rows]  # noqa: SLF001 - as above


async def _forget_entries(connection: AsyncConnection, run_id: str) -> set[str]:
    """Forget what failed, what was still waited for and what was taken back; return the last."""
    entries, _ = await journal.remembered(connection, run_id)
    undos = [each for each in entries if each.kind == "undo"]
    taken_back = {each.title.removeprefix(UNDO) for each in undos if each.state == "done"}
    failed = {each.title for each in entries if each.state in ("failed", "retrying")}
    waited = {each.title for each in entries if each.kind == "wait" and each.state != "done"}
    gone = failed | waited | taken_back | {each.title for each in undos}
    await connection.execute(delete(steps).where(steps.c.run_id == run_id, steps.c.title.in_(gone)))
    return taken_back


async def _forget_answers(connection: AsyncConnection, run_id: str, taken_back: set[str]) -> None:
    """Forget the plans that were declined or taken back, and the forms that nobody filled in.

    A yes was for that one time.
    """
    gone = [
        each.id
        for each in await questions.of_run(connection, run_id)
        if each.answer is not None and _is_in_vain(each, each.answer, taken_back)
    ]
    await connection.execute(delete(asked).where(asked.c.id.in_(gone)))


def _is_in_vain(of: QuestionRecord, answer: str, taken_back: set[str]) -> bool:
    if of.question.form:
        return not answer
    plan = of.question.plan
    is_yes = answer == of.question.choices[0]
    return bool(plan) and (not is_yes or any(each.title in taken_back for each in plan))
