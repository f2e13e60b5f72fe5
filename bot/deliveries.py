"""What workers do with webhook deliveries: keep each, and tell whoever listens what it is about."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from bot.intake import Delivery, Intake
from flows.engine.triggers import team_of
from integrations.errors import OutsideError, Transient
from integrations.github import webhooks as github
from integrations.linear import webhooks as linear
from integrations.told import Told
from storage import deliveries
from storage.database import Database, is_refused
from storage.records import DeliveryRecord

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
KEPT = timedelta(days=7)
AGAIN_EVERY = timedelta(seconds=20)
TRIED_FOR = timedelta(hours=2)  # what a service could not answer by then is no news any more
LONGEST_ACTION, LONGEST_PROJECT, LONGEST_ERROR = 60, 200, 500
_ISSUE = re.compile(r"linear:issue:([A-Z][A-Z0-9_]*)-\d+")
TELLERS: Mapping[str, Callable[[Delivery], Told]] = {
    "github": lambda delivery: github.told(delivery.event, delivery.body),
    "linear": lambda delivery: linear.told(delivery.body),
}


@dataclass(frozen=True, slots=True)
class Heard:
    """A delivery and what it says; order is never trusted, so listeners look for themselves."""

    delivery: Delivery
    told: Told
    at: datetime


Listener: TypeAlias = Callable[[Heard], Awaitable[object]]
"""Does what has to be done about a delivery; it may be told the same one again.

Where it raises Transient, it is: a service was away that it has to ask.
"""


class Deliveries:
    """Deals with each delivery once; what a lost worker had taken is taken by another."""

    def __init__(
        self,
        intake: Intake,
        database: Database,
        listeners: Sequence[Listener],
        name: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._intake = intake
        self._database = database
        self._listeners = listeners
        self._name = name
        self._clock = clock
        self._not_before = clock()

    async def run(self) -> None:
        """Deal with deliveries for as long as the process lives."""
        while True:
            try:
                async for receipt, delivery in self._intake.taken(self._name):
                    await self.deal(delivery)
                    await self._intake.finish([receipt])
            except (OSError, RedisError, SQLAlchemyError):
                log.warning("deliveries cannot be dealt with; trying again", exc_info=True)
                await asyncio.sleep(RETRY_SECONDS)

    async def deal(self, delivery: Delivery) -> None:
        """Keep a delivery and tell the listeners; one that was dealt with before says nothing.

        Raises OSError, RedisError or SQLAlchemyError where it has to be dealt with again.
        """
        now, told, state, error = self._clock(), Told(), "done", ""
        try:
            told = told_by(delivery)
        except ValueError as failure:
            state, error = "ignored", str(failure)
            log.warning("the delivery %s (%s) is ignored: %s", delivery.id, delivery.event, error)
        async with self._database.begin() as connection:
            kept = await deliveries.add(connection, _record(delivery, told, now))
        if kept.state != "received":
            return
        if state == "done":
            await self._told(kept.id, Heard(delivery, told, kept.received_at))
            return
        async with self._database.begin() as connection:
            await deliveries.settle(connection, kept.id, state, _plain(error)[:LONGEST_ERROR])

    async def look(self) -> None:
        """Tell once more what a listener could not deal with while a service was away."""
        now = self._clock()
        if now < self._not_before:
            return
        self._not_before = now + AGAIN_EVERY
        async with self._database.read() as connection:
            waiting = await deliveries.waiting(connection, now - KEPT)
        for row in waiting:
            delivery = Delivery(row.source, row.event, row.id.partition(":")[2], row.body)
            await self._told(row.id, Heard(delivery, told_by(delivery), row.received_at))

    async def _told(self, kept: str, heard: Heard) -> None:
        """Tell the listeners of a delivery, and note what came of it."""
        state, error = await self._tell(heard)
        if state == "waiting" and self._clock() - heard.at >= TRIED_FOR:
            state = "failed"
        async with self._database.begin() as connection:
            await deliveries.settle(connection, kept, state, _plain(error)[:LONGEST_ERROR])

    async def forget(self) -> None:
        """Forget what was kept for long enough."""
        async with self._database.begin() as connection:
            await deliveries.forget(connection, self._clock() - KEPT)

    async def _tell(self, heard: Heard) -> tuple[str, str]:
        """Tell every listener; return how it stands and what went wrong.

        What goes wrong with one keeps the others from nothing.
        """
        errors, state = [], "done"
        for listener in self._listeners:
            try:
                await listener(heard)
            except Transient as error:
                log.warning("the delivery %s has to wait: %s", heard.delivery.id, error)
                errors.append(str(error))
                state = "waiting"
            except OutsideError as error:  # the app was removed, or the repository was
                log.warning("the delivery %s came to nothing: %s", heard.delivery.id, error)
                errors.append(str(error))
                state = "failed" if state == "done" else state
            except Exception as error:
                is_ours = isinstance(error, (OSError, RedisError, SQLAlchemyError))
                if is_ours and not is_refused(error):
                    raise
                log.exception("a listener failed on the delivery %s", heard.delivery.id)
                errors.append(f"{type(error).__name__}: {error}")
                state = "failed" if state == "done" else state
        return state, "; ".join(errors)


def waking(happened: Callable[..., Awaitable[object]]) -> Listener:
    """Return the listener that wakes the runs that wait for what a delivery is about."""

    async def wake(heard: Heard) -> None:
        if heard.told.topics:
            await happened(*heard.told.topics)

    return wake


def told_by(delivery: Delivery) -> Told:
    """Return what a delivery says; raise ValueError where that cannot be told."""
    teller = TELLERS.get(delivery.source)
    if teller is None:
        raise ValueError(f"nothing here knows {delivery.source}")
    return teller(delivery)


def _record(delivery: Delivery, told: Told, now: datetime) -> DeliveryRecord:
    return DeliveryRecord(
        id=f"{delivery.source}:{delivery.id}",
        source=delivery.source,
        event=delivery.event,
        action=_plain(told.action)[:LONGEST_ACTION],
        project=_plain(_home(told))[:LONGEST_PROJECT],
        state="received",
        error="",
        body=delivery.body,
        received_at=now,
    )


def _home(told: Told) -> str:
    """Return what a delivery belongs to: a repository, or a team in Linear by its key."""
    issues = (found[1] for each in told.topics if (found := _ISSUE.fullmatch(each)))
    return told.repo or team_of(told.topics) or next(issues, "")


def _plain(text: str) -> str:
    """Leave out what PostgreSQL cannot keep in a text."""
    return text.replace("\0", "")
