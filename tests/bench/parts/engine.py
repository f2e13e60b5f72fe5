"""Workers that play runs of five steps: each engine behind the same four moves."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from tests.bench import notes
from tests.bench.bed import Bed, migrated
from tests.bench.contest import NOT_INSTALLED
from tests.bench.machine import PYTHON, REST, Child, peer, started, told

Words: TypeAlias = Sequence[str | Path]
AFTER_SECONDS = 0.5  # what a worker still does after a run's last line
LOOK_AGAIN_SECONDS = 0.01
PATIENCE = 180.0


@dataclass(frozen=True)
class Engine:
    """One engine on one database: how its worker is started and how it is asked.

    With `primed` the worker has to run once before anybody can ask it.
    """

    name: str
    folder: Path
    work: Words
    ask: Words
    settings: Mapping[str, str] = field(default_factory=dict)
    primed: bool = False

    @property
    def file(self) -> str:
        """Where the observer writes."""
        return str(self.folder / "notes")

    def worker(self, *more: str) -> AbstractAsyncContextManager[Child]:
        """Run a worker for the length of a block."""
        return started([*self.work, "--file", self.file, *more], self.folder, self.settings)

    async def send(self, *more: str) -> dict[str, Any]:
        """Ask for runs, from the core of the load."""
        words = [*self.ask, "--file", self.file, *more]
        return await told(words, self.folder, self.settings, core=REST)

    async def prime(self) -> None:
        """Let the worker make its tables."""
        if self.primed:
            async with self.worker() as child:
                await child.says("ready")

    async def count(self, wanted: int, *what: str, patience: float = PATIENCE) -> int:
        """Wait until there are so many events of these kinds; return how many there are."""
        clock = asyncio.get_running_loop().time
        give_up = clock() + patience
        while True:
            found = sum(each.what in what for each in notes.read(self.file))
            if found >= wanted or clock() > give_up:
                return found
            await asyncio.sleep(LOOK_AGAIN_SECONDS)


Opened: TypeAlias = Callable[[Bed], AbstractAsyncContextManager[Engine]]


def settings(folder: Path, redis: str, database: str = "", concurrency: int = 50) -> dict[str, str]:
    """Return the settings under which our worker runs."""
    return {
        "FLOWBOT_DATA_DIR": str(folder / "data"),
        "FLOWBOT_REDIS_URL": redis,
        "FLOWBOT_DATABASE_URL": database,
        "FLOWBOT_CONCURRENCY": str(concurrency),
        "FLOWBOT_LOG_LEVEL": "WARNING",
    }


@asynccontextmanager
async def ours_sqlite(bed: Bed) -> AsyncIterator[Engine]:
    """Yield our worker on SQLite."""
    folder = bed.fresh()
    yield _ours("Flowbot, SQLite", folder, settings(folder, bed.valkey))


@asynccontextmanager
async def ours_postgres(bed: Bed) -> AsyncIterator[Engine]:
    """Yield our worker on PostgreSQL."""
    folder = bed.fresh()
    with bed.database() as url:
        await migrated(url)
        yield _ours("Flowbot, PostgreSQL", folder, settings(folder, bed.valkey, url))


def _ours(name: str, folder: Path, given: dict[str, str]) -> Engine:
    program = [PYTHON, "-m", "tests.bench.ours"]
    return Engine(name, folder, [*program, "work"], [*program, "send"], given)


def arq(poll: float) -> Opened:
    """Return how arq is opened with this poll, in seconds."""

    @asynccontextmanager
    async def opened(bed: Bed) -> AsyncIterator[Engine]:
        program: Words = [PYTHON, "-m", "tests.bench.bare_arq"]
        more = ["--redis", bed.valkey, "--poll", str(poll)]
        yield Engine(
            f"arq, poll {poll:g} s",
            bed.fresh(),
            [*program, "work", *more],
            [*program, "send", *more],
        )

    return opened


@asynccontextmanager
async def dbos_sqlite(bed: Bed) -> AsyncIterator[Engine]:
    """Yield DBOS on SQLite."""
    folder = bed.fresh()
    yield _dbos("DBOS, SQLite", folder, f"sqlite:///{folder}/dbos.db")


@asynccontextmanager
async def dbos_postgres(bed: Bed) -> AsyncIterator[Engine]:
    """Yield DBOS on PostgreSQL."""
    with bed.database() as url:
        plain = url.replace("postgresql+asyncpg://", "postgresql+psycopg://")
        yield _dbos("DBOS, PostgreSQL", bed.fresh(), plain)


def _dbos(name: str, folder: Path, url: str) -> Engine:
    program: Words = [peer("dbos"), "-m", "tests.bench.dbos_runs"]
    more = ["--url", url]
    return Engine(name, folder, [*program, "work", *more], [*program, "send", *more], primed=True)


def no_dbos() -> str:
    """Return why DBOS cannot be measured, or an empty string."""
    return "" if peer("dbos").exists() else NOT_INSTALLED
