"""What workers do with webhook deliveries: wake the runs that wait for what they are about."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from bot.intake import Delivery, Intake
from integrations.github import webhooks as github
from integrations.linear import webhooks as linear

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
Happened: TypeAlias = Callable[..., Awaitable[object]]
"""Tells, with topics, that something has happened."""
TOPICS: Mapping[str, Callable[[Delivery], tuple[str, ...]]] = {
    "github": lambda delivery: github.topics_of(delivery.event, delivery.body),
    "linear": lambda delivery: linear.topics_of(delivery.body),
}


class Deliveries:
    """Deals with each delivery once; what a lost worker had taken is taken by another."""

    def __init__(self, intake: Intake, happened: Happened, name: str) -> None:
        self._intake = intake
        self._happened = happened
        self._name = name

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
        """Wake whoever waits for this; a body that says nothing to us is forgotten."""
        try:
            topics = topics_of(delivery)
        except ValueError as error:
            log.warning("the delivery %s (%s) is ignored: %s", delivery.id, delivery.event, error)
            return
        if topics:
            await self._happened(*topics)


def topics_of(delivery: Delivery) -> tuple[str, ...]:
    """Return what a delivery is about; raise ValueError where that cannot be told."""
    told = TOPICS.get(delivery.source)
    if told is None:
        raise ValueError(f"nothing here knows {delivery.source}")
    return told(delivery)
