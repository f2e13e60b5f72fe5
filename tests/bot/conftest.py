"""The bot on a real queue and a real database, with flows and a chat made for tests."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from bot.worker import Queue, connect
from flows.engine.tools import Tools
from integrations.git import Workspaces
from integrations.github import GitHub, GitHubApi, GitHubReader, TokenSignIn
from integrations.probes import Probes
from storage.database import Database
from storage.migrate import migrate
from tests.bot.front import Front, open_front
from tests.bot.lab import Lab
from tests.bot.patience import PatientLab
from tests.bot.yard import Yard, open_yard
from tests.flows.engine.memory import Knowledge
from tests.integrations.sources import nowhere

L = TypeVar("L", bound=Lab)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated database file: copying it is faster than migrating again."""
    path = tmp_path_factory.mktemp("migrated") / "flowbot.db"
    database = Database(f"sqlite+aiosqlite:///{path}")
    await migrate(database)
    await database.aclose()
    return path


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """Yield a connection to an empty Redis."""
    redis = await connect(redis_url)
    yield redis
    await redis.aclose()


def copied(migrated_file: Path, path: Path) -> str:
    """Return the address of a copy of the migrated database."""
    shutil.copyfile(migrated_file, path)
    return f"sqlite+aiosqlite:///{path}"


@asynccontextmanager
async def open_lab(
    kind: type[L], database: Database, redis_url: str, folder: Path
) -> AsyncIterator[L]:
    """Open a bot of this kind on a database."""
    queue = Queue(await connect(redis_url))
    async with GitHubApi(TokenSignIn("secret"), base_url="http://127.0.0.1:9") as api:
        tools = Tools(
            GitHub(api),
            GitHubReader(api),
            Workspaces(folder),
            Probes(set()),
            *nowhere(),
            Knowledge(),
        )
        yield kind(database, queue, tools)
    await queue.aclose()
    await database.aclose()


@pytest.fixture
async def lab(migrated_file: Path, redis_url: str, tmp_path: Path) -> AsyncIterator[Lab]:
    """Yield the bot, with nobody at work yet."""
    database = Database(copied(migrated_file, tmp_path / "flowbot.db"))
    async with open_lab(Lab, database, redis_url, tmp_path) as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_url(request: pytest.FixtureRequest, migrated_file: Path, tmp_path: Path) -> str:
    """Return the address of a migrated database of each of the two engines."""
    if request.param == "sqlite":
        return copied(migrated_file, tmp_path / "flowbot.db")
    url: str = request.getfixturevalue("postgres_migrated")
    return url


@pytest.fixture
async def engine(engine_url: str) -> AsyncIterator[Database]:
    """Yield a migrated database of each of the two engines."""
    database = Database(engine_url)
    yield database
    await database.aclose()


@pytest.fixture
async def patient(engine: Database, redis_url: str, tmp_path: Path) -> AsyncIterator[PatientLab]:
    """Yield the bot with flows that wait, on each of the two engines."""
    async with open_lab(PatientLab, engine, redis_url, tmp_path) as opened:
        yield opened


@pytest.fixture
async def yard(engine: Database, redis_url: str, tmp_path: Path) -> AsyncIterator[Yard]:
    """Yield the bot of `tests/bot/yard.py` on each of the two engines."""
    async with open_yard(engine, redis_url, tmp_path) as yard:
        yield yard


@pytest.fixture
async def front(migrated_file: Path, redis_url: str, tmp_path: Path) -> AsyncIterator[Front]:
    """Yield the bot of `tests/bot/front.py`."""
    shutil.copyfile(migrated_file, tmp_path / "flowbot.db")
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'flowbot.db'}")
    async with open_front(database, redis_url, tmp_path) as front:
        yield front


@pytest.fixture
async def postgres_front(
    postgres_migrated: str, redis_url: str, tmp_path: Path
) -> AsyncIterator[Front]:
    """Yield the same on PostgreSQL."""
    async with open_front(Database(postgres_migrated), redis_url, tmp_path) as front:
        yield front
