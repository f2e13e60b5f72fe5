"""The neutral observer: one appended line per event, which outlives a writer that is killed.

Standard library alone, since it is imported in the peers' virtual environments too.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import random
from typing import BinaryIO

STEPS = 5
SENDERS = 20
LOOK_AGAIN_SECONDS = 0.005  # who looks without a pause keeps the queue from its core
PATIENCE = 60.0
ASKED, END = "asked", "end"


@dataclass(frozen=True)
class Note:
    """`what` happened in a run, at seconds since 1970."""

    run: str
    what: str
    at: float


def note(file: str, run: str, what: str) -> None:
    """Add a line: a single write, so that lines of several processes never mix."""
    os.write(_opened(file), f"{run} {what} {time.time():.6f}\n".encode())


async def mark(file: str, run: str, number: int, pause: float = 0) -> int:
    """Be a step: say that it began and, where it takes time, that it is done."""
    note(file, run, f"s{number}")
    if pause:
        await asyncio.sleep(pause)
        note(file, run, f"d{number}")
    return number


async def send(file: str, ask: Callable[[str], Awaitable[object]], runs: int, prefix: str) -> float:
    """Ask for all runs, a few at a time; return the seconds it took."""
    names = iter([f"{prefix}{number}" for number in range(runs)])
    began = time.perf_counter()

    async def sender() -> None:
        for name in names:
            note(file, name, ASKED)
            await ask(name)

    await asyncio.gather(*(sender() for _ in range(SENDERS)))
    return time.perf_counter() - began


async def trickle(
    file: str, ask: Callable[[str], Awaitable[object]], runs: int, prefix: str, gap: float
) -> None:
    """Ask for one run at a time, at moments that nobody can know, and wait for its end."""
    with _at_end(file) as log:
        for name in (f"{prefix}{number}" for number in range(runs)):
            await asyncio.sleep(0.05 + gap * random())  # noqa: S311 - nobody gains from guessing
            note(file, name, ASKED)
            await ask(name)
            await _ended(log.read, name)


async def _ended(read: Callable[[], bytes], name: str) -> None:
    seen, wanted = b"", f"{name} {END} ".encode()
    give_up = time.perf_counter() + PATIENCE
    while wanted not in seen:
        if time.perf_counter() > give_up:
            raise TimeoutError(f"The run {name} never ended.")
        seen = seen[-200:] + read()
        await asyncio.sleep(LOOK_AGAIN_SECONDS)


def _at_end(file: str) -> BinaryIO:
    """Open the file for what comes from now on; make it if nobody has."""
    _opened(file)
    log = Path(file).open("rb")  # noqa: SIM115 - the caller closes it
    log.seek(0, os.SEEK_END)
    return log


def read(file: str | Path) -> list[Note]:
    """Return every event so far; a line that is still being written is left out."""
    path = Path(file)
    if not path.exists():
        return []
    lines = path.read_text().split("\n")[:-1]
    return [Note(run, what, float(at)) for run, what, at in (line.split(" ") for line in lines)]


@cache
def _opened(file: str) -> int:
    return os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
