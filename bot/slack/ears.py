"""Reads threads in Slack."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.chat import ThreadRef
from bot.slack.failures import explained
from bot.slack.names import Names
from bot.slack.words import typed
from flows.engine.talk import Said
from integrations.meter import permit

PLATFORM = "slack"
PAGE, PAGES = 200, 5
_LINK = re.compile(
    r"https://[\w.-]+/archives/(?P<channel>[A-Z0-9]+)/p(?P<ts>\d{10,16})"
    r"(?:\?(?:[^\s#]*&)?thread_ts=(?P<head>\d+\.\d+))?"
)
_MENTIONED = re.compile(r"@([UW][A-Z0-9]{2,})\b")
_MICROSECONDS = 6


class SlackEars:
    """Hears what people said in channels that the bot is in."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._names = Names(client)

    def meant(self, link: str) -> ThreadRef | None:
        """Return the thread of a permalink."""
        found = _LINK.match(link)
        if not found:
            return None
        ts = f"{found['ts'][:-_MICROSECONDS]}.{found['ts'][-_MICROSECONDS:]}"
        return ThreadRef(PLATFORM, found["channel"], found["head"] or ts)

    async def thread(self, where: ThreadRef) -> list[Said]:
        """Return what people said in a thread, the oldest first; bots say nothing here."""
        written = [each for each in await self._written(where) if not each.get("bot_id")]
        written = [each for each in written if each.get("user") and each.get("text")]
        if not written:
            return []
        start = await self._address(where, str(written[0]["ts"]))
        return [
            Said(
                author=await self._names.person(each["user"], each["user"]),
                text=await self._named(typed(each["text"])),
                at=datetime.fromtimestamp(float(each["ts"]), UTC),
                link=_beside(start, str(each["ts"]), where),
            )
            for each in written
        ]

    async def _named(self, text: str) -> str:
        """Return a text in which people are called by their names."""
        for user in dict.fromkeys(_MENTIONED.findall(text)):
            text = text.replace(f"@{user}", f"@{await self._names.person(user, user)}")
        return text

    async def _written(self, where: ThreadRef) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        cursor = ""
        for _ in range(PAGES):
            permit(write=False).count(PLATFORM, len(where.thread))
            with explained():
                answer = await self._client.conversations_replies(
                    channel=where.channel, ts=where.thread, limit=PAGE, cursor=cursor or None
                )
            found += answer.get("messages") or []
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return found

    async def _address(self, where: ThreadRef, ts: str) -> str:
        permit(write=False).count(PLATFORM, len(ts))
        with explained():
            found = await self._client.chat_getPermalink(channel=where.channel, message_ts=ts)
        return str(found["permalink"])


def _beside(start: str, ts: str, where: ThreadRef) -> str:
    """Return the address of a message, given that of another one in its thread."""
    page = start.partition("?")[0].rpartition("/")[0]
    of_thread = "" if ts == where.thread else f"?thread_ts={where.thread}&cid={where.channel}"
    return f"{page}/p{ts.replace('.', '')}{of_thread}"
