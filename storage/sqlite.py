"""SQLite for asyncio: a statement is one visit to its connection's thread; so can a transaction be.

The driver is aiosqlite: its connection, its thread. Only how SQLAlchemy uses it is ours, since
SQLAlchemy makes four trips to that thread of each statement (open, execute, fetch, close), and the
trips cost many times what SQLite itself does.
"""

import sqlite3
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import cached_property, partial
from threading import get_ident
from typing import Any, TypeVar

import aiosqlite
from sqlalchemy import AsyncAdaptedQueuePool
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import URL, Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.pool import Pool, PoolProxiedConnection
from sqlalchemy.util import await_only

T = TypeVar("T")

DRIVER = "sqlite+visits"


class Connected:
    """A connection of aiosqlite, whose one thread does all that is asked of it."""

    def __init__(self, *where: Any, **how: Any) -> None:  # noqa: ANN401 - the driver's own arguments
        self._driver = await_only(_connected(where, how))
        self._connection = self._driver._conn  # noqa: SLF001 - SQLAlchemy reaches as deep
        self._ident = self._driver._thread.ident  # noqa: SLF001 - as above
        self._beginning = ""

    def begin(self, beginning: str) -> None:
        """Begin a transaction with the first statement that there is in it."""
        self._beginning = beginning

    def run(self, statement: Callable[[], sqlite3.Cursor]) -> tuple[sqlite3.Cursor, list[Any]]:
        """Return what a statement found."""
        beginning, self._beginning = self._beginning, ""
        return self.visit(partial(self._answered, beginning, statement))

    def visit(self, call: Callable[[], T]) -> T:
        """Let the thread do this, and wait for it in a way that holds up nobody else."""
        if get_ident() == self._ident:
            return await_only(_at_once(call))
        return await_only(self._sent(call))

    async def whole(self, work: Coroutine[Any, Any, T]) -> T:
        """Do all of this in one visit: no statement in it has to wait for another thread."""
        return await self._sent(_finished, work)

    def cursor(self) -> "Cursor":
        return Cursor(self, self._connection)

    def commit(self) -> None:
        self._beginning = ""
        if self._connection.in_transaction:
            self.visit(self._connection.commit)

    def rollback(self) -> None:
        """Undo the transaction; nobody has to wait for that, whatever is next comes after it."""
        self._beginning = ""
        if self._connection.in_transaction:
            if get_ident() == self._ident:
                self._connection.rollback()
            else:
                self._driver._tx.put_nowait((None, self._connection.rollback))  # noqa: SLF001 - as `_execute` does it

    def close(self) -> None:
        await_only(self._driver.close())

    def terminate(self) -> None:
        """Close without waiting for it."""
        self._driver.stop()

    def create_function(self, *about: Any, **more: Any) -> None:  # noqa: ANN401 - the driver's own arguments
        self.visit(partial(self._connection.create_function, *about, **more))

    def _answered(
        self, beginning: str, statement: Callable[[], sqlite3.Cursor]
    ) -> tuple[sqlite3.Cursor, list[Any]]:
        if beginning:
            self._connection.execute(beginning)
        cursor = statement()
        return cursor, cursor.fetchall() if cursor.description else []

    def _sent(self, call: Callable[..., T], *arguments: Any) -> Awaitable[T]:  # noqa: ANN401 - the call's own
        return self._driver._execute(call, *arguments)  # type: ignore[no-untyped-call] # noqa: SLF001 - its one way into the thread


