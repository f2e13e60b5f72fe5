"""Rows that tests put into the database, and the moments they happen at."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from flows.engine.journal import Change, Question
from flows.report import Report
from storage import runs
from storage.database import Database
from storage.records import RunRecord

NOW = datetime(2026, 3, 4, 15, 30, 0, 123456, tzinfo=UTC)
LATER = NOW + timedelta(seconds=15)
LONG_AGO = NOW - timedelta(days=1)
ADA = {"platform": "slack", "id": "U1", "name": "ada"}
BEN = {"platform": "slack", "id": "U2", "name": "ben"}

RUN = RunRecord(
    id="r1",
    flow="release-management",
    project="acme/api",
    command="release acme/api",
    params={"repo": "acme/api", "level": "minor"},
    dry_run=False,
    actor=ADA,
    origin={"door": "slash", "platform": "slack", "channel": "C1", "thread": "", "message": ""},
    state="queued",
    line="",
    attempts=0,
    created_at=NOW,
)
PLAN = Question(
    "c0ffee",
    "Apply this plan?",
    ("approve", "decline"),
    (Change("Tag v1.3.0", undoable=True), Change("Announce it", undoable=False)),
    Report("acme/api v1.3.0", "2 changes"),
)


def run_like(**given: Any) -> RunRecord:  # noqa: ANN401 - any column
    """Return the run of these tests with some columns changed."""
    return msgspec.structs.replace(RUN, **given)


async def accepted(database: Database, **given: Any) -> RunRecord:  # noqa: ANN401 - any column
    """Store a run and return it."""
    run = run_like(**given)
    async with database.begin() as connection:
        assert await runs.add(connection, run)
    return run


async def stored(database: Database, run_id: str = "r1") -> RunRecord:
    """Return a run as the database has it."""
    async with database.read() as connection:
        run = await runs.get(connection, run_id)
    assert run is not None
    return run
