"""Gives every scheduled command when its time has come: each time is one run, whoever is first."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat import Actor, Origin
from bot.dispatch import Accepted, Dispatch, Form, Say
from bot.replies import sentence
from flows.engine.phrase import parse
from flows.engine.schedule import BadSchedule
from storage import schedules
from storage.database import Database
from storage.records import ScheduleRecord

log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(seconds=5)
LATE = timedelta(minutes=1)


class _Taken(Exception):
    """Another process was faster."""


class Clockwork:
    """Any number of them may work on one database."""

    def __init__(
        self, database: Database, dispatch: Dispatch, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._dispatch = dispatch
        self._clock = clock

    async def run(self) -> None:
        """Give what is due for as long as the process lives."""
        while True:
            try:
                wait = await self.tick()
            except (OSError, SQLAlchemyError):
                log.warning("the schedules cannot be read; trying again", exc_info=True)
                wait = LOOK_EVERY
            await asyncio.sleep(wait.total_seconds())

    async def tick(self) -> timedelta:
        """Give what is due; return how long there is nothing to do."""
        now = self._clock()
        async with self._database.read() as connection:
            due = await schedules.due(connection, now)
        for each in due:
            try:
                await self._give(each, now)
            except BadSchedule as error:  # its zone may be gone from the time zone database
                await self._pause(each, str(error))
        async with self._database.read() as connection:
            soonest = await schedules.soonest(connection)
        # A schedule may be made by another process at any time.
        return min(max(soonest - now, timedelta()), LOOK_EVERY) if soonest else LOOK_EVERY

    async def _give(self, due: ScheduleRecord, now: datetime) -> None:
        """Move a schedule on and accept its run in one transaction; pause one that cannot run."""
        known = due.next_at if due.catch_up == "all" else now
        following = parse(due.text, now).next_after(known)
        if due.catch_up == "skip" and now - due.next_at > LATE:
            async with self._database.begin() as connection:
                await schedules.advance(connection, due, following, due.last_at)
            return

        async def claim(connection: AsyncConnection) -> None:
            if not await schedules.advance(connection, due, following, now):
                raise _Taken

        try:
            reply = await self._dispatch.command(
                due.command,
                Actor(**due.owner),
                Origin(**due.origin),  # type: ignore[arg-type] # it was an Origin when it was stored
                f"schedule:{due.id}:{due.next_at.isoformat()}",
                claim,
            )
        except _Taken:
            return
        match reply:
            case Accepted():
                return
            case Form():
                await self._pause(due, f"{due.flow} asks for other inputs by now")
            case Say(report):
                await self._pause(due, sentence(report))

    async def _pause(self, schedule: ScheduleRecord, why: str) -> None:
        log.warning("schedule %s is paused: %s", schedule.id, why)
        async with self._database.begin() as connection:
            await schedules.pause(connection, schedule.id, why)