class Cursor:
    """A statement and all its rows, fetched in the visit that ran it."""

    arraysize = 1
    description: Any = None
    rowcount = -1
    lastrowid: int | None = None

    def __init__(self, connected: Connected, connection: sqlite3.Connection) -> None:
        self._connected = connected
        self._connection = connection
        self._rows: deque[Any] = deque()

    def execute(self, statement: str, values: Sequence[Any] = ()) -> None:
        self._run(partial(self._connection.execute, statement, values))

    def executemany(self, statement: str, values: Sequence[Sequence[Any]]) -> None:
        self._run(partial(self._connection.executemany, statement, values))

    def fetchone(self) -> Any:  # noqa: ANN401 - a row is what was selected
        return self._rows.popleft() if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[Any]:
        wanted = min(size or self.arraysize, len(self._rows))
        return [self._rows.popleft() for _ in range(wanted)]

    def fetchall(self) -> list[Any]:
        rows, self._rows = list(self._rows), deque()
        return rows

    def close(self) -> None:
        self._rows.clear()

    async def _async_soft_close(self) -> None:
        """Keep the rows: SQLAlchemy asks for this once the driver's cursor is not needed."""

    def _run(self, statement: Callable[[], sqlite3.Cursor]) -> None:
        found, rows = self._connected.run(statement)
        self.description = found.description
        self.rowcount = found.rowcount
        self.lastrowid = found.lastrowid
        self._rows = deque(rows)


class Compiler(SQLiteCompiler):
    """Takes a row as it is where it has all that its statement needs, instead of copying it."""

    def construct_params(self, params: Any = None, *about: Any, **how: Any) -> Any:  # noqa: ANN401 - SQLAlchemy's signature
        if params and self._needed is not None and self._needed <= params.keys():
            return params
        return super().construct_params(params, *about, **how)

    @cached_property
    def _needed(self) -> frozenset[str] | None:
        """Name what a row has to have; None where SQLAlchemy adds to it, or names it anew."""
        adds = self.post_compile_params or self.insert_prefetch or self.update_prefetch
        keys = {bind.key: name for bind, name in self.bind_names.items()}
        is_plain = self.isinsert and not adds and all(key == name for key, name in keys.items())
        return frozenset(keys) if is_plain else None


class Visits(SQLiteDialect_pysqlite):
    """What SQLAlchemy has to know of it."""

    driver = "visits"
    statement_compiler = Compiler
    is_async = True
    has_terminate = True
    supports_statement_cache = True

    @classmethod
    def get_pool_class(cls, url: URL) -> type[Pool]:  # noqa: ARG003 - SQLAlchemy's signature
        return AsyncAdaptedQueuePool

    def connect(self, *where: Any, **how: Any) -> Any:  # noqa: ANN401 - the driver's own arguments, and ours for its connection
        # Only its own thread uses it, and whoever asks whether there is a transaction.
        return Connected(*where, **{**how, "check_same_thread": False, "isolation_level": None})

    def do_terminate(self, dbapi_connection: DBAPIConnection) -> None:
        dbapi_connection.terminate()


registry.register("sqlite.visits", __name__, Visits.__name__)


async def in_one_visit(
    connection: AsyncConnection, work: Callable[[AsyncConnection], Awaitable[T]]
) -> T:
    """Do this in a transaction that is one visit to the thread of the connection."""

    async def transaction() -> T:
        async with connection.begin():
            return await work(connection)

    done: T = await _of(await connection.get_raw_connection()).whole(transaction())
    return done


def begin(connection: Connection, beginning: str) -> None:
    """Begin a transaction in these words, once there is something to do in it."""
    _of(connection.connection).begin(beginning)


def _of(connection: PoolProxiedConnection) -> Any:  # noqa: ANN401 - Connected, which SQLAlchemy hides
    return connection.dbapi_connection


async def _connected(where: Sequence[Any], how: dict[str, Any]) -> aiosqlite.Connection:
    connection = aiosqlite.connect(*where, **how)
    thread = connection._thread  # noqa: SLF001 - as SQLAlchemy does it: no process waits for it
    thread.daemon, thread.name = True, "sqlite"
    return await connection


async def _at_once(call: Callable[[], T]) -> T:
    return call()


def _finished(work: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine returns that has nothing to wait for."""
    try:
        work.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    work.close()
    raise RuntimeError("a transaction on SQLite waited for something else than the database")
