"""An emulated GitHub for each test, and what plays flows on it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from integrations.emulators.github import GitHubWorld
from storage.database import Database
from storage.migrate import migrate
from tests.flows.play import Play, opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated database without a row; copying it is faster than migrating again."""
    path = tmp_path_factory.mktemp("empty") / "flowbot.db"
    database = Database(f"sqlite+aiosqlite:///{path}")
    await migrate(database)
    await database.aclose()
    return path


@pytest.fixture
def world(tmp_path: Path) -> Iterator[GitHubWorld]:
    """Yield an empty GitHub whose clock stands still at INSTANT."""
    world = GitHubWorld(tmp_path / "github")
    yield world
    world.close()


@pytest_asyncio.fixture
async def play(world: GitHubWorld, tmp_path: Path, empty: Path) -> AsyncIterator[Play]:
    """Yield what plays flows on this world."""
    async with opened(world, tmp_path, empty) as play:
        yield play
