"""Whether the process is alive, and whether it can do its work."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy import text

from bot.web.site import PATIENCE, Site

log = logging.getLogger(__name__)


def router(site: Site) -> APIRouter:
    """Return /healthz and /readyz, for whoever keeps the process running."""
    routes = APIRouter(include_in_schema=False)

    @routes.api_route("/healthz", methods=["GET", "HEAD"])
    async def alive() -> dict[str, str]:
        return {"status": "alive"}

    @routes.api_route("/readyz", methods=["GET", "HEAD"])
    async def ready() -> JSONResponse:
        troubles = await reachable(site)
        found = {part: trouble or "reachable" for part, trouble in troubles.items()}
        status = 503 if any(troubles.values()) else 200
        return JSONResponse({"ready": status == 200, **found}, status)  # noqa: PLR2004 - HTTP's own

    return routes


async def reachable(site: Site) -> dict[str, str]:
    """Return why the database and the queue cannot be reached; empty strings where they can."""
    database, queue = await asyncio.gather(
        _trouble("database", lambda: _ask(site)), _trouble("queue", site.queue.ping)
    )
    return {"database": database, "queue": queue}


async def _trouble(part: str, call: Callable[[], Awaitable[None]]) -> str:
    try:
        async with asyncio.timeout(PATIENCE):
            await call()
    except TimeoutError:
        return f"no answer within {PATIENCE:.0f} s"
    except Exception as error:
        # Their texts may hold addresses and passwords; those belong in the log alone.
        log.warning("the %s cannot be reached", part, exc_info=True)
        return f"not reachable ({type(error).__name__})"
    return ""


async def _ask(site: Site) -> None:
    async with site.database.read() as connection:
        await connection.execute(text("SELECT 1"))
