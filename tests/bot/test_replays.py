"""A webhook that came can be looked at again: whom it would reach now, with nothing done."""

import msgspec
import pytest

from bot.chat import Actor
from bot.console.render import render
from bot.deliveries import Deliveries
from bot.grammar import Verb
from bot.intake import Delivery, Intake
from bot.replays import Replays
from flows.engine.access import Role
from flows.engine.tools import ProjectSettings
from storage import deliveries, projects, runs, subscriptions
from storage.followed_records import SubscriptionRecord
from storage.records import RunRecord
from storage.tables import outbox, posts, waits
from tests.bot.lab import ADA, CAT, HERE, RULES, Lab
from tests.bot.test_triggers import Town

BOSS = Actor("slack", "U9", "zoe")
ID = "github:d1"
PULL = {
    "number": 7,
    "title": "Add limits",
    "head": {"ref": "limits"},
    "base": {"ref": "main"},
    "created_at": "2026-03-04T12:00:00Z",
}
BODY = {"action": "opened", "repository": {"full_name": "acme/api"}, "pull_request": PULL}
OPENED = Delivery("github", "pull_request", "d1", msgspec.json.encode(BODY))
BROKEN = Delivery("github", "push", "d2", b"nonsense")
WANTS = ProjectSettings("acme/api", triggers=["greet"], roles={"*": Role.OPERATOR})


@pytest.fixture
def town(lab: Lab) -> Town:
    """Return a bot with one flow that an opened pull request starts."""
    return Town(lab.database, lab.queue, lab.tools)


async def came(town: Town, *told: Delivery) -> None:
    """Let webhooks come while nothing listens."""
    intake = Intake(town.queue.redis)
    for each in told:
        await Deliveries(intake, town.database, (), "w1", town.clock).deal(each)


async def asked(town: Town, words: str, by: Actor = BOSS) -> str:
    """Return the answer to a command as plain text."""
    desk = Replays(
        town.database,
        RULES,
        town.clock,
        town.dispatch.command,
        lambda: {each.slug: each for each in town.flows()},
    )
    verb, *rest = words.split()
    said = await desk.answer(Verb(verb, tuple(rest)), by, HERE, words)
    return " ".join(render(said.report).split())


async def every_run(town: Town) -> list[RunRecord]:
    """Return all runs."""
    async with town.database.read() as connection:
        return await runs.page(connection)


async def test_a_replay_says_whom_it_would_reach_and_starts_dry_runs(town: Town) -> None:
    """Who waits is not woken, channels are told nothing, and the delivery stays as it is."""
    await came(town, OPENED)
    follows = SubscriptionRecord(
        id="s1",
        platform="slack",
        channel="C9",
        pattern="acme/*",
        settings={"features": {"prs": "branch:main"}},
        owner={"platform": "slack", "id": "U1", "name": "ada"},
        created_at=town.clock(),
    )
    waiting = await town.start("greet")
    town.clock.forward(1)
    async with town.database.begin() as connection:
        await projects.save(connection, WANTS, town.clock())
        other = msgspec.structs.replace
        for each in (
            follows,
            other(follows, id="s2", channel="C8", settings={"features": {"prs": "branch:next"}}),
            other(follows, id="s3", channel="C7", paused=True),
            other(follows, id="s4", channel="C6", pattern="acme/shop"),
        ):
            await subscriptions.save(connection, each)
        row = {"run_id": waiting, "topic": "github:pull:acme/api#7", "due_at": None}
        await connection.execute(waits.insert().values(row))
        before = await deliveries.get(connection, ID)
    told = await asked(town, "replay d1")

    assert "Replay of pull_request.opened about acme/api" in told
    assert "greet repo=acme/api pull=7 → its dry run" in told
    assert f"Runs that it would wake • {waiting}" in told
    assert "slack:C9 follows acme/*: acme/api#7 Add limits" in told
    assert "slack:C8 follows acme/*: it alone would tell nothing there" in told
    assert "slack:C7 follows acme/*: paused" in told
    assert "C6" not in told
    started, _ = await every_run(town)
    assert (started.command, started.dry_run, started.actor["id"]) == (
        "greet repo=acme/api pull=7 --dry-run",
        True,
        BOSS.id,
    )
    assert not started.has_thread
    async with town.database.read() as connection:
        assert (await runs.get(connection, waiting)).state == "queued"  # type: ignore[union-attr] # there
        assert not (await connection.execute(posts.select())).all()
        rows = (await connection.execute(outbox.select())).all()
        assert {each.run_id for each in rows} <= {waiting}
        assert await deliveries.get(connection, ID) == before


async def test_what_reaches_nobody_or_cannot_be_read_is_said(town: Town) -> None:
    """So is what is not kept, and who may not ask."""
    await came(town, OPENED, BROKEN)

    assert "It would reach nobody now." in await asked(town, "replay github:d1")
    assert "It cannot be read" in await asked(town, "replay d2")
    assert "I have no delivery “d3”" in await asked(town, "replay d3")
    assert "needs the role admin" in await asked(town, "replay d1", ADA)
    assert "operators and up" in await asked(town, "deliveries", CAT)
    assert not await every_run(town)


async def test_the_newest_deliveries_are_listed(town: Town) -> None:
    """With what became of each, and the id by which it is replayed."""
    assert "No webhook came" in await asked(town, "deliveries")
    await came(town, OPENED)
    town.clock.forward(60)
    await came(town, BROKEN)

    told = await asked(town, "deliveries")
    assert told.index("github:d2") < told.index("github:d1")
    assert "pull_request.opened acme/api done" in told.replace("│", "").replace("  ", " ")
    assert "github:d2" not in await asked(town, "deliveries acme/api", ADA)
    assert await asked(town, "replay") == told
