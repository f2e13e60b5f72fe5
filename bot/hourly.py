"""What is to be done about once an hour, by one worker for all of them, beside everything else."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TypeAlias

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from integrations.errors import OutsideError

log = logging.getLogger(__name__)

EVERY = timedelta(hours=1)
CLAIM = "flowbot:hourly"

Job: TypeAlias = Callable[[], Awaitable[object]]
Claims: TypeAlias = Callable[[str, timedelta], Awaitable[bool]]
"""Asks whether something is ours alone for so long; `Queue.claims` answers."""


class Hourly:
    """The leader looks whether an hour is over; the work itself holds up none of its other looks.

    Each job may be done by several at once, and once more where the queue has forgotten.
    """

    def __init__(self, claims: Claims, jobs: Sequence[Job]) -> None:
        self._claims = claims
        self._jobs = jobs
        self._due = asyncio.Event()

    async def look(self) -> None:
        """Begin the work where nobody did for an hour; raises RedisError."""
        if await self._claims(CLAIM, EVERY):
            self._due.set()

    async def run(self) -> None:
        """Do the work whenever it is due, for as long as the process lives."""
        while True:
            await self._due.wait()
            self._due.clear()
            for job in self._jobs:
                try:
                    await job()
                except (OSError, OutsideError, RedisError, SQLAlchemyError):
                    log.warning("%s failed; it is tried again within the hour", job, exc_info=True)
