"""A webhook of GitHub: verified, deduplicated, durably queued, answered."""

import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

from tests.bench.bed import Bed
from tests.bench.caller import called, post
from tests.bench.contest import Contestant, Goal, Part, Sample
from tests.bench.machine import PYTHON, Broke, started
from tests.bench.parts import engine
from tests.bench.parts.slack import free_port, listening

OURS, BARE = "Flowbot", "bare Starlette with XADD"
SECRET = "the secret of the bench"
PATH = "/hooks/github"
BODY_BYTES = 25_000
ATONCE = 32
deliveries = count(1)


@asynccontextmanager
async def part(bed: Bed) -> AsyncIterator[Part]:
    """Yield the contest."""
    ours = _taken(bed, lambda port: ["env", f"FLOWBOT_PORT={port}", PYTHON, "-m", "bot", "web"])
    bare = [PYTHON, "-m", "tests.bench.bare_xadd", "--secret", SECRET, "--redis", bed.valkey]
    yield Part(
        "webhooks",
        [
            Contestant(OURS, ours),
            Contestant(BARE, _taken(bed, lambda port: [*bare, "--port", str(port)])),
        ],
        [
            Goal("GitHub webhook, 25 KB", OURS, "hooks/s", "/s", "higher", 1.1, BARE),
            Goal("GitHub webhook, p99 at 32", OURS, "p99 ms", "ms", "lower", 1, BARE),
        ],
    )


def _taken(
    bed: Bed, command: Callable[[int], Sequence[str | Path]]
) -> Callable[[], Awaitable[Sample]]:
    async def measure() -> Sample:
        port, many = free_port(), bed.sized(6000, 1500)
        given = engine.settings(bed.fresh(), bed.valkey) | {
            "FLOWBOT_GITHUB_WEBHOOK_SECRETS": json.dumps([SECRET])
        }
        async with started(command(port), bed.fresh(), given) as child:
            await listening(port, child)
            url = f"http://127.0.0.1:{port}"
            await called(url, _requests(200), 4)
            before = child.cpu()
            answers = await called(url, _requests(many), ATONCE)
            used = child.cpu() - before
        if answers.refused:
            raise Broke(f"{answers.refused} deliveries were not taken. {child.tail()}")
        return {
            "hooks/s": many / answers.took,
            "p50 ms": answers.percentile(0.5),
            "p99 ms": answers.percentile(0.99),
            "cpu µs/hook": 1e6 * used / many,
        }

    return measure


def _requests(many: int) -> list[bytes]:
    pull = {"number": 12, "title": "Add retries", "body": "x" * BODY_BYTES}
    told = {"action": "opened", "pull_request": pull, "repository": {"full_name": "acme/shop"}}
    body = json.dumps(told).encode()
    signature = hmac.digest(SECRET.encode(), body, "sha256").hex()
    return [
        post(
            PATH,
            body,
            {
                "Content-Type": "application/json",
                "X-GitHub-Event": "pull_request",
                "X-GitHub-Delivery": f"bench-{next(deliveries)}",
                "X-Hub-Signature-256": f"sha256={signature}",
            },
        )
        for _ in range(many)
    ]
