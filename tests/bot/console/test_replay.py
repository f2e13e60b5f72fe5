"""A webhook that came is replayed from the terminal: who it would reach, and its dry runs."""

import argparse
import asyncio

import pytest

from bot.console.replay import replay
from bot.replays import Replays
from bot.worker import Worker, connect
from storage import projects
from tests.bot.lab import PATIENCE, RULES, Lab, at_work
from tests.bot.test_replays import OPENED, WANTS, came
from tests.bot.test_triggers import Town


def options(delivery: str, person: str | None = None) -> argparse.Namespace:
    """Return what the command line was."""
    return argparse.Namespace(delivery=delivery, person=person, yes=False, json=False)


async def test_its_dry_runs_are_followed_to_their_reports(
    lab: Lab, redis_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever is no admin hears so, and a delivery that is not kept is bad input."""
    town = Town(lab.database, lab.queue, lab.tools)
    desk = Replays(
        town.database, RULES, town.clock, town.dispatch.command,
        lambda: {each.slug: each for each in town.flows()},
    )  # fmt: skip
    town.dispatch.replays = desk
    await came(town, OPENED)
    async with town.database.begin() as connection:
        await projects.save(connection, WANTS, town.clock())
    worker = Worker(await connect(redis_url), town.player().play, concurrency={"interactive": 1})
    async with at_work(worker), asyncio.timeout(PATIENCE):
        ends = [
            await replay(town.database, town.dispatch, options(*given))
            for given in (("d1", "slack:U9"), ("d9", "slack:U9"), ("d1", "slack:U1"))
        ]

    told = capsys.readouterr()
    assert ends == [0, 2, 2]
    assert "greet repo=acme/api pull=7 → its dry run" in told.out
    assert "✓ desk is there" in told.out
    assert "I have no delivery “d9”" in told.err
    assert "needs the role admin" in told.err
