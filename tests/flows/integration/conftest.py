"""A repository in memory, and the client that writes there."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest_asyncio

from integrations.emulators.github import TOKEN, GitHubWorld, github_app
from integrations.github import GitHub
from integrations.github.api import GitHubApi
from integrations.github.sign_in import TokenSignIn
from tests.flows.integration.sync import repository


@pytest_asyncio.fixture
async def github(tmp_path: Path) -> AsyncIterator[tuple[GitHubWorld, GitHub]]:
    """Yield a repository, and the client that writes there."""
    world = GitHubWorld(tmp_path / "github")
    repository(world)
    transport = httpx.ASGITransport(github_app(world))
    async with GitHubApi(
        TokenSignIn(TOKEN), base_url="https://github.example", transport=transport
    ) as api:
        yield world, GitHub(api)
    world.close()
