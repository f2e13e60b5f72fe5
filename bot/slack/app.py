"""The Slack surface: commands, mentions, messages, buttons and forms, over HTTP or Socket Mode."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Literal

import msgspec
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.chat import Actor, MessageRef, Origin
from bot.doors import APOLOGY, Dispatch
from bot.replies import Accepted, Form, FormErrors, Say
from bot.slack import forms
from bot.slack.chat import SlackChat
from bot.slack.inline import Json
from bot.slack.names import Names
from bot.slack.render import report_messages
from bot.slack.words import mentions, typed, without_mention
from bot.wording import has_prefix, without_prefix
from flows.report import Report
from integrations.errors import OutsideError

log = logging.getLogger(__name__)

PLATFORM = "slack"
COMMAND = "/flow"
EVENTS = "/slack/events"
NAME_PATIENCE = 0.3  # seconds
LARGEST_REQUEST = 1_000_000  # bytes; Slack's own are far below
ANYTHING = re.compile(".*")


def slack_app(dispatch: Dispatch, chat: SlackChat, signing_secret: str = "") -> AsyncApp:
    """Return the Bolt app; the secret is needed only where Slack comes over HTTP."""
    client = AsyncWebClient(base_url=chat.client.base_url, session=chat.client.session)
    client.proxy = chat.client.proxy
    app = AsyncApp(
        client=client,
        authorize=_Authorize(chat),
        signing_secret=signing_secret,
        process_before_response=True,
        ignoring_self_events_enabled=False,  # the message listener does that, for other bots too
        ssl_check_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )
    surface = _Surface(dispatch, chat)
    app.command(COMMAND)(surface.slash)
    app.event("app_mention")(surface.mention)
    app.event("message")(surface.message)
    app.event(ANYTHING)(surface.ignore)
    app.action(ANYTHING)(surface.action)
    app.view(ANYTHING)(surface.view)
    app.error(surface.failed)
    return app


class _Authorize(AsyncAuthorize):
    """Says who we are; Bolt's own check loses what comes while Slack has trouble."""

    def __init__(self, chat: SlackChat) -> None:
        self._chat = chat

    async def __call__(self, **_: Any) -> AuthorizeResult:  # noqa: ANN401 - Bolt's arguments
        return AuthorizeResult(
            enterprise_id=None,
            team_id=None,
            bot_user_id=await self._chat.own_user(),
            bot_token=self._chat.client.token,
        )


