"""The floor under a journal: five INSERT and COMMIT a run, no queue, no engine."""

import argparse
import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

import aiosqlite
import msgspec
import uvloop
from sqlalchemy import Column, Integer, MetaData, String, Table, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from tests.bench import notes

Save: TypeAlias = Callable[[str, int, str], Awaitable[None]]
PRAGMAS = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL")
metadata = MetaData()
journal = Table(
    "journal",
    metadata,
    Column("run", String, primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("result", String),
)


@asynccontextmanager
async def sqlalchemy(url: str, loops: int) -> AsyncIterator[Save]:
    """Yield how a step is saved by SQLAlchemy, one transaction each."""
    engine = create_async_engine(url, pool_size=loops, max_overflow=0)
    if url.startswith("sqlite"):
        event.listen(engine.sync_engine, "connect", _prepare)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)

    async def save(run: str, step: int, result: str) -> None:
        async with engine.begin() as connection:
            await connection.execute(journal.insert().values(run=run, step=step, result=result))

    yield save
    await engine.dispose()


@asynccontextmanager
async def driver(file: str, _: int) -> AsyncIterator[Save]:
    """Yield how a step is saved by aiosqlite alone."""
    async with aiosqlite.connect(file) as connection:
        for pragma in PRAGMAS:
            await connection.execute(pragma)
        await connection.execute(
            "CREATE TABLE journal (run TEXT, step INTEGER, result TEXT, PRIMARY KEY (run, step))"
        )

        async def save(run: str, step: int, result: str) -> None:
            await connection.execute("INSERT INTO journal VALUES (?, ?, ?)", (run, step, result))
            await connection.commit()

        yield save


def _prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


async def measure(options: argparse.Namespace) -> dict[str, float]:
    """Return runs per second and milliseconds of CPU per run."""
    opened = sqlalchemy if options.what == "sqlalchemy" else driver
    async with opened(options.url, options.loops) as save:

        async def one(name: str) -> None:
            for number in range(notes.STEPS):
                await save(name, number, str(await notes.mark(options.file, name, number)))
            notes.note(options.file, name, notes.END)

        for number in range(20):  # warms caches and the pool
            await one(f"w{number}")
        names = iter([f"r{number}" for number in range(options.runs)])

        async def loop() -> None:
            for name in names:
                await one(name)

        cpu, began = time.process_time(), time.perf_counter()
        await asyncio.gather(*(loop() for _ in range(options.loops)))
        took = time.perf_counter() - began
        used = time.process_time() - cpu
    return {"runs/s": options.runs / took, "cpu ms/run": used / options.runs * 1e3}


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser("python -m tests.bench.bare_loop")
    parser.add_argument("what", choices=("sqlalchemy", "driver"))
    parser.add_argument("--url", required=True)
    parser.add_argument("--file", required=True)
    parser.add_argument("--runs", type=int, required=True)
    parser.add_argument("--loops", type=int, default=1)
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.stdout.write(msgspec.json.encode(runner.run(measure(options))).decode() + "\n")


if __name__ == "__main__":
    main()
