"""Wakes runs: the only module that imports arq.

`Queue` sends wake-ups, `Worker` hears them and lets a player play the run.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

import arq.worker
import msgspec
from arq import create_pool
from arq.connections import ArqRedis, RedisSettings
from arq.constants import in_progress_key_prefix
from redis.exceptions import RedisError

from storage.fence import HELD_FOR

log = logging.getLogger(__name__)

INTERACTIVE = "flowbot:interactive"
WAKE = "flowbot:wake"
CHANGED = "flowbot:changed"
WORKERS = "flowbot:worker:"
JOB = "play"
COALESCE_SECONDS = 0.02
SAFETY_POLL_SECONDS = 0.5
LONGEST_PLAY = timedelta(hours=12)
LEASE = HELD_FOR


def encode(job: dict[str, Any]) -> bytes:
    """Serialize a job as JSON: a queue that others can write to must not be able to run code."""
    return msgspec.json.encode(job, enc_hook=repr)  # arq also encodes the error of a failed job


def decode(job: bytes) -> dict[str, Any]:
    """Read a job back."""
    decoded: dict[str, Any] = msgspec.json.decode(job)
    return decoded


async def connect(url: str) -> ArqRedis:
    """Open a pool to Redis; `unix:///path` names a socket."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        settings = RedisSettings(unix_socket_path=parts.path, conn_retries=0)
    else:
        settings = RedisSettings.from_dsn(url)
        settings.conn_retries = 0
    return await create_pool(
        settings,
        job_serializer=encode,
        job_deserializer=decode,
        default_queue_name=INTERACTIVE,
    )


class Signals(Protocol):
    """What those who change runs tell everybody else, and hear from them; `Queue` does it."""

    async def wake(self, run_id: str, number: int, after: timedelta | None = None) -> bool:
        """Ask for the run to be played; False where nobody can be asked."""
        ...

    def changed(self, run_id: str) -> None:
        """Tell that a run has news."""
        ...

    def news(self) -> AsyncIterator[str]:
        """Hear the ids of runs that have news; an empty one after a gap."""
        ...

    async def beat(self, worker: str) -> bool:
        """Tell that a worker is alive, for the length of a lease; False where it was forgotten."""
        ...


class Queue:
    """Tells workers that a run wants playing, and everybody that a run has changed."""

    def __init__(self, redis: ArqRedis) -> None:
        self.redis = redis
        self._changed: set[str] = set()
        self._telling: asyncio.Task[None] | None = None

    async def wake(self, run_id: str, number: int, after: timedelta | None = None) -> bool:
        """Ask for the run to be played; False where the queue is away.

        The number makes a job id that arq has not seen yet.
        """
        job_id = f"{run_id}:{number}"
        try:
            await self.redis.enqueue_job(JOB, run_id, _job_id=job_id, _defer_by=after)
            if after is None:
                await self.redis.publish(WAKE, run_id)
        except RedisError:
            return False
        return True

    def changed(self, run_id: str) -> None:
        """Tell pages and threads that a run has news; calls close together are sent at once."""
        self._changed.add(run_id)
        if self._telling is None:
            self._telling = asyncio.create_task(self._tell())

    async def news(self) -> AsyncIterator[str]:
        """Hear the ids of runs that have news, from any process; an empty one after a gap."""
        async for told in _heard(self.redis, CHANGED):
            for run_id in told.split() or [""]:
                yield run_id

    async def beat(self, worker: str) -> bool:
        """Tell that a worker is alive, for the length of a lease; False where it was forgotten."""
        before = await self.redis.set(f"{WORKERS}{worker}", b"1", px=LEASE, get=True)
        return before is not None

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[AsyncIterator[str]]:
        """Hear news for as long as the block lasts."""
        news = self.news()
        try:
            yield news
        finally:
            await news.aclose()  # type: ignore[attr-defined] # an async generator has it

    async def aclose(self) -> None:
        """Send what is left and close the pool."""
        if self._telling:
            await self._telling
        await self.redis.aclose()

    async def _tell(self) -> None:
        await asyncio.sleep(COALESCE_SECONDS)
        changed, self._changed, self._telling = self._changed, set(), None
        with suppress(RedisError):  # a page that misses it asks again; a thread is swept
            await self.redis.publish(CHANGED, " ".join(changed))


