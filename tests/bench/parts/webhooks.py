"""A webhook of GitHub: verified, deduplicated, durably queued, answered."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.bench.bed import Bed
from tests.bench.contest import NOT_BUILT, Contestant, Goal, Part

OURS, BARE = "Flowbot", "bare Starlette with XADD"


@asynccontextmanager
async def part(_: Bed) -> AsyncIterator[Part]:
    """Yield the claim alone: there is no door for webhooks."""
    yield Part(
        "webhooks",
        [Contestant(OURS, None, NOT_BUILT)],
        [Goal("GitHub webhook, 25 KB", OURS, "hooks/s", "/s", "higher", 1.1, BARE)],
    )
