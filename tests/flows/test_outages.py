"""A service that is away for a while costs runs time, and nothing else."""

from datetime import timedelta

import pytest

from flows.engine.breakers import FAILURES, LONGEST_LIMIT
from flows.engine.patience import ATTEMPTS
from integrations.emulators.github import GitHubWorld
from tests.flows.play import Play, yes


@pytest.fixture
def ready(world: GitHubWorld) -> GitHubWorld:
    """Return a world with something to release."""
    world.repo("acme/api", release="v1.2.0", merged=["feat: add retries"])
    return world


async def test_an_outage_is_waited_out(ready: GitHubWorld, play: Play) -> None:
    """GitHub is asked less and less often, and the run goes on where it was."""
    ready.fail(status=502, times=FAILURES)
    asked_before = sum(ready.requests.values())
    run = await play("release acme/api", yes("bo"))

    assert run.state == "done"
    assert play.tools.breakers.paused() == {}
    assert max(step.attempt for step in run.steps) == FAILURES + 1 <= ATTEMPTS
    assert sum(ready.requests.values()) - asked_before < 30


async def test_an_outage_of_one_run_spares_the_next(ready: GitHubWorld, play: Play) -> None:
    """What the first has learnt, the second need not try; both end well."""
    ready.fail(status=502, times=FAILURES)
    first = await play.ask("release acme/api")
    second = await play.ask("components acme/api")
    await play("health")

    states = [(await play.answer(each.run_id)).state for each in (first, second)]  # type: ignore[union-attr] # accepted
    assert states == ["waiting", "done"]


async def test_a_rate_limit_is_waited_out_by_everybody(ready: GitHubWorld, play: Play) -> None:
    """Nobody calls before GitHub has said that they may; only one attempt is used up."""
    ready.fail(status=429, retry_after=600)
    began = play.clock()
    run = await play("release acme/api")

    assert run.state == "waiting"
    assert play.clock() - began > timedelta(minutes=10)
    assert max(step.attempt for step in run.steps) == 2


async def test_a_limit_of_a_year_is_not_waited_for(ready: GitHubWorld, play: Play) -> None:
    """A service whose clock is wrong is asked again after two hours."""
    ready.fail(status=403, retry_after=365 * 86_400, message="You have exceeded a rate limit")
    began = play.clock()
    run = await play("release acme/api")

    assert run.state == "waiting"
    assert LONGEST_LIMIT < play.clock() - began < 2 * LONGEST_LIMIT


@pytest.mark.parametrize("path", ["/git/refs", "/releases"])
async def test_a_lost_answer_at_the_start_of_an_outage_makes_one_change(
    ready: GitHubWorld, play: Play, path: str
) -> None:
    """GitHub did it, nobody heard, then it was away and left alone: it is there once."""
    waiting = await play("release acme/api")
    ready.fail(status=502, method="POST", match=path, late=True)
    ready.fail(status=502, times=FAILURES - 1, match="/repos/acme/api/")
    run = await play.answer(waiting.run_id, yes("bo"))

    assert run.state == "done"
    assert len([write for write in ready.writes if path in str(write)]) == 1
    assert ready.release("acme/api", "v1.3.0")
