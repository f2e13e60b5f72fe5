"""Our door to Slack by itself: a slash command that is understood, acknowledged and forgotten."""

import argparse
from typing import Any

import uvicorn
from starlette.applications import Starlette

from bot.chat import Actor, Origin
from bot.dispatch import run_id_of
from bot.grammar import Order, parse
from bot.places import PROJECT
from bot.replies import Accepted
from bot.slack.app import slack_app
from bot.slack.chat import open_chat
from bot.slack.transports import slack_routes
from bot.terminal import run
from flows.engine.tools import ProjectSettings
from tests.bench.understand import NOW, RULES


class Desk:
    """Reads a command and asks policy, as the real one does, and keeps nothing."""

    async def command(self, text: str, by: Actor, origin: Origin, key: str) -> Accepted:
        order = parse(text)
        if not isinstance(order, Order):
            raise TypeError(f"{text!r} is no order")
        project = ProjectSettings(str(getattr(order.params, PROJECT)))
        if refusal := RULES.refusal(order.flow, project, by, NOW):
            raise ValueError(refusal)
        run_id = run_id_of(key)
        return Accepted(run_id, RULES.url(run_id), new=True)


async def serve(options: argparse.Namespace) -> None:
    """Answer on a port until SIGTERM."""
    desk: Any = Desk()
    async with open_chat(options.token, options.api) as chat:
        app = Starlette(routes=slack_routes(slack_app(desk, chat, options.secret)))
        config = uvicorn.Config(
            app, port=options.port, http="httptools", access_log=False, lifespan="off",
            log_level="warning",
        )  # fmt: skip
        await uvicorn.Server(config).serve()


def main() -> None:
    """Serve on a port."""
    parser = argparse.ArgumentParser("python -m tests.bench.bare_door")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--secret", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--api", required=True)
    run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
