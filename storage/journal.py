"""The journal of one run in the database, and what the run page reads of it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import TypeAlias

import msgspec
from sqlalchemy import LargeBinary, bindparam, case, cast, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import Insert

from flows.engine.errors import Cancelled, Later
from flows.engine.journal import CHANGES, UNDO, Answer, Entry, EntryState, Kind, Question
from flows.report import Report
from integrations.meter import Meter
from storage import audit, outbox, questions, runs, waits
from storage.database import Database, Write, is_away
from storage.fence import HELD_FOR, Lease
from storage.insert import insert
from storage.records import StepRecord, ToldRecord, used_from, used_json
from storage.tables import steps

Known: TypeAlias = tuple[Sequence[Entry], Mapping[str, Answer]]
"""What a run remembers: its entries, and what people said by the question's key."""

NOTHING: Known = ((), {})

A_WHILE = timedelta(seconds=2)  # until a database that did not answer is asked again

_AUDITED: Mapping[tuple[Kind, EntryState], str] = {
    ("effect", "done"): "did",
    ("effect", "failed"): "failed",
    ("undo", "done"): "undone",
    ("undo", "failed"): "failed",
}


class RunJournal:
    """Implements the engine's `Journal`: read once at the start, written entry by entry."""

    def __init__(
        self,
        database: Database,
        lease: Lease,
        known: Known,
        clock: Callable[[], datetime],
        *,
        has_thread: bool,
        told: Callable[[str], None],
        sign: audit.Sign,
    ) -> None:
        self._database = database
        self._sign = sign
        self._lease = lease
        self._run_id = lease.run_id
        entries, self._answers = known
        self._entries = {entry.title: entry for entry in entries}
        self._clock = clock
        self._has_thread = has_thread
        self._told = told

    def now(self) -> datetime:
        """Return the time."""
        return self._clock()

    @property
    def entries(self) -> Collection[Entry]:
        """Everything that has ended so far."""
        return self._entries.values()

    def entry(self, title: str) -> Entry | None:
        """Return what is recorded under this title."""
        return self._entries.get(title)

    def answer(self, key: str) -> Answer | None:
        """Return what a person said to this question."""
        return self._answers.get(key)

    async def write(self, entry: Entry, used: Meter | None = None) -> None:
        """Record an entry, and that the card has something new to show.

        The intent to change something holds on to the run in the same breath: whoever may write
        it may also carry it out.
        """
        now = self._clock()
        if entry.state != "running":
            self._entries[entry.title] = entry
        writes = self._writes(entry, now, used)
        if entry.kind == "wait" and entry.state in ("done", "failed"):
            writes.append(waits.ending(self._run_id))
        await self._write(writes, begins=entry.state == "running")

    async def ask(self, question: Question) -> None:
        """Store a question; the thread gets its details, once, and the card its buttons."""
        now = self._clock()
        async with self._database.read() as connection:
            is_told = await questions.is_asked(connection, self._run_id, question.key)
        writes: list[Write] = [
            questions.asking(self._database.dialect, self._run_id, question, now)
        ]
        if self._has_thread:
            writes.append(outbox.card(self._database.dialect, self._run_id, now))
            if question.show and not is_told:
                writes.append(outbox.plan(self._database.dialect, self._run_id, question.key, now))
        await self._write(writes, begins=True)

    async def wait(self, entry: Entry, topics: tuple[str, ...], due: datetime | None) -> None:
        """Record a wait, and what wakes it: nothing that happens from now on is missed."""
        writes = self._writes(entry, self._clock(), None)
        writes += waits.listening(self._run_id, topics, due)
        await self._write(writes, begins=True)

    def _writes(self, entry: Entry, now: datetime, used: Meter | None) -> list[Write]:
        row = {
            "run_id": self._run_id,
            "title": entry.title,
            "kind": entry.kind,
            "position": entry.position,
            "state": entry.state,
            "attempt": entry.attempt,
            "output": entry.output,
            "error": entry.error,
            "started_at": now - timedelta(seconds=entry.seconds),
            "finished_at": None if entry.state == "running" else now,
            "calls": sum(used.calls.values()) if used else 0,
            "bytes": sum(used.bytes.values()) if used else 0,
            "used": used_json(used.used) if used else b"",
        }
        writes: list[Write] = [(_upsert(self._database.dialect), row)]
        if self._has_thread:
            writes.append(outbox.card(self._database.dialect, self._run_id, now))
        if entry.kind == "tell" and self._has_thread:
            writes.append(outbox.told(self._database.dialect, self._run_id, entry.title, now))
        if action := _AUDITED.get((entry.kind, entry.state)):
            effect = entry.title.removeprefix(UNDO)
            writes.append(
                audit.appending(
                    self._sign, now, action, self._run_id, effect=effect, detail=entry.error
                )
            )
        if entry.state == "running" and entry.kind in CHANGES:
            writes.append(runs.renewal(self._run_id, now + HELD_FOR))
        return writes

    async def _write(self, writes: Sequence[Write], *, begins: bool) -> None:
        try:
            stop_by = await self._database.write(*writes, lease=self._lease, begins=begins)
        except (OSError, SQLAlchemyError) as error:
            if not is_away(error):
                raise
            # It may be there or not: whoever plays on reads what is there.
            raise Later(A_WHILE, "Trying again soon: the database did not answer.") from error
        self._told(self._run_id)
        if stop_by:
            raise Cancelled(stop_by)


