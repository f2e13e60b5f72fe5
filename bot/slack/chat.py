"""Slack as a chat: cards, reports, reactions and whispers over the Web API."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.chat import Actor, Button, Card, Mark, MessageRef, Posting, ThreadRef
from bot.doors import posted
from bot.pace import Pace
from bot.replies import Say
from bot.slack.answers import answer_messages
from bot.slack.calls import Calls, Method
from bot.slack.card import card_message
from bot.slack.failures import explained
from bot.slack.inline import Json
from bot.slack.keys import CARD, NOTICE, POST, REPORT, keyed, keys, mark_of
from bot.slack.posting import REACTIONS, posting_message
from bot.slack.render import Message, Upload, files_elsewhere, report_messages
from bot.standing import Trouble
from flows.report import Report
from integrations.errors import Transient
from integrations.meter import permit

PLATFORM = "slack"
API = "https://slack.com/api/"
PATIENCE = 30.0
PAGE = 200
CLOCKS_DIFFER = timedelta(minutes=5)
EYES = "eyes"
AS_IT_IS: Json = {
    "link_names": False,
    "mrkdwn": False,
    "parse": "none",
    "unfurl_links": False,
    "unfurl_media": False,
}
OUT_OF_REACH = {"channel_not_found", "not_in_channel", "user_not_in_channel", "thread_not_found"}
COMPOSER = "composer"
GONE = {"cannot_find_message", "cannot_unfurl_message", "cannot_unfurl_url", "channel_not_found"}
NO_REACTIONS = {"not_in_channel", "channel_not_found", "too_many_emoji", "too_many_reactions"}
DELETED = {"message_not_found", "cant_update_message"}
NOT_OURS = {"message_not_found", "cant_delete_message"}  # gone, or a person's of the same name


@asynccontextmanager
async def slack_client(token: str, base_url: str = API) -> AsyncIterator[AsyncWebClient]:
    """Open a client with one session for all calls; it never retries by itself."""
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        client = AsyncWebClient(token, base_url, session=session, retry_handlers=[])
        if base_url.startswith("http://"):
            client.proxy = None  # the SDK sends even loopback addresses to the proxy it finds
        yield client


@asynccontextmanager
async def open_chat(
    token: str, base_url: str = API, pace: Pace | None = None, times: float = 1.0
) -> AsyncIterator["SlackChat"]:
    """Open Slack as a chat for the length of a block, at a pace `times` the published one."""
    async with slack_client(token, base_url) as client:
        yield SlackChat(client, pace, times)


class SlackChat:
    """The chat port on Slack.

    `again` says that an earlier try may have got through: then it is looked for first, at the
    price of two reads: one before, and one after for what was on its way meanwhile. Slack has no
    key that would make it refuse a second copy. What a thread is told keeps the pace, if there is
    one; what answers a person at once does not. A card that its channel does not take goes to the
    person who asked.
    """

    def __init__(
        self, client: AsyncWebClient, pace: Pace | None = None, times: float = 1.0
    ) -> None:
        if client.session is None:
            raise ValueError("SlackChat needs a client with a session: take slack_client().")
        self.client = client
        self._session = client.session
        self._calls = Calls(pace, times)
        self._who: Mapping[str, Any] = {}
        self._directs: dict[str, str] = {}

    async def post_card(
        self, where: ThreadRef, card: Card, key: str, *, again: bool = True
    ) -> MessageRef:
        """Send a card, or find the one that an earlier try sent with the same key."""
        post = partial(self._post_card, card=card, key=key, again=again)
        return await posted(post, where, card.by, self.direct)

    async def _post_card(
        self, where: ThreadRef, card: Card, key: str, *, again: bool
    ) -> MessageRef:
        message = card_message(card)
        return await self._once(where, message, CARD, key, card.started, again=again)

    async def _once(
        self,
        where: ThreadRef,
        message: Message,
        kind: str,
        key: str,
        since: datetime | None,
        *,
        again: bool,
    ) -> MessageRef:
        """Send a message, unless an earlier try has done so: then edit that one."""
        copies = await self._copies(where, since) if again else {}
        if found := copies.get(key):  # it says what was true at the earlier try
            ref = MessageRef(where.platform, where.channel, found[0])
            await self._change(ref, message)
        else:
            ts = await self._post(where, message, kind, key)
            copies = await self._copies(where, since) if again else {}
            ref = MessageRef(where.platform, where.channel, min([ts, *copies.get(key, [])]))
        await self._delete(where.channel, copies.get(key, []), keep=ref.message)
        return ref

    async def direct(self, to: Actor) -> str:
        """Return the conversation with one person; it stays the same, so it is asked for once."""
        if to.id not in self._directs:
            opened = await self._calls.call(self.client.conversations_open, {"users": to.id})
            self._directs[to.id] = str(opened["channel"]["id"])
        return self._directs[to.id]

    async def edit_card(self, message: MessageRef, card: Card) -> None:
        """Replace what a card says; its metadata stays."""
        urgent = bool(card.question) or card.seconds is not None
        await self._change(message, card_message(card), urgent=urgent)

    async def _change(self, ref: MessageRef, message: Message, *, urgent: bool = True) -> None:
        place = {"channel": ref.channel, "ts": ref.message, **_content(message)}
        await self._calls.paced(self.client.chat_update, place, ref.message, urgent=urgent)

    async def post(
        self, where: ThreadRef, posting: Posting, key: str, *, again: bool, since: datetime
    ) -> MessageRef:
        """Send a posting, or find the one that an earlier try sent with the same key."""
        return await self._once(where, posting_message(posting), POST, key, since, again=again)

    async def find(self, where: ThreadRef, key: str, since: datetime) -> MessageRef | None:
        """Return what an earlier try sent."""
        found = (await self._copies(where, since)).get(key)
        return MessageRef(PLATFORM, where.channel, found[0]) if found else None

    async def edit(self, message: MessageRef, posting: Posting) -> None:
        """Replace what a posting says."""
        await self._change(message, posting_message(posting), urgent=False)

    async def remove(self, message: MessageRef) -> bool:
        """Delete a message, unless there are answers below it."""
        place = {"channel": message.channel, "ts": message.message, "limit": 2}
        name, read = message.message, self.client.conversations_replies
        answer = await self._calls.paced(read, place, name, write=False, fine=OUT_OF_REACH)
        below = (each for each in answer.get("messages", []) if each["ts"] != name)
        if any(each.get("thread_ts") == name for each in below):
            return False
        await self._delete(message.channel, [name], keep="")
        return True

    async def mark(self, message: MessageRef, mark: Mark, before: Mark) -> None:
        """Change our reaction; where reactions are out of our reach, there is none."""
        place = {"channel": message.channel, "timestamp": message.message}
        steps = (
            (self.client.reactions_remove, before, {"no_reaction", *NO_REACTIONS}),
            (self.client.reactions_add, mark, {"already_reacted", *NO_REACTIONS}),
        )
        for method, name, fine in steps:
            if name:
                given, call = {**place, "name": REACTIONS[name]}, f"{message.message}:{name}"
                await self._calls.paced(method, given, call, urgent=False, fine=fine)

    async def post_report(
        self, where: ThreadRef, report: Report, url: str, key: str, *, again: bool = True
    ) -> None:
        """Send a report; parts that an earlier try sent with the same key are not repeated."""
        sent = await self._copies(where) if again else {}
        for number, message in enumerate(report_messages(report, url)):
            part = f"{key}:{number}"
            if part not in sent:
                await self._post(where, message, REPORT, part)
            files = [keyed(file, part) for file in message.files]
            if files and files[0].name not in sent:
                await self._share(where, files, url, part)
        if again:
            await self.tidy(where, key)

    async def tidy(
        self, where: ThreadRef, key: str, since: datetime | None = None, keep: str = ""
    ) -> None:
        """Leave one of every message that was sent there under this key: `keep`, or the first."""
        copies = await self._copies(where, since)
        parts = {name for name in copies if name == key or name.startswith(f"{key}:")}
        marks = tuple(mark_of(part) for part in parts)
        files = {name for name in copies if name.partition(".")[0].endswith(marks)}
        for name in sorted(parts | files):
            await self._delete(where.channel, copies[name], keep=keep or copies[name][0])

    async def _delete(self, channel: str, copies: Sequence[str], keep: str) -> None:
        for ts in copies:
            if ts != keep:
                place = {"channel": channel, "ts": ts}
                await self._calls.paced(self.client.chat_delete, place, ts, fine=NOT_OURS)

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
        sent = await self._copies(direct) if again else {}
        told: list[str] = []
        for number, message in enumerate(answer_messages(Say(report, buttons=tuple(buttons)))):
            part = f"{key}:{number}"
            found = sent.get(part)
            told.append(found[0] if found else await self._post(direct, message, NOTICE, part))
        return MessageRef(PLATFORM, direct.channel, told[0])

    async def retell(
        self,
        message: MessageRef,
        report: Report,
        key: str,  # noqa: ARG002 - Slack keeps the key of what is edited
        buttons: Sequence[Button] = (),
    ) -> None:
        """Replace what a direct message says, unless it was deleted."""
        shown = answer_messages(Say(report, buttons=tuple(buttons)))[0]
        place = {"channel": message.channel, "ts": message.message}
        await self._calls.paced(
            self.client.chat_update, {**place, **_content(shown)}, message.message, fine=DELETED
        )

    @property
    def trouble(self) -> Trouble | None:
        """The last thing that could not be said, and why."""
        return self._calls.trouble

    def settled(self, message: Message) -> Message | None:
        """Return a message as this workspace surely takes it; None while that is not known."""
        blocks = self._calls.settled(message.blocks)
        return replace(message, blocks=blocks) if blocks is not None else None

    async def react(self, message: MessageRef, name: Literal["seen"]) -> None:
        """Put the eyes on a message; that they are there already is fine."""
        marks = {"seen": EYES}
        await self._calls.call(
            self.client.reactions_add,
            {"channel": message.channel, "timestamp": message.message, "name": marks[name]},
            fine={"already_reacted"},
        )

    async def whisper(self, channel: str, to: Actor, report: Report, thread: str = "") -> None:
        """Say something to one person: in the channel if we are there, else directly."""
        await self.whisper_messages(channel, to, report_messages(report, ""), thread)

    async def whisper_messages(
        self, channel: str, to: Actor, messages: Sequence[Message], thread: str = ""
    ) -> None:
        """Show messages to one person, in this order."""
        for message in messages:
            await self._whisper(channel, to, message, thread)

    async def identity(self) -> str:
        """Ask Slack who we are; return it as `flowbot in Acme`."""
        answer = await self._calls.call(self.client.auth_test, {}, write=False)
        return f"{answer['user']} in {answer['team']}"

    async def own_user(self) -> str:
        """Return the bot's own user id; asked for once."""
        return str((await self._self())["user_id"])

    async def homes(self) -> frozenset[str]:
        """Return the ids of our workspace, and of the organisation that it belongs to."""
        who = await self._self()
        return frozenset(str(who[name]) for name in ("team_id", "enterprise_id") if who.get(name))

    async def _self(self) -> Mapping[str, Any]:
        if not self._who:
            self._who = await self._calls.call(self.client.auth_test, {}, write=False)
        return self._who

    def permalink(self, message: MessageRef) -> str:
        """Return the address of a message, "" before Slack has said where the workspace is."""
        home = str(self._who.get("url", ""))
        place = f"archives/{message.channel}/p{message.message.replace('.', '')}"
        return f"{home}{place}" if home else ""

    async def unfurl(self, event: Mapping[str, Any], unfurls: Json) -> None:
        """Show what links lead to, in a message that was posted or is still being typed."""
        place = {"channel": event.get("channel"), "ts": event.get("message_ts")}
        if event.get("source") == COMPOSER:
            place = {"unfurl_id": event.get("unfurl_id"), "source": COMPOSER}
        await self._calls.call(self.client.chat_unfurl, {**place, "unfurls": unfurls}, fine=GONE)

    async def publish_home(self, user: str, view: Json) -> None:
        """Show somebody their Home tab."""
        await self._calls.call(self.client.views_publish, {"user_id": user, "view": view})

    async def _whisper(self, channel: str, to: Actor, message: Message, thread: str) -> None:
        answer = await self._calls.call(
            self.client.chat_postEphemeral,
            {"channel": channel, "user": to.id, **_content(message), **_thread(thread)},
            fine=OUT_OF_REACH,
        )
        if not answer["ok"]:
            await self._post(ThreadRef(PLATFORM, await self.direct(to)), message, REPORT, "")

    async def open_form(self, trigger: str, view: Json) -> None:
        """Open a modal; a trigger is good once, for three seconds."""
        await self._calls.call(self.client.views_open, {"trigger_id": trigger, "view": view})

    async def _post(self, where: ThreadRef, message: Message, kind: str, key: str) -> str:
        arguments = {"channel": where.channel, **_content(message), **_thread(where.thread)}
        if key:
            arguments["metadata"] = {"event_type": kind, "event_payload": {"key": key}}
            answer = await self._calls.paced(self.client.chat_postMessage, arguments, key)
        else:
            answer = await self._calls.call(self.client.chat_postMessage, arguments)
        return str(answer["ts"])

    async def _share(self, where: ThreadRef, files: Sequence[Upload], url: str, part: str) -> None:
        """Upload files and share them, in this order, as one message.

        Slack takes text in every public channel, but files only where we were invited.
        """
        shared = [{"id": await self._upload(file), "title": file.title} for file in files]
        answer = await self._calls.paced(
            self.client.files_completeUploadExternal,
            {"files": shared, "channel_id": where.channel, **_thread(where.thread)},
            part,
            fine=OUT_OF_REACH,
        )
        if not answer["ok"]:
            await self._post(where, files_elsewhere(len(files), url), REPORT, f"{part}:files")

    async def _upload(self, file: Upload) -> str:
        place = await self._calls.paced(
            self.client.files_getUploadURLExternal,
            {"filename": file.name, "length": len(file.content), "alt_txt": file.alt or None},
            file.name,
        )
        permit(write=True).count("slack", len(file.content))
        with explained():
            async with self._session.post(place["upload_url"], data=file.content) as response:
                if not response.ok:
                    raise Transient("Slack did not take the upload.")
        return str(place["file_id"])

    async def _copies(
        self, where: ThreadRef, since: datetime | None = None
    ) -> dict[str, list[str]]:
        """Return the ts of what we sent there, by the key of a message or the name of a file.

        A channel is read back to `since`, by Slack's clock, which may not be quite ours; a thread
        from its beginning, which is the only end that Slack offers.
        """
        place: Json = {"channel": where.channel, "limit": PAGE, "include_all_metadata": True}
        read: Method = self.client.conversations_history
        if where.thread:
            read, place["ts"] = self.client.conversations_replies, where.thread
        elif since:
            place["oldest"] = f"{(since - CLOCKS_DIFFER).timestamp():.6f}"
        copies: dict[str, set[str]] = {}
        while True:
            answer = await self._calls.paced(
                read, place, str(place), write=False, fine=OUT_OF_REACH
            )
            for message in answer.get("messages", []):
                for name in keys(message):
                    copies.setdefault(name, set()).add(message["ts"])
            place["cursor"] = (answer.get("response_metadata") or {}).get("next_cursor")
            if not place["cursor"] or not (where.thread or since):
                return {name: sorted(found) for name, found in copies.items()}


def _content(message: Message) -> Json:
    """Return what a message says; Slack is told to interpret nothing."""
    return {"text": message.text, "blocks": message.blocks, **AS_IT_IS}


def _thread(ts: str) -> dict[str, str]:
    return {"thread_ts": ts} if ts else {}
