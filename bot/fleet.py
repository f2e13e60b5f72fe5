"""Local worker processes: how many there should be by what waits, and keeping each alive."""

import asyncio
import logging
import os
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from socket import gethostname
from typing import Literal, TypeAlias

from redis.exceptions import RedisError

from bot.lines import Presence, QueueLook
from bot.vitals import Looks

log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(seconds=1)
LATE = timedelta(seconds=2)  # a wait above this, seen twice, asks for a worker more
IDLE = timedelta(minutes=1)  # nothing to do for this long, and one worker is too many
STOP_WITHIN = timedelta(seconds=15)  # the grace of what it plays, and time to say goodbye
RESTART_PAUSES = (0.5, 2.0, 5.0, 15.0, 30.0)  # seconds before a lost worker is replaced
LIVED = timedelta(minutes=1)  # whoever lived for so long was no failed start

Size: TypeAlias = int | Literal["auto"]


def size_from(words: str) -> Size:
    """Return how many workers are meant; raises ValueError with what can be said."""
    if words == "auto":
        return "auto"
    if words.isdecimal() and int(words) <= cores() * 16:
        return int(words)
    raise ValueError(f"{words!r} is not a number of workers: write 0 to {cores() * 16}, or auto")


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look found: `starting` says that a worker has not shown itself yet."""

    at: float
    workers: int
    wait: timedelta
    idle: bool
    starting: bool


@dataclass(frozen=True, slots=True)
class Pace:
    """Since when it has been late, and since when idle, as far as that is so now."""

    late_since: float | None = None
    idle_since: float | None = None


def decided(pace: Pace, seen: Seen, most: int) -> tuple[Pace, int]:
    """Return how many workers to add (1), to remove (-1), or 0; and what to remember.

    After each worker the waiting has to stay long anew: the new one may be enough.
    """
    late = seen.wait > LATE and not seen.starting
    late_since = (seen.at if pace.late_since is None else pace.late_since) if late else None
    idle_since = (seen.at if pace.idle_since is None else pace.idle_since) if seen.idle else None
    now = Pace(late_since, idle_since)
    if late_since is not None and seen.at > late_since and seen.workers < most:
        return replace(now, late_since=None), 1
    is_idle_long = idle_since is not None and seen.at - idle_since >= IDLE.total_seconds()
    if is_idle_long and seen.workers > 1:
        return replace(now, idle_since=seen.at), -1
    return now, 0


def seen_of(
    at: float,
    pids: Sequence[int | None],
    queues: Mapping[str, QueueLook],
    presences: Mapping[str, Presence],
    host: str,
) -> Seen:
    """Return what the queues and those who showed themselves mean for these workers of a host."""
    shown = {presence.pid for presence in presences.values() if presence.host == host}
    return Seen(
        at,
        workers=len(pids),
        wait=max((look.wait for look in queues.values()), default=timedelta()),
        idle=not any(look.depth or look.playing for look in queues.values()),
        starting=any(pid not in shown for pid in pids),
    )


@dataclass(frozen=True, slots=True)
class Program:
    """What a worker is: a command that ends when its standard input does, and its environment."""

    command: Sequence[str]
    environment: Mapping[str, str]
    stop_within: timedelta = STOP_WITHIN

    async def started(self) -> Process:
        """Start one; the kernel closes its standard input when we are gone, in whatever way."""
        return await asyncio.create_subprocess_exec(
            *self.command,
            stdin=PIPE,
            stdout=DEVNULL,
            env=self.environment,
            start_new_session=True,  # Ctrl-C is for us; we tell them
        )

    async def stop(self, process: Process) -> None:
        """Let it finish; end it where it takes too long."""
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(self.stop_within.total_seconds()):
                await process.wait()
        except TimeoutError:
            log.warning("the worker %d did not stop in time; ending it", process.pid)
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


class Fleet:
    """Worker processes that are children of this one, and end with it however it ends."""

    def __init__(
        self,
        program: Program,
        looks: Looks,
        queues: Sequence[str],
        *,
        size: Size,
        most: int,
    ) -> None:
        self._program = program
        self._looks = looks
        self._queues = queues
        self._auto = size == "auto"
        self._first = 1 if size == "auto" else size
        self._most = most
        self._members: list[_Member] = []
        self._leaving: set[asyncio.Task[None]] = set()
        self._pace = Pace()

    @property
    def pids(self) -> list[int | None]:
        """The workers, the oldest first; None for one that is about to be started."""
        return [member.pid for member in self._members]

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Keep the workers for as long as the block lasts; then let them finish."""
        for _ in range(self._first):
            self._add()
        watching = asyncio.create_task(self._watch()) if self._auto else None
        try:
            yield
        finally:
            if watching:
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)
            while self._members:
                self._remove()
            await asyncio.gather(*self._leaving, return_exceptions=True)

    async def look(self, at: float) -> None:
        """Look once, and add or remove a worker where that is called for."""
        queues = await self._looks.queues()
        mine = {name: queues[name] for name in self._queues}
        presences = await self._looks.workers()
        seen = seen_of(at, self.pids, mine, presences, gethostname())
        self._pace, change = decided(self._pace, seen, self._most)
        if change > 0:
            self._add()
            log.info("runs wait for %s: now %d workers", seen.wait, len(self._members))
        elif change < 0:
            self._remove()
            log.info("nothing to do: now %d workers", len(self._members))

    async def _watch(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            try:
                await self.look(clock())
            except (OSError, RedisError):
                log.warning("the queue does not answer; the workers stay as they are")
            await asyncio.sleep(LOOK_EVERY.total_seconds())

    def _add(self) -> None:
        self._members.append(_Member(self._program))

    def _remove(self) -> None:
        leaving = self._members.pop().leave()
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)


class _Member:
    """One worker, started again whenever it is lost."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._process: Process | None = None
        self._keeping = asyncio.create_task(self._keep())

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def leave(self) -> asyncio.Task[None]:
        """Let it finish what it plays, and end."""
        self._keeping.cancel()
        return self._keeping

    async def _keep(self) -> None:
        clock = asyncio.get_running_loop().time
        failures = count()
        while True:
            began = clock()
            try:
                code = await self._life()
            except OSError as error:  # no memory, or no process, is left on this machine
                code = error.errno or 1
            if clock() - began > LIVED.total_seconds():
                failures = count()
            pause = RESTART_PAUSES[min(next(failures), len(RESTART_PAUSES) - 1)]
            log.error("a worker ended (%s); starting another in %s s", code, pause)
            await asyncio.sleep(pause)

    async def _life(self) -> int:
        """Run one process to its end; it is stopped where this is cancelled."""
        process = self._process = await self._program.started()
        try:
            return await process.wait()
        finally:
            self._process = None
            if process.returncode is None:
                await self._program.stop(process)
