"""What Discord tells of somebody: their name; it tells a bot no address and no time zone."""

from bot.chat import Profile
from bot.discord.rest import Rest


class DiscordProfiles:
    """Asks each time."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def profile(self, user: str) -> Profile:
        """Return what Discord tells of a user; raises an `OutsideError`."""
        found = await self._rest("GET", f"/users/{user}", write=False)
        return Profile(str(found.get("global_name") or found["username"]))
