"""Discord's interactions over HTTP: proven to be Discord's, then taken as the gateway's are."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import discord
import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.bodies import Refusal, whole
from bot.discord.app import Client, register
from bot.discord.chat import DiscordChat
from bot.discord.commands import Known
from bot.discord.payloads import told
from bot.discord.surface import Surface
from bot.doors import Dispatch
from flows.engine.registry import catalogue
from integrations.errors import OutsideError, Transient

log = logging.getLogger(__name__)

PATH = "/discord/interactions"
LARGEST_REQUEST = 1_000_000  # bytes; Discord's own are far below
TOLERANCE = timedelta(minutes=5)
TRY_AGAIN = timedelta(minutes=1)
PING = 1
PONG = {"type": 1}
UNSIGNED = "The signature does not fit the body, the time and the key."


class Door:
    """Takes one request after the other; what comes of it goes to Discord by REST.

    `key` is the application's public key, in hexadecimal.
    """

    def __init__(
        self,
        surface: Surface,
        parse: Callable[[Any], discord.Interaction],
        key: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._surface = surface
        self._parse = parse
        self._key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
        self._clock = clock

    async def answer(self, request: Request) -> Response:
        """Answer that an interaction was taken; the surface answers the person."""
        try:
            body = await whole(request.receive, LARGEST_REQUEST)
        except Refusal as refusal:
            return PlainTextResponse(str(refusal), refusal.status)
        if not self._is_discords(request, body):
            return PlainTextResponse(UNSIGNED, 401)
        try:
            payload = msgspec.json.decode(body)
            if payload["type"] == PING:
                return JSONResponse(PONG)
            interaction = self._parse(payload)
        except Exception as error:  # noqa: BLE001 - whatever Discord has thought of since
            log.warning("an interaction of Discord cannot be read: %s", told(error))
            return PlainTextResponse("This is no interaction that I can read.", 400)
        self._surface.take(interaction)
        return Response(None, 202)  # it says that the answer comes by the callback

    def _is_discords(self, request: Request, body: bytes) -> bool:
        signature = request.headers.get("x-signature-ed25519", "")
        signed_at = request.headers.get("x-signature-timestamp", "")
        try:
            age = self._clock().timestamp() - int(signed_at)
            self._key.verify(bytes.fromhex(signature), signed_at.encode() + body)
        except (InvalidSignature, ValueError, OverflowError):
            return False
        return abs(age) <= TOLERANCE.total_seconds()


@asynccontextmanager
async def discord_interactions(
    dispatch: Dispatch,
    chat: DiscordChat,
    key: str,
    clock: Callable[[], datetime],
    application: str = "",
    known: Known = catalogue,
) -> AsyncIterator[list[Route]]:
    """Yield the one route that takes interactions, and have the commands registered."""
    surface = Surface(dispatch, chat, known)
    client = Client(surface, discord.Intents(guilds=True), (chat.rest.base_url, ""))
    door = Door(surface, client.interaction_of, key, clock)
    registering = asyncio.create_task(_registered(chat, application, known))
    try:
        yield [Route(PATH, door.answer, methods=["POST"])]
    finally:
        registering.cancel()
        await asyncio.gather(registering, return_exceptions=True)
        await surface.close()


async def _registered(chat: DiscordChat, application: str, known: Known) -> None:
    """Bring the commands up to date, as soon as Discord lets us."""
    while True:
        try:
            about = await chat.rest("GET", "/applications/@me", write=False)
            await register(chat, application or str(about["id"]), known)
        except Transient as error:
            log.warning("the commands of Discord are not registered yet: %s", error)
            await asyncio.sleep((error.retry_after or TRY_AGAIN).total_seconds())
        except OutsideError as error:
            log.error("the commands of Discord cannot be registered: %s", error)  # noqa: TRY400 - no bug
            return
        else:
            return
