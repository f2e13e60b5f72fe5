"""The real client, talking to answers instead of a network."""

import gzip
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from integrations.emulators.github import TOKEN, GitHubWorld, github_app
from integrations.emulators.server import serve
from integrations.github import GitHub
from integrations.github.api import GitHubApi
from integrations.github.sign_in import GitHubSignIn, TokenSignIn
from tests.contract.rest import RestContract

Handler = Callable[[httpx.Request], httpx.Response]
Connect = Callable[..., GitHub]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Return a function that opens GitHub on top of a handler of requests."""
    async with AsyncExitStack() as stack:

        def opened(handler: Handler, sign_in: GitHubSignIn | None = None) -> GitHub:
            transport = httpx.MockTransport(handler)
            api = GitHubApi(sign_in or TokenSignIn("secret"), transport=transport)
            stack.push_async_callback(api.aclose)
            return GitHub(api)

        yield opened


@pytest.fixture(scope="session")
def contract(contracts: Path) -> RestContract:
    """Read GitHub's description once; skip where it is absent."""
    with gzip.open(contracts / "github/openapi/api.github.com.json.gz") as file:
        return RestContract(json.load(file))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[GitHubWorld]:
    """Yield a world with one small repository."""
    made = GitHubWorld(tmp_path / "world")
    made.repo("acme/api", release="v1.2.0", merged=["feat: Add retries"])
    yield made
    made.close()


@pytest.fixture
async def github(world: GitHubWorld) -> AsyncIterator[GitHub]:
    """Yield the real client, connected to the world."""
    async with (
        serve(github_app(world)) as base,
        GitHubApi(TokenSignIn(TOKEN), base_url=base) as api,
    ):
        yield GitHub(api)