async def remembered(connection: AsyncConnection, run_id: str) -> Known:
    """Read everything that a run remembers, in two queries."""
    rows = await connection.execute(_ENTRIES, {"run": run_id})
    entries = [Entry(**row._mapping) for row in rows]  # noqa: SLF001 - a public name
    return entries, await questions.answers(connection, run_id)


_ENTRIES = select(
    *(
        steps.c[name]
        for name in ("title", "kind", "position", "state", "attempt", "output", "error")
    )
).where(steps.c.run_id == bindparam("run"))


async def told(connection: AsyncConnection, run_id: str) -> list[ToldRecord]:
    """Return what a run has said so far, in order."""
    rows = await connection.execute(_TOLD, {"run": run_id})
    return [
        ToldRecord(
            title=row.title,
            position=row.position,
            at=row.finished_at,
            report=_REPORT.decode(row.output),
        )
        for row in rows
    ]


_TOLD = (
    select(steps.c.title, steps.c.position, steps.c.finished_at, steps.c.output)
    .where(steps.c.run_id == bindparam("run"), steps.c.kind == "tell")
    .order_by(steps.c.position)
)
_REPORT = msgspec.json.Decoder(Report)


async def timeline(connection: AsyncConnection, run_id: str) -> list[StepRecord]:
    """Return the steps of a run in order; the effects of one plan by when they began."""
    wanted = [steps.c[name] for name in StepRecord.__struct_fields__]
    query = (
        select(*wanted)
        .where(steps.c.run_id == run_id)
        .order_by(steps.c.position, steps.c.started_at)
    )
    rows = await connection.execute(query)
    return [
        StepRecord(**{**row._mapping, "used": used_from(row.used)})  # noqa: SLF001 - a public name
        for row in rows
    ]


@cache
def _upsert(dialect: str) -> Insert:
    statement = insert(dialect, steps)
    new = statement.excluded
    begun = new.state == "running"
    # A late "running" (announced while the attempt was ending) must not hide how it ended.
    again = (steps.c.state == "retrying") & (new.attempt > steps.c.attempt)
    return statement.on_conflict_do_update(
        index_elements=["run_id", "title"],
        set_={
            "state": case((begun & ~again, steps.c.state), else_=new.state),
            "attempt": new.attempt,
            # What was put off before it was tried has not begun yet.
            "started_at": case((steps.c.attempt == 0, new.started_at), else_=steps.c.started_at),
            "output": case((begun, steps.c.output), else_=new.output),
            "error": case((begun, steps.c.error), else_=new.error),
            "finished_at": case((begun, steps.c.finished_at), else_=new.finished_at),
            "calls": steps.c.calls + new.calls,
            "bytes": steps.c.bytes + new.bytes,
            "used": cast(steps.c.used.op("||")(new.used), LargeBinary),
        },
    )
