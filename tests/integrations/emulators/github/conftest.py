"""Worlds, a client that talks to them, and the official contract."""

import gzip
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from integrations.emulators.github import GitHubWorld
from integrations.emulators.worlds import build_acme
from tests.contract.rest import RestContract
from tests.integrations.emulators.github.connection import connected


@pytest.fixture(scope="session")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitHubWorld]:
    """Build the big world once, for tests that only look."""
    world = GitHubWorld(tmp_path_factory.mktemp("acme"))
    build_acme(world)
    yield world
    world.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[GitHubWorld]:
    """Build a small world: acme/api, released as v1.2.0, one change merged since."""
    made = GitHubWorld(tmp_path / "world")
    made.repo("acme/api", release="v1.2.0", merged=["Add retries"])
    yield made
    made.close()


@pytest.fixture
async def api(world: GitHubWorld) -> AsyncIterator[httpx.AsyncClient]:
    """Serve the small world and sign in."""
    async with connected(world) as client:
        yield client


@pytest.fixture(scope="session")
def contract(contracts: Path) -> RestContract:
    """Read GitHub's description once; skip where it is absent."""
    with gzip.open(contracts / "github/openapi/api.github.com.json.gz") as file:
        return RestContract(json.load(file))
