"""Wakes runs: the only module that imports arq.

`Queue` sends wake-ups, `Worker` hears them and lets a player play the runs of its queues.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple, Protocol
from urllib.parse import unquote, urlsplit

import arq.worker
import msgspec
from arq import create_pool
from arq.connections import ArqRedis, RedisSettings
from arq.constants import expires_extra_ms, job_key_prefix
from arq.jobs import SerializationError, deserialize_job_raw, serialize_job
from arq.utils import timestamp_ms
from redis.exceptions import RedisError

from bot import lines
from bot.bell import RECONNECT_SECONDS, Bell, Ring, heard
from bot.lines import Presence, QueueLook
from flows.engine.queues import QUEUES
from storage.fence import HELD_FOR
from storage.records import Wake

log = logging.getLogger(__name__)

INTERACTIVE = lines.waiting("interactive")
WAKE = "flowbot:wake"
CHANGED = "flowbot:changed"
WORKERS = "flowbot:workers"
LEADER = "flowbot:leader"
JOB = "play"
COALESCE_SECONDS = 0.02
LOOK_SECONDS = 5.0
LONGEST_PLAY = timedelta(hours=12)
LEASE = HELD_FOR
LEASE_MS = LEASE // timedelta(milliseconds=1)


def encode(job: dict[str, Any]) -> bytes:
    """Serialize a job as JSON: a queue that others can write to must not be able to run code."""
    return msgspec.json.encode(job, enc_hook=repr)  # arq also encodes the error of a failed job


def decode(job: bytes) -> dict[str, Any]:
    """Read a job back."""
    decoded: dict[str, Any] = msgspec.json.decode(job)
    return decoded


async def connect(url: str) -> ArqRedis:
    """Open a pool to Redis; `unix://user:password@/path` names a socket."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        settings = RedisSettings(unix_socket_path=parts.path)
        settings.username = unquote(parts.username or "") or None
        settings.password = unquote(parts.password or "") or None
    else:
        settings = RedisSettings.from_dsn(url)
    settings.conn_retries = 0
    return await create_pool(settings, job_serializer=encode, job_deserializer=decode)


class Signals(Protocol):
    """What those who change runs tell everybody else, and hear from them; `Queue` does it."""

    async def wake(self, wake: Wake, after: timedelta | None = None) -> bool:
        """Ask for the run to be played; False where nobody can be asked."""
        ...

    def changed(self, run_id: str) -> None:
        """Tell that a run has news."""
        ...

    def news(self) -> AsyncIterator[str]:
        """Hear the ids of runs that have news; an empty one after a gap."""
        ...

    async def looks(self) -> dict[str, QueueLook]:
        """Return how each queue of runs stands; raises RedisError."""
        ...

    async def beat(self, worker: str, presence: Presence) -> bool:
        """Tell that a worker is alive, for the length of a lease; False where it was forgotten."""
        ...

    async def leave(self, worker: str) -> None:
        """Tell that a worker has ended."""
        ...


