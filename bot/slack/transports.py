"""How Slack reaches us: signed requests over HTTP, or a Socket Mode connection of our own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import quote_plus, unquote_plus

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.slack.app import SlackApp
from bot.slack.manifest import COMMAND, EVENTS
from bot.slack.surface import Surface

FORM = "application/x-www-form-urlencoded"
SLASH = f"command={quote_plus(COMMAND)}&".encode()
LARGEST_REQUEST = 1_000_000  # bytes; Slack's own are far below


def slack_routes(app: SlackApp) -> list[Route]:
    """Return the one route that takes commands, events and interactions over HTTP."""
    if not app._signing_secret:  # noqa: SLF001 - Bolt would check signatures against an empty key
        raise ValueError("HTTP mode needs the signing secret: without it anybody could be Slack.")
    verifier = SignatureVerifier(app._signing_secret)  # noqa: SLF001 - see above

    async def events(request: Request) -> Response:
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > LARGEST_REQUEST:
                return PlainTextResponse("Too large", 413)
        fields = command_in(request.headers.get("content-type", ""), body)
        if fields and _is_signed(verifier, request.headers, body):
            return to_starlette_response(await _taken(app.surface, fields))
        try:
            incoming: AsyncBoltRequest = to_async_bolt_request(request, bytes(body))
        except UnicodeDecodeError:
            return PlainTextResponse("Not UTF-8", 400)
        return to_starlette_response(await app.async_dispatch(incoming))

    return [Route(EVENTS, events, methods=["POST"])]


def command_in(media: str, body: bytes | bytearray) -> dict[str, str]:
    """Return the fields of a request that is our slash command, else nothing.

    Somebody waits for each of these, and Bolt takes longer to find out what a request is than we
    take to store it; whatever else comes, and whatever is not signed, is left to Bolt.
    """
    if not media.startswith(FORM) or SLASH not in body:
        return {}
    pairs = (each.partition("=") for each in body.decode("ascii", "replace").split("&"))
    return {name: unquote_plus(value) for name, _, value in pairs}


def _is_signed(verifier: SignatureVerifier, headers: Headers, body: bytearray) -> bool:
    at, signature = headers.get("x-slack-request-timestamp"), headers.get("x-slack-signature")
    return bool(at and at.isdecimal() and verifier.is_valid(bytes(body), at, signature or ""))


async def _taken(surface: Surface, fields: dict[str, str]) -> BoltResponse:
    ack = AsyncAck()  # type: ignore[no-untyped-call] # of the SDK
    try:
        await surface.slash(ack, fields)
    except Exception as error:  # noqa: BLE001 - it is logged there, as what Bolt catches
        return await surface.failed(error, fields)
    return ack.response or BoltResponse(status=200)


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
