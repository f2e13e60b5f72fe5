"""The long-running parts, in one process and one event loop, and how they end."""

import asyncio
import logging
import signal
import socket
from collections.abc import AsyncIterator
from collections.abc import Set as AbstractSet
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

from bot.clockwork import Clockwork
from bot.decisions import Decisions
from bot.deliveries import Deliveries
from bot.events import Events
from bot.intake import Intake
from bot.services import Services, Unready, now, open_services
from bot.settings import Settings
from bot.vitals import Looks
from bot.worker import Worker, connect

log = logging.getLogger(__name__)

DRAIN = timedelta(seconds=5)
EVERYTHING = frozenset({"web", "worker", "slack"})


async def serve(settings: Settings, parts: AbstractSet[str] = EVERYTHING) -> None:
    """Run these parts until SIGTERM or SIGINT; what runs then is finished or handed back."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopped.set)
    async with running(settings, parts) as (_, url):
        log.info("ready%s", f": {url}" if url else "")
        await stopped.wait()
        log.info("stopping")


@asynccontextmanager
async def running(
    settings: Settings, parts: AbstractSet[str] = EVERYTHING
) -> AsyncIterator[tuple[Services, str]]:
    """Yield the services and the address of the status page ("" without `web`)."""
    async with AsyncExitStack() as stack:
        listener = None
        if "web" in parts:
            from bot.web.server import listen

            listener = stack.enter_context(listen(settings.host, settings.port))
            settings = settings.model_copy(update={"port": listener.getsockname()[1]})
        services = await stack.enter_async_context(open_services(settings))
        if "slack" in parts:
            await _connect_slack(services, stack, required=parts == {"slack"})
        if "worker" in parts:
            await stack.enter_async_context(_working(services))
        if listener:
            await stack.enter_async_context(_web(services, listener))
        yield services, settings.page_url if listener else ""


@asynccontextmanager
async def _web(services: Services, listener: socket.socket) -> AsyncIterator[None]:
    """Serve the status page, and Slack's requests where a signing secret is set."""
    from bot.web.app import Quota, create_app
    from bot.web.hooks import Hooks
    from bot.web.server import serving

    settings = services.settings

    async def quotas() -> list[Quota]:
        known = services.github.quotas.values()
        return [Quota(f"GitHub {q.resource}", q.remaining, q.limit, q.reset_at) for q in known]

    app = create_app(
        services.database,
        services.queue,
        Looks(services.queue),
        public_url=settings.page_url,
        clock=now,
        quotas=quotas,
        policies=services.rules.policy,
    )
    secret = settings.slack_signing_secret.get_secret_value()
    if secret and services.slack:
        from bot.slack.app import slack_app, slack_routes

        app.router.routes.extend(slack_routes(slack_app(services.dispatch, services.slack, secret)))
    secrets = [each.get_secret_value() for each in settings.github_webhook_secrets]
    hooks = Hooks(Intake(services.queue.redis), secrets, app)
    async with serving(hooks, listener, on_stop=app.state.live.close):
        yield


async def _connect_slack(services: Services, stack: AsyncExitStack, *, required: bool) -> None:
    settings = services.settings
    app_token = settings.slack_app_token.get_secret_value()
    if services.slack is None or not app_token:
        if required:
            raise Unready(
                "Set FLOWBOT_SLACK_BOT_TOKEN and FLOWBOT_SLACK_APP_TOKEN to use Socket Mode; "
                "with FLOWBOT_SLACK_SIGNING_SECRET instead, `web` takes Slack's requests over HTTP."
            )
        return
    from bot.slack.app import slack_app, slack_socket

    app = slack_app(services.dispatch, services.slack)
    await stack.enter_async_context(slack_socket(app, app_token))


@asynccontextmanager
async def _working(services: Services) -> AsyncIterator[None]:
    """Play runs, deliver their threads, start what is scheduled, end what nobody answered.

    What webhooks tell wakes the runs that wait for it.
    """
    worker = Worker(
        await connect(services.redis_url),  # arq closes the pool that it is given
        services.player.play,
        concurrency=services.settings.concurrency,
    )
    clockwork = Clockwork(services.database, services.dispatch, now)
    decisions = Decisions(services.database, services.queue, services.rules, now)
    happened = Events(services.database, services.queue, now).happened
    deliveries = Deliveries(Intake(services.queue.redis), happened, services.player.name)
    parts = (services.threads, clockwork, decisions, deliveries)
    tasks = [asyncio.create_task(part) for part in (worker.main(), *(each.run() for each in parts))]
    async with services.player.alive():
        try:
            yield
        finally:
            await worker.drain(DRAIN)
            await services.threads.deliver()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
