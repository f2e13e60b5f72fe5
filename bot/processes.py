"""The long-running parts, in one process and one event loop, and how they end."""

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator
from collections.abc import Set as AbstractSet
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import timedelta
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

from pydantic import SecretStr

from bot.clockwork import Clockwork
from bot.decisions import Decisions
from bot.deliveries import Deliveries, waking
from bot.events import Events
from bot.expiry import Expiry
from bot.fleet import Fleet, Program, Size, cores
from bot.hourly import Hourly, Job
from bot.intake import Intake
from bot.lines import DELIVERY, Presence
from bot.news.looks import News
from bot.redelivery import DOOR, Redelivery
from bot.rhythms import Rhythms
from bot.services import Services, Unready, now, open_services
from bot.settings import Settings
from bot.standing import Stand
from bot.subscriptions.follower import Follower
from bot.subscriptions.looks import Eyes
from bot.triggers import Triggers
from bot.upkeep import Upkeep
from bot.vitals import Looks
from bot.worker import Worker, connect
from flows.engine.registry import catalogue
from integrations.linear import LinearReader

if TYPE_CHECKING:  # their libraries take half a second to import, and not everybody uses both
    from slack_sdk.socket_mode.aiohttp import SocketModeClient

    from bot.discord.app import Line
    from bot.discord.chat import DiscordChat
    from bot.doors import Dispatch
    from bot.slack.chat import SlackChat

log = logging.getLogger(__name__)

STDIN = 0
DRAIN = timedelta(seconds=5)
DOORS = frozenset({"web", "slack", "discord"})  # where people and services come in
EVERYTHING = frozenset({"web", "worker", "slack", "discord"})


async def serve(
    settings: Settings,
    parts: AbstractSet[str] = EVERYTHING,
    *,
    workers: Size = 0,
    tethered: bool = False,
) -> None:
    """Run these parts until SIGTERM or SIGINT; what runs then is finished or handed back.

    With `workers`, so many processes of their own play the runs. Who is `tethered` also stops
    when its standard input ends: whoever started it is gone.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopped.set)
    if tethered:
        loop.add_reader(STDIN, partial(_at_the_end, stopped))
    async with running(settings, parts, workers=workers) as (_, url):
        log.info("ready%s", f": {url}" if url else "")
        await stopped.wait()
        log.info("stopping")


def _at_the_end(stopped: asyncio.Event) -> None:
    if not os.read(STDIN, 4096):
        asyncio.get_running_loop().remove_reader(STDIN)
        stopped.set()


@asynccontextmanager
async def running(
    settings: Settings, parts: AbstractSet[str] = EVERYTHING, *, workers: Size = 0
) -> AsyncIterator[tuple[Services, str]]:
    """Yield the services and the address of the status page ("" without `web`)."""
    async with AsyncExitStack() as stack:
        listener = None
        if "web" in parts:
            from bot.web.server import listen

            listener = stack.enter_context(listen(settings.host, settings.port))
            settings = settings.model_copy(update={"port": listener.getsockname()[1]})
        services = await stack.enter_async_context(open_services(settings))
        if parts & DOORS:
            catalogue()  # else the first who types waits until all flows are imported
        await stack.enter_async_context(_tasks(services.dispatch.routes.run()))
        await _chats(services, stack, parts)
        if "worker" in parts:
            played = {} if workers else settings.played
            if played or settings.delivers:
                await stack.enter_async_context(_working(services, played))
        if workers:
            await stack.enter_async_context(_fleet(services, workers).at_work())
        if listener:
            await stack.enter_async_context(_web(services, listener))
        stack.enter_context(_settled())
        yield services, settings.page_url if listener else ""


async def _chats(services: Services, stack: AsyncExitStack, parts: AbstractSet[str]) -> None:
    """Connect to the platforms that are among the parts, and note how we stand with each."""
    socket_of_slack = None
    if "slack" in parts:
        socket_of_slack = await _connect_slack(services, stack, required=parts == {"slack"})
    if services.slack:
        look = partial(standing_of, services.slack, socket_of_slack)
        await stack.enter_async_context(_tasks(services.standing.keep("slack", look)))
    line_to_discord = None
    if "discord" in parts:
        line_to_discord = await _connect_discord(services, stack, required=parts == {"discord"})
    if services.discord:
        look = partial(standing_with_discord, services.discord, line_to_discord)
        await stack.enter_async_context(_tasks(services.standing.keep("discord", look)))


@contextmanager
def _settled() -> Iterator[None]:
    """Spare the collector of garbage what is here to stay: all the modules and what they hold.

    To look through them holds up everybody for a tenth of a second, again and again.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@asynccontextmanager
