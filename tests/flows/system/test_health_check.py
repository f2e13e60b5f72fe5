"""Health: what is measured, what it means, and what changed since the last time."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from flows.engine.tools import ProjectSettings, Vital
from integrations.emulators.github import TOKEN, GitHubWorld
from integrations.emulators.server import serve
from tests.flows.play import Play
from tests.flows.scenario import Scenario

DOWN = ProjectSettings("acme/api", endpoints=["http://127.0.0.1:9/health"])

scenario = Scenario("health", project=DOWN)


@dataclass
class Service:
    """A service on loopback; `status` is what it answers."""

    url: str = ""
    status: int = 200


@pytest_asyncio.fixture
async def service() -> AsyncIterator[Service]:
    """Yield a service that is well until a test says otherwise."""
    service = Service()

    async def answer(_: Request) -> Response:
        return PlainTextResponse("", service.status)

    async with serve(Starlette(routes=[Route("/health", answer)])) as base:
        service.url = f"{base}/health"
        yield service


async def test_all_well_is_one_sentence(world: GitHubWorld, play: Play, service: Service) -> None:
    """The bot, GitHub and each endpoint count."""
    await watched(play, service.url)
    run = await play("health")

    assert run.said == "All 5 checks are well."
    assert run.report
    assert run.report.tone == "good"
    assert "This is the first check." in str(run.report)


async def test_a_failing_endpoint_is_named_with_a_remedy(play: Play, service: Service) -> None:
    """What is ill comes first, with what to do."""
    await watched(play, service.url)
    service.status = 503
    run = await play("health")

    assert run.said == "1 of 5 checks need a look."
    assert run.report
    assert run.report.tone == "bad"
    assert f"acme/api: {service.url}: 503 in" in str(run.report.blocks[0])
    assert "Look at the service's log." in str(run.report.blocks[0])


async def test_an_endpoint_that_does_not_answer_is_a_result(play: Play) -> None:
    """Being down is what health is for, so the run is done."""
    await watched(play, *DOWN.endpoints)
    run = await play("health")

    assert run.state == "done"
    assert run.said == "1 of 5 checks need a look."
    assert "Look at the service and its DNS." in str(run.report)


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(days=3), "Make a new token before this one runs out."),
        (timedelta(days=90), "All 4 checks are well."),
    ],
)
async def test_a_token_that_runs_out_is_said_in_time(
    world: GitHubWorld, play: Play, left: timedelta, said: str
) -> None:
    """Two weeks are enough to make a new one."""
    world.clock = datetime.now(UTC)  # tokens end by the real clock
    world.tokens[TOKEN].expires = world.clock + left
    run = await play("health")

    assert said in str(run.report)


async def test_github_being_away_is_a_result(world: GitHubWorld, play: Play) -> None:
    """Health says so, instead of waiting for it to come back."""
    world.fail(status=502, times=20)
    run = await play("health")

    assert run.state == "done"
    assert run.report
    assert run.report.tone == "bad"


async def test_an_empty_allowance_is_a_result(world: GitHubWorld, play: Play) -> None:
    """What is left this hour is among the checks."""
    world.quotas["core"].used = 4_800
    world.quotas["core"].reset = world.clock + timedelta(minutes=30)
    run = await play("health")

    assert "GitHub quota" in str(run.report.blocks[0] if run.report else "")


async def test_an_ill_part_of_the_bot_is_named(play: Play) -> None:
    """What the bot measures of itself counts like everything else."""
    play.bot = (Vital("Queue", ok=False, value="ConnectionError", remedy="Check it."),)
    await play.start()
    run = await play("health")

    assert "Queue: ConnectionError. Check it." in str(run.report)


async def test_a_change_is_announced_once(play: Play, service: Service) -> None:
    """Broke, and well again: each is news one time."""
    await watched(play, service.url)
    said, quiet = [], []
    for status in (200, 503, 503, 200, 200):
        service.status = status
        run = await play("health")
        assert run.report
        said.append(str(run.report.blocks))
        quiet.append(run.report.quiet)

    name = f"acme/api: {service.url}"
    assert "This is the first check." in said[0]
    assert f"{name} broke" in said[1]
    assert f"{name} broke" not in said[2]
    assert f"{name} is well again" in said[3]
    assert "Nothing changed since the last check." in said[4]
    assert quiet == [False, False, True, False, True]


async def watched(play: Play, *urls: str) -> None:
    """Let a project name its endpoints, and the bot start with them."""
    await play.project(ProjectSettings("acme/api", endpoints=list(urls)))
    await play.start()