class Worker(arq.worker.Worker):
    """An arq worker that sleeps until a wake-up is published, instead of polling.

    `poll_delay` stays as the safety net, for wake-ups that were deferred or missed.
    """

    def __init__(
        self,
        redis: ArqRedis,
        play: Callable[[str], Awaitable[None]],
        *,
        concurrency: int,
        poll_delay: float = SAFETY_POLL_SECONDS,
    ) -> None:
        async def job(_: dict[Any, Any], run_id: str) -> None:
            await play(run_id)

        super().__init__(
            [arq.worker.func(job, name=JOB, timeout=LONGEST_PLAY)],  # type: ignore[arg-type] # arq wants its own protocol
            queue_name=INTERACTIVE,
            redis_pool=redis,
            max_jobs=concurrency,
            keep_result=0,  # arq refuses a job id whose result still exists
            max_tries=1_000_000,  # what is tried again is the engine's to say
            poll_delay=poll_delay,
            handle_signals=False,
            job_serializer=encode,
            job_deserializer=decode,
            log_results=False,
        )
        # arq would keep what a killed worker had begun in the line for LONGEST_PLAY, and enough of
        # that hides everything behind it; so a job is ours for as long as its run's lease.
        self.in_progress_timeout_s = LEASE.total_seconds()
        self._woken = asyncio.Event()
        self._polling = asyncio.Lock()

    async def main(self) -> None:
        """Take jobs whenever something happened, until cancelled; closes its pool at the end."""
        listening = asyncio.gather(self._listen(), self._hold_on())
        try:
            while True:
                self._woken.clear()
                try:
                    async with self._polling:
                        await self._poll_iteration()
                except RedisError:
                    log.warning("the queue does not answer; trying again")
                # Not wait_for: before Python 3.12 it can swallow the cancellation that ends us.
                with suppress(TimeoutError):
                    async with asyncio.timeout(self.poll_delay_s):
                        await self._woken.wait()
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            await self.pool.aclose(close_connection_pool=True)

    async def drain(self, grace: timedelta) -> None:
        """Take nothing new, give what runs some time, then hand the rest back to the queue."""
        self.allow_pick_jobs = False
        async with self._polling:
            pass  # a poll that is under way may still begin a job; the next one cannot
        if self.tasks:
            await asyncio.wait(self.tasks.values(), timeout=grace.total_seconds())
        # arq's own close waits for no other job than the first one that it cancels.
        for task in self.tasks.values():
            task.cancel()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)

    async def start_jobs(self, job_ids: list[bytes]) -> None:
        """Start what waits; arq would ask Redis again about each job that runs here already."""
        await super().start_jobs([each for each in job_ids if each.decode() not in self.tasks])

    def _release_sem_dec_counter_on_complete(self) -> None:
        super()._release_sem_dec_counter_on_complete()
        self._woken.set()  # there is room for the next job only from here on

    async def hold(self) -> None:
        """Keep the jobs at work here ours for another lease."""
        async with self.pool.pipeline(transaction=False) as pipe:
            for job_id in self.tasks:
                pipe.pexpire(f"{in_progress_key_prefix}{job_id}", LEASE)
            await pipe.execute()

    async def _hold_on(self) -> None:
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 3)
            with suppress(RedisError):  # at worst another worker asks for the lease, in vain
                await self.hold()

    async def _listen(self) -> None:
        async for _ in _heard(self.pool, WAKE):
            self._woken.set()


async def _heard(redis: ArqRedis, channel: str) -> AsyncIterator[str]:
    """Yield what is published; and "" at each (re)connection, since news may have been lost."""
    while True:
        try:
            async with redis.pubsub(ignore_subscribe_messages=True) as hearing:
                await hearing.subscribe(channel)
                yield ""
                async for message in hearing.listen():
                    yield message["data"].decode()
        except RedisError:
            await asyncio.sleep(SAFETY_POLL_SECONDS)
