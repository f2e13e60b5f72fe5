"""Talk to a served world, by HTTP and by git."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from integrations.emulators.github import TOKEN, GitHubWorld, github_app
from integrations.emulators.github.git import SETTINGS, environment
from integrations.emulators.server import serve


@asynccontextmanager
async def connected(world: GitHubWorld, token: str = TOKEN) -> AsyncIterator[httpx.AsyncClient]:
    """Serve a world and yield a client that is signed in."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    async with (
        serve(github_app(world)) as base,
        httpx.AsyncClient(base_url=base, headers=headers, trust_env=False) as client,
    ):
        yield client


async def ask(api: httpx.AsyncClient, query: str, **variables: object) -> dict[str, Any]:
    """Return the whole answer to a GraphQL query."""
    answer = await api.post("/graphql", json={"query": query, "variables": variables})
    body: dict[str, Any] = answer.json()
    return body


def git(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run the ordinary git client in a folder, deaf to this machine's settings."""
    settings = folder / ".gitconfig"
    settings.write_text(SETTINGS)
    return subprocess.run(  # noqa: S603 - the tests' own words
        ["git", *args],  # noqa: S607 - whatever git is on the path
        cwd=folder,
        env=environment(settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


async def remote(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run git while the event loop serves it."""
    return await asyncio.to_thread(git, folder, *args)
