"""What the bot can tell about itself: measured now, for `health`, `doctor` and the status page."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING

from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot.worker import INTERACTIVE, WORKERS, Queue
from flows.analysis.health import quota_left, signed_in
from flows.engine.tools import Baseline, Vital, Vitals
from integrations.errors import OutsideError
from integrations.github import GitHubReader
from storage import outbox, projects, runs, schedules
from storage.database import Database

if TYPE_CHECKING:  # slack_bolt takes half a second to import, and not everybody uses Slack
    from bot.slack.chat import SlackChat

PLAYING = "arq:in-progress:"
LOOKED_AT = 100
OUTBOX_LATE = timedelta(seconds=30)
QUEUE_LATE = timedelta(seconds=30)
SCHEDULES_LATE = timedelta(minutes=1)
CLOCKS_APART = timedelta(seconds=5)


class Looks:
    """The queue as the status page sees it."""

    def __init__(self, queue: Queue) -> None:
        self._redis = queue.redis

    async def depth(self) -> dict[str, int]:
        """Count the wake-ups that wait, by queue; arq keeps those being played in the same set."""
        playing = [key async for key in self._redis.scan_iter(match=f"{PLAYING}*", count=500)]
        return {"interactive": max(0, await self._redis.zcard(INTERACTIVE) - len(playing))}

    async def ping(self) -> None:
        """Raise where Redis does not answer."""
        await self._redis.ping()

    async def workers(self) -> list[str]:
        """Return the workers that are alive, by name."""
        found = [key.decode() async for key in self._redis.scan_iter(match=f"{WORKERS}*")]
        return sorted(key.removeprefix(WORKERS) for key in found)

    async def oldest(self) -> datetime | None:
        """Return since when the first waiting wake-up is due."""
        first = await self._redis.zrange(INTERACTIVE, 0, LOOKED_AT, withscores=True)
        for job_id, due in first:
            if not await self._redis.exists(f"{PLAYING}{job_id.decode()}"):
                return _instant(due / 1000)
        return None

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
        services: Sequence[Callable[[datetime], Awaitable[list[Vital]]]],
    ) -> None:
        self._database = database
        self._looks = Looks(queue)
        self._clock = clock
        self._services = services

    async def vitals(self) -> Vitals:
        """Measure the database, the queue, the workers, the outbox and the clock."""
        now = self._clock()
        items = [*await self._stored(now), *await self._queued(now)]
        return Vitals(items, await self._watched())

    async def services(self) -> list[Vital]:
        """Ask every service that the bot uses how it is; being away is an answer, not an error."""
        asked = [service(self._clock()) for service in self._services]
        return [vital for vitals in await asyncio.gather(*asked) for vital in vitals]

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
                schedule = await schedules.health(connection, now - SCHEDULES_LATE)
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
            _scheduled(*schedule),
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


async def github_vitals(github: GitHubReader, at: datetime) -> list[Vital]:
    """Say whether GitHub knows us, until when, and how much of the allowance is left."""
    began = monotonic()
    try:
        identity = await github.identity()
        quota = await github.quota()
    except OutsideError as error:
        return [Vital("GitHub", ok=False, value="not usable", remedy=str(error))]
    took = (monotonic() - began) * 1000
    return [
        Vital("GitHub", ok=True, value=f"answers in {took:.0f} ms"),
        signed_in(identity, at),
        quota_left(quota),
    ]


async def slack_vitals(slack: "SlackChat", _: datetime) -> list[Vital]:
    """Say whether Slack takes the bot's token, and in which workspace."""
    try:
        return [Vital("Slack", ok=True, value=await slack.identity())]
    except OutsideError as error:
        return [Vital("Slack", ok=False, value="not usable", remedy=str(error))]


def _scheduled(active: int, late: int, stopped: int) -> Vital:
    return Vital(
        "Schedules",
        ok=not (late or stopped),
        value=f"{active} active, {late} late, {stopped} in trouble",
        remedy="`/flow schedules` says what is wrong; late ones want a worker.",
    )


def _counted(active: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in active.items())


def _seconds(span: timedelta) -> str:
    return f"{span.total_seconds():.1f} s"


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
