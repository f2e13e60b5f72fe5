"""What the bot can tell about itself: measured now, for `health`, `doctor` and the status page."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING

import msgspec
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot import lines
from bot.lines import Presence, QueueLook, WaitsLook
from bot.standing import Stand, Standing
from bot.wording import duration
from bot.worker import WORKERS, Queue, beating
from flows.analysis.health import quota_left, signed_in
from flows.engine.policy import names
from flows.engine.queues import QUEUES
from flows.engine.tools import Baseline, Vital, Vitals
from integrations.errors import OutsideError
from integrations.github import GitHubReader
from integrations.linear import LinearReader
from storage import locks, outbox, people, posts, projects, runs, schedules
from storage.database import Database, answering

if TYPE_CHECKING:  # their libraries take half a second to import, and not everybody uses both
    from bot.discord.chat import DiscordChat
    from bot.slack.chat import SlackChat

OUTBOX_LATE = timedelta(seconds=30)
QUEUE_LATE = timedelta(seconds=30)
_PRESENCE = msgspec.json.Decoder(Presence)
SCHEDULES_LATE = timedelta(minutes=1)
CLOCKS_APART = timedelta(seconds=5)
TROUBLED = timedelta(minutes=15)
ANYBODYS = (
    "Anybody can bring me into a server of theirs: name yours in FLOWBOT_DISCORD_SERVERS, or "
    "switch off Public Bot in the settings of the application."
)


class Looks:
    """The queue as the status page sees it."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._redis = queue.redis

    async def queues(self) -> dict[str, QueueLook]:
        """Return how each queue of runs stands; it costs the same however many wait."""
        return await self._queue.looks()

    async def waited(self) -> dict[str, WaitsLook]:
        """Return how long the runs of each queue had waited when they were taken."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for name in QUEUES:
                pipe.hgetall(lines.waits(name))
            found = await pipe.execute()
        return {name: _waits(counts) for name, counts in zip(QUEUES, found, strict=True)}

    async def ping(self) -> None:
        """Raise where Redis does not answer."""
        await self._redis.ping()

    async def workers(self) -> dict[str, Presence]:
        """Return what the workers that are alive tell of themselves, by name."""
        names = [name.decode() for name in await self._redis.zrange(WORKERS, 0, -1)]
        if not names:
            return {}
        told = await self._redis.mget([beating(name) for name in names])
        if silent := [name for name, said in zip(names, told, strict=True) if said is None]:
            await self._redis.zrem(WORKERS, *silent)  # whoever lives is back with its next beat
        return {
            name: _PRESENCE.decode(said) for name, said in zip(names, told, strict=True) if said
        }

    async def time(self) -> datetime:
        """Return Redis's clock."""
        seconds, micros = await self._redis.time()
        return datetime.fromtimestamp(seconds + micros / 1_000_000, UTC)


