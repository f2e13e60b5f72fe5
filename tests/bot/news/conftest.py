"""The square of `square.py`, opened around a bot."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from bot.posts import Posts
from integrations.emulators.github import TOKEN, GitHubWorld, github_app
from integrations.emulators.server import serve
from integrations.emulators.slack import SlackWorld
from integrations.github import GitHubApi, GitHubReader, TokenSignIn
from tests.bot.lab import Lab
from tests.bot.news.square import Square
from tests.bot.subscriptions.street import REPO, Street
from tests.bot.yard import Yard
from tests.integrations.emulators.github.receiver import receiving


@pytest.fixture
async def square(yard: Yard, tmp_path: Path) -> AsyncIterator[Square]:
    """Yield a square with `acme/api` on GitHub, where nobody is known yet, on each engine."""
    async with opened(yard, tmp_path) as square:
        yield square


@pytest.fixture
async def plaza(lab: Lab, tmp_path: Path) -> AsyncIterator[Square]:
    """Yield the same on one engine alone, for what no database makes a difference to."""
    async with opened(lab, tmp_path) as square:
        yield square


@asynccontextmanager
async def opened(lab: Lab, tmp_path: Path) -> AsyncIterator[Square]:
    """Open a square around a bot."""
    github = GitHubWorld(tmp_path / "github", now=lab.clock())
    github.repo(REPO, release="v1.2.0", merged=["Add retries"])
    async with AsyncExitStack() as stack:
        stack.callback(github.close)
        github.address = await stack.enter_async_context(serve(github_app(github)))
        signed_in = GitHubApi(TokenSignIn(TOKEN), base_url=github.address)
        reader = GitHubReader(await stack.enter_async_context(signed_in))
        receiver = await stack.enter_async_context(receiving())
        github.hook(REPO, receiver.url, "spring water")
        chat = SlackWorld(clock=lab.clock)
        stack.push_async_callback(chat.close)
        sender = Posts(lab.database, lab.queue, lab.clock, {})
        yield Square(Street(lab, github, reader, receiver, chat, sender))
