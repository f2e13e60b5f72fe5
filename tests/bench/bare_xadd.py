"""Starlette by itself: a webhook that is verified and added to a stream, nothing more."""

import argparse
import hmac
from hashlib import sha256

import redis.asyncio
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route


def main() -> None:
    """Serve on a port."""
    parser = argparse.ArgumentParser("python -m tests.bench.bare_xadd")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--secret", required=True)
    parser.add_argument("--redis", required=True)
    options = parser.parse_args()
    secret, queue = options.secret.encode(), redis.asyncio.Redis.from_url(options.redis)

    async def take(request: Request) -> PlainTextResponse:
        body = await request.body()
        expected = "sha256=" + hmac.new(secret, body, sha256).hexdigest()
        if not hmac.compare_digest(expected, request.headers.get("x-hub-signature-256", "")):
            return PlainTextResponse("bad signature", 401)
        fields = {"id": request.headers["x-github-delivery"], "body": body}
        await queue.xadd("bench", fields, maxlen=10_000, approximate=True)
        return PlainTextResponse("")

    app = Starlette(routes=[Route("/hooks/github", take, methods=["POST"])])
    uvicorn.run(
        app, port=options.port, loop="uvloop", http="httptools", access_log=False, lifespan="off",
        log_level="warning",
    )  # fmt: skip


if __name__ == "__main__":
    main()
