"""An emulated Discord, served, with somebody who calls it."""

import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from integrations.emulators.discord import DiscordWorld, discord_app
from integrations.emulators.server import serve
from tests.integrations.emulators.discord.caller import Caller
from tests.integrations.emulators.discord.clock import Clock
from tests.integrations.emulators.discord.contract import Contract


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands still until a test moves it."""
    return Clock()


@pytest.fixture
async def world(clock: Clock) -> AsyncIterator[DiscordWorld]:
    """Yield an emulated server that answers on loopback."""
    world = DiscordWorld(clock=clock, patience=1.0)
    async with serve(discord_app(world)) as base:
        world.base_url = base
        yield world
        await world.close()


@pytest.fixture
async def call(world: DiscordWorld) -> AsyncIterator[Caller]:
    """Yield a caller with the bot's token."""
    async with aiohttp.ClientSession() as session:
        yield Caller(world, session)


@pytest.fixture(scope="session")
def contract(contracts: Path) -> Contract:
    """Read Discord's description once; skip where it is absent."""
    with gzip.open(contracts / "discord/openapi/openapi.json.gz") as file:
        return Contract(json.load(file))
