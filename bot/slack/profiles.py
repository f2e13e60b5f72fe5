"""What Slack tells of somebody, their name, zone and e-mail address, and of a channel."""

from slack_sdk.web.async_client import AsyncWebClient

from bot.chat import Profile
from bot.slack.failures import explained
from integrations.meter import permit


class SlackProfiles:
    """Asks each time; the address needs the scope users:read.email."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def profile(self, user: str) -> Profile:
        """Return what Slack tells of a user; raises an `OutsideError`."""
        permit(write=False).count("slack", len(user))
        with explained():
            found = (await self._client.users_info(user=user))["user"]
        told = found.get("profile") or {}
        name = told.get("display_name") or found.get("real_name") or found.get("name") or user
        return Profile(str(name), str(told.get("email") or ""), str(found.get("tz") or ""))

    async def channel(self, channel: str) -> str:
        """Return what a public channel is called; raises an `OutsideError`."""
        permit(write=False).count("slack", len(channel))
        with explained():
            found = (await self._client.conversations_info(channel=channel))["channel"]
        return "" if found.get("is_private") else str(found.get("name") or "")
