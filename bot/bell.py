"""Puts wake-ups into their lines, and hears what is told.

Those of concurrent callers share one round trip to Redis.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot import lines

RECONNECT_SECONDS = 0.5


class Ring(NamedTuple):
    """A wake-up for one job of a queue: due in so many ms, its body kept under a key for longer."""

    queue: str
    job: str
    key: str
    body: bytes
    due: int
    kept: int


class Bell:
    """Rings for those who wait for the same answer anyway; it tells workers on one channel."""

    def __init__(self, redis: Redis, channel: str) -> None:
        self._channel = channel
        self._script = redis.register_script(lines.WAKE)
        self._pending: list[tuple[Ring, asyncio.Future[None]]] = []
        self._ringing: asyncio.Task[None] | None = None

    async def ring(self, ring: Ring) -> None:
        """Put a wake-up into its line, unless it has been there; raises RedisError."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pending.append((ring, done))
        if self._ringing is None:
            self._ringing = asyncio.create_task(self._ring_all())
        await done

    async def _ring_all(self) -> None:
        try:
            while self._pending:
                group, self._pending = self._pending, []
                error: RedisError | None = None
                try:
                    await self._put([ring for ring, _ in group])
                except RedisError as failed:
                    error = failed
                for _, done in group:
                    if done.done():
                        continue  # who asked for it has gone
                    if error:
                        done.set_exception(error)
                    else:
                        done.set_result(None)
        finally:
            self._ringing = None

    async def _put(self, rings: Sequence[Ring]) -> None:
        keys = [key for each in rings for key in (each.key, lines.waiting(each.queue))]
        words = [
            (each.job, each.body.decode(), each.due, each.kept, f"{each.queue} {each.due}")
            for each in rings
        ]
        await self._script(keys, [self._channel, msgspec.json.encode(words)])


async def heard(redis: Redis, channel: str) -> AsyncIterator[str]:
    """Yield what is published; and "" at each (re)connection, since news may have been lost."""
    while True:
        try:
            async with redis.pubsub(ignore_subscribe_messages=True) as hearing:
                await hearing.subscribe(channel)
                yield ""
                async for message in hearing.listen():
                    yield message["data"].decode()
        except RedisError:
            await asyncio.sleep(RECONNECT_SECONDS)
