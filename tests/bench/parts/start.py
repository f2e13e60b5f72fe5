"""A worker that has nothing to do: how soon it begins, and what waiting costs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from statistics import median

from tests.bench import notes
from tests.bench.bed import Bed
from tests.bench.contest import Contestant, Goal, Part, Sample
from tests.bench.parts import engine
from tests.bench.parts.engine import Opened

OURS, ARQ, ARQ_FAST, DBOS = "Flowbot", "arq, default", "arq, poll 0.02 s", "DBOS tuned, SQLite"
GAP = "0.3"  # seconds, at most, between two runs
SETTLE_SECONDS = 2.0


@asynccontextmanager
async def part(bed: Bed) -> AsyncIterator[Part]:
    """Yield the contest."""
    yield Part(
        "start",
        [
            Contestant(OURS, _idle(bed, engine.ours_sqlite)),
            Contestant(ARQ, _idle(bed, engine.arq(0.5))),
            Contestant(ARQ_FAST, _idle(bed, engine.arq(0.02))),
            Contestant(DBOS, _idle(bed, engine.dbos_sqlite), engine.no_dbos()),
        ],
        [
            Goal("asked → first step, idle, p50", OURS, "start ms", "ms", "lower", 5),
            Goal("asked → first step, idle, p50", OURS, "start ms", "ms", "lower", 1, ARQ_FAST),
            Goal("asked → first step, idle, p50", OURS, "start ms", "ms", "lower", 1, DBOS),
            Goal("asked → end of five steps, p50", OURS, "end ms", "ms", "lower", 15),
            Goal("asked → end of five steps, p50", OURS, "end ms", "ms", "lower", 1, DBOS),
            Goal("CPU of a worker that waits", OURS, "idle cpu %", "%", "lower", 0.5),
            Goal("CPU of a worker that waits", OURS, "idle cpu %", "%", "lower", 1, ARQ_FAST),
        ],
    )


def _idle(bed: Bed, opened: Opened) -> Callable[[], Awaitable[Sample]]:
    async def measure() -> Sample:
        clock = asyncio.get_running_loop().time
        async with opened(bed) as each:
            await each.prime()
            async with each.worker() as child:
                await child.says("ready")
                runs = str(bed.sized(20, 10))
                await each.send("--runs", "3", "--prefix", "warm", "--gap", GAP)
                await each.send("--runs", runs, "--gap", GAP)
                await asyncio.sleep(SETTLE_SECONDS)
                before, began = child.cpu(), clock()
                await asyncio.sleep(bed.sized(10, 4))
                used = (child.cpu() - before) / (clock() - began)
            moments: dict[str, dict[str, float]] = {}
            for event in notes.read(each.file):
                moments.setdefault(event.run, {}).setdefault(event.what, event.at)
        seen = [each for name, each in moments.items() if not name.startswith("warm")]
        return {
            "start ms": 1e3 * median(each["s0"] - each[notes.ASKED] for each in seen),
            "end ms": 1e3 * median(each[notes.END] - each[notes.ASKED] for each in seen),
            "idle cpu %": 100 * used,
        }

    return measure