class Queue:
    """Tells workers that a run wants playing, and everybody that a run has changed."""

    def __init__(self, redis: ArqRedis) -> None:
        self.redis = redis
        self._bell = Bell(redis, WAKE)
        self._look = redis.register_script(lines.LOOK)
        self._changed: set[str] = set()
        self._telling: asyncio.Task[None] | None = None

    async def wake(self, wake: Wake, after: timedelta | None = None) -> bool:
        """Ask for the run to be played; False where the queue is away.

        The number makes a job id that arq has not seen yet. One that is due later is told too, so
        that every worker knows until when it can sleep.
        """
        job_id = f"{wake.run_id}:{wake.number}"
        due = max(0, (after or timedelta()) // timedelta(milliseconds=1))
        body = serialize_job(JOB, (wake.run_id,), {}, None, timestamp_ms(), serializer=encode)
        key = f"{job_key_prefix}{job_id}"
        try:
            await self._bell.ring(Ring(wake.queue, job_id, key, body, due, due + expires_extra_ms))
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
        async for told in heard(self.redis, CHANGED):
            for run_id in told.split() or [""]:
                yield run_id

    async def looks(self) -> dict[str, QueueLook]:
        """Return how each queue of runs stands; it costs the same however many wait."""
        keys = [key for name in QUEUES for key in (lines.waiting(name), lines.playing(name))]
        answer = await self._look(keys)
        return {
            name: QueueLook(depth, timedelta(milliseconds=wait), playing)
            for name, (depth, wait, playing) in zip(QUEUES, answer, strict=True)
        }

    async def beat(self, worker: str, presence: Presence) -> bool:
        """Tell that a worker is alive, for the length of a lease; False where it was forgotten."""
        async with self.redis.pipeline() as pipe:
            pipe.set(beating(worker), msgspec.json.encode(presence), px=LEASE, get=True)
            pipe.zadd(WORKERS, {worker: 0})
            before, _ = await pipe.execute()
        return before is not None

    async def leave(self, worker: str) -> None:
        """Tell that a worker has ended; one that cannot is forgotten when its lease runs out."""
        with suppress(RedisError):
            async with self.redis.pipeline() as pipe:
                pipe.delete(beating(worker))
                pipe.zrem(WORKERS, worker)
                await pipe.execute()

    async def leads(self, worker: str, within: timedelta) -> bool:
        """Say whether a worker leads the others, which it then does for so long at least."""
        if await self.redis.set(LEADER, worker, px=within, nx=True):
            return True
        leader = await self.redis.get(LEADER)
        return leader == worker.encode() and bool(await self.redis.pexpire(LEADER, within))

    async def claims(self, name: str, within: timedelta) -> bool:
        """Return whether this is ours, which nobody else's it is then for so long."""
        return bool(await self.redis.set(name, 1, px=within, nx=True))

    async def release(self, name: str) -> None:
        """Give back what was claimed."""
        await self.redis.delete(name)

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


def beating(worker: str) -> str:
    """Return the key that a worker keeps alive."""
    return f"flowbot:worker:{worker}"


class _Job(NamedTuple):
    """A wake-up that was taken: when it was due, and its body as arq writes it."""

    due: int
    body: bytes


@dataclass(slots=True)
class _Line:
    """One queue as this worker sees it: `due` is when there is something to take again."""

    name: str
    limit: int
    due: float = 0.0
    jobs: dict[str, _Job] = field(default_factory=dict)  # those at work

    @property
    def room(self) -> int:
        return self.limit - len(self.jobs)

    @property
    def keys(self) -> tuple[str, str, str]:
        return lines.waiting(self.name), lines.playing(self.name), lines.waits(self.name)


class Worker(arq.worker.Worker):
    """An arq worker for several queues that sleeps until a wake-up is told, instead of polling.

    How a job looks is arq's; how one is taken and run is ours: each queue has its own room, and
    one round trip takes what there is room for, whole, and says when the next one is due.
    """

    def __init__(
        self,
        redis: ArqRedis,
        play: Callable[[str], Awaitable[None]],
        *,
        concurrency: Mapping[str, int],
        look_every: float = LOOK_SECONDS,
    ) -> None:
        async def job(_: dict[Any, Any], run_id: str) -> None:
            await play(run_id)

        super().__init__(
            [arq.worker.func(job, name=JOB)],  # type: ignore[arg-type] # arq wants its own protocol
            queue_name=INTERACTIVE,
            redis_pool=redis,
            handle_signals=False,
        )
        self._take = redis.register_script(lines.TAKE)
        self._hold = redis.register_script(lines.HOLD)
        self._lines = {name: _Line(name, limit) for name, limit in concurrency.items()}
        self._look_every = look_every
        self._woken = asyncio.Event()
        self._taking = asyncio.Lock()

    @property
    def playing(self) -> dict[str, int]:
        """How many runs of each queue are played here now."""
        return {name: len(line.jobs) for name, line in self._lines.items()}

    async def main(self) -> None:
        """Take jobs whenever something happened, until cancelled."""
        listening = asyncio.gather(self._listen(), self._hold_on())
        try:
            while True:
                self._woken.clear()
                try:
                    async with self._taking:
                        pause = await self._take_due()
                except RedisError:
                    log.warning("the queue does not answer; trying again")
                    pause = RECONNECT_SECONDS
                # Not wait_for: before Python 3.12 it can swallow the cancellation that ends us.
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._woken.wait()
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def aclose(self) -> None:
        """Close the pool that it was given."""
        await self.pool.aclose(close_connection_pool=True)

    async def drain(self, grace: timedelta) -> None:
        """Take nothing new, give what runs some time, then hand the rest back to the queue."""
        self.allow_pick_jobs = False
        async with self._taking:
            pass  # one that is under way may still begin a job; the next one cannot
        if self.tasks:
            await asyncio.wait(self.tasks.values(), timeout=grace.total_seconds())
        # arq's own close waits for no other job than the first one that it cancels.
        left = list(self.tasks.values())
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def hold(self) -> None:
        """Keep the jobs at work here ours for another lease."""
        for line in self._lines.values():
            if line.jobs:
                await self._hold([lines.playing(line.name)], [LEASE_MS, *line.jobs])

    async def run_job(self, job_id: str, _: int) -> None:
        """Do what a wake-up asks for, from what was taken: arq's own asks Redis for it again."""
        finish = True
        try:
            if work := self._work_of(job_id):
                async with asyncio.timeout(LONGEST_PLAY.total_seconds()):
                    await work
        except asyncio.CancelledError:
            finish = False
        except Exception:
            log.exception("the wake-up %s failed", job_id)
        await asyncio.shield(self.finish_job(job_id, finish))

    async def finish_job(self, job_id: str, finish: bool, *_: Any) -> None:  # noqa: ANN401 - arq's signature
        """Forget a job that has ended; one that was cut short goes back into its queue."""
        line = self._line_of(job_id)
        async with self.pool.pipeline() as pipe:
            pipe.zrem(lines.playing(line.name), job_id)
            if finish:
                pipe.delete(f"{job_key_prefix}{job_id}")
            else:
                pipe.zadd(lines.waiting(line.name), {job_id: line.jobs[job_id].due})
                pipe.publish(WAKE, f"{line.name} 0")
            await pipe.execute()

    def _work_of(self, job_id: str) -> Awaitable[Any] | None:
        """Return what a wake-up asks for; None where that cannot be read."""
        body = self._line_of(job_id).jobs[job_id].body
        try:
            name, words, named, *_ = deserialize_job_raw(body, deserializer=decode)
            return self.functions[name].coroutine(self.ctx, *words, **named)
        except (SerializationError, KeyError, TypeError):
            log.warning("the wake-up %s cannot be read; the database wakes its run again", job_id)
            return None

    async def _take_due(self) -> float:
        """Begin what is due and has room; return after how many seconds to look again."""
        now = self.loop.time()
        due = [line for line in self._lines.values() if line.room > 0 and line.due <= now]
        if due and self.allow_pick_jobs:
            for line in due:  # before asking: what is told meanwhile counts from then on
                line.due = now + self._look_every
            try:
                answer = await self._take(
                    [key for line in due for key in line.keys],
                    [job_key_prefix, LEASE_MS, *(line.room for line in due)],
                )
            except RedisError:
                for line in due:
                    line.due = now
                raise
            for line, (taken, following) in zip(due, answer, strict=True):
                if following >= 0:
                    line.due = min(line.due, now + following / 1000)
                for job_id, score, body in taken:
                    self._begin(line, job_id.decode(), _Job(int(score), body or b""))
        sleeps = [line.due for line in self._lines.values() if line.room > 0]
        pause = min(sleeps, default=now + self._look_every) - self.loop.time()
        return max(0.0, pause) if self.allow_pick_jobs else self._look_every

    def _begin(self, line: _Line, job_id: str, job: _Job) -> None:
        if job_id in self.tasks:
            return  # it was given back because we could not hold it in time; we play it still
        line.jobs[job_id] = job
        task = self.loop.create_task(self.run_job(job_id, job.due))
        self.tasks[job_id] = task
        task.add_done_callback(partial(self._ended, line, job_id))

    def _ended(self, line: _Line, job_id: str, task: asyncio.Task[Any]) -> None:
        del self.tasks[job_id], line.jobs[job_id]
        if not task.cancelled() and (error := task.exception()):
            log.warning("the wake-up %s could not be put away: %r", job_id, error)
        self._woken.set()  # there is room for the next one

    def _line_of(self, job_id: str) -> _Line:
        return next(line for line in self._lines.values() if job_id in line.jobs)

    async def _hold_on(self) -> None:
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 3)
            with suppress(RedisError):  # at worst another worker asks for the lease, in vain
                await self.hold()

    async def _listen(self) -> None:
        async for told in heard(self.pool, WAKE):
            name, _, after = told.partition(" ")
            for line in self._lines.values():
                if name in ("", line.name):
                    line.due = min(
                        line.due, self.loop.time() + (int(after) if after.isdecimal() else 0) / 1000
                    )
                    self._woken.set()
