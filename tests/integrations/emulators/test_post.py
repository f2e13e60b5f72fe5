"""A body is handed over once; who does not answer in time is left alone."""

import asyncio

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from integrations.emulators.post import Post
from integrations.emulators.server import serve


async def test_what_came_back_is_told() -> None:
    """An answer with its headers and text, or why there was none."""
    answers = asyncio.Event()

    async def take(request: Request) -> Response:
        if request.url.path == "/slow":
            await answers.wait()
        return Response(await request.body(), 201, {"x-seen": "yes"})

    routes = [Route("/{path:path}", take, methods=["POST"])]
    async with serve(Starlette(routes=routes)) as url, Post(0.2) as post:
        good = await post.send(url + "/", b"hello", {})
        slow = await post.send(url + "/slow", b"hello", {})
        answers.set()
    async with Post(0.2) as post:
        gone = await post.send(url + "/", b"hello", {})

    assert (good.status, good.text, good.headers["x-seen"], good.failure) == (
        201,
        "hello",
        "yes",
        "",
    )
    assert (slow.status, slow.failure) == (0, "timed out")
    assert (gone.status, gone.failure) == (0, "failed to connect")
