"""What went wrong with Discord today, counted by all processes, for whoever asks how it is."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from redis.asyncio import Redis

from bot.pace import Reach

KEPT = timedelta(days=2)


class Troubles(Protocol):
    """Counts what went wrong, by what it is called."""

    async def count(self, what: str) -> None:
        """Count one more."""
        ...

    async def today(self) -> dict[str, int]:
        """Return how often each happened today."""
        ...


class LocalTroubles:
    """Counts for one process alone, for as long as it lives."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    async def count(self, what: str) -> None:
        """Count one more."""
        self._counts[what] += 1

    async def today(self) -> dict[str, int]:
        """Return how often each happened."""
        return dict(self._counts)


class SharedTroubles:
    """Counts for all processes in Redis, by day; while that is away, nothing is counted."""

    def __init__(self, redis: Redis, clock: Callable[[], datetime]) -> None:
        self._redis = redis
        self._clock = clock
        self._reach = Reach(clock)

    async def count(self, what: str) -> None:
        """Count one more."""

        async def counted() -> None:
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.hincrby(self._key, what, 1)
                pipe.expire(self._key, KEPT)
                await pipe.execute()

        await self._reach.answer(counted)

    async def today(self) -> dict[str, int]:
        """Return how often each happened since midnight UTC."""

        async def counts() -> dict[bytes, bytes]:
            found: dict[bytes, bytes] = await self._redis.hgetall(self._key)  # type: ignore[misc] # redis-py is sync and async in one
            return found

        found = await self._reach.answer(counts)
        return {what.decode(): int(count) for what, count in (found or {}).items()}

    @property
    def _key(self) -> str:
        return f"flowbot:discord:troubles:{self._clock():%Y-%m-%d}"
