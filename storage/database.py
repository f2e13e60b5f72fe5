"""One database behind two engines: SQLite for one machine, PostgreSQL for a team."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

import msgspec
from sqlalchemy import Executable, event, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from flows.engine.errors import LeaseLost, Pause
from integrations.errors import Transient
from storage import sqlite
from storage.fence import Lease, standing

BUSY_TIMEOUT_MS = 10_000
WRONG_SQL = "SQLITE_ERROR"  # what SQLite calls a statement that it cannot understand
WRONG_DATA = "22"  # how the codes begin of what PostgreSQL says of such values
T = TypeVar("T")
Item = TypeVar("Item")
Values: TypeAlias = Mapping[str, Any]
Batch: TypeAlias = Callable[[AsyncConnection, Sequence[Values]], Awaitable[None]]
"""Writes that look at the database first, such as the end of a chain: last in a transaction."""

Statement: TypeAlias = tuple[Executable, Values]
Write: TypeAlias = Statement | tuple[Batch, Values]


class Reply(NamedTuple, Generic[T]):
    """What came of one request, and what is to be written because of it."""

    value: T
    writes: Sequence[Write] = ()


Requests: TypeAlias = Callable[[AsyncConnection, Sequence[Item]], Awaitable[Sequence[Reply[T]]]]
"""Deals with the requests of several callers at once; returns a reply to each, in their order."""


class _Pending(NamedTuple):
    """What one caller wants, and who has to be told of it."""

    done: asyncio.Future[Any]
    writes: Sequence[Write] = ()
    lease: Lease | None = None
    begins: bool = False
    requests: Requests[Any, Any] | None = None
    item: Any = None
    run_id: str | None = None

    def counts(self, held: Mapping[Lease, str]) -> bool:
        """Say whether this may be written, given the leases that count."""
        if self.lease is None:
            return True
        return self.lease in held and not (self.begins and held[self.lease])

    def outcome(self, held: Mapping[Lease, str]) -> "_Outcome":
        """Return how the writes went, given the leases that count."""
        if self.lease and self.lease not in held:
            return None, LeaseLost(self.lease.run_id)
        return held[self.lease] if self.lease else "", None

    def tell(self, value: Any, error: BaseException | None) -> None:  # noqa: ANN401 - what was asked for
        """Tell the caller how it went, unless it has gone."""
        if self.done.done():
            return
        if error is None:
            self.done.set_result(value)
        else:
            self.done.set_exception(error)


_Outcome: TypeAlias = tuple[Any, BaseException | None]


class Database:
    """Hands out transactions; whoever asks for one commits it by leaving the block."""

    def __init__(self, url: str) -> None:
        self.url = url
        where = make_url(url)
        if self.is_sqlite:
            where = where.set(drivername=sqlite.DRIVER)
        self._engine = create_async_engine(
            where,
            pool_pre_ping=not self.is_sqlite,
            json_serializer=_json,
            json_deserializer=msgspec.json.decode,
        )
        self._writing = self._engine.execution_options(write=True)
        # SQLite has one writer anyway: waiting here costs nothing, waiting in SQLite a time-out.
        self._writer = asyncio.Lock() if self.is_sqlite else None
        self._visited: AsyncConnection | None = None
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
        stop_by: str = await self._grouped(_Pending(_promise(), writes, lease, begins))
        return stop_by

    async def request(
        self, requests: Requests[Item, T], item: Item, run_id: str | None = None
    ) -> T:
        """Have this dealt with, and commit what comes of it together with concurrent callers.

        One that raises undoes its own part alone: the others are then dealt with one by one, so
        dealing with something again must come to the same. `run_id` is the run whose row is
        changed.
        """
        value: T = await self._grouped(
            _Pending(_promise(), requests=requests, item=item, run_id=run_id)
        )
        return value

    async def aclose(self) -> None:
        """Finish what is being written and close every connection."""
        if self._flushing:
            await self._flushing
        if self._visited:
            await self._visited.close()
        await self._engine.dispose()

    async def _grouped(self, pending: _Pending) -> Any:  # noqa: ANN401 - what was asked for
        self._pending.append(pending)
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        return await pending.done

    async def _flush(self) -> None:
        try:
            while self._pending:
                waiting = 0
                while waiting < len(self._pending):  # whoever is ready to come along comes along
                    waiting = len(self._pending)
                    await asyncio.sleep(0)
                # Who has gone before it was begun wants it no more.
                group = [each for each in self._pending if not each.done.cancelled()]
                self._pending = []
                try:
                    outcomes = await self._commit(group)
                except (Exception, Pause) as error:  # noqa: BLE001 - a bad one must not fail its neighbours
                    await self._commit_each(_told(group, error) if is_away(error) else group)
                else:
                    for each, outcome in zip(group, outcomes, strict=True):
                        each.tell(*outcome)
        finally:
            self._flushing = None

    async def _commit_each(self, group: Sequence[_Pending]) -> None:
        for each in group:
            try:
                [outcome] = await self._commit([each])
            except (Exception, Pause) as error:  # noqa: BLE001 - handed to the caller that it belongs to
                each.tell(None, error)
            else:
                each.tell(*outcome)

    async def _commit(self, group: Sequence[_Pending]) -> Sequence[_Outcome]:
        """Do what may be done for a group, in one transaction."""

        async def work(connection: AsyncConnection) -> Sequence[_Outcome]:
            return await _done(connection, group)

        if self._writer is None:
            async with self._writing.begin() as connection:
                return await work(connection)
        async with self._writer:
            if self._visited is None:
                self._visited = await self._writing.connect()
            return await sqlite.in_one_visit(self._visited, work)


def is_away(error: BaseException) -> bool:
    """Say whether the database did not answer: what was written then may be there, or not."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, OSError)
    code = getattr(error.orig, "sqlite_errorname", "")
    if code and isinstance(error, OperationalError):
        return code != WRONG_SQL  # it is busy, full or out of reach
    return error.connection_invalidated


