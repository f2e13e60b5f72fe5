"""`make chaos`: break everything that can break during many runs, then look what is left."""

import argparse
import asyncio
import logging
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import get_args

import uvloop

from tests.chaos import disasters, town, work
from tests.chaos.verdict import Lost, verdict

PATIENCE = 240.0  # seconds that everything may take to settle after the last disaster
SHOWN = 12
HEAD = "  seed  database    runs  seconds  died  lost  repeated  disasters; died: workers"


def main() -> int:
    """Try every seed; the exit code is 1 if anything was lost or repeated."""
    parser = argparse.ArgumentParser("python -m tests.chaos", description=__doc__)
    parser.add_argument("seeds", nargs="*", type=int, default=[1], metavar="SEED")
    parser.add_argument("--only", choices=get_args(town.Mode), help="one of the databases")
    parser.add_argument("--runs", type=int, default=200, help="runs of each seed")
    parser.add_argument("--more", type=int, default=9, help="disasters beyond one of each kind")
    parser.add_argument("--gap", type=float, default=1.2, help="most seconds between two of them")
    options = parser.parse_args()
    work.more_flows()
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # it hangs up on purpose
    modes = [options.only] if options.only else list(get_args(town.Mode))
    good = True
    _say(HEAD)
    for seed in options.seeds:
        for mode in modes:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                good = runner.run(_tried(seed, mode, options)) and good
    _say("nothing was lost, nothing was repeated" if good else "SOMETHING WAS LOST OR REPEATED")
    return 0 if good else 1


async def _tried(seed: int, mode: town.Mode, options: argparse.Namespace) -> bool:
    chance = random.Random(seed)  # noqa: S311 - it has to come out the same again
    names = disasters.order(mode, chance, options.more)
    began = time.monotonic()
    if me := asyncio.current_task():  # whoever is told to end takes the workers along
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, me.cancel)
    async with town.opened(mode) as place:
        others = [asyncio.create_task(each) for each in (place.approve(), place.supervise())]
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(place.ask(options.runs))
                group.create_task(disasters.strike(place, names, chance, options.gap))
            await _quiet(place)
        finally:
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
        await place.stop_workers()
        faults = await verdict(place)
    took = time.monotonic() - began
    lost = sum(isinstance(each, Lost) for each in faults)
    _say(
        f"{seed:6}  {mode:10}  {options.runs:4}  {took:7.1f}  {place.died:4}  {lost:4}"
        f"  {len(faults) - lost:8}  {_counted(names)}"
    )
    for each in faults[:SHOWN]:
        _say(f"        {type(each).__name__.lower()}: {each}")
    if len(faults) > SHOWN:
        _say(f"        … {len(faults) - SHOWN} more")
    return not faults


def _counted(names: Sequence[str]) -> str:
    """Return what happened, each with how often, in the order in which it first did."""
    times = Counter(names)
    return ", ".join(f"{name} x{count}" if count > 1 else name for name, count in times.items())


async def _quiet(place: town.Town) -> None:
    """Wait until nothing is left to do; whatever is left after that is found by the verdict."""
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            await place.settled()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
