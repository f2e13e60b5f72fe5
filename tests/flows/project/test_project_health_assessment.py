"""The health of a project: five areas, the weakest first, with formula, trend and what to do."""

from datetime import timedelta

import pytest

from bot import grammar
from flows.analysis.scorecard import NEXT
from flows.analysis.signals import AREAS
from flows.engine.tools import ProjectSettings
from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.story import Story
from integrations.emulators.linear import LinearWorld
from tests.flows.play import Play
from tests.flows.scenario import Scenario

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def lived(world: GitHubWorld) -> None:
    """Build four months: quick merges by one person, few reviews, a release, and old issues."""
    now = world.clock
    story = Story(world, "acme/shop", created_at=now - 121 * DAY)
    story.commit("ada", now - 120 * DAY, "Begin", {"README.md": "# shop\n"})
    for number in range(24):
        merged = now - (118 - 5 * number) * DAY
        story.pull(
            f"feat: part {number}",
            "ada" if number % 4 else "bo",
            {f"src/{number}.py": "1\n"},
            opened=merged - 5 * HOUR,
            merged=merged,
            reviews=[("cy", "APPROVED", "")] if number % 2 else [],
        )
    story.release("v1.0.0", now - 20 * DAY, by="ada")
    for number in range(12):
        opened = now - (29 if number < 6 else 300) * DAY
        closed = now - 2 * DAY if number < 2 else None
        story.issue(f"Wish {number}", "dee", opened, closed=closed)
    story.tell()


scenario = Scenario("project-health acme/shop", world=lived)


async def test_the_two_weakest_areas_are_the_verdict(world: GitHubWorld, play: Play) -> None:
    """No mean hides them, and what to run next begins with the weakest."""
    lived(world)
    run = await play("project-health acme/shop")

    assert run.report
    assert run.said == (
        "Weakest: security 0.0 of 10 (default branch: not protected), "
        "then planning 0.0 of 10 (issues closed of opened: 2 of 6 (33%))."
    )
    assert run.report.tone == "bad"
    assert set(run.report.data) == set(AREAS)
    assert world.writes == []


async def test_every_score_has_its_formula_and_its_n(world: GitHubWorld, play: Play) -> None:
    """Figures say from how many they are, and what is not measured says why."""
    lived(world)
    said = str((await play("project-health acme/shop")).report)
    for part in (
        "10 at 24.0 h or less, 0 at 7.0 days (median)",
        " median, ",
        "(n = 6)",
        "The team: Protect the default branch.",
        "no open milestone has a day",
        "Bugs closed of opened is not measured",
        "An area is as good as its weakest signal",
        "30 days",
        "6 pull requests, before 6",
    ):
        assert part in said


async def test_the_next_report_tells_the_change(world: GitHubWorld, play: Play) -> None:
    """A branch that is protected since then lifts security."""
    lived(world)
    first = await play("project-health acme/shop")
    again = await play("project-health acme/shop")
    assert first.report
    assert again.report
    assert "+0.0" in str(again.report.blocks[1])
    assert "+0.0" not in str(first.report.blocks[1])


async def test_a_young_repository_is_not_judged(world: GitHubWorld, play: Play) -> None:
    """Its branch is all that can be seen; windows are lengths."""
    world.repo("acme/shop")
    run = await play("project-health acme/shop window=2w")
    assert run.report
    assert run.said.startswith("There is too little activity to judge.")
    assert "not protected" in str(run.report)
    assert run.report.next == ("init acme/shop --dry-run",)
    refused = await play("project-health acme/shop window=since=v1.0.0")
    assert "write 30d, 2w or 1m" in refused.line


async def test_issues_are_those_of_linear_where_the_project_has_them_there(
    world: GitHubWorld, play: Play
) -> None:
    """The planning of a team is looked at where it plans."""
    lived(world)
    play.linear = linear = LinearWorld(now=world.clock)
    for number in range(6):
        linear.issue("ENG", f"Wish {number}", at=world.clock - 3 * DAY)
    await play.project(ProjectSettings("acme/shop", linear_team="ENG"))
    await play.start()
    said = str((await play("project-health acme/shop")).report)
    assert "0 of 6 (0%)" in said
    assert "3 days p85 (n = 6)" in said


async def test_alerts_that_cannot_be_seen_are_no_failure(world: GitHubWorld, play: Play) -> None:
    """A bot without that permission says so, and judges the rest."""
    lived(world)
    world.fail(status=403, match="/alerts", times=9, message="Resource not accessible")
    run = await play("project-health acme/shop")
    assert run.state == "done"
    assert "Open alerts is not measured" in str(run.report)


async def test_a_look_costs_few_calls(world: GitHubWorld, play: Play) -> None:
    """However many weeks there are, pages of a hundred are enough."""
    lived(world)
    before = sum(world.requests.values())
    await play("project-health acme/shop")
    assert sum(world.requests.values()) - before <= 14


@pytest.mark.parametrize("command", NEXT.values())
def test_what_to_run_next_can_be_typed(command: str) -> None:
    """Each area leads to a flow that there is."""
    assert isinstance(grammar.parse(command.format(repo="acme/shop")), grammar.Order)
