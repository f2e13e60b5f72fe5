"""An emulated Discord, and its own description of what we send."""

import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.discord.app import discord_gateway
from bot.discord.chat import open_chat
from integrations.emulators.discord import DiscordWorld, discord_app
from integrations.emulators.server import serve
from tests.bot.desk import Desk
from tests.bot.discord.office import Office
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
async def office(world: DiscordWorld) -> AsyncIterator[Office]:
    """Yield the surface, connected to the gateway through discord.py."""
    desk = Desk()
    async with (
        open_chat(world.token, f"{world.base_url}/api/v10") as chat,
        discord_gateway(desk, chat),
    ):
        await world.connected()
        yield Office(world, desk, chat)
