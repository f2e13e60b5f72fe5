"""Give every test the real servers and the official contracts, or skip it by name."""

import gc
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import pytest_asyncio
import redis
from hypothesis import settings

from bot.embedded import embedded_valkey
from storage.database import Database
from storage.migrate import migrate
from tests.contract.recorder import recording
from tests.postgres import Postgres, PostgresUnavailable, running_postgres

ROOT = Path(__file__).parent.parent

# How long an example takes says how busy the machine is, and nothing else.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

YOUNG = 50_000  # objects made before the collector looks at them


def pytest_collection_finish() -> None:
    """Spare the collector of garbage what stays: it took a quarter of the time of all tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)


@pytest.fixture(scope="session")
def contracts() -> Path:
    """Return the folder of official schemas, limits and recorded answers."""
    folder = _contracts()
    if folder is None:
        pytest.skip("the contracts folder is absent: set FLOWBOT_CONTRACTS")
    return folder


def _contracts() -> Path | None:
    place = os.environ.get("FLOWBOT_CONTRACTS", "../shared/contracts")  # noqa: TID251 - no setting of the bot
    folder = ROOT / place
    return folder if folder.is_dir() else None


@pytest.fixture(scope="session", autouse=True)
def exchanges() -> Iterator[None]:
    """Hold all that is said to the emulated services against their official contracts."""
    with ExitStack() as stack:
        if folder := _contracts():
            stack.enter_context(recording(folder))
        yield


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Yield the URL of the one Valkey of this test session; tests take `redis_url`."""
    async with embedded_valkey(tmp_path_factory.mktemp("valkey")) as url:
        yield url


@pytest.fixture
def redis_url(valkey_url: str) -> str:
    """Return the URL of a real and empty Valkey."""
    with redis.Redis.from_url(valkey_url) as client:
        client.flushall()
    return valkey_url


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Yield the one PostgreSQL server of this test session."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(running_postgres())
        except PostgresUnavailable as error:
            pytest.skip(f"no PostgreSQL here: {error}")
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres: Postgres) -> str:
    """Return the SQLAlchemy URL of the server's own database, for tests that make no tables."""
    return postgres.url("postgres")


@pytest.fixture
def postgres_database(postgres: Postgres) -> Iterator[str]:
    """Yield the SQLAlchemy URL of a new and empty database."""
    with postgres.database() as name:
        yield postgres.url(name)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres_template(postgres: Postgres) -> AsyncIterator[str]:
    """Yield the name of a migrated database that new ones are copies of."""
    with postgres.database() as name:
        database = Database(postgres.url(name))
        await migrate(database)
        await database.aclose()
        yield name


@pytest.fixture
def postgres_migrated(postgres: Postgres, postgres_template: str) -> Iterator[str]:
    """Yield the SQLAlchemy URL of a migrated database without a row."""
    with postgres.lent(postgres_template) as name:
        yield postgres.url(name)
