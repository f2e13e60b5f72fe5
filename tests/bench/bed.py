"""What every contest stands on: scratch folders, a Valkey, a PostgreSQL, all on the load's core."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import redis

from bot.embedded import embedded_valkey
from storage.database import Database
from storage.migrate import migrate
from tests.bench.machine import REST, can_pin
from tests.postgres import Postgres, PostgresUnavailable, running_postgres


@dataclass
class Bed:
    """`quick` asks for small numbers everywhere."""

    folder: Path
    valkey: str
    quick: bool
    _postgres: Postgres | None = None
    _stack: ExitStack = field(default_factory=ExitStack)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def fresh(self) -> Path:
        """Return an empty folder, and empty the queue."""
        folder = self.folder / str(next(self._numbers))
        folder.mkdir()
        with redis.Redis.from_url(self.valkey) as client:
            client.flushall()
        return folder

    def sized(self, full: int, quick: int) -> int:
        """Return how much of something to do."""
        return quick if self.quick else full

    @property
    def postgres(self) -> Postgres:
        """The server, started when it is asked for first."""
        if self._postgres is None:
            self._postgres = self._stack.enter_context(running_postgres())
        return self._postgres

    @contextmanager
    def database(self) -> Iterator[str]:
        """Yield the URL of an empty PostgreSQL database."""
        with self.postgres.database() as name:
            yield self.postgres.url(name)

    def try_postgres(self) -> str:
        """Return why PostgreSQL cannot be measured, or an empty string."""
        try:
            self.postgres  # noqa: B018 - starts it
        except PostgresUnavailable as error:
            return f"no PostgreSQL here: {error}"
        return ""

    def close(self) -> None:
        self._stack.close()


@asynccontextmanager
async def made(*, quick: bool) -> AsyncIterator[Bed]:
    """Move this process to the core of the load, and yield a bed."""
    if can_pin():
        os.sched_setaffinity(0, {REST})
    with TemporaryDirectory(prefix="flowbot-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        async with embedded_valkey(folder / "valkey") as url:
            bed = Bed(folder, url, quick)
            try:
                yield bed
            finally:
                bed.close()


async def migrated(url: str) -> None:
    """Bring a database to the newest shape."""
    database = Database(url)
    try:
        await migrate(database)
    finally:
        await database.aclose()
