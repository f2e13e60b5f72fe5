"""Words to an order: what parsing, policy and the audit hash cost, without I/O."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from tests.bench.bed import Bed
from tests.bench.contest import NOT_INSTALLED, Contestant, Goal, Part, Sample
from tests.bench.machine import PEER_SCRIPTS, PYTHON, peer, told

OURS, LIMIT, ERRBOT = "Flowbot", "a dictionary of handlers", "Errbot"


@asynccontextmanager
async def part(bed: Bed) -> AsyncIterator[Part]:
    """Yield the contest."""
    script = PEER_SCRIPTS / "bots" / "errbot_bench.py"
    absent = "" if peer("errbot").exists() and script.exists() else NOT_INSTALLED
    yield Part(
        "parse",
        [
            Contestant(OURS, _cost(bed, "ours")),
            Contestant(LIMIT, _cost(bed, "limit")),
            Contestant(ERRBOT, _errbot(bed, script), absent),
        ],
        [
            Goal("parse, policy and audit, CPU", OURS, "cpu µs", "µs", "lower", 23),
            Goal("parse, policy and audit, CPU", OURS, "cpu µs", "µs", "lower", 1, ERRBOT),
        ],
    )


def _cost(bed: Bed, who: str) -> Callable[[], Awaitable[Sample]]:
    async def measure() -> Sample:
        times = str(bed.sized(5000, 1000))
        return await told([PYTHON, "-m", "tests.bench.understand", who, times], bed.fresh())

    return measure


def _errbot(bed: Bed, script: Path) -> Callable[[], Awaitable[Sample]]:
    async def measure() -> Sample:
        found = await told([peer("errbot"), script], bed.fresh())
        return {"cpu µs": found["cpu_us"]}

    return measure
