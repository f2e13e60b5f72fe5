"""An emulated Slack, served, with the official client connected to it."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from integrations.emulators.server import serve
from integrations.emulators.slack import SlackWorld, slack_app
from tests.integrations.emulators.slack.clock import Clock


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands still until a test moves it."""
    return Clock()


@pytest.fixture
async def world(clock: Clock) -> AsyncIterator[SlackWorld]:
    """Yield an emulated workspace that answers on loopback."""
    world = SlackWorld(clock=clock, retries=(0.0, 0.0, 0.0))
    async with serve(slack_app(world)) as base:
        world.base_url = base
        yield world
        await world.close()


@pytest.fixture
async def client(world: SlackWorld) -> AsyncIterator[AsyncWebClient]:
    """Yield the official client, signed in as the bot."""
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(
            world.bot_token, f"{world.base_url}/api/", session=session, retry_handlers=[]
        )
        client.proxy = None
        yield client
