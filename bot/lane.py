"""The turns of all processes to call GitHub: one writes at a time, within what GitHub publishes.

It limits besides the hourly allowance what an installation may do in a minute: 900 points, where a
read is one and a write five, and 80 writes, of which 500 in an hour. So the budgets here are 80
writes and what is left of the points for reads; together they cannot exceed them.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import NamedTuple

from redis.asyncio import Redis
from redis.asyncio.lock import Lock
from redis.exceptions import LockError, RedisError

from bot.pace import Budget, Pace, Reach, said
from integrations.errors import Limited, Transient
from integrations.github.lane import OwnLane

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
POINTS, WRITES, WRITES_AN_HOUR = 900, 80, 500
POINTS_OF_A_WRITE = 5
READS = POINTS - WRITES * POINTS_OF_A_WRITE
# What a call waits itself: work of many calls would never end if it had to begin again each time.
LONGEST = MINUTE
PATIENCE = timedelta(seconds=5)  # for a write of another process
HELD = 60.0  # seconds, after which the place of a process that was lost is free again
ASK_AGAIN = 0.02  # seconds
OWNERS = "flowbot:lane:owners"
NOBODY = "app"


class Spent(NamedTuple):
    """How much of a budget is left, and when its window is over."""

    name: str
    left: int
    limit: int
    resets_at: datetime


class SharedLane:
    """The lane of all processes, kept in Redis; each keeps its own while Redis is away."""

    def __init__(self, redis: Redis, pace: Pace, clock: Callable[[], datetime]) -> None:
        self._redis = redis
        self._pace = pace
        self._clock = clock
        self._own = OwnLane()
        self._reach = Reach(clock)

    async def read(self, owner: str) -> None:
        """Wait until one more read may be made."""
        await self._turn(reads_of(owner), "read")

    @asynccontextmanager
    async def write(self, owner: str, call: str) -> AsyncIterator[None]:
        """Hold the one place of those who write, and count the write."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._own.write(owner, call))
            for budget in writes_of(owner):
                await self._turn(budget, call)
            await stack.enter_async_context(self._held(owner))
            await self._reach.answer(lambda: said(self._redis.sadd(OWNERS, owner or NOBODY)))
            yield

    async def bar(self, owner: str, span: timedelta) -> None:
        """Let no process call for that long."""
        await self._pace.bar(reads_of(owner), span)
        for budget in writes_of(owner):
            await self._pace.bar(budget, span)

    async def spent(self) -> list[Spent]:
        """Return what is left of the writes of each owner that was written for."""
        found = await self._reach.answer(lambda: said(self._redis.smembers(OWNERS)))
        owners = sorted(each.decode() for each in found or ())
        rows: list[Spent] = []
        for owner in owners:
            for budget, span in zip(writes_of(owner), ("minute", "hour"), strict=True):
                used = await self._pace.used(budget)
                name = f"GitHub writes per {span}, {owner}"
                left = max(0, budget.calls - used)
                rows.append(Spent(name, left, budget.calls, self._clock() + budget.window))
        return rows

    async def _turn(self, budget: Budget, call: str) -> None:
        """Wait for a place in a budget, or say how far away it is."""
        while wait := await self._pace.wait(budget, call, urgent=True):
            if wait > LONGEST:
                raise Limited("This bot calls GitHub as often as it may; it goes on later.", wait)
            await asyncio.sleep(wait.total_seconds())

    @asynccontextmanager
    async def _held(self, owner: str) -> AsyncIterator[None]:
        """Keep the other processes from writing; without Redis there is nobody to ask."""
        lock = Lock(
            self._redis,
            f"flowbot:lane:{owner or NOBODY}",
            timeout=HELD,
            sleep=ASK_AGAIN,
            blocking_timeout=PATIENCE.total_seconds(),
        )
        try:
            has = await lock.acquire()
        except (OSError, RedisError):
            yield
            return
        if not has:
            raise Transient("Another run writes to GitHub just now.", PATIENCE)
        try:
            yield
        finally:
            # It may have been held too long, or Redis is away: then it ends by itself.
            with suppress(LockError, OSError, RedisError):
                await lock.release()


def reads_of(owner: str) -> Budget:
    """Return how many reads may be made for an owner."""
    return Budget(f"github:{owner or NOBODY}:reads", READS, MINUTE)


def writes_of(owner: str) -> tuple[Budget, Budget]:
    """Return how many writes may be made for an owner, in a minute and in an hour."""
    name = f"github:{owner or NOBODY}:writes"
    return Budget(f"{name}:minute", WRITES, MINUTE), Budget(f"{name}:hour", WRITES_AN_HOUR, HOUR)
