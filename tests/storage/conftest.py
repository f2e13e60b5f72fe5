"""A migrated and empty database, once on each engine that Flowbot runs on."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from storage.database import Database
from storage.migrate import migrate

ENGINES = ("sqlite", "postgresql")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated database file: copying it is faster than migrating again."""
    path = tmp_path_factory.mktemp("template") / "flowbot.db"
    database = Database(f"sqlite+aiosqlite:///{path}")
    await migrate(database)
    await database.aclose()
    return path


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a migrated and empty database."""
    if request.param == "sqlite":
        path = tmp_path / "flowbot.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite+aiosqlite:///{path}"
    url: str = request.getfixturevalue("postgres_migrated")
    return url


@pytest.fixture(params=ENGINES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a database without a single table."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
    url: str = request.getfixturevalue("postgres_database")
    return url


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Yield a migrated and empty database."""
    database = Database(database_url)
    yield database
    await database.aclose()
