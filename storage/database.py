"""One database behind two engines: SQLite for one machine, PostgreSQL for a team."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Executable, event
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from flows.engine.errors import LeaseLost
from storage.fence import Lease, standing

BUSY_TIMEOUT_MS = 10_000
Values: TypeAlias = Mapping[str, Any]
Batch: TypeAlias = Callable[[AsyncConnection, Sequence[Values]], Awaitable[None]]
"""Writes that look at the database first, such as the end of a chain: last in a transaction."""

Statement: TypeAlias = tuple[Executable, Values]
Write: TypeAlias = Statement | tuple[Batch, Values]


class _Pending(NamedTuple):
    """What one caller wants written, and who has to be told that it is."""

    writes: Sequence[Write]
    lease: Lease | None
    begins: bool
    done: asyncio.Future[str]

    def counts(self, held: Mapping[Lease, str]) -> bool:
        """Say whether this may be written, given the leases that count."""
        if self.lease is None:
            return True
        return self.lease in held and not (self.begins and held[self.lease])

    def tell(self, held: Mapping[Lease, str]) -> None:
        """Tell the caller how it went, unless it has gone."""
        if self.done.done():
            return
        if self.lease is None or self.lease in held:
            self.done.set_result(held[self.lease] if self.lease else "")
        else:
            self.done.set_exception(LeaseLost(self.lease.run_id))


class Database:
    """Hands out transactions; whoever asks for one commits it by leaving the block."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = create_async_engine(url, pool_pre_ping=not url.startswith("sqlite"))
        self._writing = self._engine.execution_options(write=True)
        # SQLite has one writer anyway: waiting here costs nothing, waiting in SQLite a time-out.
        self._writer = asyncio.Lock() if self.is_sqlite else None
        self._pending: list[_Pending] = []
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

    async def write(self, *writes: Write, lease: Lease | None = None, begins: bool = False) -> str:
        """Commit these writes together; those of concurrent callers share one commit.

        With a lease they are conditional on it: raises LeaseLost where it no longer counts, else
        returns who asked for the run to stop, "" where nobody did. Writes that begin something
        are left out of a run that is to stop.
        """
        done: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._pending.append(_Pending(writes, lease, begins, done))
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        return await done

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
                    held = await self._commit(group)
                except Exception:  # noqa: BLE001 - one bad write must not fail its neighbours
                    await self._commit_each(group)
                else:
                    for each in group:
                        each.tell(held)
        finally:
            self._flushing = None

    async def _commit(self, group: Sequence[_Pending]) -> Mapping[Lease, str]:
        """Write what may be written; return the leases that count."""
        leases = {each.lease for each in group if each.lease}
        async with self.begin() as connection:
            held = await standing(connection, leases) if leases else {}
            by_statement: dict[Executable | Batch, list[Values]] = {}
            for each in group:
                for statement, values in each.writes if each.counts(held) else ():
                    by_statement.setdefault(statement, []).append(values)
            batches = [each for each in by_statement if not isinstance(each, Executable)]
            for statement, rows in by_statement.items():
                if isinstance(statement, Executable):
                    await connection.execute(statement, rows)
            for batch in batches:
                await batch(connection, by_statement[batch])
        return held

    async def _commit_each(self, group: Sequence[_Pending]) -> None:
        for each in group:
            try:
                held = await self._commit([each])
            except Exception as error:  # noqa: BLE001 - handed to the caller that it belongs to
                if not each.done.cancelled():
                    each.done.set_exception(error)
            else:
                each.tell(held)


async def carried_out(connection: AsyncConnection, writes: Sequence[Write], lease: Lease) -> None:
    """Write in a transaction that does more than that; raises LeaseLost as `write` does."""
    if lease not in await standing(connection, {lease}):
        raise LeaseLost(lease.run_id)
    for what, values in writes:
        if isinstance(what, Executable):
            await connection.execute(what, values)
        else:
            await what(connection, [values])


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
