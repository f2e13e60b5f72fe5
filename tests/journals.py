"""Opens the journal of a run as a worker does."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select

from flows.engine.journal import Entry
from storage.audit import Sign
from storage.database import Database
from storage.fence import Lease
from storage.journal import RunJournal, remembered
from storage.tables import runs

SIGN = Sign({"platform": "slack", "id": "U1", "name": "ada"}, "slash")


async def open_journal(
    database: Database,
    run_id: str,
    clock: Callable[[], datetime],
    *,
    has_thread: bool,
    told: Callable[[str], None],
) -> RunJournal:
    """Return the journal of its last attempt, with everything that the run remembers."""
    async with database.read() as connection:
        known = await remembered(connection, run_id)
        query = select(runs.c.lease_epoch).where(runs.c.id == run_id)
        lease = Lease(run_id, (await connection.execute(query)).scalar_one())
    return RunJournal(database, lease, known, clock, has_thread=has_thread, told=told, sign=SIGN)


async def noted(database: Database, run_id: str, entry: Entry, at: datetime) -> None:
    """Write one entry that ended at this moment into the journal of a run."""
    journal = await open_journal(
        database, run_id, lambda: at, has_thread=False, told=lambda _: None
    )
    await journal.write(entry)
