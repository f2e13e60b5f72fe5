"""Runs: accepting, leasing, ending and listing them."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import bindparam, case, func, literal, literal_column, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningInsert

from flows.report import Report
from storage.database import Statement, Write
from storage.fence import Lease
from storage.insert import insert
from storage.records import ACTIVE, RunRecord, Wake, is_read, report_from
from storage.tables import reports, results, runs, steps

SWEPT_AT_ONCE = 500

COLUMNS = [runs.c[name] for name in RunRecord.__struct_fields__]


async def add(connection: AsyncConnection, *given: RunRecord) -> set[str]:
    """Accept runs; return the ids of the new ones (a repeated delivery is the same run)."""
    rows = [
        msgspec.structs.asdict(run) | {"asker": run.asker, "woken_at": run.created_at}
        # In a fixed order, so that two transactions never wait for each other.
        for run in sorted(given, key=lambda each: each.id)
    ]
    added = await connection.execute(_adding(connection.dialect.name), rows)
    return {row.id for row in added}


@cache
def _adding(dialect: str) -> ReturningInsert[tuple[str]]:
    # Written as they are, so that no row carries them along.
    nobody: dict[str, Any] = {
        "lease_owner": literal_column("''"),
        "lease_epoch": literal_column("0"),
    }
    adding = insert(dialect, runs).values(wakes=literal_column("1"), **nobody)
    adding = adding.on_conflict_do_nothing(index_elements=["id"])
    return adding.returning(runs.c.id)


async def get(connection: AsyncConnection, run_id: str) -> RunRecord | None:
    """Return one run."""
    row = (await connection.execute(_ONE, {"run_id": run_id})).first()
    return _record(row) if row else None


_ONE = select(*COLUMNS).where(runs.c.id == bindparam("run_id"))


async def page(
    connection: AsyncConnection,
    *,
    limit: int = 50,
    after: tuple[datetime, str] | None = None,
    state: str = "",
    flow: str = "",
    project: str = "",
    asker: str = "",
) -> list[RunRecord]:
    """Return runs, the newest first; `after` is the (created_at, id) of the last one seen."""
    query = select(*COLUMNS).order_by(runs.c.created_at.desc(), runs.c.id.desc()).limit(limit)
    if after:
        query = query.where(
            tuple_(runs.c.created_at, runs.c.id)
            < tuple_(
                bindparam("at", after[0], type_=runs.c.created_at.type), bindparam("id", after[1])
            )
        )
    given = {"state": state, "flow": flow, "project": project, "asker": asker}
    for name, wanted in given.items():
        if wanted:
            query = query.where(runs.c[name] == wanted)
    return [_record(row) for row in await connection.execute(query)]


async def is_coming(
    connection: AsyncConnection, flow: str, project: str, command: str, asker: str
) -> bool:
    """Say whether this was asked for before by the same, and has not begun to look at anything."""
    looked = select(steps.c.run_id).where(steps.c.run_id == runs.c.id).exists()
    query = select(runs.c.id).where(
        runs.c.state.in_(("queued", "waiting")),
        runs.c.flow == flow,
        runs.c.project == project,
        runs.c.command == command,
        runs.c.asker == asker,
        ~looked,
    )
    return (await connection.execute(query.limit(1))).first() is not None


async def active(connection: AsyncConnection) -> dict[str, int]:
    """Count the runs that have not ended, by state."""
    query = (
        select(runs.c.state, func.count()).where(runs.c.state.in_(ACTIVE)).group_by(runs.c.state)
    )
    counted = {row.state: row[1] for row in await connection.execute(query)}
    return {state: counted.get(state, 0) for state in ACTIVE}


class Leased(NamedTuple):
    """A run that somebody took, the right to write to it, and the number of its last wake-up."""

    run: RunRecord
    lease: Lease
    wakes: int


async def lease(
    connection: AsyncConnection, ids: Collection[str], owner: str, now: datetime, until: datetime
) -> dict[str, Leased]:
    """Take those of the runs that are there to be played and that nobody holds, by their ids."""
    values = {"ids": [*ids], "owner": owner, "now": now, "until": until}
    taken = {}
    for *columns, epoch, wakes in await connection.execute(_LEASE, values):
        run = RunRecord(**dict(zip(RunRecord.__struct_fields__, columns, strict=True)))
        taken[run.id] = Leased(run, Lease(run.id, epoch), wakes)
    return taken


_now = bindparam("now", type_=runs.c.started_at.type)
_LEASE = (
    update(runs)
    .where(
        runs.c.id.in_(bindparam("ids", expanding=True)),
        # One that waits is queued by whatever wakes it: a wake-up that comes twice is for nothing.
        runs.c.state.in_(("queued", "running")),
        or_(runs.c.lease_until.is_(None), runs.c.lease_until < _now),
    )
    .values(
        state="running",
        line="",
        attempts=runs.c.attempts + 1,
        lease_owner=bindparam("owner"),
        lease_epoch=runs.c.lease_epoch + 1,
        lease_until=bindparam("until", type_=runs.c.lease_until.type),
        started_at=func.coalesce(runs.c.started_at, _now),
        # Whoever finds it running finds it without the worker that played it.
        recoveries=runs.c.recoveries + case((runs.c.state == "running", 1), else_=0),
        turn=case((runs.c.state == "running", runs.c.turn), else_=""),
    )
    .returning(*COLUMNS, runs.c.lease_epoch, runs.c.wakes)
)


async def got_further(connection: AsyncConnection, run_id: str, progress: int) -> None:
    """Count the losses of a run from here on again: it has finished something since the last."""
    await connection.execute(
        update(runs).where(runs.c.id == run_id).values(recoveries=1, progress=progress)
    )


async def rest(connection: AsyncConnection, lease: Lease, wakes: int, line: str) -> str | None:
    """Let a run wait for a person, and return its state by then; None where the lease is lost.

    One that was woken, or told to stop, while it was being played is queued instead.
    """
    is_quiet = (runs.c.wakes == wakes) & (runs.c.stop_by == "")
    rested = await connection.execute(
        update(runs)
        .where(
            runs.c.id == lease.run_id,
            runs.c.lease_epoch == lease.epoch,
            runs.c.state.in_(ACTIVE),
        )
        .values(
            state=case((is_quiet, "waiting"), else_="queued"), line=line, lease_until=None, turn=""
        )
        .returning(runs.c.state)
    )
    row = rested.one_or_none()
    return str(row.state) if row else None


_RENEW = (
    update(runs)
    .where(runs.c.id == bindparam("run_id"), runs.c.state == "running")
    .values(lease_until=bindparam("until", type_=runs.c.lease_until.type))
)


def renewal(run_id: str, until: datetime) -> Statement:
    """Hold on to a run that is still being played; conditional on its lease, as every write."""
    return _RENEW, {"run_id": run_id, "until": until}


async def lost(
    connection: AsyncConnection,
    now: datetime,
    woken_before: datetime,
    waits: Mapping[str, timedelta] = MappingProxyType({}),
) -> list[str]:
    """Return runs whose holder is gone, and queued ones that nobody came for.

    Each is returned once, and again only when it was woken too long ago. `waits` says for how long
    the first of each queue has waited: whoever came later is in line behind it, and not lost.
    """
    moment = runs.c.woken_at.type
    behind = {queue: literal(woken_before - wait, moment) for queue, wait in waits.items() if wait}
    in_turn = literal(woken_before, moment)
    in_vain = runs.c.woken_at < (
        case(behind, value=runs.c.queue, else_=in_turn) if behind else in_turn
    )
    query = (
        select(runs.c.id)
        .where(
            or_(
                (runs.c.state == "running")
                & (runs.c.lease_until < now)
                & (in_vain | (runs.c.woken_at < runs.c.lease_until)),
                (runs.c.state == "queued")
                & (runs.c.turn == "")  # whose turn it is not is called by those before it
                & in_vain
                & or_(runs.c.lease_until.is_(None), runs.c.lease_until < now),
            )
        )
        .order_by(runs.c.id)
        .limit(SWEPT_AT_ONCE)
    )
    return list((await connection.execute(query)).scalars())


async def drop_leases(connection: AsyncConnection, now: datetime) -> None:
    """Let go of every run: only for a start at which no other process can hold one."""
    await connection.execute(
        update(runs)
        .where(runs.c.lease_until > now, runs.c.state == "running")
        .values(lease_until=now)
    )


async def wake(connection: AsyncConnection, run_id: str, at: datetime) -> Wake:
    """Return the next wake-up of a run, for its queue; it is due `at`.

    A run that waited is queued from now on: should the wake-up get lost, it is swept up.
    """
    woken = await connection.execute(
        update(runs)
        .where(runs.c.id == run_id)
        .values(
            wakes=runs.c.wakes + 1,
            woken_at=at,
            state=case((runs.c.state == "waiting", "queued"), else_=runs.c.state),
        )
        .returning(runs.c.id, runs.c.wakes, runs.c.queue)
    )
    return Wake(*woken.one())


async def hold(connection: AsyncConnection, run_id: str) -> None:
    """Keep a run as it is until the caller's transaction ends."""
    await connection.execute(
        select(runs.c.id).where(runs.c.id == run_id).with_for_update(key_share=True)
    )


