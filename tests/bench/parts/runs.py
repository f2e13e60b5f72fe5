"""A backlog of journaled runs: how many a second, and what each costs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from tests.bench import notes
from tests.bench.bed import Bed
from tests.bench.contest import NOT_INSTALLED, Contestant, Goal, Part, Sample
from tests.bench.machine import PYTHON, peer, told
from tests.bench.parts import engine
from tests.bench.parts.engine import AFTER_SECONDS, Opened

SQLITE, POSTGRES = "Flowbot, SQLite", "Flowbot, PostgreSQL"
LOOP_SQLITE, LOOP_POSTGRES = "SQLAlchemy loop, SQLite", "SQLAlchemy loop, PostgreSQL"
DRIVER = "aiosqlite loop"
DBOS_SQLITE, DBOS_POSTGRES = "DBOS tuned, SQLite", "DBOS tuned, PostgreSQL"
PREFECT = "Prefect, in process"
POSTGRES_LOOPS = 10


@asynccontextmanager
async def part(bed: Bed) -> AsyncIterator[Part]:
    """Yield the contest."""
    no_postgres = bed.try_postgres()
    no_dbos = engine.no_dbos()
    no_prefect = "" if peer("prefect").exists() else NOT_INSTALLED
    yield Part(
        "runs",
        [
            Contestant(SQLITE, _backlog(bed, engine.ours_sqlite)),
            Contestant(POSTGRES, _backlog(bed, engine.ours_postgres), no_postgres),
            Contestant(LOOP_SQLITE, _loop_sqlite(bed)),
            Contestant(LOOP_POSTGRES, _loop_postgres(bed), no_postgres),
            Contestant(DRIVER, _driver(bed)),
            Contestant(DBOS_SQLITE, _backlog(bed, engine.dbos_sqlite), no_dbos),
            Contestant(DBOS_POSTGRES, _backlog(bed, engine.dbos_postgres), no_dbos or no_postgres),
            Contestant(PREFECT, _prefect(bed), no_prefect),
        ],
        [
            _goal(SQLITE, 0.9, LOOP_SQLITE),
            _goal(SQLITE, 0.1, DRIVER),
            _goal(SQLITE, 5, DBOS_SQLITE),
            _goal(SQLITE, 100, PREFECT),
            Goal("CPU per run, SQLite", SQLITE, "cpu ms/run", "ms", "lower", 2),
            _goal(POSTGRES, 0.9, LOOP_POSTGRES),
            _goal(POSTGRES, 5, DBOS_POSTGRES),
            _goal(POSTGRES, 100, PREFECT),
            Goal("CPU per run, PostgreSQL", POSTGRES, "cpu ms/run", "ms", "lower", 2),
        ],
    )


def _goal(ours: str, hold: float, against: str) -> Goal:
    what = f"5-step runs, {ours.rpartition(' ')[2]}"
    return Goal(what, ours, "runs/s", "runs/s", "higher", hold, against)


def _backlog(bed: Bed, opened: Opened) -> Callable[[], Awaitable[Sample]]:
    async def measure() -> Sample:
        wanted = bed.sized(1000, 300)
        async with opened(bed) as each:
            await each.prime()
            sent = await each.send("--runs", str(wanted))
            async with each.worker() as child:
                await each.count(1, "s0")
                before = child.cpu()
                ended = await each.count(wanted, notes.END)
                await asyncio.sleep(AFTER_SECONDS)
                used = child.cpu() - before
                rss = child.rss()
            if ended < wanted:
                raise RuntimeError(f"{ended} of {wanted} runs ended. {child.tail()}")
            events = notes.read(each.file)
        first = min(event.at for event in events if event.what == "s0")
        last = max(event.at for event in events if event.what == notes.END)
        return {
            "runs/s": wanted / (last - first),
            "cpu ms/run": used / wanted * 1e3,
            "asked/s": wanted / sent["seconds"],
            "MB after": rss,
        }

    return measure


def _loop_sqlite(bed: Bed) -> Callable[[], Awaitable[Sample]]:
    async def measure() -> Sample:
        folder = bed.fresh()
        url = f"sqlite+aiosqlite:///{folder}/journal.db"
        return await _loop(bed, "sqlalchemy", url, 1)

    return measure


def _loop_postgres(bed: Bed) -> Callable[[], Awaitable[Sample]]:
    async def measure() -> Sample:
        with bed.database() as url:
            return await _loop(bed, "sqlalchemy", url, POSTGRES_LOOPS)

    return measure


def _driver(bed: Bed) -> Callable[[], Awaitable[Sample]]:
    async def measure() -> Sample:
        return await _loop(bed, "driver", f"{bed.fresh()}/journal.db", 1)

    return measure


async def _loop(bed: Bed, what: str, url: str, loops: int) -> Sample:
    folder = bed.fresh()
    words = [PYTHON, "-m", "tests.bench.bare_loop", what, "--url", url]
    more = ["--file", str(folder / "notes"), "--loops", str(loops)]
    runs = str(bed.sized(1000, 300))
    return await told([*words, *more, "--runs", runs], folder)


def _prefect(bed: Bed) -> Callable[[], Awaitable[Sample]]:
    async def measure() -> Sample:
        folder = bed.fresh()
        words = [str(peer("prefect")), "-m", "tests.bench.prefect_runs"]
        given = {
            "PREFECT_HOME": str(folder / "prefect"),
            "PREFECT_SERVER_EPHEMERAL_ENABLED": "true",
            "PREFECT_LOGGING_LEVEL": "ERROR",
        }
        wanted, file = str(bed.sized(10, 5)), str(folder / "notes")
        # It needs its server beside it, so it is given every core.
        return await told([*words, "--file", file, "--runs", wanted], folder, given, core=None)

    return measure
