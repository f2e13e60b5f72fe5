"""Discord as a chat: cards, reports, reactions and whispers over REST, without a gateway."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

from bot.chat import Actor, Button, Card, Mark, MessageRef, Origin, Posting, ThreadRef
from bot.discord.buttons import said_messages
from bot.discord.card import card_message, command_of
from bot.discord.failures import (
    MISSING_ACCESS,
    MISSING_PERMISSIONS,
    THREAD_ARCHIVED,
    TOO_MANY_REACTIONS,
    UNKNOWN_CHANNEL,
    UNKNOWN_EMOJI,
    UNKNOWN_MESSAGE,
)
from bot.discord.posting import REACTIONS, name_of, posting_message
from bot.discord.render import MESSAGES, Json, Message, report_messages
from bot.discord.rest import API, Rest, open_rest
from bot.discord.troubles import Troubles
from bot.discord.turns import Turns
from bot.doors import posted
from bot.replies import Say
from bot.wording import clean, fit
from flows.report import Report

PLATFORM = "discord"
PAGE, PAGES = 100, 20
CLOCKS_DIFFER = timedelta(minutes=5)
DISCORDS_BIRTH = datetime(2015, 1, 1, tzinfo=UTC)
EYES = "👀"
NONCE = 25
THREAD_NAME = 100
OUT_OF_REACH = {UNKNOWN_CHANNEL, MISSING_ACCESS}
# Of these the numbers: a direct message, a channel of another kind, a message of Discord, no room.
NO_THREAD = {
    *(UNKNOWN_MESSAGE, UNKNOWN_CHANNEL, MISSING_ACCESS, MISSING_PERMISSIONS),
    *(50003, 50024, 50068, 160006),
}
NO_REACTIONS = {UNKNOWN_EMOJI, TOO_MANY_REACTIONS, MISSING_PERMISSIONS, THREAD_ARCHIVED}
BELOW_OURS = 1 << 16  # Discord numbers components from 1; ours lie above


class Identity(NamedTuple):
    """Who we are, as `Flowbot in 2 servers`, and whether anybody may bring us into theirs."""

    says: str
    is_public: bool


@asynccontextmanager
async def open_chat(
    token: str, base_url: str = API, turns: Turns | None = None, troubles: Troubles | None = None
) -> AsyncIterator["DiscordChat"]:
    """Open Discord as a chat for the length of a block; what processes share they are given."""
    async with open_rest(token, base_url, turns, troubles) as rest:
        yield DiscordChat(rest)


class DiscordChat:
    """The chat port on Discord.

    A message of a thread is named `thread/message`, since Discord wants both. A thread that is
    not there yet is hung on the message whose id it has; where that cannot be, we reply instead.
    Twice is once: Discord knows our nonce for some minutes, and for all that is older `again`
    looks for the mark that each of our boxes bears.
    """

    def __init__(self, rest: Rest) -> None:
        self.rest = rest
        self._own_id = ""

    async def post_card(
        self, where: ThreadRef, card: Card, key: str, *, again: bool = True
    ) -> MessageRef:
        """Send a card, or find the one that an earlier try sent with the same key."""
        post = partial(self._post_card, card=card, key=key, again=again)
        return await posted(post, where, card.by, self.direct)

    async def _post_card(
        self, where: ThreadRef, card: Card, key: str, *, again: bool
    ) -> MessageRef:
        since = card.started if again else None
        return await self._once(
            where, card_message(card), key, command_of(card), since, again=again
        )

    async def _once(
        self,
        where: ThreadRef,
        message: Message,
        key: str,
        name: str,
        since: datetime | None,
        *,
        again: bool,
    ) -> MessageRef:
        """Send a message, unless an earlier try has done so: then edit that one."""
        found = (await self._sent(where, since)).get(_mark(key)) if again else None
        if found:  # it says what was true at the earlier try
            ref = MessageRef(PLATFORM, where.channel, min(found, key=_age))
            await self._change(ref, message)
            return ref
        return MessageRef(PLATFORM, where.channel, await self._send(where, message, key, name))

    async def direct(self, to: Actor) -> str:
        """Return the conversation with somebody, opening it if need be."""
        opened = await self.rest("POST", "/users/@me/channels", {"recipient_id": to.id})
        return str(opened["id"])

    async def edit_card(self, message: MessageRef, card: Card) -> None:
        """Replace what a card says; a thread that went to sleep is woken for it."""
        urgent = bool(card.question) or card.seconds is not None
        await self._change(message, card_message(card), urgent=urgent)

    async def _change(self, ref: MessageRef, message: Message, *, urgent: bool = True) -> None:
        path, body = _path(ref), message.body
        edited = await self.rest("PATCH", path, body, fine={THREAD_ARCHIVED}, urgent=urgent)
        if edited is None:
            thread = path.split("/")[2]
            await self.rest("PATCH", f"/channels/{thread}", {"archived": False})
            await self.rest("PATCH", path, body)

    async def post(
        self, where: ThreadRef, posting: Posting, key: str, *, again: bool, since: datetime
    ) -> MessageRef:
        """Send a posting, or find the one that an earlier try sent with the same key."""
        message, name = posting_message(posting), name_of(posting)
        return await self._once(where, message, key, name, since, again=again)

    async def find(self, where: ThreadRef, key: str, since: datetime) -> MessageRef | None:
        """Return what an earlier try sent."""
        found = (await self._sent(where, since)).get(_mark(key))
        return MessageRef(PLATFORM, where.channel, min(found, key=_age)) if found else None

    async def edit(self, message: MessageRef, posting: Posting) -> None:
        """Replace what a posting says."""
        await self._change(message, posting_message(posting), urgent=False)

    async def remove(self, message: MessageRef) -> bool:
        """Delete a message, unless there is a thread below it."""
        path, missing = _path(message), {UNKNOWN_MESSAGE, UNKNOWN_CHANNEL}
        found = await self.rest("GET", path, write=False, fine=missing)
        if found and "thread" in found:
            return False
        if found:
            await self.rest("DELETE", path, fine=missing)
        return True

    async def mark(self, message: MessageRef, mark: Mark, before: Mark) -> None:
        """Change our reaction; where reactions are out of our reach, there is none."""
        for method, name in (("DELETE", before), ("PUT", mark)):
            if name:
                path = f"{_path(message)}/reactions/{quote(REACTIONS[name])}/@me"
                await self.rest(method, path, fine=NO_REACTIONS, urgent=False)

    async def post_report(
        self, where: ThreadRef, report: Report, url: str, key: str, *, again: bool = True
    ) -> None:
        """Send a report; parts that an earlier try sent with the same key are not repeated."""
        sent = await self._sent(where) if again else {}
        for number, message in enumerate(report_messages(report, url)):
            part = f"{key}:{number}"
            if _mark(part) not in sent:
                await self._send(where, message, part, report.title)

    async def tell(
        self,
        person: Actor,
        report: Report,
        key: str,
        *,
        again: bool = True,
        buttons: Sequence[Button] = (),
    ) -> MessageRef:
        """Send somebody a direct message; what an earlier try sent is not repeated."""
        direct = ThreadRef(PLATFORM, await self.direct(person))
        sent = await self._sent(direct) if again else {}
        told: list[str] = []
        for number, message in enumerate(said_messages(Say(report, buttons=tuple(buttons)))):
            part = f"{key}:{number}"
            found = sent.get(_mark(part))
            told.append(
                min(found, key=_age) if found else await self._send(direct, message, part, "")
            )
        return MessageRef(PLATFORM, direct.channel, told[0])

    async def retell(
        self, message: MessageRef, report: Report, key: str, buttons: Sequence[Button] = ()
    ) -> None:
        """Replace what a direct message says, unless it was deleted."""
        body = said_messages(Say(report, buttons=tuple(buttons)))[0].body
        body["components"][0]["id"] = _mark(f"{key}:0")
        await self.rest("PATCH", _path(message), body, fine={UNKNOWN_MESSAGE})

    async def tidy(
        self, where: ThreadRef, key: str, since: datetime | None = None, keep: str = ""
    ) -> None:
        """Leave one of every message that was sent there under this key: `keep`, or the first."""
        sent = await self._sent(where, since)
        for part in (key, *(f"{key}:{number}" for number in range(MESSAGES + 1))):
            copies = sorted(sent.get(_mark(part), []), key=_age)
            for name in copies:
                if name != (keep or copies[0]):
                    path = _path(MessageRef(PLATFORM, where.channel, name))
                    await self.rest("DELETE", path, fine={UNKNOWN_MESSAGE})

    async def react(self, message: MessageRef, name: Literal["seen"]) -> None:
        """Put the eyes on a message; that they are there already is fine."""
        marks = {"seen": EYES}
        await self.rest("PUT", f"{_path(message)}/reactions/{quote(marks[name])}/@me")

    async def whisper(
        self,
        channel: str,  # noqa: ARG002 - of the port
        to: Actor,
        report: Report,
        thread: str = "",  # noqa: ARG002 - of the port
    ) -> None:
        """Say something to one person, by direct message: only an interaction hides messages."""
        await self.whisper_messages(to, report_messages(report, ""))

    async def whisper_messages(self, to: Actor, messages: Sequence[Message]) -> None:
        """Send messages to one person, in this order."""
        where = ThreadRef(PLATFORM, await self.direct(to))
        for message in messages:
            await self._send(where, message, "", "")

    async def post_messages(self, where: Origin, messages: Sequence[Message]) -> None:
        """Say something for everybody, where a request came from."""
        place = ThreadRef(PLATFORM, where.channel, where.thread)
        for message in messages:
            await self._send(place, message, "", "")

    async def identity(self) -> Identity:
        """Ask Discord who we are."""
        found = await self.rest("GET", "/applications/@me", write=False)
        count = found.get("approximate_guild_count") or 0
        says = f"{found['name']} in {count} server{'' if count == 1 else 's'}"
        return Identity(says, is_public=bool(found.get("bot_public")))

    async def place(self, channel: str) -> tuple[str, str]:
        """Return a channel and the thread in it that an id stands for, "" for the channel."""
        found = await self.rest("GET", f"/channels/{channel}", write=False, fine=OUT_OF_REACH)
        is_thread = found is not None and "thread_metadata" in found
        return (str(found["parent_id"]), channel) if is_thread else (channel, "")

    async def _send(self, where: ThreadRef, message: Message, key: str, name: str) -> str:
        """Send a message where it belongs; return its name there."""
        if not where.thread:
            return str(await self._create(where.channel, message, key))
        sent = await self._create(where.thread, message, key, fine=OUT_OF_REACH)
        if sent is None and await self._hang(where, name):
            sent = await self._create(where.thread, message, key)
        if sent:
            return f"{where.thread}/{sent}"
        return str(await self._create(where.channel, message, key, reply_to=where.thread))

    async def _create(
        self,
        channel: str,
        message: Message,
        key: str,
        *,
        reply_to: str = "",
        fine: AbstractSet[int] = frozenset(),
    ) -> str | None:
        """Post a message; return its id, or None where an error is one of those that are fine."""
        body = message.body
        if key:
            body["components"][0]["id"] = _mark(key)
            body |= {"nonce": _digest(key)[:NONCE], "enforce_nonce": True}
        if reply_to:
            body["message_reference"] = {"message_id": reply_to, "fail_if_not_exists": False}
        path = f"/channels/{channel}/messages"
        sent = await self.rest("POST", path, body, files=message.files, fine=fine)
        return str(sent["id"]) if sent else None

    async def _hang(self, where: ThreadRef, name: str) -> bool:
        """Hang a thread on the message that it is named for; False where there can be none."""
        path = f"/channels/{where.channel}/messages/{where.thread}/threads"
        title = fit(" ".join(clean(name).split()), THREAD_NAME) or "Details"
        made = await self.rest("POST", path, {"name": title}, fine=NO_THREAD)
        return made is not None

    async def _sent(self, where: ThreadRef, since: datetime | None = None) -> dict[int, list[str]]:
        """Return what we sent there, by its mark; a channel is read back to `since`."""
        if where.thread:
            found = await self._marks(where.thread, int(where.thread), f"{where.thread}/")
            if found is not None:
                return found
        oldest = int(where.thread) if where.thread else _first_id(since) if since else 0
        return await self._marks(where.channel, oldest, "") or {}

    async def _me(self) -> str:
        """Return our own id, which does not change."""
        if not self._own_id:
            self._own_id = str((await self.rest("GET", "/users/@me", write=False))["id"])
        return self._own_id

    async def _marks(self, channel: str, oldest: int, prefix: str) -> dict[int, list[str]] | None:
        """Return the marks in a channel back to an id; None where there is no such channel."""
        found: dict[int, list[str]] = {}
        before = ""
        for _ in range(PAGES if oldest else 1):
            path = f"/channels/{channel}/messages?limit={PAGE}{before}"
            page: list[Any] | None = await self.rest("GET", path, write=False, fine=OUT_OF_REACH)
            if page is None:
                return None
            for each in page:
                marks = _marks_of(each)
                if marks and str(each["author"]["id"]) != await self._me():
                    continue  # a copy of ours, by whoever knows how we number our boxes
                for mark in marks:
                    found.setdefault(mark, []).append(f"{prefix}{each['id']}")
            if len(page) < PAGE or int(page[-1]["id"]) < oldest:
                break
            before = f"&before={page[-1]['id']}"
        return found


def _marks_of(message: Json) -> list[int]:
    ids = [int(each.get("id") or 0) for each in message.get("components") or []]
    return [each for each in ids if each >= BELOW_OURS]


def _age(name: str) -> int:
    """Return what sorts messages from the first to the last."""
    return int(name.rpartition("/")[2])


def _path(message: MessageRef) -> str:
    thread, _, name = message.message.rpartition("/")
    return f"/channels/{thread or message.channel}/messages/{name}"


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _mark(key: str) -> int:
    """Return the number that our box bears, from its key: 31 bits, above Discord's own."""
    return int(_digest(key)[:8], 16) & 0x7FFFFFFF | BELOW_OURS


def _first_id(at: datetime) -> int:
    """Return the smallest id that Discord can have given at an instant, by its own clock."""
    return int((at - CLOCKS_DIFFER - DISCORDS_BIRTH) / timedelta(milliseconds=1)) << 22
