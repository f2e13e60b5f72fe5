"""The web application: pages, API, health and metrics over one set of readings."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.channel_names import ChannelNames
from bot.dispatch import Dispatch
from bot.passes import Passes
from bot.people.linking import Linking
from bot.subscriptions.preview import Previews
from bot.web import (
    api,
    commands,
    enclosures,
    forms,
    github_link,
    health,
    history,
    locks,
    metrics,
    pages,
    schedules,
    sign_in,
    subscriptions,
)
from bot.web import catalogue as shelf
from bot.web.entrance import Entrance, reader
from bot.web.layout import Layout
from bot.web.live import Live
from bot.web.security import Guard, hosts
from bot.web.site import Events, Policies, QueueView, Quota, Quotas, Site, flow_policy, no_quotas
from flows.engine import registry
from flows.engine.spec import Flow
from integrations.github.oauth import OAuth
from storage.database import Database

__all__ = ["Events", "Policies", "QueueView", "Quota", "Quotas", "create_app"]

API = "/api/"
TITLES = {
    401: "Who are you?",
    403: "That is not allowed",
    404: "There is nothing here",
    405: "That cannot be done here",
}


class _Guarded(FastAPI):
    """Puts our own layers around everything, so that apologies are counted and fenced in too."""

    def __init__(self, traffic: metrics.Traffic, **settings: Any) -> None:  # noqa: ANN401 - FastAPI's own
        super().__init__(**settings)
        self.state.front = []
        self._answer = metrics.Counted(Front(self.state.front, super().__call__), traffic)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._answer(scope, receive, send)

    def build_middleware_stack(self) -> ASGIApp:
        return Guard(super().build_middleware_stack())


class Front:
    """Serves a few routes before FastAPI begins: somebody waits for each of their answers."""

    def __init__(self, routes: Sequence[Route], pages: ASGIApp) -> None:
        self._routes = routes
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = scope["path"]
            for route in self._routes:
                if route.path == path and scope["method"] in (route.methods or ()):
                    scope["route"] = route
                    await route.app(scope, receive, send)
                    return
        await self._pages(scope, receive, send)


def create_app(  # noqa: PLR0913 - each is a part of the system that the pages read
    database: Database,
    events: Events,
    queue: QueueView,
    dispatch: Dispatch,
    passes: Passes,
    *,
    public_url: str,
    clock: Callable[[], datetime],
    quotas: Quotas = no_quotas,
    policies: Policies = flow_policy,
    linking: tuple[Linking, OAuth] | None = None,
    previews: Previews | None = None,
    names: ChannelNames | None = None,
    catalogue: Callable[[], Mapping[str, Flow]] = registry.catalogue,
) -> FastAPI:
    """Return the application; it opens nothing, and closes nothing but its own streams.

    `previews` look back over what subscriptions would have sent; without them no page does.
    `public_url` is where people reach it: its host and the loopback names are the only ones
    answered to. `app.state.live.close()` ends the open streams; `server.serving` calls it.
    Routes in `app.state.front` are served before all others; they know for themselves who may come.
    """
    layout = Layout(clock)
    entrance = Entrance(database, passes, clock, public_url)
    site = Site(
        database,
        events,
        queue,
        quotas,
        policies,
        clock,
        catalogue,
        layout,
        dispatch,
        entrance,
        previews,
        names or ChannelNames(database, clock, {}),
    )
    live = Live(events)
    traffic = metrics.Traffic()
    app = _Guarded(
        traffic,
        title="Flowbot",
        version="1",
        description="What runs, what ran, and what can be run.",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # these pages load scripts from elsewhere
        redoc_url=None,
    )
    app.state.live = live
    app.state.entrance = entrance
    for routes in (
        pages.router(site, live),
        history.router(site, live),
        shelf.router(site),
        schedules.router(site),
        subscriptions.router(site),
        locks.router(site),
        sign_in.router(site),
        forms.router(site),
        commands.router(site),
        health.router(site),
        metrics.router(site, traffic),
    ):
        app.include_router(routes)
    if linking:
        app.include_router(github_link.router(site, *linking, public_url))
    for routes in (enclosures.router(site), api.router(site)):
        app.include_router(routes, dependencies=[Depends(reader)])
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts(public_url), www_redirect=False)

    def answer(
        request: Request, status: int, detail: str, headers: Mapping[str, str] | None = None
    ) -> Response:
        if request.url.path.startswith(API):
            return JSONResponse({"detail": detail}, status, headers)
        title = TITLES.get(status, "This did not work")
        return HTMLResponse(layout.page("error.html", title=title, detail=detail), status)

    @app.exception_handler(StarletteHTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        detail = error.detail if error.detail != "Not Found" else "No page has this address."
        return answer(request, error.status_code, detail, error.headers)

    @app.exception_handler(Exception)
    async def broken(request: Request, _: Exception) -> Response:
        return answer(request, 500, "Something broke on our side; the log has the details.")

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
            )
            app.openapi_schema["components"]["schemas"] |= api.report_schemas()
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's documented way to extend it
    return app
