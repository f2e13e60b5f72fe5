"""A worker that is killed amid 200 runs: what is lost, what is done again, and for how long."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Literal

from tests.bench import notes
from tests.bench.bed import Bed
from tests.bench.contest import Contestant, Goal, Part, Sample
from tests.bench.machine import PYTHON, REST, told
from tests.bench.parts import engine
from tests.bench.parts.engine import Engine

SAME, OTHER = "Flowbot, same worker", "Flowbot, another worker"
DBOS = "DBOS, SQLite, same worker"
RUNS = 200
PAUSE = "0.4"  # seconds that each step takes
KILL_AFTER = 2 * RUNS  # steps that are done
AGAIN_SECONDS = 90.0
DONE = tuple(f"d{number}" for number in range(notes.STEPS))


@asynccontextmanager
async def part(bed: Bed) -> AsyncIterator[Part]:
    """Yield the contest."""
    yield Part(
        "crash",
        [
            Contestant(SAME, _killed(bed, "same")),
            Contestant(OTHER, _killed(bed, "other")),
            Contestant(DBOS, _killed(bed, "dbos"), engine.no_dbos()),
        ],
        [
            Goal("runs that ended, of 200", SAME, "ended", "runs", "higher", RUNS),
            Goal("runs that ended, of 200", OTHER, "ended", "runs", "higher", RUNS),
            Goal("committed steps done again", SAME, "committed again", "steps", "lower", 0),
            Goal("committed steps done again", OTHER, "committed again", "steps", "lower", 0),
            Goal("finished steps done again", SAME, "finished again %", "%", "lower", 2),
            Goal("finished steps done again", SAME, "finished again %", "%", "lower", 1, DBOS),
            Goal("last run resumed, same worker", SAME, "last resumed s", "s", "lower", 2),
            Goal("last run resumed, same worker", SAME, "last resumed s", "s", "lower", 1, DBOS),
            Goal("last run resumed, another worker", OTHER, "last resumed s", "s", "lower", 15),
        ],
    )


def _killed(bed: Bed, who: Literal["same", "other", "dbos"]) -> Callable[[], Awaitable[Sample]]:
    async def measure() -> Sample:
        if who == "dbos":
            async with engine.dbos_sqlite(bed) as dbos:
                # DBOS's own default; polling faster would not make it recover sooner.
                each = replace(dbos, work=[*dbos.work, "--poll", "1.0"])
                await each.prime()
                await each.send("--runs", str(RUNS), "--pause", PAUSE)
                return await _story(each, ())
        async with engine.ours_sqlite(bed) as ours:
            # By itself a worker owns its data folder: nobody else can hold its leases.
            queue = "" if who == "same" else bed.valkey
            given = engine.settings(ours.folder, queue, concurrency=RUNS)
            each = replace(ours, settings=given)
            return await _story(each, ("--runs", str(RUNS), "--pause", PAUSE))

    return measure


async def _story(each: Engine, asking: tuple[str, ...]) -> Sample:
    """Let the first worker be killed and the second finish."""
    async with each.worker(*asking) as first:
        await each.count(KILL_AFTER, *DONE, patience=AGAIN_SECONDS)
        first.kill()
        await first.ended()
    before = notes.read(each.file)
    committed = await _committed(each) if asking else set()
    restarted = time.time()
    async with each.worker():
        await each.count(RUNS, notes.END, patience=AGAIN_SECONDS)
        await asyncio.sleep(engine.AFTER_SECONDS)
    after = notes.read(each.file)[len(before) :]
    return _sample(before, after, committed, restarted)


async def _committed(each: Engine) -> set[tuple[str, str]]:
    """Return the (run, number of the step) that the journal holds as done."""
    words = [PYTHON, "-m", "tests.bench.ours", "committed"]
    found = await told(words, each.folder, each.settings, core=REST)
    return {(run, title.split()[1]) for run, titles in found.items() for title in titles}


def _sample(
    before: list[notes.Note],
    after: list[notes.Note],
    committed: set[tuple[str, str]],
    restarted: float,
) -> Sample:
    finished = {(each.run, each.what[1:]) for each in before if each.what in DONE}
    ended = {each.run for each in before if each.what == notes.END}
    begun = {each.run for each in before if each.what == "s0"} - ended
    again = Counter((each.run, each.what[1:]) for each in after if each.what[0] == "s")
    resumed: dict[str, float] = {}
    for each in after:
        if each.run in begun:
            resumed.setdefault(each.run, each.at - restarted)
    return {
        "ended": len(ended | {each.run for each in after if each.what == notes.END}),
        "finished": len(finished),
        "committed again": sum(again[step] for step in committed),
        "finished again %": 100 * sum(again[step] for step in finished) / len(finished),
        "first resumed s": min(resumed.values(), default=0.0),
        "last resumed s": max(resumed.values(), default=0.0),
    }
