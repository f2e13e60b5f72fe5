"""Wakes runs and plays them; the only module that imports arq.

`Queue` sends wake-ups, `Worker` hears them, `Player` takes the lease, opens the journal, lets the
flow run and settles how it ended. The database is the truth: a lost wake-up is swept up.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

import arq.worker
import msgspec
from arq import create_pool
from arq.connections import ArqRedis, RedisSettings
from pydantic import ValidationError
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from bot.rules import Rules
from flows.engine.registry import Find, find
from flows.engine.run import Outcome, open_run, play
from flows.engine.tools import Identity, ProjectSettings, Tools
from flows.report import Report
from storage import journal, outbox, projects, runs
from storage.database import Database, Write
from storage.records import RunRecord

log = logging.getLogger(__name__)

INTERACTIVE = "flowbot:interactive"
WAKE = "flowbot:wake"
CHANGED = "flowbot:changed"
WORKERS = "flowbot:worker:"
JOB = "play"
COALESCE_SECONDS = 0.02
SAFETY_POLL_SECONDS = 0.5
LONGEST_PLAY = timedelta(hours=12)
LEASE = timedelta(seconds=10)
SWEEP_EVERY = timedelta(seconds=2)
WAKE_LATE = timedelta(seconds=30)
A_MOMENT = timedelta(milliseconds=50)


def encode(job: dict[str, Any]) -> bytes:
    """Serialize a job as JSON: a queue that others can write to must not be able to run code."""
    return msgspec.json.encode(job)


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

    async def beat(self, worker: str) -> None:
        """Tell that a worker is alive, for the length of a lease."""
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

    async def beat(self, worker: str) -> None:
        """Tell that a worker is alive, for the length of a lease."""
        await self.redis.set(f"{WORKERS}{worker}", b"1", px=LEASE)

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
        self._woken = asyncio.Event()
        self._polling = asyncio.Lock()

    async def main(self) -> None:
        """Take jobs whenever something happened, until cancelled; closes its pool at the end."""
        listening = asyncio.create_task(self._listen())
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


class Player:
    """Carries one worker's runs; any number of them may work on one database."""

    def __init__(
        self,
        name: str,
        database: Database,
        queue: Signals,
        tools: Tools,
        rules: Rules,
        clock: Callable[[], datetime],
        find: Find = find,
    ) -> None:
        self.name = name
        self._database = database
        self._queue = queue
        self._tools = tools
        self._rules = rules
        self._clock = clock
        self._find = find
        self._held: set[str] = set()

    async def play(self, run_id: str) -> None:
        """Play a run as far as it goes; does nothing where somebody else holds it."""
        now = self._clock()
        async with self._database.begin() as connection:
            leased = await runs.lease(connection, run_id, self.name, now, now + LEASE)
            if leased is None:
                return
            run, wakes = leased
            # Nothing is written yet when a run is played for the first time.
            known = await journal.remembered(connection, run_id) if run.attempts > 1 else ((), {})
            settings = await projects.find(connection, run.project)
        self._held.add(run_id)
        try:
            await self._settle(run, wakes, await self._attempt(run, known, settings))
        except asyncio.CancelledError:
            # This process stops: the run goes back into the line, its journal stays.
            await asyncio.shield(self._database.write(runs.settle(run_id, "queued", "", None)))
            raise
        finally:
            self._held.discard(run_id)
            self._queue.changed(run_id)

    async def _attempt(
        self, run: RunRecord, known: journal.Known, settings: ProjectSettings
    ) -> Outcome:
        flow = self._find(run.flow)
        if flow is None:
            return _unplayable(run, f"There is no flow called {run.flow} any more.")
        try:
            params = flow.params.model_validate(run.params)
        except ValidationError:
            return _unplayable(run, f"{flow.alias} takes other inputs by now: start it again.")
        memory = journal.RunJournal(
            self._database,
            run.id,
            known,
            self._clock,
            has_thread=run.has_thread,
            told=self._queue.changed,
        )
        identity = Identity(
            id=run.id,
            flow=run.flow,
            project=run.project,
            actor=run.actor["name"],
            url=self._rules.url(run.id),
            started=run.created_at,
            policy=self._rules.policy(flow),
            settings=settings,
            dry_run=run.dry_run,
        )
        return await play(flow, params, open_run(flow, identity, memory, self._tools))

    async def _settle(self, run: RunRecord, wakes: int, outcome: Outcome) -> None:
        now = self._clock()
        if outcome.ending == "waiting":
            await self._rest(run, wakes, outcome, now)
            return
        if outcome.ending == "later":
            async with self._database.begin() as connection:
                number = await runs.wake(connection, run.id)
                held = now + outcome.after
                statement, values = runs.settle(run.id, "queued", outcome.line, None, held)
                await connection.execute(statement, values)
            await self._queue.wake(run.id, number, outcome.after + A_MOMENT)
            return
        writes: list[Write] = [runs.settle(run.id, outcome.ending, outcome.line, now)]
        if outcome.report:
            writes += runs.keep(run, outcome.report, now)
        if run.has_thread:
            writes.append(outbox.card(self._database.dialect, run.id, now))
            if outcome.report and outcome.report.blocks:  # else the card says it all
                writes.append(outbox.report(self._database.dialect, run.id, now))
        await self._database.write(*writes)

    async def _rest(self, run: RunRecord, wakes: int, outcome: Outcome, now: datetime) -> None:
        """Let the run wait, unless the answer came while it was going to."""
        async with self._database.begin() as connection:
            resting = await runs.rest(connection, run.id, wakes, outcome.line)
            number = 0 if resting else await runs.wake(connection, run.id)
            if run.has_thread:
                statement, values = outbox.card(self._database.dialect, run.id, now)
                await connection.execute(statement, values)
        if number:
            await self._queue.wake(run.id, number)

    async def sweep(self) -> None:
        """Wake runs whose worker is gone, or whose wake-up was lost."""
        now = self._clock()
        async with self._database.begin() as connection:
            lost = await runs.lost(connection, now, now - WAKE_LATE)
            woken = [(run_id, await runs.wake(connection, run_id)) for run_id in lost]
        for run_id, number in woken:
            await self._queue.wake(run_id, number)

    @asynccontextmanager
    async def alive(self) -> AsyncIterator[None]:
        """Hold the leases, beat, and sweep, for as long as the block lasts."""
        tasks = [
            asyncio.create_task(self._every(LEASE / 3, self._hold)),
            asyncio.create_task(self._every(SWEEP_EVERY, self.sweep)),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _hold(self) -> None:
        await self._queue.beat(self.name)
        if self._held:
            async with self._database.begin() as connection:
                await runs.renew(connection, list(self._held), self.name, self._clock() + LEASE)

    async def _every(self, pause: timedelta, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except (OSError, RedisError, SQLAlchemyError):
                log.warning("%s failed; trying again", work, exc_info=True)
            await asyncio.sleep(pause.total_seconds())


def _unplayable(run: RunRecord, why: str) -> Outcome:
    return Outcome("stopped", why, Report(f"{run.flow} stopped", why, "warn"))
