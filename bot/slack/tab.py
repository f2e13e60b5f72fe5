"""Keeps somebody's Home tab current: when they open it, and after they press something there."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.chat import Actor, Origin
from bot.doors import Dispatch
from bot.pressing import ANSWER, FORM
from bot.replies import Accepted, Form, Say
from bot.slack import forms
from bot.slack.chat import PLATFORM, SlackChat
from bot.slack.errands import Errands
from bot.slack.home import home_view
from bot.slack.inline import Json
from bot.slack.names import People
from flows.report import Report

TITLE = "Flowbot"


class HomeTab:
    """What is shown already is not sent again: each view carries the mark of what it says."""

    def __init__(
        self, dispatch: Dispatch, chat: SlackChat, people: People, errands: Errands
    ) -> None:
        self._dispatch = dispatch
        self._chat = chat
        self._people = people
        self._errands = errands

    async def opened(self, ack: AsyncAck, body: Json) -> None:
        """Take that somebody looks at the app; its other tabs need nothing."""
        event = body["event"]
        if event.get("tab", "home") == "home":
            by = await self._people.actor({"id": event["user"]})
            self._errands.begin(self._show(by, event.get("view")))
        await ack()

    async def pressed(self, body: Json, by: Actor, action: str) -> None:
        """Take a press in the tab; what there is to say stands in a window above it."""
        trigger = body["trigger_id"]
        origin = await self._origin(action, by)
        match await self._dispatch.press(action, by, origin, f"slack:{trigger}"):
            case Form() as form:
                await self._chat.open_form(trigger, forms.modal(form, origin))
            case Say(report) | Accepted(note=Report() as report):
                await self._chat.open_form(trigger, forms.notice(report, TITLE))
            case Accepted() | None:
                pass
        self._errands.begin(self._show(by, body["view"]))

    async def _origin(self, action: str, by: Actor) -> Origin:
        """Return where what is started is told of: in the conversation with this person."""
        answers = action.partition(":")[0] in (ANSWER, FORM)
        return Origin("button", PLATFORM, "" if answers else await self._chat.direct(by))

    async def _show(self, by: Actor, shown: Mapping[str, Any] | None) -> None:
        await self._chat.own_user()  # which says where messages can be read, too
        view = home_view(await self._dispatch.home(by), self._chat.permalink)
        if (shown or {}).get("private_metadata") != view["private_metadata"]:
            await self._chat.publish_home(by.id, view)
