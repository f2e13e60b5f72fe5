"""Asks GitHub for the deliveries that did not get here: our door was shut, or nobody was in."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from integrations.errors import OutsideError
from integrations.github import GitHub, HookDelivery
from storage import projects
from storage.database import Database

log = logging.getLogger(__name__)

WINDOW = timedelta(days=3)  # what is older, GitHub has forgotten
DOOR = "/hooks/github"


class Claims(Protocol):
    """What only one of all processes gets; `Queue` gives it."""

    async def claims(self, name: str, within: timedelta) -> bool:
        """Return whether this is ours, for so long."""
        ...

    async def release(self, name: str) -> None:
        """Give back what is not needed after all."""
        ...


class Redelivery:
    """Any number of them may work at once: each failed delivery is asked for once.

    `door` is the whole address of ours where it is set; else any that ends like it is.
    """

    def __init__(
        self,
        github: GitHub,
        database: Database,
        queue: Claims,
        clock: Callable[[], datetime],
        *,
        door: str = "",
        is_app: bool = False,
    ) -> None:
        self._github = github
        self._database = database
        self._queue = queue
        self._clock = clock
        self._door = door
        self._is_app = is_app

    async def sweep(self) -> int:
        """Ask for every failed delivery of the last three days; return how many that were."""
        since = self._clock() - WINDOW
        if self._is_app:
            return await self._of_app(since)
        async with self._database.read() as connection:
            names = [each.name for each in await projects.every(connection)]
        asked = 0
        for name in names:
            try:
                asked += await self._of(name, since)
            except OutsideError as error:
                # A token may work without the right to see hooks: then nothing can be asked for.
                log.info("failed deliveries of %s cannot be asked for: %s", name, error)
        return asked

    async def _of_app(self, since: datetime) -> int:
        failed = await self._github.failed_deliveries_of_app(since)
        again = self._github.ensure_redelivery_to_app
        return sum([await self._ask(each, partial(again, each.id)) for each in failed])

    async def _of(self, repo: str, since: datetime) -> int:
        asked = 0
        for hook in await self._github.hooks(repo):
            if not hook.active or not self._is_ours(hook.url):
                continue
            for each in await self._github.failed_deliveries(repo, hook.id, since):
                again = partial(self._github.ensure_redelivery, repo, hook.id, each.id)
                asked += await self._ask(each, again)
        return asked

    async def _ask(self, failed: HookDelivery, again: Callable[[], Awaitable[None]]) -> bool:
        """Ask for a delivery unless somebody did; one that fails again is left to people."""
        name = f"flowbot:redelivery:{failed.guid}"
        if failed.again or not await self._queue.claims(name, WINDOW):
            return False
        try:
            await again()
        except OutsideError:
            await self._queue.release(name)
            raise
        log.info("asked GitHub for the delivery %s (%s) again", failed.guid, failed.event)
        return True

    def _is_ours(self, url: str) -> bool:
        return url == self._door if self._door else url.endswith(DOOR)
