"""Prefect at its fastest: flows of five tasks called in this process, its server beside it.

Runs in the peer's own virtual environment; of ours it imports the observer alone.
"""

import argparse
import asyncio
import json
import sys
import time

from prefect import flow, task  # type: ignore[import-not-found] # lives in the peer's environment
from prefect.settings import (  # type: ignore[import-not-found] # as above
    PREFECT_LOGGING_TO_API_ENABLED,
    PREFECT_SERVER_ANALYTICS_ENABLED,
    temporary_settings,
)

from tests.bench import notes

LOOPS = 10


@task(persist_result=False)  # type: ignore[untyped-decorator] # unknown where not installed
async def mark(file: str, name: str, number: int) -> int:
    """Be one task."""
    return await notes.mark(file, name, number)


@flow(persist_result=False)  # type: ignore[untyped-decorator] # as above
async def five(file: str, name: str) -> None:
    """Walk through the five tasks."""
    for number in range(notes.STEPS):
        await mark(file, name, number)
    notes.note(file, name, notes.END)


async def measure(file: str, runs: int) -> dict[str, float]:
    """Return runs per second and milliseconds of CPU per run, of this process alone."""
    await five(file, "warm")
    names = iter([f"r{number}" for number in range(runs)])

    async def loop() -> None:
        for name in names:
            await five(file, name)

    cpu, began = time.process_time(), time.perf_counter()
    await asyncio.gather(*(loop() for _ in range(LOOPS)))
    took = time.perf_counter() - began
    return {"runs/s": runs / took, "cpu ms/run": (time.process_time() - cpu) / runs * 1e3}


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser("python -m tests.bench.prefect_runs")
    parser.add_argument("--file", required=True)
    parser.add_argument("--runs", type=int, required=True)
    options = parser.parse_args()
    quiet = {PREFECT_LOGGING_TO_API_ENABLED: False, PREFECT_SERVER_ANALYTICS_ENABLED: False}
    with temporary_settings(quiet):
        answer = asyncio.run(measure(options.file, options.runs))
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
