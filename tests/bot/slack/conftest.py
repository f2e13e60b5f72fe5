"""The Slack surface between an emulated workspace and a desk, over both transports."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from starlette.applications import Starlette

from bot.slack.app import slack_app
from bot.slack.chat import open_chat
from bot.slack.transports import slack_routes, slack_socket
from integrations.emulators.server import serve
from integrations.emulators.slack import SlackWorld
from integrations.emulators.slack import slack_app as emulated_slack
from tests.bot.desk import PAGE, Desk
from tests.bot.slack.desk import Office


@pytest.fixture
async def world() -> AsyncIterator[SlackWorld]:
    """Yield an emulated workspace that answers on loopback."""
    world = SlackWorld(retries=(0.0, 0.0, 0.0))
    async with serve(emulated_slack(world)) as base:
        world.base_url = base
        yield world
        await world.close()


@pytest.fixture(params=["socket", "http"])
async def office(world: SlackWorld, request: pytest.FixtureRequest) -> AsyncIterator[Office]:
    """Yield the surface, connected over Socket Mode and over HTTP in turn."""
    async with AsyncExitStack() as stack:
        chat = await stack.enter_async_context(open_chat(world.bot_token, f"{world.base_url}/api/"))
        desk = Desk()
        app = slack_app(desk, chat, world.signing_secret, PAGE)
        if request.param == "socket":
            await stack.enter_async_context(slack_socket(app, world.app_token))
            await world.connected()
        else:
            base = await stack.enter_async_context(serve(Starlette(routes=slack_routes(app))))
            world.listen_at(f"{base}/slack/events")
        yield Office(world, desk, chat)
