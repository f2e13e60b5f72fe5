"""A database with made-up runs, news that a test spreads, and the application over both."""

import struct
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import httpx
import msgspec
import pytest
import pytest_asyncio
from fastapi import FastAPI
from pydantic import Field

from bot.admin.changes import Changes
from bot.dispatch import Dispatch
from bot.passes import Passes
from bot.rules import Rules
from bot.subscriptions.desk import Subscriptions
from bot.subscriptions.preview import Previews
from bot.web.app import create_app
from bot.web.site import Quota
from flows.engine.access import Role
from flows.engine.journal import Entry, EntryState, Kind, Question
from flows.engine.run import ReadRun
from flows.engine.spec import Flow, Params
from flows.engine.tools import ProjectSettings
from flows.report import Report
from integrations.github import GitHubApi, GitHubReader, TokenSignIn
from integrations.meter import Meter
from storage import audit, projects, questions, runs
from storage.database import Database
from storage.records import RunRecord
from tests.bot.conftest import copied
from tests.bot.web.wire import NOW, Bell, Line, News
from tests.journals import open_journal

ADA = {"platform": "slack", "id": "U1", "name": "ada"}
BEN = {"platform": "slack", "id": "U2", "name": "ben"}
RULES = Rules(
    admins=set(),
    maintainers={"slack:U1", "slack:U2"},
    default=Role.VIEWER,
    self_approval=False,
    page_url="https://flowbot.acme.example",
)
ORIGIN = {
    "door": "slash",
    "platform": "slack",
    "channel": "C1",
    "thread": "1.1",
    "message": "1.1",
}


class Release(Params):
    repo: str = Field(description="Repository to release", examples=["acme/api"])
    level: Literal["patch", "minor", "major"] = Field("minor", description="What to raise")
    notify: bool = Field(default=True, description="Tell the channel")


class Nothing(Params):
    pass


async def _body(run: ReadRun, params: Params) -> Report:
    return Report(f"{run.identity.flow} over {params!r}")


RELEASE = Flow(
    slug="release-management",
    alias="release",
    family="development",
    summary="Ship a release: pin the commit, show the plan, tag it, publish the notes.",
    params=Release,
    writes=True,
    role=Role.MAINTAINER,
    approvals=1,
    examples=("release acme/api", "release acme/api --level patch"),
    body=_body,
)
STATUS = Flow(
    slug="system-status",
    alias="status",
    family="system",
    summary="Say how the bot and what it depends on are doing.",
    params=Nothing,
    writes=False,
    role=Role.VIEWER,
    approvals=1,
    examples=("status",),
    body=_body,
)


def catalogue() -> Mapping[str, Flow]:
    """Return two flows: one that changes things and one that only looks."""
    return {each.slug: each for each in (RELEASE, STATUS)}


def png(width: int = 2, height: int = 2) -> bytes:
    """Return a small picture."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        checked = kind + body
        return struct.pack(">I", len(body)) + checked + struct.pack(">I", zlib.crc32(checked))

    rows = b"".join(b"\0" + b"\x0f\x5c\xc0" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Let something happen at another moment."""
        self.now, before = moment, self.now
        yield
        self.now = before


