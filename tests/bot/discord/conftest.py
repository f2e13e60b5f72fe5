"""An emulated Discord, and its own description of what we send."""

import gzip
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from starlette.applications import Starlette

from bot.discord.app import discord_gateway
from bot.discord.chat import open_chat
from bot.discord.interactions import PATH, discord_interactions
from integrations.emulators.discord import DiscordWorld, discord_app
from integrations.emulators.server import serve
from tests.bot.desk import Desk
from tests.bot.discord.office import Office, flows_of_tests
from tests.integrations.emulators.discord.contract import Contract


@pytest.fixture(scope="session")
def contract(contracts: Path) -> Contract:
    """Read Discord's description once; skip where it is absent."""
    with gzip.open(contracts / "discord/openapi/openapi.json.gz") as file:
        return Contract(json.load(file))


@pytest.fixture
async def world() -> AsyncIterator[DiscordWorld]:
    """Yield an emulated server that answers on loopback."""
    world = DiscordWorld()
    async with serve(discord_app(world)) as base:
        world.base_url = base
        yield world
        await world.close()


@pytest.fixture
def transport() -> str:
    """Return how interactions come; where both are to be tried, a module has its own."""
    return "gateway"


@pytest.fixture
async def office(world: DiscordWorld, transport: str) -> AsyncIterator[Office]:
    """Yield the surface, connected to the gateway through discord.py, or over HTTP as well."""
    desk = Desk()
    async with AsyncExitStack() as stack:
        base = f"{world.base_url}/api/v10"
        chat = await stack.enter_async_context(open_chat(world.token, base))
        await stack.enter_async_context(discord_gateway(desk, chat, known=flows_of_tests))
        await world.connected()
        if transport == "http":
            key = world.endpoint.public_key
            door = discord_interactions(desk, chat, key, world.now, known=flows_of_tests)
            routes = await stack.enter_async_context(door)
            own = await stack.enter_async_context(serve(Starlette(routes=routes)))
            await world.endpoint.listen_at(f"{own}{PATH}")
        yield Office(world, desk, chat)
