"""The audit from the command line: whether its chain holds, and its rows as JSON Lines."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import msgspec
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.services import DATABASE_REMEDY, Unready, connected
from bot.settings import Settings
from storage import audit


async def verify(settings: Settings) -> int:
    """Say whether every row is as it was written; exit code 1 at the first that is not."""
    async with _reading(settings) as connection:
        verdict = await audit.verify(connection)
    if verdict.fault:
        sys.stdout.write(f"{verdict.fault} The rows before it are as written: {verdict.last:,}.\n")
        return 1
    sys.stdout.write(f"The audit is whole: {verdict.last:,} rows, the last is {verdict.hash}.\n")
    return 0


async def export(settings: Settings, since: datetime | None, run_id: str) -> int:
    """Print rows as JSON Lines, in order: all, or those since an instant or of one run."""
    async with _reading(settings) as connection:
        async for record in audit.every(connection, since=since, run_id=run_id):
            sys.stdout.write(f"{msgspec.json.encode(record).decode()}\n")
    return 0


@asynccontextmanager
async def _reading(settings: Settings) -> AsyncIterator[AsyncConnection]:
    database = connected(settings)
    try:
        async with database.read() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise Unready(f"The database cannot be used: {error}. {DATABASE_REMEDY}") from error
    finally:
        await database.aclose()