async def _web(services: Services, listener: socket.socket) -> AsyncIterator[None]:
    """Serve the status page, and the requests of Slack and Discord where their keys are set."""
    from bot.subscriptions.preview import Previews
    from bot.web.app import Quota, create_app
    from bot.web.hooks import GITHUB, LINEAR, Hooks
    from bot.web.server import serving

    settings = services.settings

    async def quotas() -> list[Quota]:
        linear = services.linear.quotas if services.linear else {}
        return [
            *(
                Quota(f"GitHub {q.resource}", q.remaining, q.limit, q.reset_at)
                for q in services.github.quotas.values()
            ),
            *(Quota(*each) for each in await services.lane.spent()),
            *(
                Quota(f"Linear {q.resource}", q.remaining, q.limit, q.reset_at)
                for q in linear.values()
            ),
        ]

    app = create_app(
        services.database,
        services.queue,
        Looks(services.queue),
        services.dispatch,
        services.passes,
        public_url=settings.page_url,
        clock=now,
        quotas=quotas,
        policies=services.rules.policy,
        previews=Previews(
            services.database, services.tools.github_reader, now, services.tools.linear_reader
        ),
        names=services.channel_names,
        linking=(services.people.linking, services.oauth) if services.oauth else None,
    )
    secret = settings.slack_signing_secret.get_secret_value()
    if secret and services.slack:
        from bot.slack.app import slack_app
        from bot.slack.transports import slack_routes

        app.state.front += slack_routes(
            slack_app(services.dispatch, services.slack, secret, settings.page_url)
        )
    stack = AsyncExitStack()
    if settings.discord_public_key and services.discord:
        from bot.discord.interactions import discord_interactions

        key, application = settings.discord_public_key, settings.discord_application_id
        chat = services.discord
        opened = discord_interactions(_of_members(services, chat), chat, key, now, application)
        app.state.front += await stack.enter_async_context(opened)
    given = {GITHUB: settings.github_webhook_secrets, LINEAR: settings.linear_webhook_secrets}
    secrets = {path: [each.get_secret_value() for each in some] for path, some in given.items()}
    hooks = Hooks(Intake(services.queue.redis), secrets, app, now)
    async with stack, serving(hooks, listener, on_stop=app.state.live.close):
        yield


async def _connect_slack(
    services: Services, stack: AsyncExitStack, *, required: bool
) -> "SocketModeClient | None":
    settings = services.settings
    app_token = settings.slack_app_token.get_secret_value()
    if services.slack is None or not app_token:
        if required:
            raise Unready(
                "Set FLOWBOT_SLACK_BOT_TOKEN and FLOWBOT_SLACK_APP_TOKEN to use Socket Mode; "
                "with FLOWBOT_SLACK_SIGNING_SECRET instead, `web` takes Slack's requests over HTTP."
            )
        return None
    from bot.slack.app import slack_app
    from bot.slack.transports import slack_socket

    app = slack_app(services.dispatch, services.slack, page_url=settings.page_url)
    return await stack.enter_async_context(slack_socket(app, app_token))


async def standing_of(slack: "SlackChat", socket: "SocketModeClient | None") -> Stand:
    """Return how this process stands with Slack."""
    connected = None if socket is None else await socket.is_connected()
    return Stand.of(connected, slack.trouble)


async def standing_with_discord(discord: "DiscordChat", line: "Line | None") -> Stand:
    """Return how this process stands with Discord."""
    return Stand.of(line.connected if line else None, discord.rest.trouble)


async def _connect_discord(
    services: Services, stack: AsyncExitStack, *, required: bool
) -> "Line | None":
    if services.discord is None:
        if required:
            raise Unready("Set FLOWBOT_DISCORD_TOKEN to use Discord.")
        return None
    from bot.discord.app import discord_gateway

    application = services.settings.discord_application_id
    dispatch = _of_members(services, services.discord)
    gateway = discord_gateway(dispatch, services.discord, application)
    return await stack.enter_async_context(gateway)


def _of_members(services: Services, chat: "DiscordChat") -> "Dispatch":
    """Return the way in for those whom the settings let in from Discord."""
    from bot.discord.members import of_members

    return of_members(services.dispatch, chat.rest, services.settings.discord_servers)