class Story:
    """Puts runs into the database in one line each."""

    def __init__(self, database: Database, clock: Clock, told: Callable[[str], None]) -> None:
        self.database = database
        self.clock = clock
        self.told = told

    async def run(self, run_id: str, *, ago: float = 60, **given: Any) -> RunRecord:  # noqa: ANN401 - any column
        """Accept a run `ago` seconds before now; `given` are columns."""
        created = NOW - timedelta(seconds=ago)
        state = given.get("state", "running")
        begun = None if state == "queued" else created + timedelta(seconds=1)
        over = state in ("done", "stopped", "failed", "cancelled")
        values: dict[str, Any] = {
            "flow": "release-management",
            "project": "acme/api",
            "command": "release acme/api",
            "params": {"repo": "acme/api", "level": "minor"},
            "dry_run": False,
            "actor": ADA,
            "origin": ORIGIN,
            "state": state,
            "line": "",
            "attempts": 1,
            "created_at": created,
            "started_at": begun,
            "finished_at": created + timedelta(seconds=13) if over else None,
        }
        record = RunRecord(id=run_id, **(values | given))
        async with self.database.begin() as connection:
            await runs.add(connection, record)
            await audit.append(
                connection,
                at=created,
                actor=record.actor,
                door=record.origin["door"],
                action="asked",
                run_id=run_id,
                detail=record.command,
            )
        return record

    async def step(  # noqa: PLR0913 - each is one column of the journal
        self,
        run: RunRecord,
        title: str,
        *,
        after: float = 2,
        seconds: float = 1.5,
        kind: Kind = "step",
        state: EntryState = "done",
        attempt: int = 1,
        error: str = "",
    ) -> None:
        """Write one step, begun and ended as the engine does."""
        begun = run.created_at + timedelta(seconds=after)
        journal = await open_journal(
            self.database, run.id, self.clock, has_thread=True, told=self.told
        )
        entry = Entry(title, kind, int(after), "running", attempt)
        with self.clock.at(begun):
            await journal.write(entry)
        if state != "running":
            used = Meter()
            used.count("github", 20_480, cost=1)
            used.child(0.125, 9_000_000)
            with self.clock.at(begun + timedelta(seconds=seconds)):
                ended = Entry(title, kind, int(after), state, attempt, b"null", error)
                await journal.write(ended, used)

    async def ask(self, run: RunRecord, question: Question) -> int:
        """Let the run ask; return the number of the question."""
        journal = await open_journal(
            self.database, run.id, self.clock, has_thread=False, told=self.told
        )
        await journal.ask(question)
        async with self.database.read() as connection:
            return (await questions.of_run(connection, run.id))[-1].id

    async def answer(self, question: int, choice: str) -> None:
        """Let ben answer."""
        async with self.database.begin() as connection:
            await questions.say(connection, question, choice, BEN, NOW)
            await questions.settle(connection, question, choice, BEN, NOW)

    async def report(self, run: RunRecord, report: Report) -> None:
        """Give the run its report."""
        await self.database.write(*runs.keep(run, report, NOW))

    async def end(self, run: RunRecord, state: str, line: str = "") -> None:
        """End the run now."""
        await self.database.write(runs.settle(run.id, state, line, self.clock()))
        self.told(run.id)

    async def many(self, count: int) -> list[str]:
        """Accept many runs that differ in flow and state; return their ids, the newest first."""
        template = await self.run("r0000", ago=count)
        async with self.database.begin() as connection:
            for number in range(1, count):
                await runs.add(
                    connection,
                    msgspec.structs.replace(
                        template,
                        id=f"r{number:04}",
                        flow=("release-management", "system-status")[number % 2],
                        state=("done", "failed", "running")[number % 3],
                        # Several runs share an instant, so that the id has to break the tie.
                        created_at=NOW - timedelta(seconds=count - number // 4),
                    ),
                )
        return [f"r{number:04}" for number in reversed(range(count))]

    async def project(self, name: str) -> None:
        """Add a project."""
        async with self.database.begin() as connection:
            await projects.save(connection, ProjectSettings(name), NOW)


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands still."""
    return Clock()


@pytest_asyncio.fixture
async def database(migrated_file: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """Yield a migrated and empty database."""
    database = Database(copied(migrated_file, tmp_path / "flowbot.db"))
    yield database
    await database.aclose()


@pytest.fixture
def story(database: Database, clock: Clock, news: News) -> Story:
    """Return what puts runs into the database."""
    return Story(database, clock, news.tell)


@pytest.fixture
def news() -> News:
    """Return the news that the test spreads."""
    return News()


@pytest.fixture
def line() -> Line:
    """Return a queue that answers until it is sent away."""
    return Line()


async def quotas() -> list[Quota]:
    """Return what is left at two integrations."""
    later = NOW + timedelta(minutes=20)
    return [Quota("github", 4210, 5000, later), Quota("linear", 120, 1500, later)]


@pytest.fixture
def passes(clock: Clock) -> Passes:
    """Return what signs and reads sessions and tokens."""
    return Passes(b"k" * 32, clock)


@pytest_asyncio.fixture
async def previews(database: Database, clock: Clock) -> AsyncIterator[Previews]:
    """Yield what looks back, with nobody at GitHub to ask."""
    async with GitHubApi(TokenSignIn("secret"), base_url="http://127.0.0.1:9") as api:
        yield Previews(database, GitHubReader(api), clock)


@pytest.fixture
def dispatch(
    *, database: Database, news: News, clock: Clock, passes: Passes, previews: Previews
) -> Dispatch:
    """Return the way in for two flows, and for what is said about subscriptions."""

    def find(name: str) -> Flow | None:
        known = catalogue().values()
        return next((each for each in known if name in (each.slug, each.alias)), None)

    follows = Subscriptions(database, RULES, clock, previews)
    desks = (follows, Changes(database, clock, follows.subjects))
    return Dispatch(database, Bell(news), RULES, clock, find, passes, desks)


@pytest.fixture
def app(
    *,
    database: Database,
    news: News,
    line: Line,
    clock: Clock,
    dispatch: Dispatch,
    passes: Passes,
    previews: Previews,
) -> FastAPI:
    """Return the application over all of these."""
    return create_app(
        database,
        news,
        line,
        dispatch,
        passes,
        public_url="https://flowbot.acme.example",
        clock=clock,
        quotas=quotas,
        previews=previews,
        catalogue=catalogue,
    )


@pytest_asyncio.fixture
async def browser(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client that talks to the application without a socket."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client
