"""The command line, and whole processes that have nothing to do: time, memory and CPU."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from statistics import median

from integrations.emulators.server import serve
from integrations.emulators.slack import SlackWorld, slack_app
from tests.bench.bed import Bed
from tests.bench.contest import Contestant, Goal, Part, Sample
from tests.bench.machine import OURS as OUR_CORE
from tests.bench.machine import PYTHON, environment, pinned, started
from tests.bench.parts import engine
from tests.bench.parts.engine import Words

HELP, FLOWS = "python -m bot --help", "python -m bot flows --json"
BOLT, FASTAPI = "import slack_bolt", "import fastapi"
UP, WORKER, DBOS = "Flowbot up", "Flowbot worker", "DBOS worker, SQLite"
SETTLE_SECONDS = 3.0


@asynccontextmanager
async def commands(bed: Bed) -> AsyncIterator[Part]:
    """Yield the contest of the command line."""
    bot = [PYTHON, "-m", "bot"]
    yield Part(
        "cli",
        [
            Contestant(HELP, _timed(bed, [*bot, "--help"])),
            Contestant(FLOWS, _timed(bed, [*bot, "flows", "--json"])),
            Contestant(BOLT, _timed(bed, [PYTHON, "-c", "import slack_bolt.async_app"])),
            Contestant(FASTAPI, _timed(bed, [PYTHON, "-c", "import fastapi"])),
        ],
        [
            Goal(HELP, HELP, "seconds", "s", "lower", 0.4),
            Goal(HELP, HELP, "seconds", "s", "lower", 1, FASTAPI),
            Goal(FLOWS, FLOWS, "seconds", "s", "lower", 0.4),
            Goal(FLOWS, FLOWS, "seconds", "s", "lower", 1, BOLT),
        ],
    )


def _timed(bed: Bed, words: Sequence[str]) -> Callable[[], Awaitable[Sample]]:
    async def measure() -> Sample:
        folder = bed.fresh()
        took = []
        for _ in range(bed.sized(10, 5)):
            began = time.perf_counter()
            process = await asyncio.create_subprocess_exec(
                *pinned(words, OUR_CORE),
                cwd=folder,
                env=environment(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
            )
            if await process.wait():
                raise RuntimeError(f"{words} ended with {process.returncode}")
            took.append(time.perf_counter() - began)
        return {"seconds": median(took)}

    return measure


@asynccontextmanager
async def idle(bed: Bed) -> AsyncIterator[Part]:
    """Yield the contest of processes that wait."""
    world = SlackWorld()
    async with serve(slack_app(world)) as base:
        world.base_url = base
        yield Part(
            "idle",
            [
                Contestant(UP, _up(bed, world, base)),
                Contestant(WORKER, _worker(bed, engine.ours_sqlite)),
                Contestant(DBOS, _worker(bed, engine.dbos_sqlite), engine.no_dbos()),
            ],
            [
                Goal("up, with Slack and its Valkey: memory", UP, "MB", "MB", "lower", 200),
                Goal("up: CPU", UP, "cpu %", "%", "lower", 1),
                Goal("up: ready", UP, "ready s", "s", "lower", 3),
                Goal("worker alone: memory", WORKER, "MB", "MB", "lower", 80),
                Goal("worker alone: CPU", WORKER, "cpu %", "%", "lower", 0.5),
                Goal("worker alone: memory", WORKER, "MB", "MB", "lower", 1.2, DBOS),
            ],
        )
        await world.close()


def _up(bed: Bed, world: SlackWorld, base: str) -> Callable[[], Awaitable[Sample]]:
    async def measure() -> Sample:
        folder = bed.fresh()
        given = engine.settings(folder, "") | {
            "FLOWBOT_SLACK_BOT_TOKEN": world.bot_token,
            "FLOWBOT_SLACK_APP_TOKEN": world.app_token,
            "FLOWBOT_SLACK_API_URL": f"{base}/api/",
            "FLOWBOT_SLACK_PACE": "1000",
            "FLOWBOT_PORT": "0",
            "FLOWBOT_LOG_LEVEL": "INFO",
        }
        return await _watched(bed, [PYTHON, "-m", "bot", "up"], given)

    return measure


def _worker(bed: Bed, opened: engine.Opened) -> Callable[[], Awaitable[Sample]]:
    async def measure() -> Sample:
        async with opened(bed) as each:
            await each.prime()
            if not each.primed:  # ours has a command of its own
                given = {**each.settings, "FLOWBOT_LOG_LEVEL": "INFO"}
                return await _watched(bed, [PYTHON, "-m", "bot", "worker"], given)
            return await _watched(bed, [*each.work, "--file", each.file], each.settings)

    return measure


async def _watched(bed: Bed, words: Words, given: Mapping[str, str]) -> Sample:
    clock = asyncio.get_running_loop().time
    began = clock()
    async with started(words, bed.fresh(), given) as child:
        await child.says("ready")
        ready = clock() - began
        await asyncio.sleep(SETTLE_SECONDS)
        before, began = child.cpu(), clock()
        await asyncio.sleep(bed.sized(10, 4))
        used = (child.cpu() - before) / (clock() - began)
        return {"ready s": ready, "MB": child.rss(), "cpu %": 100 * used}
