"""The loopback server starts at once, ends at once, and leaves signals alone."""

import asyncio
import signal

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from integrations.emulators.server import serve


async def test_an_open_request_does_not_delay_the_end() -> None:
    """A client that still waits is hung up on."""
    asked = asyncio.Event()

    async def never(_: Request) -> PlainTextResponse:
        asked.set()
        await asyncio.Event().wait()
        return PlainTextResponse("never")

    app = Starlette(routes=[Route("/", never)])
    async with httpx.AsyncClient(trust_env=False, timeout=None) as client:  # noqa: S113 - it waits on purpose
        async with serve(app) as base:
            waiting = asyncio.create_task(client.get(base))
            await asked.wait()
        done = await asyncio.gather(waiting, return_exceptions=True)
    assert isinstance(done[0], httpx.TransportError)


async def test_signals_stay_with_the_process() -> None:
    """Whoever embeds the server keeps its own handlers."""
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    async with serve(Starlette()):
        assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


async def test_two_servers_stand_side_by_side() -> None:
    """Each takes a free port of its own."""
    async with serve(Starlette()) as one, serve(Starlette()) as other:
        assert one != other
