"""What people do to what Slack shows: buttons, forms and entries of a message's menu."""

import msgspec
from slack_bolt.async_app import AsyncAck

from bot.chat import Actor, Origin
from bot.doors import Dispatch
from bot.replies import Accepted, Form, FormErrors, Say, no
from bot.shortcuts import Posted
from bot.slack import forms
from bot.slack.answers import answer_messages
from bot.slack.buttons import pressed_of
from bot.slack.chat import PLATFORM, SlackChat
from bot.slack.errands import Errands
from bot.slack.guests import NOT_FOR_GUESTS, Guests
from bot.slack.inline import Json
from bot.slack.names import People
from bot.slack.tab import TITLE, HomeTab
from bot.slack.words import permalink, typed
from flows.report import Report

BLOCKS = "block_actions"
OLDER_FORM = "This form is of an older version of the bot. Copy what you typed, and open it again."
OLDER_BUTTON = "This button belongs to an older version of the bot. Type the command again."


class Interactions:
    """The listeners for what is pressed; each acknowledges as soon as it counts."""

    def __init__(
        self, dispatch: Dispatch, chat: SlackChat, people: People, errands: Errands
    ) -> None:
        self._tab = HomeTab(dispatch, chat, people, errands)
        self._guests = Guests(chat)
        self._dispatch = dispatch
        self._chat = chat
        self._people = people
        self._errands = errands

    async def action(self, ack: AsyncAck, body: Json) -> None:
        """Take the press of a button, or what was chosen from a menu."""
        if body["type"] != BLOCKS:  # Bolt counts old kinds of menus and dialogues as actions, too
            await ack()
            return
        [pressed, *_] = body["actions"]
        place = body.get("container") or {}
        channel, thread = place.get("channel_id") or "", place.get("thread_ts") or ""
        action, by = pressed_of(pressed), await self._member(body, channel)
        if by is None:
            pass
        elif pressed["action_id"] == forms.OPEN and channel:
            await self._open_form(body["trigger_id"], action, by, channel)
        elif action and (body.get("view") or {}).get("type") == "home":
            await self._tab.pressed(body, by, action)
        elif action and channel:
            # What a button starts is told of where it was pressed; below a whisper nobody reads.
            head = "" if place.get("is_ephemeral") else place.get("message_ts") or ""
            origin = Origin("button", PLATFORM, channel, thread or head)
            key = f"slack:{body['trigger_id']}"
            match await self._dispatch.press(action, by, origin, key):
                case Form() as form:
                    view = forms.modal(form, Origin("button", PLATFORM, channel, thread))
                    await self._chat.open_form(body["trigger_id"], view)
                case Say() as said:
                    shown = answer_messages(said)
                    self._errands.begin(self._chat.whisper_messages(channel, by, shown, thread))
                case Accepted(note=Report() as report):
                    self._errands.begin(self._chat.whisper(channel, by, report, thread))
                case Accepted() | None:
                    pass
        await ack()

    async def view(self, ack: AsyncAck, body: Json) -> None:
        """Take a form that was filled in."""
        view = body["view"]
        if view.get("callback_id") != forms.FORM:
            await ack()
            return
        by = await self._member(body)
        if by is None:
            await ack(**forms.answered({"": NOT_FOR_GUESTS.summary}, view))
            return
        try:
            place = forms.place_of(view)
        except msgspec.MsgspecError:
            await ack(**forms.answered({"": OLDER_FORM}, view))
            return
        origin = Origin("form", PLATFORM, place.channel, place.thread, place.message)
        given = forms.values(view)
        match (
            await self._dispatch.answer_form(place.question, given, by, origin.door)
            if place.question
            else await self._dispatch.submit_form(
                place.flow, given, by, origin, f"slack:{view['id']}"
            )
        ):
            case FormErrors(errors):
                await ack(**forms.answered(errors, view))
            case Say(report):
                title = view["title"]["text"]
                await ack(response_action="update", view=forms.notice(report, title))
            case _:
                await ack()

    async def opened(self, ack: AsyncAck, body: Json) -> None:
        """Take that somebody looks at the app's Home tab."""
        await self._tab.opened(ack, body)

    async def shortcut(self, ack: AsyncAck, body: Json) -> None:
        """Take an entry of a message's menu: its form opens, filled in from the message."""
        message, channel = body["message"], body["channel"]["id"]
        by = await self._member(body, channel)
        if by is None:
            await ack()
            return
        thread = message.get("thread_ts") or message["ts"]
        origin = Origin("form", PLATFORM, channel, thread, message["ts"])
        posted = await self._posted(body)
        match await self._dispatch.shortcut(body["callback_id"], posted, by, origin):
            case Form() as form:
                await self._chat.open_form(body["trigger_id"], forms.modal(form, origin))
            case Say(report):
                await self._chat.open_form(body["trigger_id"], forms.notice(report, TITLE))
        await ack()

    async def _member(self, body: Json, channel: str = "") -> Actor | None:
        """Return who did this; a guest is told, in this channel, that nothing comes of it."""
        by = await self._people.actor(body["user"])
        if not await self._guests.is_one(body, by.id):
            return by
        if channel:
            self._errands.begin(self._chat.whisper(channel, by, NOT_FOR_GUESTS))
        return None

    async def _posted(self, body: Json) -> Posted:
        message = body["message"]
        user = message.get("user") or ""
        wrote = await self._people.actor({"id": user}) if user else None
        link = permalink(
            (body.get("team") or {}).get("domain") or "", body["channel"]["id"], message
        )
        author = wrote.name if wrote else str(message.get("username") or "")
        return Posted(typed(message.get("text") or ""), link, author)

    async def _open_form(self, trigger: str, remembered: str, by: Actor, channel: str) -> None:
        """Open the form that an earlier command lacked."""
        try:
            offer = msgspec.json.decode(remembered, type=forms.Offer)
        except msgspec.MsgspecError:
            self._errands.begin(self._chat.whisper(channel, by, no(OLDER_BUTTON).report))
            return
        origin = Origin("mention", PLATFORM, offer.channel, offer.thread, offer.message)
        match await self._dispatch.command(offer.command, by, origin, f"slack:{trigger}"):
            case Form() as form:
                await self._chat.open_form(trigger, forms.modal(form, origin))
            case Say() as said:
                shown = answer_messages(said)
                self._errands.begin(self._chat.whisper_messages(offer.channel, by, shown))
            case Accepted():
                pass
