"""The street of `street.py`, with each chat in turn at its end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.chat import Chat
from bot.discord import chat as discord_chat
from bot.discord.buckets import SharedBuckets
from bot.discord.turns import Turns
from bot.pace import SharedPace
from bot.posts import Posts
from bot.slack import chat as slack_chat
from bot.worker import Queue, connect
from flows.engine.tools import Tools
from integrations.emulators.discord import DiscordWorld, discord_app
from integrations.emulators.github import TOKEN, GitHubWorld, github_app
from integrations.emulators.server import serve
from integrations.emulators.slack import SlackWorld, slack_app
from integrations.git import Workspaces
from integrations.github import GitHub, GitHubApi, GitHubReader, TokenSignIn
from integrations.probes import Probes
from storage.database import Database
from tests.bot.lab import Lab
from tests.bot.subscriptions.street import REPO, Street
from tests.flows.engine.memory import Knowledge
from tests.integrations.emulators.github.receiver import receiving
from tests.integrations.sources import nowhere


@pytest.fixture(params=["slack", "discord"])
async def street(lab: Lab, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Street]:
    """Yield a street with `acme/api` at one end."""
    async for each in _street(lab, tmp_path, request.param):
        yield each


@pytest.fixture
async def slack_street(lab: Lab, tmp_path: Path) -> AsyncIterator[Street]:
    """Yield a street with Slack at its end, for what no chat makes a difference to."""
    async for each in _street(lab, tmp_path, "slack"):
        yield each


@pytest.fixture
async def postgres_street(
    postgres_migrated: str, redis_url: str, tmp_path: Path
) -> AsyncIterator[Street]:
    """Yield a street whose bot keeps everything in PostgreSQL."""
    database, queue = Database(postgres_migrated), Queue(await connect(redis_url))
    async with GitHubApi(TokenSignIn("secret"), base_url="http://127.0.0.1:9") as api:
        tools = Tools(
            GitHub(api),
            GitHubReader(api),
            Workspaces(tmp_path),
            Probes(set()),
            *nowhere(),
            Knowledge(),
        )
        async for each in _street(Lab(database, queue, tools), tmp_path, "slack"):
            yield each
    await queue.aclose()
    await database.aclose()


async def _street(lab: Lab, tmp_path: Path, platform: str) -> AsyncIterator[Street]:
    github = GitHubWorld(tmp_path / "github", now=lab.clock())
    github.repo(REPO, release="v1.2.0", merged=["Add retries"])
    async with AsyncExitStack() as stack:
        stack.callback(github.close)
        url = await stack.enter_async_context(serve(github_app(github)))
        github.address = url
        api = await stack.enter_async_context(GitHubApi(TokenSignIn(TOKEN), base_url=url))
        receiver = await stack.enter_async_context(receiving())
        github.hook(REPO, receiver.url, "spring water")
        world, chat = await _chat(lab, platform, stack)
        sender = Posts(lab.database, lab.queue, lab.clock, {platform: chat})
        yield Street(lab, github, GitHubReader(api), receiver, world, sender, port=chat)


async def _chat(
    lab: Lab, platform: str, stack: AsyncExitStack
) -> tuple[SlackWorld | DiscordWorld, Chat]:
    pace = SharedPace(lab.queue.redis, lab.clock)
    if platform == "slack":
        slack = SlackWorld(clock=lab.clock)
        stack.push_async_callback(slack.close)
        url = f"{await stack.enter_async_context(serve(slack_app(slack)))}/api/"
        return slack, await stack.enter_async_context(
            slack_chat.open_chat(slack.bot_token, url, pace)
        )
    discord = DiscordWorld(clock=lab.clock)
    stack.push_async_callback(discord.close)
    url = f"{await stack.enter_async_context(serve(discord_app(discord)))}/api/v10"

    async def pause(seconds: float) -> None:
        lab.clock.forward(seconds)
        await asyncio.sleep(0)

    buckets = SharedBuckets(lab.queue.redis, lab.clock)
    turns = Turns(buckets, pace, pause, lambda: lab.clock().timestamp())
    return discord, await stack.enter_async_context(
        discord_chat.open_chat(discord.token, url, turns)
    )
