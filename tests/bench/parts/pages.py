"""The status page over a long history: the same page must cost the same, on both engines."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

from bot.web.addresses import cursor_of
from storage.database import Database
from storage.migrate import migrate
from storage.runs import get
from tests.bench.bed import Bed
from tests.bench.caller import Answers, called
from tests.bench.caller import get as request
from tests.bench.contest import Contestant, Goal, Part, Sample
from tests.bench.machine import PYTHON, Broke, Child, started
from tests.bench.parts import engine
from tests.bench.parts.slack import free_port, listening
from tests.bench.seed import EVERY, name_of, seed

FEW = 1_000
SQLITE, POSTGRES = "SQLite", "PostgreSQL"
SAME = {  # what must not grow with the history, and by how much it may
    "newest": ("newest page of runs", 1.2),
    "deep": ("deep page of runs", 1.2),
    "state": ("runs that failed", 1.2),
    "flow": ("runs of one flow", 1.2),
    "project": ("runs of one project", 1.2),
    "run": ("page of one run", 1.2),
    "totals": ("overview with totals", 2),
}
QUICK = ("newest", "deep", "state", "run", "api")


@asynccontextmanager
async def part(bed: Bed) -> AsyncIterator[Part]:
    """Yield the contest."""
    rows = bed.sized(1_000_000, 100_000)
    absent = {SQLITE: "", POSTGRES: bed.try_postgres()}
    contestants, goals = [], []
    for kind, why in absent.items():
        few, many = f"{kind}, {FEW:,} runs", f"{kind}, {rows:,} runs"
        contestants += [
            Contestant(few, _toured(bed, kind, FEW), why),
            Contestant(many, _toured(bed, kind, rows), why),
        ]
        goals += [
            Goal(what, many, f"{name} ms", "ms", "lower", hold, few)
            for name, (what, hold) in SAME.items()
        ]
        goals += [Goal(f"{name}, p50", many, f"{name} ms", "ms", "lower", 5) for name in QUICK]
        goals += [
            Goal("memory gained by the tour", many, "grown MB", "MB", "lower", 10),
            Goal("migration from the first release", many, "migrated s", "s", "lower", 60),
        ]
    yield Part("pages", contestants, goals)


def _toured(bed: Bed, kind: str, rows: int) -> Callable[[], Awaitable[Sample]]:
    async def measure() -> Sample:
        with _settings(bed, kind) as given:
            middle, took = await _history(given, rows)
            port = free_port()
            settings = {**given, "FLOWBOT_PORT": str(port)}
            async with started([PYTHON, "-m", "bot", "web"], bed.fresh(), settings) as child:
                await listening(port, child)
                sample = await _tour(f"http://127.0.0.1:{port}", child, middle, rows, bed)
        return {**sample, "migrated s": took}

    return measure


@contextmanager
def _settings(bed: Bed, kind: str) -> Iterator[dict[str, str]]:
    """Yield the settings of a bot with an empty database of its own."""
    folder = bed.fresh()
    if kind == SQLITE:
        (folder / "data").mkdir()
        yield engine.settings(folder, bed.valkey, f"sqlite:///{folder}/data/flowbot.db")
        return
    with bed.database() as url:
        yield engine.settings(folder, bed.valkey, url)


async def _history(given: Mapping[str, str], rows: int) -> tuple[str, float]:
    """Fill the database; return the cursor of a page in its middle, and how long migrating took."""
    database = Database(given["FLOWBOT_DATABASE_URL"])
    try:
        await seed(database, rows)
        began = time.perf_counter()
        await migrate(database)
        took = time.perf_counter() - began
        async with database.read() as connection:
            found = await get(connection, name_of(rows // 2))
    finally:
        await database.aclose()
    if found is None:
        raise Broke("The history was not written.")
    return cursor_of(found), took


async def _tour(url: str, child: Child, middle: str, rows: int, bed: Bed) -> dict[str, float]:
    """Look at every kind of page; return what each takes, and the memory that it all took."""
    paths = {
        "newest": "/runs",
        "deep": f"/runs?after={middle}",
        "state": f"/runs?state=failed&after={middle}",
        "flow": f"/runs?flow=health-check&after={middle}",
        "project": f"/runs?project=acme/repo-7&after={middle}",
        "run": f"/runs/{name_of(rows // 2 // EVERY * EVERY)}",
        "api": "/api/v1/runs",
        "api deep": f"/api/v1/runs?after={middle}",
        "totals": "/",
    }
    for path in paths.values():
        await _looked(url, path, 3, child)  # templates and statements are compiled
    before = child.rss()
    times = bed.sized(60, 25)
    sample = {
        f"{name} ms": (await _looked(url, path, times, child)).percentile(0.5)
        for name, path in paths.items()
    }
    return sample | {"grown MB": child.rss() - before, "MB": child.rss()}


async def _looked(url: str, path: str, times: int, child: Child) -> Answers:
    answers = await called(url, [request(path)] * times)
    if answers.refused:
        raise Broke(f"{path} did not answer 200. {child.tail()}")
    return answers