def is_refused(error: BaseException) -> bool:
    """Say whether the database refuses a value, and does so each time: a NUL, a text too long."""
    state = getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None
    return (state or "").startswith(WRONG_DATA)


@contextmanager
def answering() -> Iterator[None]:
    """Let a step that needs the database be tried again where that does not answer."""
    try:
        yield
    except (OSError, SQLAlchemyError) as error:
        if is_away(error):
            raise Transient("The database did not answer.") from error
        raise


def _told(group: Sequence[_Pending], error: BaseException) -> Sequence[_Pending]:
    """Tell those whose writes may be there or not; return the others, who may simply ask again."""
    for each in group:
        if each.writes:
            each.tell(None, error)
    return [each for each in group if not each.writes]


async def _done(connection: AsyncConnection, group: Sequence[_Pending]) -> Sequence[_Outcome]:
    """Write what may be written, deal with the requests; return how it went for each."""
    leases = {each.lease for each in group if each.lease}
    changed = {each.run_id for each in group if each.run_id}
    held = await standing(connection, leases, changed) if leases or changed else {}
    replies = await _replies(connection, group)
    by_statement: dict[Executable | Batch, list[Values]] = {}
    for number, each in enumerate(group):
        writes = replies[number].writes if number in replies else each.writes
        for statement, values in writes if each.counts(held) else ():
            by_statement.setdefault(statement, []).append(values)
    batches = [each for each in by_statement if not isinstance(each, Executable)]
    for statement, rows in by_statement.items():
        if isinstance(statement, Executable):
            await connection.execute(statement, rows)
    for batch in batches:
        await batch(connection, by_statement[batch])
    return [
        (replies[number].value, None) if number in replies else each.outcome(held)
        for number, each in enumerate(group)
    ]


async def _replies(
    connection: AsyncConnection, group: Sequence[_Pending]
) -> Mapping[int, Reply[Any]]:
    """Return the reply to each request of a group, by its place."""
    asked: dict[Requests[Any, Any], list[int]] = {}
    for number, each in enumerate(group):
        if each.requests:
            asked.setdefault(each.requests, []).append(number)
    found: dict[int, Reply[Any]] = {}
    for requests, numbers in asked.items():
        replies = await requests(connection, [group[number].item for number in numbers])
        found.update(zip(numbers, replies, strict=True))
    return found


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _promise() -> asyncio.Future[Any]:
    return asyncio.get_running_loop().create_future()


async def carried_out(
    connection: AsyncConnection, writes: Sequence[Write], lease: Lease | None = None
) -> None:
    """Write in a transaction that does more than that; raises LeaseLost as `write` does."""
    if lease and lease not in await standing(connection, {lease}):
        raise LeaseLost(lease.run_id)
    for what, values in writes:
        if isinstance(what, Executable):
            await connection.execute(what, values)
        else:
            await what(connection, [values])


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "temp_store=MEMORY",
        "wal_autocheckpoint=4000",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that starts by reading and then writes can fail at once under WAL.
    writes = connection.get_execution_options().get("write")
    sqlite.begin(connection, "BEGIN IMMEDIATE" if writes else "BEGIN")
