"""How Slack reaches us: signed requests over HTTP, or a Socket Mode connection of our own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

EVENTS = "/slack/events"
LARGEST_REQUEST = 1_000_000  # bytes; Slack's own are far below


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