async def last_wake(connection: AsyncConnection, run_id: str) -> Wake | None:
    """Return the last wake-up of a run; None where it is gone."""
    query = select(runs.c.id, runs.c.wakes, runs.c.queue).where(runs.c.id == run_id)
    row = (await connection.execute(query)).first()
    return Wake(*row) if row else None


async def mark(connection: AsyncConnection, run_id: str, code: str) -> None:
    """Note which page a run is played by."""
    await connection.execute(update(runs).where(runs.c.id == run_id).values(code=code))


async def say(connection: AsyncConnection, lines: Mapping[str, str]) -> dict[str, bool]:
    """Say of runs that wait, by id, how things stand; the others say something else by now.

    Returns those of which something else was said before, each with whether it has a thread.
    """
    changed = {}
    for run_id in sorted(lines):
        said = await connection.execute(
            update(runs)
            .where(runs.c.id == run_id, runs.c.state == "waiting", runs.c.line != lines[run_id])
            .values(line=lines[run_id])
            .returning(runs.c.origin)
        )
        if row := said.one_or_none():
            changed[run_id] = is_read(row.origin)
    return changed


async def call_back(connection: AsyncConnection, run_id: str, at: datetime) -> Wake:
    """Wake a run that has been put off until later."""
    await connection.execute(
        update(runs).where(runs.c.id == run_id, runs.c.state == "queued").values(lease_until=None)
    )
    return await wake(connection, run_id, at)


