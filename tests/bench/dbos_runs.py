"""DBOS, as its users would tune it: five checkpointed steps, asked for by a client.

Runs in the peer's own virtual environment; of ours it imports the observer alone.
"""

import argparse
import asyncio
import json
import os
import signal
import sqlite3
import sys
import threading

import sqlalchemy
from dbos import (  # type: ignore[import-not-found] # lives in the peer's environment
    DBOS,
    DBOSClient,
)

from tests.bench import notes

QUEUE, FLOW, VERSION, EXECUTOR = "bench", "five", "1", "bench"


@DBOS.step()  # type: ignore[untyped-decorator] # unknown where it is not installed
async def mark(file: str, name: str, number: int, pause: float) -> int:
    """Be one checkpointed step."""
    return await notes.mark(file, name, number, pause)


@DBOS.workflow(name=FLOW)  # type: ignore[untyped-decorator] # as above
async def five(file: str, name: str, pause: float) -> None:
    """Walk through the five steps."""
    for number in range(notes.STEPS):
        await mark(file, name, number, pause)
    notes.note(file, name, notes.END)


def work(url: str, poll: float) -> None:
    """Play workflows until SIGTERM."""
    DBOS(
        config={
            "name": "bench",
            "system_database_url": url,
            "application_version": VERSION,
            "executor_id": EXECUTOR,
            "log_level": "WARNING",
        }
    )
    DBOS.launch()
    DBOS.register_queue(QUEUE, polling_interval_sec=poll)
    sys.stderr.write("ready\n")
    sys.stderr.flush()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    threading.Event().wait()


async def send(url: str, options: argparse.Namespace) -> float:
    """Ask for many runs, or for one at a time."""
    client = DBOSClient(system_database_url=url)

    async def ask(name: str) -> None:
        await client.enqueue_async(
            {
                "queue_name": QUEUE,
                "workflow_name": FLOW,
                "workflow_id": name,
                "app_version": VERSION,
            },
            options.file,
            name,
            options.pause,
        )

    if options.gap:
        await notes.trickle(options.file, ask, options.runs, options.prefix, options.gap)
        return 0.0
    return await notes.send(options.file, ask, options.runs, options.prefix)


def _tune(connection: object, _: object) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")


def main() -> None:
    """Be the worker or the sender."""
    parser = argparse.ArgumentParser("python -m tests.bench.dbos_runs")
    parser.add_argument("what", choices=("work", "send"))
    parser.add_argument("--url", required=True)
    parser.add_argument("--poll", type=float, default=0.02)
    parser.add_argument("--file", default="")
    parser.add_argument("--runs", type=int, default=0)
    parser.add_argument("--prefix", default="r")
    parser.add_argument("--pause", type=float, default=0.0)
    parser.add_argument("--gap", type=float, default=0.0)
    options = parser.parse_args()
    sqlalchemy.event.listen(sqlalchemy.engine.Engine, "connect", _tune)
    if options.what == "work":
        work(options.url, options.poll)
    sys.stdout.write(json.dumps({"seconds": asyncio.run(send(options.url, options))}) + "\n")
    sys.stdout.flush()
    os._exit(0)  # its threads would keep the process


if __name__ == "__main__":
    main()
