"""What people type in Slack: commands, mentions and messages become requests."""

import logging
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from slack_bolt.async_app import AsyncAck, AsyncBoltContext
from slack_bolt.response import BoltResponse

from bot.chat import Actor, MessageRef, Origin
from bot.doors import APOLOGY, Dispatch
from bot.replies import Accepted, Form, Say
from bot.slack import forms
from bot.slack.answers import answer_messages
from bot.slack.chat import PLATFORM, SlackChat
from bot.slack.errands import Errands
from bot.slack.guests import NOT_FOR_GUESTS, Guests
from bot.slack.inline import Json
from bot.slack.names import People
from bot.slack.render import Message, report_messages
from bot.slack.words import mentions, typed, without_mention
from bot.wording import has_prefix, without_prefix
from flows.report import Report
from integrations.errors import OutsideError

log = logging.getLogger(__name__)

SLACKBOT = "USLACKBOT"
TYPED = ("user", "text", "ts", "channel")  # what a message has that somebody typed


class Surface:
    """The listeners for what is typed; each acknowledges as soon as the request is stored."""

    def __init__(
        self, dispatch: Dispatch, chat: SlackChat, people: People, errands: Errands
    ) -> None:
        self._guests = Guests(chat)
        self._dispatch = dispatch
        self._chat = chat
        self._people = people
        self._errands = errands

    async def slash(self, ack: AsyncAck, body: Json) -> None:
        """Take `/flow …`; what there is to say goes into the acknowledgement itself."""
        by = await self._people.actor({"id": body["user_id"], "name": body.get("user_name")})
        origin = Origin("slash", PLATFORM, body["channel_id"])
        text = typed(body.get("text") or "")
        trigger = body["trigger_id"]
        match await self._dispatch.command(text, by, origin, f"slack:{trigger}"):
            case Form() as form:
                await self._chat.open_form(trigger, forms.modal(form, origin))
                await ack()
            case Say() as said:
                await self._say(ack, answer_messages(said), by, origin.channel)
            case Accepted(note=Report() as report):
                await self._say(ack, report_messages(report, ""), by, origin.channel)
            case Accepted():
                await ack()

    async def _say(self, ack: AsyncAck, messages: list[Message], by: Actor, channel: str) -> None:
        """Acknowledge with the first message, where Slack surely takes it; the rest follows."""
        if first := self._chat.settled(messages[0]):
            await ack(text=first.text, blocks=first.blocks, response_type="ephemeral")
            messages = messages[1:]
        else:  # an acknowledgement that is not taken would be lost without a word
            await ack()
        self._errands.begin(self._chat.whisper_messages(channel, by, messages))

    async def mention(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        """Take `@Flowbot …` in a channel."""
        event = body["event"]
        if _is_typed(event):
            text = without_mention(event["text"], context.bot_user_id or "")
            await self._typed(body, "mention", text, event.get("thread_ts") or event["ts"])
        await ack()

    async def message(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        """Take `!flow …` anywhere and everything in a direct message; mentions come apart."""
        event = body["event"]
        if _is_typed(event):
            text, thread = event["text"], event.get("thread_ts") or ""
            if event.get("channel_type") == "im":
                text = without_mention(text, context.bot_user_id or "")
                await self._typed(body, "mention", text, thread)
            elif has_prefix(text) and not mentions(text, context.bot_user_id or ""):
                await self._typed(body, "thread", text, thread or event["ts"])
        await ack()

    async def ignore(self, ack: AsyncAck) -> None:
        """Acknowledge an event that nobody waits for, so that Slack does not repeat it."""
        await ack()

    async def failed(self, error: Exception, body: Json) -> BoltResponse:
        """Log a failure; people see an apology, and Slack sends events again."""
        report = APOLOGY
        if isinstance(error, OutsideError):
            log.warning("a request of Slack failed: %s", error)
            report = Report("", str(error), "warn")
        else:
            log.error("a request of Slack failed", exc_info=error)
        if "event" in body:
            return BoltResponse(status=500)
        if (body.get("view") or {}).get("callback_id") == forms.FORM:
            return _json(forms.answered({"": report.summary}, body["view"]))
        if "command" in body:
            said = report_messages(report, "")[0]
            return _json({"text": said.text, "blocks": said.blocks, "response_type": "ephemeral"})
        place, channel = body.get("container") or {}, body.get("channel") or {}
        if (where := place.get("channel_id") or channel.get("id")) and body.get("user"):
            by = await self._people.actor(body["user"])
            self._errands.begin(self._chat.whisper(where, by, report))
        return BoltResponse(status=200)

    async def _typed(
        self, body: Json, door: Literal["mention", "thread"], text: str, thread: str
    ) -> None:
        """Take a typed message: eyes at once, then the request, then what there is to say."""
        event = body["event"]
        channel, ts = event["channel"], event["ts"]
        self._errands.begin(self._chat.react(MessageRef(PLATFORM, channel, ts), "seen"))
        by = await self._people.actor({"id": event["user"]})
        # Slack shows a whisper in a thread only where the thread has replies already.
        place = event.get("thread_ts") or ""
        if await self._guests.is_one(body, by.id):
            self._errands.begin(self._chat.whisper(channel, by, NOT_FOR_GUESTS, place))
            return
        origin = Origin(door, PLATFORM, channel, thread, ts)
        # A post that mentions us arrives twice, as two events: the post is the trigger.
        key = f"slack:{body['team_id']}:{channel}:{ts}"
        command = without_prefix(typed(text)).strip()
        answer = await self._dispatch.command(command, by, origin, key)
        shown: list[Message] = []
        match answer:
            case Form() as form:
                shown = [forms.offer(form, command, origin)]
            case Say() as said:
                shown = answer_messages(said)
            case Accepted(note=Report() as note):
                shown = report_messages(note, "")
            case Accepted():
                pass
        self._errands.begin(self._chat.whisper_messages(channel, by, shown, place))


def _is_typed(event: Mapping[str, Any]) -> bool:
    """Say whether a person typed this: no edit, no deletion, no bot, not Slack itself."""
    kind = event.get("subtype") in (None, "file_share", "thread_broadcast")
    person = not event.get("bot_id") and event.get("user") != SLACKBOT
    return kind and person and all(event.get(name) for name in TYPED)


def _json(body: Json) -> BoltResponse:
    return BoltResponse(
        status=200,
        body=msgspec.json.encode(body).decode(),
        headers={"content-type": "application/json;charset=utf-8"},
    )
