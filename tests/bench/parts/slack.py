"""A slash command over HTTP: acknowledged, with the run stored and queued, beside bare Bolt."""

import asyncio
import hashlib
import hmac
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

from integrations.emulators.server import serve
from integrations.emulators.slack import SlackWorld, payloads, slack_app
from tests.bench.bed import Bed
from tests.bench.caller import called, post
from tests.bench.contest import Contestant, Goal, Part, Sample
from tests.bench.machine import PYTHON, Broke, Child, started
from tests.bench.parts import engine

OURS, DOOR = "Flowbot", "Flowbot, its door alone"
BOLT, BOLT_FAST = "Bolt, default", "Bolt, process_before_response"
EVENTS = "/slack/events"
ATONCE = 32
LINE = "/flow dora acme/shop"
PERSON, CHANNEL = "ada", "dev"
PATIENCE = 20.0
LOOK_AGAIN_SECONDS = 0.01
triggers = count(1)


@dataclass(frozen=True)
class Door:
    """How a contestant is started on a port."""

    command: Callable[[int], Sequence[str | Path]]
    settings: dict[str, str]


@asynccontextmanager
async def part(bed: Bed) -> AsyncIterator[Part]:
    """Yield the contest, with a workspace for our bot to ask who somebody is."""
    world = SlackWorld()
    async with serve(slack_app(world)) as base:
        world.base_url = base
        yield Part(
            "slack",
            [
                Contestant(OURS, _acknowledged(bed, world, lambda: _ours(bed, world, base))),
                Contestant(DOOR, _acknowledged(bed, world, lambda: _door(bed, world, base))),
                Contestant(BOLT, _acknowledged(bed, world, lambda: _bolt(bed, world))),
                Contestant(
                    BOLT_FAST,
                    _acknowledged(bed, world, lambda: _bolt(bed, world, "--before-response")),
                ),
            ],
            [
                Goal("acknowledged, 32 at once", DOOR, "acks/s", "/s", "higher", 0.9, BOLT_FAST),
                Goal("stored, queued, acknowledged", OURS, "acks/s", "/s", "higher", 0.9, BOLT),
                Goal(
                    "stored, queued, acknowledged", OURS, "acks/s", "/s", "higher", 0.5, BOLT_FAST
                ),
                Goal("stored, queued, acknowledged: p99 at 32", OURS, "p99 ms", "ms", "lower", 150),
                Goal("acknowledged when idle, p50", OURS, "idle p50 ms", "ms", "lower", 5),
                Goal("acknowledged when idle, p50", OURS, "idle p50 ms", "ms", "lower", 1, BOLT),
            ],
        )
    await world.close()


def _ours(bed: Bed, world: SlackWorld, base: str) -> Door:
    given = engine.settings(bed.fresh(), bed.valkey) | {
        "FLOWBOT_SLACK_BOT_TOKEN": world.bot_token,
        "FLOWBOT_SLACK_SIGNING_SECRET": world.signing_secret,
        "FLOWBOT_SLACK_API_URL": f"{base}/api/",
        "FLOWBOT_SLACK_PACE": "1000",
    }
    return Door(lambda port: ["env", f"FLOWBOT_PORT={port}", PYTHON, "-m", "bot", "web"], given)


def _door(bed: Bed, world: SlackWorld, base: str) -> Door:
    program = [PYTHON, "-m", "tests.bench.bare_door", "--secret", world.signing_secret]
    program += ["--token", world.bot_token, "--api", f"{base}/api/"]
    return Door(lambda port: [*program, "--port", str(port)], {})


def _bolt(bed: Bed, world: SlackWorld, *more: str) -> Door:
    program = [PYTHON, "-m", "tests.bench.bare_bolt", "--secret", world.signing_secret, *more]
    return Door(lambda port: [*program, "--port", str(port)], {})


def _acknowledged(
    bed: Bed, world: SlackWorld, door: Callable[[], Door]
) -> Callable[[], Awaitable[Sample]]:
    async def measure() -> Sample:
        async with _open(bed, door()) as (url, child):
            await called(url, _requests(world, 200), 4)  # warms caches, names and the pool
            alone = await called(url, _requests(world, bed.sized(300, 100)))
            many = bed.sized(3000, 800)
            crowd = _requests(world, many)
            before = child.cpu()
            answers = await called(url, crowd, ATONCE)
            used = child.cpu() - before
        refused = alone.refused + answers.refused
        if refused:
            raise Broke(f"{refused} requests were not acknowledged. {child.tail()}")
        return {
            "acks/s": many / answers.took,
            "p50 ms": answers.percentile(0.5),
            "p99 ms": answers.percentile(0.99),
            "cpu µs/ack": 1e6 * used / many,
            "idle p50 ms": alone.percentile(0.5),
            "idle p99 ms": alone.percentile(0.99),
        }

    return measure


@asynccontextmanager
async def _open(bed: Bed, door: Door) -> AsyncIterator[tuple[str, Child]]:
    port = free_port()
    async with started(door.command(port), bed.fresh(), door.settings) as child:
        await listening(port, child)
        yield f"http://127.0.0.1:{port}", child


def _requests(world: SlackWorld, wanted: int) -> list[bytes]:
    """Return signed slash commands, each with a trigger of its own."""
    channel = next(each for each in world.space.channels.values() if each.name == CHANNEL)
    person = next(each for each in world.space.users.values() if each.name == PERSON)
    at = str(int(time.time()))
    key = world.signing_secret.encode()
    made = []
    for _ in range(wanted):
        trigger = f"bench.{next(triggers)}"
        form = payloads.slash_command(person, channel, LINE, trigger, "https://hooks.example/1")
        body = urlencode(form).encode()
        signed = hmac.new(key, f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": f"v0={signed}",
        }
        made.append(post(EVENTS, body, headers))
    return made


def free_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


async def listening(port: int, child: Child) -> None:
    """Wait until somebody answers on a port; raises Broke where nobody will."""
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while not child.gone:
                with suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    return
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
    raise Broke(child.tail())
