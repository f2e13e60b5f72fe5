"""Setting a project up: what is missing is made, what is there stays, and nothing twice."""

from datetime import date

import pytest
from pydantic import ValidationError

from flows.analysis.starter import LABELS
from flows.engine.tools import ProjectSettings
from flows.project.project_initialization import Init
from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.story import Story
from integrations.emulators.linear import LinearWorld
from tests.flows.play import Play, no, yes
from tests.flows.regret import regretted
from tests.flows.scenario import Scenario

COMMAND = "init acme/shop milestones=1.0=2026-06-01 owners=@ada"


def begun(world: GitHubWorld, *, most: bool = True) -> None:
    """Build a repository with code, and most of the labels."""
    story = Story(world, "acme/shop", created_at=world.clock)
    files = {"pyproject.toml": "[project]\n", "docs/issue_template.md": "Say what.\n"}
    story.commit("ada", world.clock, "Begin", files)
    for each in LABELS[: -1 if most else 0]:
        story.repo.labels[story.label(each.name)].color = each.colour
    story.repo.labels["bug"].color = "000000"
    story.tell()


scenario = Scenario(COMMAND, world=begun, answer=yes("bo"))


async def test_what_is_missing_is_made_after_a_yes(world: GitHubWorld, play: Play) -> None:
    """The plan is the difference: a label, a milestone, files for review, and protection."""
    begun(world)
    run = await play(COMMAND, yes("bo"))

    repo = world["acme/shop"]
    assert run.plan == [
        "Label good first issue",
        "Milestone 1.0",
        "Commit 3 files to flowbot/set-up",
        "Open a pull request with them",
        "Protect main: 1 approval",
    ]
    assert (run.state, run.said) == ("done", "5 things made.")
    assert "good first issue" in repo.labels
    (milestone,) = repo.milestones.values()
    assert (milestone.title, f"{milestone.due_on:%Y-%m-%d}") == ("1.0", "2026-06-01")
    assert repo.protections["main"].approvals == 1
    assert repo.protections["main"].owners
    (pull,) = repo.pulls.values()
    assert (pull.head_ref, pull.state) == ("flowbot/set-up", "open")
    listed = world.git(repo).call("ls-tree", "-r", "--name-only", "flowbot/set-up").decode()
    for path in (".github/CODEOWNERS", ".github/workflows/ci.yml", "pull_request_template.md"):
        assert path in listed
    assert "ISSUE_TEMPLATE" not in listed


async def test_a_second_time_makes_nothing(world: GitHubWorld, play: Play) -> None:
    """Nobody is asked anything, and what waits for a merge is named."""
    begun(world)
    await play(COMMAND, yes("bo"))
    writes = len(world.writes)
    run = await play(COMMAND)

    assert run.report
    assert (run.state, run.said, run.report.quiet) == ("done", "Nothing was missing.", True)
    assert len(world.writes) == writes
    assert "Merge the pull request of flowbot/set-up." in str(run.report)
    assert "label bug has the colour 000000, not d73a4a" in str(run.report)


async def test_what_is_lost_is_repaired(world: GitHubWorld, play: Play) -> None:
    """And nothing else: stricter rules that people set stay."""
    begun(world)
    await play(COMMAND, yes("bo"))
    repo = world["acme/shop"]
    del repo.labels["requirement"]
    repo.protections["main"].approvals, repo.protections["main"].force = 3, True
    run = await play(COMMAND, yes("bo"))
    assert run.plan == ["Label requirement", "Protect main: 3 approvals"]
    assert (repo.protections["main"].approvals, repo.protections["main"].force) == (3, False)
    assert len(repo.pulls) == 1


async def test_a_new_repository_comes_from_a_template(world: GitHubWorld, play: Play) -> None:
    """It is made first; what the template brought is not made again."""
    begun(world)
    world["acme/shop"].settings.template = True
    run = await play("init acme/new template=acme/shop", yes("bo"), yes("bo"))

    assert run.state == "done"
    assert world["acme/new"].labels.keys() >= {each.name for each in LABELS}
    plans = [[change.title for change in each.question.plan] for each in run.questions]
    assert plans[0] == ["Make acme/new"]
    assert "Commit 2 files to flowbot/set-up" in plans[1]
    assert "CODEOWNERS: say who owns the code" in str(run.report)


async def test_a_no_makes_nothing(world: GitHubWorld, play: Play) -> None:
    """Also no repository."""
    world.repo("acme/shop")
    run = await play("init acme/new", no("bo"))
    assert (run.state, world.writes) == ("stopped", [])


async def test_a_project_in_linear_is_made_once(world: GitHubWorld, play: Play) -> None:
    """With the same milestones; one of that name is it."""
    begun(world)
    play.linear = linear = LinearWorld(now=world.clock)
    linear.team("ENG")
    await play.project(ProjectSettings("acme/shop", linear_team="ENG"))
    await play.start()
    typed = f"{COMMAND} project=Shop"
    await play(typed, yes("bo"))
    again = await play(typed)

    (project,) = linear.projects
    assert (project.name, [each.name for each in project.project_milestones]) == ("Shop", ["1.0"])
    assert project.project_milestones[0].target_date == date(2026, 6, 1)
    assert again.said == "Nothing was missing."


async def test_what_was_made_in_linear_is_taken_back(world: GitHubWorld, play: Play) -> None:
    """The project and its milestone go again, although both got their names from Linear."""
    begun(world)
    play.linear = linear = LinearWorld(now=world.clock)
    linear.team("ENG")
    await play.project(ProjectSettings("acme/shop", linear_team="ENG"))
    await play.start()

    assert await regretted(play, f"{COMMAND} project=Shop") == "Left: nothing"
    assert len(linear.writes) == 4
    assert [each.trashed for each in linear.projects] == [True]


async def test_a_project_in_linear_needs_a_team(world: GitHubWorld, play: Play) -> None:
    """The sentence says how to name it, before anything is made."""
    run = await play("init acme/new project=Shop")
    assert run.line == "Say which team in Linear first: project link acme/new linear=ENG"


async def test_what_may_not_be_seen_is_said(world: GitHubWorld, play: Play) -> None:
    """A bot that may not read the protection sets up the rest."""
    begun(world)
    world.fail(status=403, match="/protection", message="Resource not accessible")
    run = await play(COMMAND, yes("bo"))
    assert not any("Protect" in each for each in run.plan)
    assert "Protection of the branch: " in str(run.report)


async def test_a_look_costs_eight_calls(world: GitHubWorld, play: Play) -> None:
    """However much is there already."""
    begun(world)
    await play(f"{COMMAND} --dry-run")
    assert world.requests["rest"] + world.requests["graphql"] <= 8
    assert world.writes == []


@pytest.mark.parametrize(
    "typed",
    [{"milestones": ["=2026-06-01"]}, {"milestones": ["1.0=2026-13-01"]}, {"owners": ["a b"]}],
)
def test_what_is_mistyped_is_refused(typed: dict[str, list[str]]) -> None:
    """Before anything is looked at."""
    with pytest.raises(ValidationError):
        Init.model_validate({"repo": "acme/shop", **typed})
