"""The names of people, asked for once an hour at most."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.chat import Actor
from bot.slack.chat import PLATFORM
from bot.slack.failures import explained
from integrations.errors import OutsideError
from integrations.meter import permit

log = logging.getLogger(__name__)

LIFE = 3600.0
PATIENCE = 0.3  # seconds
MOST = 10_000


class Names:
    """Remembers names; `clock` counts seconds."""

    def __init__(self, client: AsyncWebClient, clock: Callable[[], float] = monotonic) -> None:
        self._client = client
        self._clock = clock
        self._known: OrderedDict[str, tuple[str, float]] = OrderedDict()

    def known(self, name: str) -> str:
        """Return the name behind an id if it is fresh in memory, else ""."""
        shown, until = self._known.get(name, ("", 0.0))
        return shown if self._clock() < until else ""

    async def person(self, user: str, otherwise: str) -> str:
        """Return how somebody is called, or something else if Slack does not say."""
        if name := self.known(user):
            return name
        try:
            permit(write=False).count("slack", len(user))
            with explained():
                found = (await self._client.users_info(user=user))["user"]
        except OutsideError as error:
            log.warning("no name for %s: %s", user, error)
            return otherwise
        profile = found.get("profile") or {}
        shown = profile.get("display_name") or found.get("real_name") or found.get("name")
        return self._remember(user, str(shown or otherwise))

    def _remember(self, key: str, name: str) -> str:
        self._known[key] = (name, self._clock() + LIFE)
        self._known.move_to_end(key)
        while len(self._known) > MOST:
            self._known.popitem(last=False)
        return name


class People:
    """Says who did something, as every request tells it."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._names = Names(client)

    async def actor(self, user: Mapping[str, Any]) -> Actor:
        """Return who did something; the handle will do where Slack is slow with the name.

        A trigger is good for three seconds, so a name may take a small part of them.
        """
        who, handle = user["id"], user.get("name") or user["id"]
        if name := self._names.known(who):
            return Actor(PLATFORM, who, name)
        try:
            async with asyncio.timeout(PATIENCE):
                return Actor(PLATFORM, who, await self._names.person(who, handle))
        except TimeoutError:
            return Actor(PLATFORM, who, handle)
