"""Discord's gateway: discord.py keeps the connection, the surface takes what arrives."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import discord
from discord.gateway import DiscordWebSocket
from discord.http import HTTPClient, Route

from bot.discord.chat import DiscordChat
from bot.discord.commands import application_commands, same
from bot.discord.surface import Surface
from bot.doors import Dispatch
from flows.engine.registry import catalogue
from integrations.errors import OutsideError, Refused

log = logging.getLogger(__name__)

MESSAGE_CONTENT = 1 << 18 | 1 << 19  # the application may read what it is not mentioned in
FIRST_DELAY, LONGEST_DELAY = 1.0, 300.0


class _Http(HTTPClient):
    """discord.py's own calls, at the addresses that we were given."""

    base_url = Route.BASE
    gateway_url = str(DiscordWebSocket.DEFAULT_GATEWAY)

    async def request(self, route: Route, **more: Any) -> Any:  # noqa: ANN401 - discord.py's own
        route.url = route.url.replace(Route.BASE, self.base_url, 1)
        return await super().request(route, **more)

    async def ws_connect(self, url: str, *, compress: int = 0) -> aiohttp.ClientWebSocketResponse:
        default = str(DiscordWebSocket.DEFAULT_GATEWAY).rstrip("/")
        address = url.replace(default, self.gateway_url.rstrip("/"), 1)
        return await super().ws_connect(address, compress=compress)


class _Client(discord.Client):
    """A client that keeps nothing and hands everything to the surface."""

    def __init__(
        self, surface: Surface, intents: discord.Intents, addresses: tuple[str, str]
    ) -> None:
        # It would warn that it cannot speak: that is none of ours.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        self._addresses = addresses
        self._surface = surface
        super().__init__(
            intents=intents,
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            allowed_mentions=discord.AllowedMentions.none(),
        )

    def _get_state(self, **options: Any) -> Any:  # noqa: ANN401 - discord.py's own
        self.http = _Http(self.loop)
        self.http.base_url, self.http.gateway_url = self._addresses
        return super()._get_state(**options)

    async def on_message(self, message: discord.Message) -> None:
        if self.user:
            await self._surface.message(message, self.user.id)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        await self._surface.interaction(interaction)

    async def on_error(self, event_method: str, /, *_: object, **__: object) -> None:
        log.exception("the event %s of Discord failed", event_method)  # noqa: LOG004 - discord.py is in a handler


@asynccontextmanager
async def discord_gateway(
    dispatch: Dispatch, chat: DiscordChat, application: str = ""
) -> AsyncIterator[None]:
    """Stay connected for the length of a block, without waiting for the first connection."""
    keeping = asyncio.create_task(_keep(dispatch, chat, application))
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def _keep(dispatch: Dispatch, chat: DiscordChat, application: str) -> None:
    """Connect, and again when a connection is lost for good: sooner at first, then rarely."""
    delay = FIRST_DELAY
    while True:
        try:
            await _connect(dispatch, chat, application)
            delay = FIRST_DELAY
        except (Refused, discord.LoginFailure) as error:
            log.error("Discord lets me not in, see `python -m bot doctor`: %s", error)  # noqa: TRY400 - no bug
            delay = LONGEST_DELAY
        except (OutsideError, discord.DiscordException, aiohttp.ClientError, OSError) as error:
            log.warning("Discord is away, trying again in %.0f s: %s", delay, error)
        except Exception:  # an event that breaks the client must not end it for good
            log.exception("the connection to Discord broke; a new one follows in %.0f s", delay)
        await asyncio.sleep(delay)
        delay = min(delay * 2, LONGEST_DELAY)


async def _connect(dispatch: Dispatch, chat: DiscordChat, application: str) -> None:
    """Register the commands where they changed, then listen until the connection ends for good."""
    about = await chat.rest("GET", "/applications/@me", write=False)
    own = application or str(about["id"])
    gateway = str((await chat.rest("GET", "/gateway", write=False))["url"])
    await register(chat, own)
    intents = discord.Intents(
        guilds=True,
        guild_messages=True,
        dm_messages=True,
        message_content=bool(int(about.get("flags") or 0) & MESSAGE_CONTENT),
    )
    surface = Surface(dispatch, chat, own)
    try:
        async with _Client(surface, intents, (chat.rest.base_url, gateway)) as client:
            await client.start(chat.rest.token)
    finally:
        await surface.close()


async def register(chat: DiscordChat, application: str) -> bool:
    """Bring the commands up to date; False where they are: Discord counts the changes of a day."""
    path = f"/applications/{application}/commands"
    wanted = application_commands(catalogue().values())
    present = await chat.rest("GET", path, write=False)
    by_name = {each["name"]: each for each in present}
    if len(present) == len(wanted) and all(same(w, by_name.get(w["name"])) for w in wanted):
        return False
    await chat.rest("PUT", path, wanted)
    return True
