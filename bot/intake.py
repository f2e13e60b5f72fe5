"""Webhook deliveries on their way in: kept in a stream of the queue, each once.

The database is not on this path. Deliveries that come in together are written in one round trip.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, RedisError, ResponseError

STREAM = "flowbot:deliveries"
SEEN = "flowbot:delivery:"
GROUP = "workers"
REMEMBERED = timedelta(days=3)  # for as long as GitHub redelivers
MOST_WAITING = 10_000
TAKEN_AT_ONCE = 50
LISTEN_FOR = timedelta(seconds=5)
ABANDONED = timedelta(seconds=30)

# One call for any number of deliveries. The answer has a digit for each: new, known, or no room.
ADD = """
local answer = {}
local room = tonumber(ARGV[2]) - redis.call('XLEN', KEYS[1])
for i = 2, #KEYS do
  local at = 3 + (i - 2) * 4
  if redis.call('EXISTS', KEYS[i]) == 1 then
    answer[i - 1] = 0
  elseif room <= 0 then
    answer[i - 1] = 2
  else
    redis.call('SET', KEYS[i], 1, 'EX', ARGV[1])
    redis.call('XADD', KEYS[1], '*', 'source', ARGV[at], 'event', ARGV[at + 1],
      'id', ARGV[at + 2], 'body', ARGV[at + 3])
    room = room - 1
    answer[i - 1] = 1
  end
end
return answer
"""


class Delivery(NamedTuple):
    """One webhook as it came: which service sent it, what kind of event, and the raw body."""

    source: str
    event: str
    id: str
    body: bytes


class NoRoom(Exception):
    """So much waits already that this delivery was not taken; its sender has to try again."""


class Intake:
    """Takes deliveries in on one side and hands them to workers on the other."""

    def __init__(
        self, redis: Redis, most: int = MOST_WAITING, abandoned: timedelta = ABANDONED
    ) -> None:
        self._redis = redis
        self._most = most
        self._abandoned = abandoned
        self._pending: list[tuple[Delivery, asyncio.Future[bool]]] = []
        self._flushing: asyncio.Task[None] | None = None
        self._script = ""

    async def add(self, delivery: Delivery) -> bool:
        """Keep a delivery; False where it was kept before.

        Raises RedisError where the queue is away, NoRoom where too much waits already.
        """
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._pending.append((delivery, done))
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        return await done

    async def taken(self, name: str) -> AsyncIterator[tuple[bytes, Delivery]]:
        """Yield deliveries for the worker of this name, each with its receipt, for ever.

        What a worker has taken and not finished is handed to another one after a while.
        """
        while True:
            try:
                for receipt, fields in await self._next(name):
                    # A delivery that was deleted meanwhile has no fields.
                    yield receipt, _delivery(fields or {})
            except ResponseError as error:
                if "NOGROUP" not in str(error):
                    raise
                await self._create_group()

    async def finish(self, receipts: Sequence[bytes]) -> None:
        """Forget deliveries that were dealt with; that they came stays known."""
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.xack(STREAM, GROUP, *receipts)
            pipe.xdel(STREAM, *receipts)
            await pipe.execute()

    async def _next(self, name: str) -> list[tuple[bytes, dict[bytes, bytes]]]:
        idle = round(self._abandoned.total_seconds() * 1000)
        _, found, *_ = await self._redis.xautoclaim(
            STREAM, GROUP, name, min_idle_time=idle, count=TAKEN_AT_ONCE
        )
        if found:
            return list(found)
        block = round(LISTEN_FOR.total_seconds() * 1000)
        streams = await self._redis.xreadgroup(
            GROUP, name, {STREAM: ">"}, count=TAKEN_AT_ONCE, block=block
        )
        return [message for _, messages in streams for message in messages]

    async def _create_group(self) -> None:
        try:
            await self._redis.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def _flush(self) -> None:
        try:
            while self._pending:
                group, self._pending = self._pending, []
                try:
                    answers = await self._added([delivery for delivery, _ in group])
                except (OSError, RedisError) as error:
                    _tell_all(group, error)
                else:
                    for (_, done), answer in zip(group, answers, strict=True):
                        _tell(done, answer)
        finally:
            self._flushing = None

    async def _added(self, deliveries: Sequence[Delivery]) -> list[int]:
        keys = [STREAM, *(f"{SEEN}{each.source}:{each.id}" for each in deliveries)]
        words: list[str | bytes | int] = [round(REMEMBERED.total_seconds()), self._most]
        for each in deliveries:
            words += each
        try:
            answers = await self._redis.evalsha(await self._loaded(), len(keys), *keys, *words)  # type: ignore[arg-type, misc] # redis-py types scripts for its sync client
        except NoScriptError:  # a queue that was restarted has forgotten it
            self._script = ""
            answers = await self._redis.evalsha(await self._loaded(), len(keys), *keys, *words)  # type: ignore[arg-type, misc] # as above
        return list(answers)

    async def _loaded(self) -> str:
        if not self._script:
            self._script = await self._redis.script_load(ADD)
        return self._script


def _tell(done: "asyncio.Future[bool]", answer: int) -> None:
    if done.done():
        return
    if answer in (0, 1):
        done.set_result(answer == 1)
    else:
        done.set_exception(NoRoom())


def _tell_all(group: Sequence[tuple[Delivery, "asyncio.Future[bool]"]], error: Exception) -> None:
    for _, done in group:
        if not done.done():
            done.set_exception(error)


def _delivery(fields: dict[bytes, bytes]) -> Delivery:
    source, event, number = (
        fields.get(name, b"").decode() for name in (b"source", b"event", b"id")
    )
    return Delivery(source, event, number, fields.get(b"body", b""))
