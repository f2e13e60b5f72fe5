"""Ends locks in time, and lets nobody wait for one that nobody holds."""

import logging
from collections.abc import Callable
from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import handover
from bot.chat import Actor
from bot.worker import Signals
from flows.report import Code, Report, text
from storage import audit, locks, runs
from storage.database import Database
from storage.records import LockRecord

log = logging.getLogger(__name__)

EXPIRY = Actor("flowbot", "expiry", "the expiry of its lock")


class Expiry:
    """Any number of them may work on one database."""

    def __init__(self, database: Database, queue: Signals, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._queue = queue
        self._clock = clock

    async def look(self) -> None:
        """End what is overdue, and pass on what was forgotten when its run ended."""
        async with self._database.read() as connection:
            overdue = await locks.overdue(connection, self._clock())
            forgotten = await locks.forgotten(connection)
        for name in sorted({*overdue, *forgotten}):
            await self._put_right(name)

    async def _put_right(self, name: str) -> None:
        now, ended = self._clock(), None
        calls: handover.Calls = {}
        async with self._database.begin() as connection:
            await locks.alone(connection, [name])
            line = await locks.line(connection, name)
            if line and _is_overdue(line, now) and await _is_news(connection, line[0]):
                ended = line[0]
                calls = await _end(connection, line, now)
            calls |= await handover.release(connection, name, now)
            if ended:
                await audit.append(
                    connection,
                    at=now,
                    actor=msgspec.to_builtins(EXPIRY),
                    door=EXPIRY.platform,
                    action="expired",
                    run_id=ended.run_id,
                    detail=name,
                )
        await handover.call(self._queue, calls)


async def _is_news(connection: AsyncConnection, held: LockRecord) -> bool:
    """Say whether the holder has not been told to stop before."""
    run = await runs.get(connection, held.run_id) if held.run_id else None
    return run is None or not run.stop_by


async def _end(
    connection: AsyncConnection, line: list[LockRecord], now: datetime
) -> handover.Calls:
    """End what the holder has, and tell them."""
    held = line[0]
    calls: handover.Calls = {}
    if held.run_id:
        _, calls = await handover.stop_holder(connection, held, EXPIRY.name, now)
        report = _stopped(held, line[1])
    else:
        await locks.drop(connection, held)
        report = _over(held)
    await handover.tell(connection, "expired", held.name, held.by, now, report)
    return calls


def _is_overdue(line: list[LockRecord], now: datetime) -> bool:
    held = line[0]
    if held.held_at is None or held.until is None or held.until > now:
        return False
    return len(line) > 1 or not held.run_id


def _over(held: LockRecord) -> Report:
    again = (text("If you still need it: ", Code(f"/flow lock {held.name} WHY")),)
    return Report("", f"Your lock on {held.name} has ended: its time was over.", "warn", again)


def _stopped(held: LockRecord, following: LockRecord) -> Report:
    why = f"it held {held.name} for longer than it may, and {following.by['name']} waits for that"
    again = (text("To go on from where it stopped: ", Code(f"/flow retry {held.run_id}")),)
    return Report("", f"Your run {held.reason} is stopped: {why}.", "warn", again)
