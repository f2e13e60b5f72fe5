"""Bolt by itself: a slash command that is acknowledged and forgotten."""

import argparse

import uvicorn
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from starlette.applications import Starlette
from starlette.routing import Route


async def authorize() -> AuthorizeResult:
    """Spare Bolt its call to Slack."""
    return AuthorizeResult(
        enterprise_id=None,
        team_id="T1",
        bot_token="xoxb-bench",
        bot_id="B1",
        bot_user_id="U1",
    )


async def acknowledge(ack: AsyncAck) -> None:
    """Do nothing else."""
    await ack()


def main() -> None:
    """Serve on a port."""
    parser = argparse.ArgumentParser("python -m tests.bench.bare_bolt")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--secret", required=True)
    parser.add_argument("--before-response", action="store_true")
    options = parser.parse_args()
    bolt = AsyncApp(
        signing_secret=options.secret,
        authorize=authorize,
        process_before_response=options.before_response,
    )
    bolt.command("/flow")(acknowledge)
    handler = AsyncSlackRequestHandler(bolt)
    app = Starlette(routes=[Route("/slack/events", handler.handle, methods=["POST"])])
    uvicorn.run(
        app, port=options.port, loop="uvloop", http="httptools", access_log=False, lifespan="off",
        log_level="warning",
    )  # fmt: skip


if __name__ == "__main__":
    main()
