"""What the bot can tell about itself: measured now, for `health`, `doctor` and the status page."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from time import monotonic

from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot.worker import INTERACTIVE, WORKERS, Queue
from flows.engine.tools import Baseline, Vital, Vitals
from storage import outbox, projects, runs
from storage.database import Database

OUTBOX_LATE = timedelta(seconds=30)
QUEUE_LATE = timedelta(seconds=30)
CLOCKS_APART = timedelta(seconds=5)


class Looks:
    """The queue as the status page sees it."""

    def __init__(self, queue: Queue) -> None:
        self._redis = queue.redis

    async def depth(self) -> dict[str, int]:
        """Count the wake-ups that wait, by queue."""
        return {"interactive": await self._redis.zcard(INTERACTIVE)}

    async def ping(self) -> None:
        """Raise where Redis does not answer."""
        await self._redis.ping()

    async def workers(self) -> list[str]:
        """Return the workers that are alive, by name."""
        found = [key.decode() async for key in self._redis.scan_iter(match=f"{WORKERS}*")]
        return sorted(key.removeprefix(WORKERS) for key in found)

    async def oldest(self) -> datetime | None:
        """Return since when the first wake-up is due."""
        first = await self._redis.zrange(INTERACTIVE, 0, 0, withscores=True)
        return _instant(first[0][1] / 1000) if first else None

    async def time(self) -> datetime:
        """Return Redis's clock."""
        seconds, micros = await self._redis.time()
        return _instant(seconds + micros / 1_000_000)


class SelfKnowledge:
    """Implements the engine's `System` on the database and the queue."""

    def __init__(
        self,
        database: Database,
        queue: Queue,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._looks = Looks(queue)
        self._clock = clock

    async def vitals(self) -> Vitals:
        """Measure the database, the queue, the workers, the outbox and the clock."""
        now = self._clock()
        items = [*await self._stored(now), *await self._queued(now)]
        return Vitals(items, await self._watched())

    async def baseline(self, flow: str, project: str, before: datetime) -> Baseline | None:
        """Return the last result of this flow for this project before an instant."""
        async with self._database.read() as connection:
            found = await runs.baseline(connection, flow, project, before)
        return Baseline(*found) if found else None

    async def _stored(self, now: datetime) -> list[Vital]:
        began = monotonic()
        try:
            async with self._database.read() as connection:
                await connection.execute(text("SELECT 1"))
                took = monotonic() - began
                count, oldest = await outbox.waiting(connection)
                active = await runs.active(connection)
        except (OSError, SQLAlchemyError) as error:
            broken = f"{type(error).__name__}"
            return [Vital("Database", ok=False, value=broken, remedy="Check FLOWBOT_DATABASE_URL.")]
        lag = now - oldest if oldest and oldest < now else timedelta()
        return [
            Vital("Database", ok=True, value=f"{self._database.dialect}, {took * 1000:.0f} ms"),
            Vital(
                "Outbox",
                ok=lag < OUTBOX_LATE,
                value=f"{count} waiting, oldest late by {_seconds(lag)}",
                remedy="Is a process connected to the chat? See `python -m bot doctor`.",
            ),
            Vital("Runs", ok=True, value=_counted(active)),
        ]

    async def _queued(self, now: datetime) -> list[Vital]:
        looks = self._looks
        try:
            depth, oldest, redis_now = await looks.depth(), await looks.oldest(), await looks.time()
            workers = await looks.workers()
        except (OSError, RedisError) as error:
            broken = f"{type(error).__name__}"
            return [Vital("Queue", ok=False, value=broken, remedy="Check FLOWBOT_REDIS_URL.")]
        late = now - oldest if oldest and oldest < now else timedelta()
        apart = abs(redis_now - self._clock())
        return [
            Vital(
                "Queue",
                ok=late < QUEUE_LATE,
                value=f"{sum(depth.values())} waiting, oldest late by {_seconds(late)}",
                remedy="Start another worker: `python -m bot worker`.",
            ),
            Vital(
                "Workers",
                ok=bool(workers),
                value=f"{len(workers)} alive",
                remedy="Start one: `python -m bot worker`.",
            ),
            Vital(
                "Clock",
                ok=apart < CLOCKS_APART,
                value=f"{_seconds(apart)} from the queue's",
                remedy="Let NTP set the clocks of both machines.",
            ),
        ]

    async def _watched(self) -> dict[str, list[str]]:
        async with self._database.read() as connection:
            every = await projects.every(connection)
        return {project.name: project.endpoints for project in every if project.endpoints}


def _counted(active: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in active.items())


def _seconds(span: timedelta) -> str:
    return f"{span.total_seconds():.1f} s"


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
