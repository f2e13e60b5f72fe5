"""What every command does first: read the settings, set up the log, start the loop."""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable

from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from bot.embedded import EmbeddedFailed, EmbeddedInUse
from bot.logs import set_up_logs
from bot.services import DATABASE_REMEDY, Unready, connected
from bot.settings import Settings, load
from integrations.errors import OutsideError
from storage.migrate import migrate as bring_up_to_date
from storage.migrate import revisions


def running_loop(work: Callable[[Settings], Awaitable[int | None]]) -> int:
    """Run `work` with the settings; what a person can mend is one line, and exit code 2."""
    try:
        settings = load()
    except ValidationError as error:
        for each in error.errors(include_url=False, include_input=False):
            sys.stderr.write(f"FLOWBOT_{str(each['loc'][0]).upper()}: {each['msg']}\n")
        return 2
    set_up_logs(settings)
    return said(lambda: run(work(settings)))


def said(work: Callable[[], int | None]) -> int:
    """Return the exit code of `work`; say in one line what a person can mend."""
    try:
        return work() or 0
    except (Unready, EmbeddedInUse, EmbeddedFailed, OutsideError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2


def run(work: Awaitable[int | None]) -> int | None:
    """Run a coroutine on uvloop."""
    import uvloop

    async def main() -> int | None:
        return await work

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main())


async def migrate(settings: Settings) -> int:
    """Bring the database to the newest shape and say what was done."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    if not settings.database_url.get_secret_value():
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = connected(settings)
    try:
        before, newest = await revisions(database)
        await bring_up_to_date(database)
    except (OSError, SQLAlchemyError) as error:
        raise Unready(f"The database cannot be used: {error}. {DATABASE_REMEDY}") from error
    finally:
        await database.aclose()
    done = "is up to date" if before == newest else f"went from {before or 'empty'} to {newest}"
    sys.stdout.write(f"The database {done}.\n")
    return 0
