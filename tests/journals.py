"""Opens the journal of a run as a worker does."""

from collections.abc import Callable
from datetime import datetime

from storage.database import Database
from storage.journal import RunJournal, remembered


async def open_journal(
    database: Database,
    run_id: str,
    clock: Callable[[], datetime],
    *,
    has_thread: bool,
    told: Callable[[str], None],
) -> RunJournal:
    """Return the journal with everything that the run remembers."""
    async with database.read() as connection:
        known = await remembered(connection, run_id)
    return RunJournal(database, run_id, known, clock, has_thread=has_thread, told=told)