def _waits(counts: Mapping[bytes, bytes]) -> WaitsLook:
    so_far, upto = 0, []
    for bound in lines.WAITS:
        so_far += int(counts.get(str(bound).encode(), 0))
        upto.append((bound / 1000, so_far))
    total = int(counts.get(lines.COUNTED.encode(), 0))
    return WaitsLook(tuple(upto), total, int(counts.get(lines.WAITED.encode(), 0)) / 1000)


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
        items = [*await self._stored(now), *await self._queued()]
        return Vitals(items, await self._watched())

    async def services(self) -> list[Vital]:
        """Ask every service that the bot uses how it is; being away is an answer, not an error."""
        asked = [service(self._clock()) for service in self._services]
        return [vital for vitals in await asyncio.gather(*asked) for vital in vitals]

    async def away(self, logins: list[str], at: datetime) -> dict[str, str]:
        """Return who of these on GitHub is away, as they have told the bot."""
        with answering():
            async with self._database.read() as connection:
                return await people.away(connection, "github", logins, at)

    async def baseline(self, flow: str, project: str, before: datetime) -> Baseline | None:
        """Return the last result of this flow for this project before an instant."""
        with answering():
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
                failing = await outbox.failing(connection)
                posted = await posts.health(connection, now)
                active = await runs.active(connection)
                schedule = await schedules.health(connection, now - SCHEDULES_LATE)
                held, held_since = await locks.health(connection)
        except (OSError, SQLAlchemyError) as error:
            broken = f"{type(error).__name__}"
            return [Vital("Database", ok=False, value=broken, remedy="Check FLOWBOT_DATABASE_URL.")]
        return [
            Vital("Database", ok=True, value=f"{self._database.dialect}, {took * 1000:.0f} ms"),
            _owed("Outbox", count, _late(oldest, now), *failing),
            _owed("Posts", posted.waiting, _late(posted.oldest, now), posted.failing, posted.why),
            Vital("Runs", ok=True, value=_counted(active)),
            _scheduled(*schedule),
            Vital("Locks", ok=True, value=_locked(held, held_since, now)),
        ]

    async def _queued(self) -> list[Vital]:
        looks = self._looks
        try:
            queues, redis_now = await looks.queues(), await looks.time()
            workers = await looks.workers()
        except (OSError, RedisError) as error:
            broken = f"{type(error).__name__}"
            return [Vital("Queue", ok=False, value=broken, remedy="Check FLOWBOT_REDIS_URL.")]
        apart = abs(redis_now - self._clock())
        return [
            *(_queue(name, look) for name, look in queues.items()),
            _at_work(workers),
            _left_alone(workers),
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


async def linear_vitals(linear: LinearReader, _: datetime) -> list[Vital]:
    """Say whether Linear takes the bot's token, in which workspace, and what is left."""
    try:
        organization, viewer = await linear.organization(), await linear.viewer()
    except OutsideError as error:
        return [Vital("Linear", ok=False, value="not usable", remedy=str(error))]
    left = [
        f"{quota.remaining:,} of {quota.limit:,} {quota.resource}"
        for quota in linear.quotas.values()
    ]
    value = f"{viewer.display_name} in {organization.name}"
    return [Vital("Linear", ok=True, value=", ".join([value, *left]))]


async def slack_vitals(
    slack: "SlackChat", standing: Standing, at: datetime, *, listens: bool
) -> list[Vital]:
    """Say whether Slack takes the bot's token, whether anybody listens, and what was not said.

    `listens` says that a connection of Socket Mode is wanted.
    """
    try:
        known = Vital("Slack", ok=True, value=await slack.identity())
    except OutsideError as error:
        known = Vital("Slack", ok=False, value="not usable", remedy=str(error))
    try:
        stands = await standing.every("slack")
    except (OSError, RedisError):  # said by the queue's own vital
        return [known]
    socket = [_listening("Slack socket", stands)] if listens else []
    return [known, *socket, _unsaid("Slack", stands, at)]


def _listening(name: str, stands: Sequence[Stand]) -> Vital:
    """Say whether a process is connected that takes what people do in a chat."""
    told = [stand.connected for stand in stands if stand.connected is not None]
    count = sum(told)
    value = f"{count} of {len(told)} connected" if told else "nobody listens"
    chat = name.partition(" ")[0]
    remedy = (
        f"It connects again by itself; does {chat} report an outage?"
        if told
        else f"Start a process that listens: `python -m bot {chat.lower()}`."
    )
    return Vital(name, ok=count > 0, value=value, remedy=remedy)


def _unsaid(chat: str, stands: Sequence[Stand], at: datetime) -> Vital:
    """Say what could not be said last."""
    name = f"{chat} messages"
    last = max(stands, key=lambda stand: stand.at, default=Stand())
    if not last.trouble:
        return Vital(name, ok=True, value="all were taken")
    ago = at - datetime.fromtimestamp(last.at, UTC)
    value = f"the last failure was {duration(ago.total_seconds())} ago"
    return Vital(name, ok=ago > TROUBLED, value=value, remedy=last.trouble)


async def discord_vitals(
    discord: "DiscordChat", standing: Standing, at: datetime, *, listens: bool, is_open: bool
) -> list[Vital]:
    """Say whether Discord takes the bot's token, whether anybody listens, and what went wrong.

    `listens` says that a connection to the gateway is wanted, `is_open` that everybody is heard.
    """
    try:
        who = await discord.identity()
        is_anybodys = is_open and who.is_public
        remedy = ANYBODYS if is_anybodys else ""
        known = Vital("Discord", ok=not is_anybodys, value=who.says, remedy=remedy)
    except OutsideError as error:
        known = Vital("Discord", ok=False, value="not usable", remedy=str(error))
    counts = await discord.rest.troubles.today()
    told = [f"{what} ({count}×)" for what, count in sorted(counts.items())]
    today = Vital("Discord today", ok=True, value=", ".join(told) or "no trouble")
    try:
        stands = await standing.every("discord")
    except (OSError, RedisError):  # said by the queue's own vital
        return [known, today]
    gateway = [_listening("Discord gateway", stands)] if listens else []
    return [known, *gateway, _unsaid("Discord", stands, at), today]


def _queue(name: str, look: QueueLook) -> Vital:
    return Vital(
        f"Queue {name}",
        ok=look.wait < QUEUE_LATE,
        value=f"{_waiting(look.depth, 'for', look.wait)}, {look.playing} playing",
        remedy=f"Start another worker: `python -m bot worker --queues {name}`.",
    )


def _at_work(workers: Mapping[str, Presence]) -> Vital:
    """Say how many workers there are; each queue needs one."""
    served = {queue for presence in workers.values() for queue in presence.queues}
    missing = [queue for queue in lines.SERVED if queue not in served] if workers else []
    nobody = f", nobody for {', '.join(missing)}" if missing else ""
    which = f" --queues {','.join(missing)}" if missing else ""
    return Vital(
        "Workers",
        ok=bool(workers) and not missing,
        value=f"{len(workers)} alive{nobody}",
        remedy=f"Start one: `python -m bot worker{which}`.",
    )


def _left_alone(workers: Mapping[str, Presence]) -> Vital:
    """Say which integrations are not called, by which workers, until when and why."""
    found: dict[str, list[str]] = {}
    for worker, presence in workers.items():
        for integration, told in presence.breakers.items():
            found.setdefault(f"{integration}: {told}", []).append(worker)
    told_by = [f"{told} on {names(by)}" for told, by in found.items()]
    return Vital(
        "Breakers",
        ok=not found,
        value="; ".join(told_by) or "every integration is called",
        remedy="It is tried again by itself; does the service report an outage?",
    )


def _late(since: datetime | None, now: datetime) -> timedelta:
    return now - since if since and since < now else timedelta()


def _owed(name: str, count: int, lag: timedelta, failing: int, why: str) -> Vital:
    """Say how much of what is to be said is still to be said."""
    value = _waiting(count, "late by", lag)
    if not failing:
        remedy = "Is a process connected to the chat? See `python -m bot doctor`."
        return Vital(name, ok=lag < OUTBOX_LATE, value=value, remedy=remedy)
    is_broken = why in (outbox.BROKEN, posts.BROKEN)
    told = "Our log says why a message breaks us." if is_broken else f"The chat said: {why}"
    ok = lag < OUTBOX_LATE and not is_broken
    return Vital(name, ok=ok, value=f"{value}, {failing} failing", remedy=told)


def _waiting(count: int, how: str, span: timedelta) -> str:
    return f"{count:,} waiting, the oldest {how} {_seconds(span)}" if count else "nothing waits"


def _scheduled(active: int, late: int, stopped: int) -> Vital:
    return Vital(
        "Schedules",
        ok=not (late or stopped),
        value=f"{active} active, {late} late, {stopped} in trouble",
        remedy="`/flow schedules` says what is wrong; late ones want a worker.",
    )


def _locked(held: int, since: datetime | None, now: datetime) -> str:
    if since is None:
        return "none held"
    minutes = int((now - since).total_seconds() // 60)
    return f"{held} held, the oldest for {minutes // 60} h {minutes % 60} min"


def _counted(active: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in active.items())


def _seconds(span: timedelta) -> str:
    return f"{span.total_seconds():.1f} s"
