"""The status page over a long history: the same page must cost the same."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from bot.web.addresses import cursor_of
from storage.database import Database
from storage.migrate import migrate
from storage.records import RunRecord
from storage.runs import get
from tests.bench.bed import Bed
from tests.bench.caller import Answers, called
from tests.bench.caller import get as request
from tests.bench.contest import Contestant, Goal, Part, Sample
from tests.bench.machine import PYTHON, Broke, Child, started
from tests.bench.parts import engine
from tests.bench.parts.slack import free_port, listening
from tests.bench.seed import seed

FEW = 1_000


@asynccontextmanager
async def part(bed: Bed) -> AsyncIterator[Part]:
    """Yield the contest."""
    rows = bed.sized(1_000_000, 100_000)
    few, many = f"{FEW:,} runs", f"{rows:,} runs"
    yield Part(
        "pages",
        [Contestant(few, _toured(bed, FEW)), Contestant(many, _toured(bed, rows))],
        [
            Goal("newest page of runs", many, "newest ms", "ms", "lower", 1.2, few),
            Goal("deep page of runs", many, "deep ms", "ms", "lower", 1.2, few),
            Goal("overview with totals", many, "totals ms", "ms", "lower", 2, few),
            Goal("newest page of runs, p50", many, "newest ms", "ms", "lower", 5),
            Goal("deep page of runs, p50", many, "deep ms", "ms", "lower", 5),
            Goal("API list, p50", many, "api ms", "ms", "lower", 5),
            Goal("memory gained by the tour", many, "grown MB", "MB", "lower", 10),
        ],
    )


def _toured(bed: Bed, rows: int) -> Callable[[], Awaitable[Sample]]:
    async def measure() -> Sample:
        folder = bed.fresh()
        given = engine.settings(folder, bed.valkey)
        middle = await _history(Path(given["FLOWBOT_DATA_DIR"]), rows)
        port = free_port()
        given["FLOWBOT_PORT"] = str(port)
        async with started([PYTHON, "-m", "bot", "web"], folder, given) as child:
            await listening(port, child)
            url = f"http://127.0.0.1:{port}"
            paths = {
                "newest": "/runs",
                "deep": f"/runs?after={middle}",
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

    return measure


def _file(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder / "flowbot.db"


async def _looked(url: str, path: str, times: int, child: Child) -> Answers:
    answers = await called(url, [request(path)] * times)
    if answers.refused:
        raise Broke(f"{path} did not answer 200. {child.tail()}")
    return answers


async def _history(folder: Path, rows: int) -> str:
    """Make a database of so many runs; return the cursor of a page in its middle."""
    file = _file(folder)
    database = Database(f"sqlite+aiosqlite:///{file}")
    try:
        await migrate(database)
        made = seed(file, rows)
        async with database.read() as connection:
            found = await get(connection, made[len(made) // 2][0])
    finally:
        await database.aclose()
    if not isinstance(found, RunRecord):
        raise Broke("The history was not written.")
    return cursor_of(found)
