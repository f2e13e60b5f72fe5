"""An emulated Discord, and its own description of what we send."""

import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from integrations.emulators.discord import DiscordWorld, discord_app
from integrations.emulators.server import serve
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
