"""Goals in Linear and on GitHub: what a flow may rely on holds for either."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest

from integrations.emulators.github import TOKEN, GitHubWorld, github_app
from integrations.emulators.linear import TOKEN as LINEAR_TOKEN
from integrations.emulators.linear import LinearWorld, linear_app
from integrations.errors import Refused
from integrations.github import GitHub
from integrations.github.api import GitHubApi
from integrations.github.sign_in import TokenSignIn
from integrations.linear import Linear
from integrations.linear.api import LinearApi
from integrations.linear.sign_in import LinearSignIn
from integrations.trackers import GitHubGoals, Goals, LinearGoals
from integrations.trackers.goals import MOST_GOALS

REPO, DUE = "acme/api", date(2026, 5, 29)


@dataclass
class Place:
    """Where there are two goals, Beta with two issues and Final without any, and its writes."""

    goals: Goals
    writes: Callable[[], int]


@pytest.fixture(params=["linear", "github"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    """Yield each of the two places on its emulated world."""
    if request.param == "linear":
        linear = LinearWorld()
        project = linear.project("Refunds", "ENG")
        linear.project("Over", "ENG", kind="completed")
        beta = linear.milestone(project, "Beta")
        linear.milestone(project, "Final", due=DUE)
        for title in ("One", "Two"):
            linear.issue("ENG", title, project=project, project_milestone=beta, description="x")
        transport = httpx.ASGITransport(linear_app(linear))
        async with LinearApi(LinearSignIn(LINEAR_TOKEN), transport=transport) as api:
            yield Place(LinearGoals(Linear(api), "ENG"), lambda: len(linear.writes))
        return
    world = GitHubWorld(tmp_path / "world")
    world.repo(REPO, merged=["feat: begin"])
    async with GitHubApi(
        TokenSignIn(TOKEN), transport=httpx.ASGITransport(github_app(world))
    ) as api:
        github = GitHub(api)
        beta_number = (await github.ensure_milestone(REPO, "Beta")).number
        final = await github.ensure_milestone(REPO, "Final")
        await github.ensure_milestone_due(REPO, final.number, DUE)
        for title in ("One", "Two"):
            number = await world.person("ada").opens_issue(REPO, title, body="x")
            await github.ensure_issue_milestone(REPO, number, beta_number)
        yield Place(GitHubGoals(github, REPO), lambda: len(world.writes))
    world.close()


async def test_goals_are_read_with_their_issues(place: Place) -> None:
    """What is due first comes first; issues are in their order, without their texts."""
    final, *others = await place.goals.goals()
    beta = next(each for each in others if each.name.endswith("Beta"))
    assert (final.name.rpartition(": ")[2], final.due_on, final.tickets) == ("Final", DUE, ())
    assert [each.title for each in beta.open_tickets] == ["One", "Two"]
    assert {each.body for each in beta.tickets} == {""}
    assert await place.goals.open_keys(beta.id) == [each.key for each in beta.tickets]
    assert "Over" not in {each.name for each in others}


async def test_issues_and_days_move_once_and_back(place: Place) -> None:
    """The second time changes nothing."""
    final, *others = await place.goals.goals()
    beta = next(each for each in others if each.name.endswith("Beta"))
    key, writes = beta.tickets[0].key, place.writes()
    for _ in range(2):
        await place.goals.ensure_in(key, final.id)
        await place.goals.ensure_due(beta.id, DUE)
    assert place.writes() == writes + 2
    assert await place.goals.open_keys(final.id) == [key]
    await place.goals.ensure_in(key, beta.id)
    await place.goals.ensure_due(beta.id, None)
    names = {each.name: each for each in await place.goals.goals()}
    assert names[beta.name].due_on is None
    assert len(names[beta.name].tickets) == 2


async def test_a_goal_is_closed_where_it_has_a_state(place: Place) -> None:
    """GitHub's milestones have one, Linear's are done by their issues."""
    goal = (await place.goals.goals())[0]
    if not goal.has_state:
        for call in (place.goals.ensure_closed, place.goals.ensure_opened):
            with pytest.raises(Refused, match="no state"):
                await call(goal.id)
        return
    writes = place.writes()
    for _ in range(2):
        await place.goals.ensure_closed(goal.id)
    assert place.writes() == writes + 1
    assert goal.name not in {each.name for each in await place.goals.goals()}
    await place.goals.ensure_opened(goal.id)
    assert goal.name in {each.name for each in await place.goals.goals()}


async def test_a_project_of_linear_is_a_goal_itself() -> None:
    """It is due on a day of its own, and what left a milestone is told by the past."""
    linear = LinearWorld()
    project = linear.project("Refunds", "ENG")
    beta = linear.milestone(project, "Beta")
    came = linear.issue("ENG", "One", project=project)
    gone = linear.issue("ENG", "Two", project=project, project_milestone=beta)
    linear.clock += timedelta(days=1)
    linear.change(came.identifier, project_milestone=beta)
    linear.change(gone.identifier, project_milestone=None)
    transport = httpx.ASGITransport(linear_app(linear))
    async with LinearApi(LinearSignIn(LINEAR_TOKEN), transport=transport) as api:
        goals = LinearGoals(Linear(api), "ENG")
        whole, part = sorted(await goals.goals(), key=lambda each: each.name)
        assert (len(whole.tickets), [each.key for each in part.tickets]) == (2, ["ENG-1"])
        assert part.added == {"ENG-1": linear.clock}
        assert [(each.key, each.at) for each in part.left or ()] == [("ENG-2", linear.clock)]
        await goals.ensure_due(whole.id, DUE)
        assert await goals.open_keys(whole.id) == ["ENG-1", "ENG-2"]
        await goals.ensure_in("ENG-1", whole.id)
        assert (project.target_date, came.project_milestone) == (DUE, None)


async def test_a_look_costs_a_bounded_number_of_calls(tmp_path: Path) -> None:
    """Of many milestones, those that are due first are filled."""
    world = GitHubWorld(tmp_path / "world")
    world.repo(REPO, merged=["feat: begin"])
    async with GitHubApi(
        TokenSignIn(TOKEN), transport=httpx.ASGITransport(github_app(world))
    ) as api:
        github = GitHub(api)
        for number in range(MOST_GOALS + 3):
            await github.ensure_milestone(REPO, f"v{number:02}")
        before = sum(world.requests.values())
        assert len(await GitHubGoals(github, REPO).goals()) == MOST_GOALS + 3
        assert sum(world.requests.values()) - before == MOST_GOALS + 1
    world.close()
