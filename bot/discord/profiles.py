"""What Discord tells of somebody, their name alone, and of a channel."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from bot.chat import Profile
from bot.discord.failures import MISSING_ACCESS, UNKNOWN_CHANNEL
from bot.discord.rest import Rest

VIEW_CHANNEL = 1 << 10
UNLISTED = {1, 3, 12}  # messages among some people, and threads that are private


class DiscordProfiles:
    """Asks each time."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def profile(self, user: str) -> Profile:
        """Return what Discord tells of a user; raises an `OutsideError`."""
        found = await self._rest("GET", f"/users/{quote(user, safe='')}", write=False)
        return Profile(str(found.get("global_name") or found["username"]))

    async def channel(self, channel: str) -> str:
        """Return what a channel is called that everybody there sees; raises an `OutsideError`."""
        path = f"/channels/{quote(channel, safe='')}"
        found = await self._rest("GET", path, write=False, fine={UNKNOWN_CHANNEL, MISSING_ACCESS})
        if found is None or found.get("type") in UNLISTED or _is_private(found):
            return ""
        return str(found.get("name") or "")


def _is_private(channel: Mapping[str, Any]) -> bool:
    """Say whether it is kept from the role of everybody, whose id is that of the server."""
    everybody = channel.get("guild_id")
    rules = channel.get("permission_overwrites") or ()
    return any(each["id"] == everybody and int(each["deny"]) & VIEW_CHANNEL for each in rules)