@asynccontextmanager
async def _working(services: Services, played: dict[str, int]) -> AsyncIterator[None]:
    """Serve the queues of the settings: play runs of these, or deliver threads, or both."""
    settings, began = services.settings, now()
    worker: Worker | None = None

    def presence() -> Presence:
        return Presence(
            queues=played | ({DELIVERY: 1} if settings.delivers else {}),
            playing=worker.playing if worker else {},
            started_at=began,
            host=socket.gethostname(),
            pid=os.getpid(),
            version=version("flowbot"),
            breakers=services.tools.breakers.paused(),
        )

    async with AsyncExitStack() as stack:
        await stack.enter_async_context(services.player.alive(presence))
        if settings.delivers:
            await stack.enter_async_context(_delivering(services))
        if played:
            worker = await stack.enter_async_context(_playing(services, played))
        yield


@asynccontextmanager
async def _playing(services: Services, played: dict[str, int]) -> AsyncIterator[Worker]:
    """Play runs, start what is scheduled, end what nobody answered.

    What webhooks tell wakes the runs that wait for it, and starts flows where a project wants it.
    """
    pool = await connect(services.redis_url)
    worker = Worker(pool, services.player.play, concurrency=played)
    clockwork = Clockwork(services.database, services.dispatch, now)
    decisions = Decisions(services.database, services.queue, services.rules, now)
    happened = Events(services.database, services.queue, now).happened
    linear = LinearReader(services.linear) if services.linear else None
    eyes = Eyes(services.tools.github_reader, linear)
    news = News(services.database, services.tools.github_reader)
    follower = Follower(services.database, eyes, now, news)
    triggers = Triggers(services.database, services.dispatch)
    deliveries = Deliveries(
        Intake(services.queue.redis),
        services.database,
        (waking(happened), follower.hear, services.comments.hear, triggers.hear),
        services.player.name,
        now,
    )
    expiry = Expiry(services.database, services.queue, now)
    forgetting = (deliveries.forget, follower.forget, services.notices.forget)
    keeping = (Rhythms(services.database, now).keep, *_redelivery(services))
    hourly = Hourly(services.queue.claims, (*forgetting, *keeping))
    upkeep = Upkeep(
        partial(services.queue.leads, services.player.name),
        (services.player.sweep, deliveries.look),
        (decisions.expire, expiry.look, hourly.look, *services.people.looks),
    )
    parts = (each.run() for each in (clockwork, deliveries, follower, upkeep, hourly))
    async with AsyncExitStack() as stack:
        stack.push_async_callback(worker.aclose)
        await stack.enter_async_context(_tasks(worker.main(), *parts))
        stack.push_async_callback(worker.drain, DRAIN)
        yield worker


def _redelivery(services: Services) -> Iterator[Job]:
    """Yield what asks GitHub for what did not get here, where it is let in at all."""
    settings = services.settings
    if not settings.github_webhook_secrets:
        return
    redelivery = Redelivery(
        services.tools.github,
        services.database,
        services.queue,
        now,
        door=f"{settings.page_url}{DOOR}" if settings.public_url else "",
        is_app=services.github.sign_in.is_app,
    )
    yield redelivery.sweep


@asynccontextmanager
async def _delivering(services: Services) -> AsyncIterator[None]:
    """Tell threads, channels and people what is new, to the last word of what was played here."""
    async with _tasks(services.threads.run(), services.posts.run(), services.notices.run()):
        try:
            yield
        finally:
            await services.threads.deliver()
            await services.posts.deliver()


def _fleet(services: Services, size: Size) -> Fleet:
    """Return worker processes that share our database and queue; raises Unready."""
    settings = services.settings
    queues = list(settings.played)
    if not queues:
        raise Unready("Workers need a queue of runs to play: name one in FLOWBOT_QUEUES.")
    shared = {
        "database_url": SecretStr(settings.resolved_database_url),
        "redis_url": SecretStr(services.redis_url),
        "queues": ",".join(queues),
    }
    return Fleet(
        Program(
            [sys.executable, "-m", "bot", "worker", "--tethered"],
            settings.model_copy(update=shared).environment(),
        ),
        Looks(services.queue),
        queues,
        size=size,
        most=settings.max_workers or cores(),
    )


@asynccontextmanager
async def _tasks(*parts: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run these beside the block, and end them with it."""
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