class _Surface:
    """The listeners; each acknowledges as soon as the request is stored."""

    def __init__(self, dispatch: Dispatch, chat: SlackChat) -> None:
        self._dispatch = dispatch
        self._chat = chat
        self._names = Names(chat.client)
        self._later: set[asyncio.Task[None]] = set()

    async def slash(self, ack: AsyncAck, body: Json) -> None:
        """Take `/flow …`; what there is to say goes into the acknowledgement itself."""
        by = await self._person({"id": body["user_id"], "name": body["user_name"]})
        origin = Origin("slash", PLATFORM, body["channel_id"])
        text = typed(body.get("text", ""))
        trigger = body["trigger_id"]
        match await self._dispatch.command(text, by, origin, f"slack:{trigger}"):
            case Form() as form:
                await self._chat.open_form(trigger, forms.modal(form, origin))
                await ack()
            case Say(report):
                first, *rest = report_messages(report, "")
                await ack(text=first.text, blocks=first.blocks, response_type="ephemeral")
                self._soon(self._chat.whisper_messages(origin.channel, by, rest))
            case Accepted(note=Report() as report):
                first = report_messages(report, "")[0]
                await ack(text=first.text, blocks=first.blocks, response_type="ephemeral")
            case Accepted():
                await ack()

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
            text, thread = event["text"], event.get("thread_ts", "")
            if event.get("channel_type") == "im":
                text = without_mention(text, context.bot_user_id or "")
                await self._typed(body, "mention", text, thread)
            elif has_prefix(text) and not mentions(text, context.bot_user_id or ""):
                await self._typed(body, "thread", text, thread or event["ts"])
        await ack()

    async def ignore(self, ack: AsyncAck) -> None:
        """Acknowledge an event that nobody waits for, so that Slack does not repeat it."""
        await ack()

    async def action(self, ack: AsyncAck, body: Json) -> None:
        """Take the press of a button."""
        pressed = body["actions"][0]
        by = await self._person(body["user"])
        if pressed["action_id"] == forms.OPEN:
            await self._open_form(body["trigger_id"], pressed["value"], by)
        elif pressed.get("value"):
            place = body["container"]
            channel, thread = place["channel_id"], place.get("thread_ts", "")
            # What a button starts is told of where it was pressed.
            origin = Origin("button", PLATFORM, channel, thread or place["message_ts"])
            key = f"slack:{body['trigger_id']}"
            match await self._dispatch.press(pressed["value"], by, origin, key):
                case Form() as form:
                    shown = forms.modal(form, Origin("button", PLATFORM, channel, thread))
                    await self._chat.open_form(body["trigger_id"], shown)
                case Say(report):
                    self._soon(self._chat.whisper(channel, by, report, thread))
                case Accepted() | None:
                    pass
        await ack()

    async def view(self, ack: AsyncAck, body: Json) -> None:
        """Take a form that was filled in."""
        view = body["view"]
        if view.get("callback_id") != forms.FORM:
            await ack()
            return
        by = await self._person(body["user"])
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

    async def failed(self, error: Exception, body: Json) -> BoltResponse:
        """Log a failure; people see an apology, and Slack sends events again."""
        log.error("a request of Slack failed", exc_info=error)
        if "event" in body:
            return BoltResponse(status=500)
        report = Report("", str(error), "warn") if isinstance(error, OutsideError) else APOLOGY
        if body.get("type") == "view_submission":
            shown = forms.notice(report, body["view"]["title"]["text"])
            return _json({"response_action": "update", "view": shown})
        if "command" in body:
            said = report_messages(report, "")[0]
            return _json({"text": said.text, "blocks": said.blocks, "response_type": "ephemeral"})
        by = await self._person(body["user"])
        channel = body.get("container", {}).get("channel_id")
        if channel:
            self._soon(self._chat.whisper(channel, by, report))
        return BoltResponse(status=200)

    async def _typed(
        self, body: Json, door: Literal["mention", "thread"], text: str, thread: str
    ) -> None:
        """Take a typed message: eyes at once, then the request, then what there is to say."""
        event = body["event"]
        channel, ts = event["channel"], event["ts"]
        self._soon(self._chat.react(MessageRef(PLATFORM, channel, ts), "seen"))
        by = await self._person({"id": event["user"]})
        origin = Origin(door, PLATFORM, channel, thread, ts)
        # A post that mentions us arrives twice, as two events: the post is the trigger.
        key = f"slack:{body['team_id']}:{channel}:{ts}"
        command = without_prefix(typed(text)).strip()
        answer = await self._dispatch.command(command, by, origin, key)
        # Slack shows a whisper in a thread only where the thread has replies already.
        place = event.get("thread_ts", "")
        match answer:
            case Form() as form:
                offered = forms.offer(form, command, origin)
                self._soon(self._chat.whisper_messages(channel, by, [offered], place))
            case Say(report) | Accepted(note=Report() as report):
                self._soon(self._chat.whisper(channel, by, report, place))
            case Accepted():
                pass

    async def _open_form(self, trigger: str, remembered: str, by: Actor) -> None:
        """Open the form that an earlier command lacked."""
        offer = msgspec.json.decode(remembered, type=forms.Offer)
        origin = Origin("mention", PLATFORM, offer.channel, offer.thread, offer.message)
        match await self._dispatch.command(offer.command, by, origin, f"slack:{trigger}"):
            case Form() as form:
                await self._chat.open_form(trigger, forms.modal(form, origin))
            case Say(report):
                self._soon(self._chat.whisper(offer.channel, by, report))
            case Accepted():
                pass

    async def _person(self, user: Mapping[str, Any]) -> Actor:
        """Return who did something; the handle will do where Slack is slow with the name.

        A trigger is good for three seconds, so a name may take a small part of them.
        """
        who, handle = user["id"], user.get("name") or user["id"]
        if name := self._names.known(who):
            return Actor(PLATFORM, who, name)
        try:
            async with asyncio.timeout(NAME_PATIENCE):
                return Actor(PLATFORM, who, await self._names.person(who, handle))
        except TimeoutError:
            return Actor(PLATFORM, who, handle)

    def _soon(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that no acknowledgement waits for."""
        task = asyncio.create_task(_quietly(work))
        self._later.add(task)
        task.add_done_callback(self._later.discard)


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except OutsideError as error:
        log.warning("a courtesy in Slack failed: %s", error)


def _is_typed(event: Mapping[str, Any]) -> bool:
    """Say whether a person typed this: no edit, no deletion, no bot."""
    kind = event.get("subtype") in (None, "file_share", "thread_broadcast")
    return kind and "bot_id" not in event and bool(event.get("user")) and bool(event.get("text"))


def _json(body: Json) -> BoltResponse:
    return BoltResponse(
        status=200,
        body=msgspec.json.encode(body).decode(),
        headers={"content-type": "application/json;charset=utf-8"},
    )


def slack_routes(app: AsyncApp) -> list[Route]:
    """Return the one route that takes commands, events and interactions over HTTP."""
    if not app._signing_secret:  # noqa: SLF001 - Bolt would check signatures against an empty key
        raise ValueError("HTTP mode needs the signing secret: without it anybody could be Slack.")

    async def events(request: Request) -> Response:
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > LARGEST_REQUEST:
                return PlainTextResponse("Too large", 413)
        try:
            incoming: AsyncBoltRequest = to_async_bolt_request(request, bytes(body))
        except UnicodeDecodeError:
            return PlainTextResponse("Not UTF-8", 400)
        return to_starlette_response(await app.async_dispatch(incoming))

    return [Route(EVENTS, events, methods=["POST"])]


@asynccontextmanager
async def slack_socket(app: AsyncApp, app_token: str) -> AsyncIterator[SocketModeClient]:
    """Keep a Socket Mode connection for the length of a block, without waiting for the first."""
    handler = AsyncSocketModeHandler(app, app_token)
    handler.client.proxy = app.client.proxy
    connecting = asyncio.create_task(handler.client.connect())  # type: ignore[no-untyped-call] # of the SDK
    try:
        yield handler.client
    finally:
        connecting.cancel()
        with suppress(asyncio.CancelledError):
            await connecting
        await handler.client.close()  # type: ignore[no-untyped-call] # of the SDK
