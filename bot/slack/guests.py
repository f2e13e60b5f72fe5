"""Guests: people of another workspace, whom a shared channel brings along."""

from collections.abc import Collection, Mapping
from typing import Any

from bot.slack.chat import SlackChat
from bot.slack.failures import explained
from flows.report import Report
from integrations.errors import OutsideError
from integrations.meter import permit

ELSEWHERE = "elsewhere"
NOT_FOR_GUESTS = Report(
    "",
    "I work for the people of the workspace that installed me. Ask one of them to do this.",
    "warn",
)


class Guests:
    """Tells them from people of this workspace, and of others of the same organisation."""

    def __init__(self, chat: SlackChat) -> None:
        self._chat = chat

    async def is_one(self, body: Mapping[str, Any], user: str) -> bool:
        """Say whether the person who did this is a guest; whom Slack does not show is one."""
        home = home_of(body)
        if not home or home in (own := await self._chat.homes()):
            return False
        try:
            permit(write=False).count("slack", len(user))
            with explained():
                found = (await self._chat.client.users_info(user=user))["user"]
        except OutsideError:
            return True
        return not is_of(own, found)


def home_of(body: Mapping[str, Any]) -> str:
    """Return where somebody who did something is from; "" where there are no guests."""
    if event := body.get("event"):
        if not body.get("is_ext_shared_channel"):
            return ""
        named = (event.get(name) for name in ("user_team", "source_team", "team"))
        return next((str(each) for each in named if each), ELSEWHERE)
    return str(body["user"].get("team_id") or "")


def is_of(homes: Collection[str], user: Mapping[str, Any]) -> bool:
    """Say whether Slack tells of somebody that they are of one of these."""
    organisation = (user.get("enterprise_user") or {}).get("enterprise_id")
    known = user.get("team_id") in homes or organisation in homes
    return known and not user.get("is_stranger")
