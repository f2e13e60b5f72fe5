"""The world of a shop, and the service that its deployments change."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from integrations.emulators.github import GitHubWorld
from integrations.emulators.server import serve
from tests.flows.advanced.service import Service
from tests.flows.advanced.shop import shop


@pytest.fixture
def shopped(world: GitHubWorld) -> GitHubWorld:
    """Return the world of the shop."""
    shop(world)
    return world


@pytest_asyncio.fixture
async def service() -> AsyncIterator[Service]:
    """Yield a service that is well until a test says otherwise."""
    service = Service()

    async def answer(_: Request) -> Response:
        return PlainTextResponse("", service.next())

    async with serve(Starlette(routes=[Route("/health", answer)])) as base:
        service.url = f"{base}/health"
        yield service
