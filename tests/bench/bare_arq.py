"""arq by itself: a job of five steps without a journal, as its own worker plays it."""

import argparse
import asyncio
import sys
from typing import Any
from urllib.parse import urlsplit

import uvloop
from arq import Worker, create_pool
from arq.connections import RedisSettings
from arq.worker import func

from tests.bench import notes


async def five(_: dict[Any, Any], file: str, name: str) -> None:
    """Walk through the five steps."""
    for number in range(notes.STEPS):
        await notes.mark(file, name, number)
    notes.note(file, name, notes.END)


async def work(redis: RedisSettings, poll: float) -> None:
    """Play jobs until SIGTERM; everything but the poll is arq's default."""
    await Worker(
        [func(five, name="five")],  # type: ignore[arg-type] # arq wants its own protocol
        redis_settings=redis,
        poll_delay=poll,
        on_startup=_ready,  # type: ignore[arg-type] # arq wants its own protocol
    ).async_run()


async def _ready(_: dict[Any, Any]) -> None:
    sys.stderr.write("ready\n")


async def send(redis: RedisSettings, options: argparse.Namespace) -> None:
    """Ask for one job at a time."""
    pool = await create_pool(redis)

    async def ask(name: str) -> None:
        await pool.enqueue_job("five", options.file, name, _job_id=name)

    await notes.trickle(options.file, ask, options.runs, options.prefix, options.gap)
    await pool.aclose()
    sys.stdout.write("{}\n")


def main() -> None:
    """Be the worker or the sender."""
    parser = argparse.ArgumentParser("python -m tests.bench.bare_arq")
    parser.add_argument("what", choices=("work", "send"))
    parser.add_argument("--redis", required=True)
    parser.add_argument("--poll", type=float, default=0.5)
    parser.add_argument("--file", default="")
    parser.add_argument("--runs", type=int, default=0)
    parser.add_argument("--prefix", default="r")
    parser.add_argument("--gap", type=float, default=0.0)
    options = parser.parse_args()
    redis = RedisSettings(unix_socket_path=urlsplit(options.redis).path)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work(redis, options.poll) if options.what == "work" else send(redis, options))


if __name__ == "__main__":
    main()