# An end is final: a worker that was paused and comes back must not reopen the run.
_SETTLE = (
    update(runs)
    .where(runs.c.id == bindparam("run_id"), runs.c.finished_at.is_(None))
    .values(
        state=bindparam("new_state"),
        line=bindparam("new_line"),
        lease_until=bindparam("held", type_=runs.c.lease_until.type),
        finished_at=bindparam("ended", type_=runs.c.finished_at.type),
        turn="",
    )
)


def settle(
    run_id: str, state: str, line: str, finished: datetime | None, until: datetime | None = None
) -> Statement:
    """Say how an attempt left the run; `until` keeps others off it (a delay that was asked for)."""
    values = {"run_id": run_id, "new_state": state, "new_line": line, "held": until}
    return _SETTLE, values | {"ended": finished}


_KEEP_REPORT = reports.insert()
_KEEP_RESULT = results.insert()


def keep(run: RunRecord, report: Report, at: datetime) -> list[Write]:
    """Store a report, and its numbers for the next run's baseline."""
    kept: list[Write] = [(_KEEP_REPORT, {"run_id": run.id, "body": msgspec.json.encode(report)})]
    if report.data:
        data = {"flow": run.flow, "project": run.project, "data": msgspec.json.encode(report.data)}
        kept.append((_KEEP_RESULT, {"run_id": run.id, "at": at} | data))
    return kept


async def report(connection: AsyncConnection, run_id: str) -> Report | None:
    """Return the report of a run, once it has one."""
    query = select(reports.c.body).where(reports.c.run_id == run_id)
    body = (await connection.execute(query)).scalar_one_or_none()
    return report_from(body) if body else None


async def baseline(
    connection: AsyncConnection, flow: str, project: str, before: datetime
) -> tuple[datetime, dict[str, Any]] | None:
    """Return when the last result before this instant was made, and its numbers."""
    query = (
        select(results.c.at, results.c.data)
        .where(results.c.flow == flow, results.c.project == project, results.c.at < before)
        .order_by(results.c.at.desc())
        .limit(1)
    )
    row = (await connection.execute(query)).first()
    return (row.at, msgspec.json.decode(row.data)) if row else None


def _record(row: Any) -> RunRecord:  # noqa: ANN401 - SQLAlchemy types rows by position
    return RunRecord(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
