"""What Slack tells of somebody, their name, zone and e-mail address, and of a channel."""

from bot.chat import Profile
from bot.slack.chat import SlackChat
from bot.slack.failures import explained
from bot.slack.guests import is_of
from integrations.meter import permit


class SlackProfiles:
    """Asks each time; the address needs the scope users:read.email.

    What another workspace says of its people proves nothing here: their addresses are left out.
    """

    def __init__(self, chat: SlackChat) -> None:
        self._chat = chat
        self._client = chat.client

    async def profile(self, user: str) -> Profile:
        """Return what Slack tells of a user; raises an `OutsideError`."""
        permit(write=False).count("slack", len(user))
        with explained():
            found = (await self._client.users_info(user=user))["user"]
        told = found.get("profile") or {}
        name = told.get("display_name") or found.get("real_name") or found.get("name") or user
        proven = found.get("is_email_confirmed", True) and is_of(await self._chat.homes(), found)
        email = str(told.get("email") or "") if proven else ""
        return Profile(str(name), email, str(found.get("tz") or ""))

    async def channel(self, channel: str) -> str:
        """Return what a public channel is called; raises an `OutsideError`."""
        permit(write=False).count("slack", len(channel))
        with explained():
            found = (await self._client.conversations_info(channel=channel))["channel"]
        return "" if found.get("is_private") else str(found.get("name") or "")
