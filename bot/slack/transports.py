"""How Slack reaches us: signed requests over HTTP, or a Socket Mode connection of our own."""

import asyncio
import hmac
import json
import logging
import re
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, quote_plus, unquote_plus

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bot.bodies import Refusal, whole
from bot.slack.app import SlackApp
from bot.slack.forms import FORM as MODAL
from bot.slack.manifest import COMMAND, EVENTS
from bot.slack.shapes import fault

log = logging.getLogger(__name__)

FORM = b"application/x-www-form-urlencoded"
SLASH = f"command={quote_plus(COMMAND)}&".encode()
READ = frozenset({"command", "text", "user_id", "user_name", "channel_id", "trigger_id"})
TIMESTAMP = re.compile(rb"\d{1,12}")
TOLERANCE = timedelta(minutes=5)
UNSIGNED = "The signature does not fit the body, the time and the secret."
# What is odd would be as odd the next time.
NOT_AGAIN: dict[str, str | Sequence[str]] = {"x-slack-no-retry": "1"}
LARGEST_REQUEST = 1_000_000  # bytes; Slack's own are far below


def slack_routes(app: SlackApp) -> list[Route]:
    """Return the one route that takes commands, events and interactions over HTTP."""
    if not app._signing_secret:  # noqa: SLF001 - Bolt would check signatures against an empty key
        raise ValueError("HTTP mode needs the signing secret: without it anybody could be Slack.")
    return [Route(EVENTS, Door(app, app._signing_secret), methods=["POST"])]  # noqa: SLF001 - see above


class Door:
    """Takes one request after the other, as an ASGI application.

    Somebody waits for each slash command, and Bolt takes longer to find out what a request is than
    we take to store it: those go to their listener from here, whatever else comes is left to Bolt.
    """

    def __init__(self, app: SlackApp, secret: str) -> None:
        self._app = app
        self._secret = secret.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await whole(receive, LARGEST_REQUEST)
            answer = await self._answer(scope, body)
        except Refusal as refusal:
            answer = BoltResponse(status=refusal.status, body=str(refusal))
        said = answer.body.encode()
        headers = [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, values in answer.headers.items()
            for value in values
        ]
        headers.append((b"content-length", str(len(said)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": said})

    async def _answer(self, scope: Scope, body: bytes) -> BoltResponse:
        headers = dict(scope["headers"])
        # Asked before Bolt, whose check trips over odd headers, and then tells the body's people.
        if not is_signed(self._secret, headers, body, time.time()):
            raise Refusal(401, UNSIGNED)
        if fields := command_in(headers.get(b"content-type", b""), body):
            return await self._taken(fields)
        return await dispatched(self._app, payload_in(body))

    async def _taken(self, fields: dict[str, str]) -> BoltResponse:
        if why := fault(fields, MODAL):
            raise Refusal(400, why)
        ack, surface = AsyncAck(), self._app.surface  # type: ignore[no-untyped-call] # of the SDK
        try:
            await surface.slash(ack, fields)
        except Exception as error:  # noqa: BLE001 - it is logged there, as what Bolt catches
            return await surface.failed(error, fields)
        return ack.response or BoltResponse(status=200)


async def dispatched(app: AsyncApp, body: Any) -> BoltResponse:  # noqa: ANN401 - any JSON
    """Hand on what Slack sent, if it has the shape of what Slack sends."""
    why = fault(body, MODAL)
    try:
        # Whose body it is was checked before: Bolt takes it as it does in Socket Mode.
        request = None if why else AsyncBoltRequest(mode="socket_mode", body=body)
    except (AttributeError, KeyError, TypeError) as error:  # what Bolt alone looks at is odd, too
        request, why = None, str(error)
    if request is None:
        log.warning("this is nothing that Slack sends: %s", why)
        return BoltResponse(status=400, body=why, headers=NOT_AGAIN)
    return await app.async_dispatch(request)


def payload_in(body: bytes) -> Any:  # noqa: ANN401 - any JSON
    """Return what a request holds, as JSON or in a form; raises Refusal where that is nothing."""
    try:
        text = body.decode()
        if text.startswith("{"):
            return json.loads(text)
        fields = dict(parse_qsl(text, keep_blank_values=True))
        return json.loads(fields["payload"]) if "payload" in fields else fields
    except UnicodeDecodeError as error:
        raise Refusal(400, "This body is not UTF-8.") from error
    except (ValueError, RecursionError) as error:
        raise Refusal(400, "This body is neither JSON nor a form.") from error


def is_signed(secret: bytes, headers: Mapping[bytes, bytes], body: bytes, now: float) -> bool:
    """Say whether Slack signed this within five minutes of `now`, in seconds since 1970.

    See https://docs.slack.dev/authentication/verifying-requests-from-slack.
    """
    at = headers.get(b"x-slack-request-timestamp", b"")
    if not TIMESTAMP.fullmatch(at) or abs(now - int(at)) > TOLERANCE.total_seconds():
        return False
    signature = hmac.digest(secret, b"v0:%b:%b" % (at, body), "sha256").hex()
    given = headers.get(b"x-slack-signature", b"")
    return hmac.compare_digest(f"v0={signature}".encode(), given)


def command_in(media: bytes, body: bytes) -> dict[str, str]:
    """Return what is read of a request that is our slash command, else nothing."""
    if not media.startswith(FORM) or SLASH not in body:
        return {}
    pairs = (each.partition("=") for each in body.decode("ascii", "replace").split("&"))
    return {name: unquote_plus(value) for name, _, value in pairs if name in READ}


class _Socket(AsyncSocketModeHandler):
    """Takes what comes over the connection."""

    async def handle(self, client: AsyncBaseSocketModeClient, req: SocketModeRequest) -> None:
        """Hand it on, and acknowledge what was taken."""
        begun = time.time()
        await send_async_response(client, req, await dispatched(self.app, req.payload), begun)


@asynccontextmanager
async def slack_socket(app: AsyncApp, app_token: str) -> AsyncIterator[SocketModeClient]:
    """Keep a Socket Mode connection for the length of a block, without waiting for the first."""
    handler = _Socket(app, app_token)
    handler.client.proxy = app.client.proxy
    connecting = asyncio.create_task(handler.client.connect())  # type: ignore[no-untyped-call] # of the SDK
    try:
        yield handler.client
    finally:
        connecting.cancel()
        with suppress(asyncio.CancelledError):
            await connecting
        await handler.client.close()  # type: ignore[no-untyped-call] # of the SDK
