"""Discord's gateway: discord.py keeps the connection, the surface takes what arrives."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import discord
from discord.gateway import DiscordWebSocket
from discord.http import HTTPClient, Route

from bot.discord.chat import DiscordChat
from bot.discord.commands import Known, application_commands, same
from bot.discord.payloads import Spoken, completed, data_as, told
from bot.discord.surface import Surface
from bot.doors import Dispatch
from flows.engine.registry import catalogue
from integrations.errors import OutsideError, Refused

log = logging.getLogger(__name__)

MESSAGE_CONTENT = 1 << 18 | 1 << 19  # the application may read what it is not mentioned in
GREETINGS = {"READY", "RESUMED"}  # without them nothing works
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


class Client(discord.Client):
    """A client that keeps nothing and hands everything to the surface."""

    def __init__(
        self, surface: Surface, intents: discord.Intents, addresses: tuple[str, str]
    ) -> None:
        # It would warn that it cannot speak: that is none of ours.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        self._addresses = addresses
        self._surface = surface
        self._was_ready = False
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
        state: Any = super()._get_state(**options)
        hear = state.parsers["MESSAGE_CREATE"]
        # Not discord.py's own, which looks for views that we do not have, and can fail at that.
        state.parsers["INTERACTION_CREATE"] = lambda data: state.dispatch(
            "interaction", self.interaction_of(data)
        )
        state.parsers["MESSAGE_CREATE"] = lambda data: hear(data_as(Spoken, data))
        for kind, parse in state.parsers.items():
            if kind not in GREETINGS:
                state.parsers[kind] = _left_out(kind, parse)
        return state

    def interaction_of(self, payload: Any) -> discord.Interaction:  # noqa: ANN401 - any JSON
        """Return an interaction as discord.py knows it, from either door; raises what is odd."""
        state = self._connection
        if state.user is None:  # nobody has logged in here, and it is asked who it is
            name = str(payload["application_id"])
            own = {"id": name, "username": name, "discriminator": "0", "avatar": None}
            state.user = discord.ClientUser(state=state, data=own)  # type: ignore[arg-type] # as much as it reads
        return discord.Interaction(data=completed(payload), state=state)

    async def close(self) -> None:
        """Close at once: discord.py waits for more servers after it connected, and would go on."""
        if waiting := self._connection._ready_task:  # noqa: SLF001 - nothing else ends it
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        await super().close()

    async def on_ready(self) -> None:
        """Count a session that had to begin anew: what was said meanwhile was not heard."""
        if self._was_ready:
            await self._surface.count("session begun anew")
        self._was_ready = True

    async def on_resumed(self) -> None:
        await self._surface.count("connection resumed")

    async def on_message(self, message: discord.Message) -> None:
        if self.user:
            await self._surface.message(message, self.user.id)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        await self._surface.interaction(interaction)

    async def on_error(self, event_method: str, /, *_: object, **__: object) -> None:
        log.exception("the event %s of Discord failed", event_method)  # noqa: LOG004 - discord.py is in a handler


@dataclass(slots=True)
class Line:
    """The connection to the gateway, as it is now."""

    client: Client | None = None

    @property
    def connected(self) -> bool:
        socket = self.client.ws if self.client else None
        return bool(socket and socket.open)


def _left_out(kind: str, parse: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return the same, but what cannot be read costs this one event, and not the connection."""

    def parsed(data: Any) -> None:  # noqa: ANN401 - any JSON
        try:
            parse(data)
        except Exception as error:  # noqa: BLE001 - whatever Discord has thought of since
            log.warning("the event %s of Discord cannot be read: %s", kind, told(error))

    return parsed


@asynccontextmanager
async def discord_gateway(
    dispatch: Dispatch, chat: DiscordChat, application: str = "", known: Known = catalogue
) -> AsyncIterator[Line]:
    """Stay connected for the length of a block, without waiting for the first connection."""
    surface, line = Surface(dispatch, chat, known), Line()
    keeping = asyncio.create_task(_keep(surface, line, chat, application, known))
    try:
        yield line
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await surface.close()


async def _keep(
    surface: Surface, line: Line, chat: DiscordChat, application: str, known: Known
) -> None:
    """Connect, and again when a connection is lost for good: sooner at first, then rarely."""
    delay = FIRST_DELAY
    while True:
        try:
            await _connect(surface, line, chat, application, known)
            delay = FIRST_DELAY
        except (Refused, discord.LoginFailure) as error:
            log.error("Discord lets me not in, see `python -m bot doctor`: %s", error)  # noqa: TRY400 - no bug
            delay = LONGEST_DELAY
        except (OutsideError, discord.DiscordException, aiohttp.ClientError, OSError) as error:
            log.warning("Discord is away, trying again in %.0f s: %s", delay, error)
        except Exception:  # an event that breaks the client must not end it for good
            log.exception("the connection to Discord broke; a new one follows in %.0f s", delay)
        await chat.rest.troubles.count("connection lost")
        await asyncio.sleep(delay)
        delay = min(delay * 2, LONGEST_DELAY)


async def _connect(
    surface: Surface, line: Line, chat: DiscordChat, application: str, known: Known
) -> None:
    """Register the commands where they changed, then listen until the connection ends for good."""
    about = await chat.rest("GET", "/applications/@me", write=False)
    own = application or str(about["id"])
    gateway = str((await chat.rest("GET", "/gateway", write=False))["url"])
    await register(chat, own, known)
    intents = discord.Intents(
        guilds=True,
        guild_messages=True,
        dm_messages=True,
        message_content=bool(int(about.get("flags") or 0) & MESSAGE_CONTENT),
    )
    async with Client(surface, intents, (chat.rest.base_url, gateway)) as client:
        line.client = client
        await client.start(chat.rest.token)


async def register(chat: DiscordChat, application: str, known: Known = catalogue) -> bool:
    """Bring the commands up to date; False where they are: Discord counts the changes of a day."""
    path = f"/applications/{application}/commands"
    wanted = application_commands(known().values())
    present = await chat.rest("GET", path, write=False)
    there = {(each["name"], each["type"]): each for each in present}
    are_there = all(same(each, there.get((each["name"], each["type"]))) for each in wanted)
    if len(present) == len(wanted) and are_there:
        return False
    await chat.rest("PUT", path, wanted)
    return True
