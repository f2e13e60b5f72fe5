"""One database behind two engines: SQLite for one machine, PostgreSQL for a team."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

from sqlalchemy import Executable, event
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

BUSY_TIMEOUT_MS = 10_000
Write: TypeAlias = tuple[Executable, Mapping[str, Any]]


class Database:
    """Hands out transactions; whoever asks for one commits it by leaving the block."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = create_async_engine(url, pool_pre_ping=not url.startswith("sqlite"))
        self._writing = self._engine.execution_options(write=True)
        # SQLite has one writer anyway: waiting here costs nothing, waiting in SQLite a time-out.
        self._writer = asyncio.Lock() if self.is_sqlite else None
        self._pending: list[tuple[Sequence[Write], asyncio.Future[None]]] = []
        self._flushing: asyncio.Task[None] | None = None
        if self.is_sqlite:
            event.listen(self._engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self._engine.sync_engine, "begin", _begin_sqlite)

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    @property
    def dialect(self) -> str:
        """Name the engine: "sqlite" or "postgresql"."""
        return self._engine.dialect.name

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that may write; it commits at the end of the block."""
        if self._writer is None:
            async with self._writing.begin() as connection:
                yield connection
            return
        async with self._writer, self._writing.begin() as connection:
            yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection that only looks."""
        async with self._engine.connect() as connection:
            yield connection

    async def write(self, *writes: Write) -> None:
        """Commit these writes together; those of concurrent callers share one commit."""
        done = asyncio.get_running_loop().create_future()
        self._pending.append((writes, done))
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        await done

    async def aclose(self) -> None:
        """Finish what is being written and close every connection."""
        if self._flushing:
            await self._flushing
        await self._engine.dispose()

    async def _flush(self) -> None:
        try:
            while self._pending:
                group, self._pending = self._pending, []
                try:
                    await self._commit([write for writes, _ in group for write in writes])
                except Exception:  # noqa: BLE001 - one bad write must not fail its neighbours
                    await self._commit_each(group)
                else:
                    for _, done in group:
                        if not done.cancelled():
                            done.set_result(None)
        finally:
            self._flushing = None

    async def _commit(self, writes: Sequence[Write]) -> None:
        by_statement: dict[Executable, list[Mapping[str, Any]]] = {}
        for statement, values in writes:
            by_statement.setdefault(statement, []).append(values)
        async with self.begin() as connection:
            for statement, rows in by_statement.items():
                await connection.execute(statement, rows)

    async def _commit_each(
        self, group: Sequence[tuple[Sequence[Write], asyncio.Future[None]]]
    ) -> None:
        for writes, done in group:
            try:
                await self._commit(writes)
            except Exception as error:  # noqa: BLE001 - handed to the caller that it belongs to
                if not done.cancelled():
                    done.set_exception(error)
            else:
                if not done.cancelled():
                    done.set_result(None)


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # SQLAlchemy begins, not the driver
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that starts by reading and then writes can fail at once under WAL.
    writes = connection.get_execution_options().get("write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
