"""The bot on a real queue and a real database, with flows and a chat made for tests."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.worker import Queue, connect
from flows.engine.tools import Tools
from integrations.git import Workspaces
from integrations.github import GitHub, GitHubApi, GitHubReader, TokenSignIn
from integrations.probes import Probes
from storage.database import Database
from storage.migrate import migrate
from tests.bot.lab import Lab
from tests.bot.patience import PatientLab
from tests.bot.yard import Yard, open_yard
from tests.flows.engine.memory import Knowledge


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated database file: copying it is faster than migrating again."""
    path = tmp_path_factory.mktemp("migrated") / "flowbot.db"
    database = Database(f"sqlite+aiosqlite:///{path}")
    await migrate(database)
    await database.aclose()
    return path


@pytest.fixture
async def lab(migrated_file: Path, redis_url: str, tmp_path: Path) -> AsyncIterator[Lab]:
    """Yield the bot, with nobody at work yet."""
    path = tmp_path / "flowbot.db"
    shutil.copyfile(migrated_file, path)
    database = Database(f"sqlite+aiosqlite:///{path}")
    queue = Queue(await connect(redis_url))
    async with GitHubApi(TokenSignIn("secret"), base_url="http://127.0.0.1:9") as api:
        tools = Tools(
            GitHub(api), GitHubReader(api), Workspaces(tmp_path), Probes(set()), Knowledge()
        )
        yield Lab(database, queue, tools)
    await queue.aclose()
    await database.aclose()


@pytest.fixture(params=["sqlite", "postgresql"])
async def patient(
    request: pytest.FixtureRequest, migrated_file: Path, redis_url: str, tmp_path: Path
) -> AsyncIterator[PatientLab]:
    """Yield the bot with flows that wait, on each of the two engines."""
    if request.param == "sqlite":
        shutil.copyfile(migrated_file, tmp_path / "flowbot.db")
        database = Database(f"sqlite+aiosqlite:///{tmp_path / 'flowbot.db'}")
    else:
        database = Database(request.getfixturevalue("postgres_database"))
        await migrate(database)
    queue = Queue(await connect(redis_url))
    async with GitHubApi(TokenSignIn("secret"), base_url="http://127.0.0.1:9") as api:
        tools = Tools(
            GitHub(api), GitHubReader(api), Workspaces(tmp_path), Probes(set()), Knowledge()
        )
        yield PatientLab(database, queue, tools)
    await queue.aclose()
    await database.aclose()


@pytest.fixture(params=["sqlite", "postgresql"])
async def yard(
    request: pytest.FixtureRequest, migrated_file: Path, redis_url: str, tmp_path: Path
) -> AsyncIterator[Yard]:
    """Yield the bot of `tests/bot/yard.py` on each of the two engines."""
    if request.param == "sqlite":
        path = tmp_path / "flowbot.db"
        shutil.copyfile(migrated_file, path)
        database = Database(f"sqlite+aiosqlite:///{path}")
    else:
        database = Database(request.getfixturevalue("postgres_database"))
        await migrate(database)
    async with open_yard(database, redis_url, tmp_path) as yard:
        yield yard
