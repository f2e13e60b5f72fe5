"""Reads threads on Discord."""

import re
from datetime import datetime
from typing import Any

from bot.chat import ThreadRef
from bot.discord.failures import MISSING_ACCESS, UNKNOWN_CHANNEL, UNKNOWN_MESSAGE
from bot.discord.render import Json
from bot.discord.rest import Rest
from bot.discord.words import typed
from flows.engine.talk import Said

PLATFORM = "discord"
PAGE, PAGES = 100, 10
ABSENT = {UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, MISSING_ACCESS}
_LINK = re.compile(
    r"https://(?:\w+\.)?discord(?:app)?\.com/channels/(?:\d+|@me)/(?P<channel>\d+)/(?P<message>\d+)"
)


class DiscordEars:
    """Hears what people said in channels that the bot can see."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def meant(self, link: str) -> ThreadRef | None:
        """Return the thread of a message's address: the one that hangs on it."""
        found = _LINK.match(link)
        return ThreadRef(PLATFORM, found["channel"], found["message"]) if found else None

    async def thread(self, where: ThreadRef) -> list[Said]:
        """Return what people said in a thread, the oldest first; bots say nothing here.

        A thread has the id of the message that it hangs on, which stays in the channel.
        """
        channel = await self._rest("GET", f"/channels/{where.channel}", write=False)
        guild = channel.get("guild_id") or "@me"
        path = f"/channels/{where.channel}/messages/{where.thread}"
        head = await self._rest("GET", path, write=False, fine=ABSENT)
        is_ours = await self._is_below(where)
        every = [*([head] if head else []), *(await self._replies(where.thread) if is_ours else [])]
        return [
            _said(each, f"https://discord.com/channels/{guild}")
            for each in every
            if each.get("content") and not each["author"].get("bot")
        ]

    async def _is_below(self, where: ThreadRef) -> bool:
        """Say whether a thread belongs to its channel; a link can name any channel that we can see.

        Nobody may have words carried to them out of a place that they cannot see themselves.
        """
        if where.thread == where.channel:
            return True
        path = f"/channels/{where.thread}"
        found = await self._rest("GET", path, write=False, fine=ABSENT)
        return found is not None and found.get("parent_id") == where.channel

    async def _replies(self, thread: str) -> list[Json]:
        found: list[Json] = []
        before = ""
        for _ in range(PAGES):
            path = f"/channels/{thread}/messages?limit={PAGE}{before}"
            page: list[Any] = await self._rest("GET", path, write=False, fine=ABSENT) or []
            found += page
            if len(page) < PAGE:
                break
            before = f"&before={page[-1]['id']}"
        return found[::-1]


def _said(message: Json, server: str) -> Said:
    text = typed(str(message["content"]))
    for each in message.get("mentions") or []:
        text = text.replace(f"@{each['id']}", f"@{_name(each)}")
    return Said(
        author=_name(message["author"]),
        text=text,
        at=datetime.fromisoformat(message["timestamp"]),
        link=f"{server}/{message['channel_id']}/{message['id']}",
    )


def _name(user: Json) -> str:
    return str(user.get("global_name") or user["username"])
