"""What people do to what Slack shows: buttons, forms and entries of a message's menu."""

import msgspec
from slack_bolt.async_app import AsyncAck

from bot.chat import Actor, Origin
from bot.doors import Dispatch
from bot.replies import Accepted, Form, FormErrors, Say
from bot.shortcuts import Posted
from bot.slack import forms
from bot.slack.answers import answer_messages
from bot.slack.buttons import pressed_of
from bot.slack.chat import PLATFORM, SlackChat
from bot.slack.errands import Errands
from bot.slack.inline import Json
from bot.slack.names import People
from bot.slack.tab import TITLE, HomeTab
from bot.slack.words import permalink, typed
from flows.report import Report


class Interactions:
    """The listeners for what is pressed; each acknowledges as soon as it counts."""

    def __init__(
        self, dispatch: Dispatch, chat: SlackChat, people: People, errands: Errands
    ) -> None:
        self._tab = HomeTab(dispatch, chat, people, errands)
        self._dispatch = dispatch
        self._chat = chat
        self._people = people
        self._errands = errands

    async def action(self, ack: AsyncAck, body: Json) -> None:
        """Take the press of a button, or what was chosen from a menu."""
        [pressed, *_] = body.get("actions") or [{}]
        place = body.get("container") or {}
        by = await self._people.actor(body["user"])
        if pressed.get("action_id") == forms.OPEN:
            await self._open_form(body["trigger_id"], pressed["value"], by)
        elif pressed_of(pressed) and (body.get("view") or {}).get("type") == "home":
            await self._tab.pressed(body, by)
        elif (action := pressed_of(pressed)) and "channel_id" in place:
            channel, thread = place["channel_id"], place.get("thread_ts") or ""
            # What a button starts is told of where it was pressed.
            origin = Origin("button", PLATFORM, channel, thread or place["message_ts"])
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
        by = await self._people.actor(body["user"])
        place = forms.place_of(view)
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
                await ack(response_action="errors", errors=forms.errors(errors, view))
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
        by = await self._people.actor(body["user"])
        message, channel = body["message"], body["channel"]["id"]
        thread = message.get("thread_ts") or message["ts"]
        origin = Origin("form", PLATFORM, channel, thread, message["ts"])
        posted = await self._posted(body)
        match await self._dispatch.shortcut(body["callback_id"], posted, by, origin):
            case Form() as form:
                await self._chat.open_form(body["trigger_id"], forms.modal(form, origin))
            case Say(report):
                await self._chat.open_form(body["trigger_id"], forms.notice(report, TITLE))
        await ack()

    async def _posted(self, body: Json) -> Posted:
        message = body["message"]
        user = message.get("user") or ""
        wrote = await self._people.actor({"id": user}) if user else None
        link = permalink(body["team"].get("domain") or "", body["channel"]["id"], message)
        author = wrote.name if wrote else str(message.get("username") or "")
        return Posted(typed(message.get("text") or ""), link, author)

    async def _open_form(self, trigger: str, remembered: str, by: Actor) -> None:
        """Open the form that an earlier command lacked."""
        offer = msgspec.json.decode(remembered, type=forms.Offer)
        origin = Origin("mention", PLATFORM, offer.channel, offer.thread, offer.message)
        match await self._dispatch.command(offer.command, by, origin, f"slack:{trigger}"):
            case Form() as form:
                await self._chat.open_form(trigger, forms.modal(form, origin))
            case Say() as said:
                shown = answer_messages(said)
                self._errands.begin(self._chat.whisper_messages(offer.channel, by, shown))
            case Accepted():
                pass
