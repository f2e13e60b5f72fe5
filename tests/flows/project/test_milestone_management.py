"""Milestones: how far they are, by when they are done, and what is changed about them."""

from datetime import date, datetime, timedelta
from functools import partial

import pytest

from flows.engine.tools import ProjectSettings
from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.records import Milestone
from integrations.emulators.github.story import Story
from integrations.emulators.linear import LinearWorld
from tests.flows.play import Play, no, yes
from tests.flows.scenario import Scenario

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)


def milestone(world: GitHubWorld, repo: str, title: str, made: datetime, due: int | None) -> int:
    """Add a milestone that is due in so many days."""
    held = world[repo].milestones
    number = max(held, default=0) + 1
    held[number] = Milestone(
        id=world.next_id(),
        number=number,
        title=title,
        creator="ada",
        created_at=made,
        updated_at=made,
        due_on=None if due is None else world.clock + due * DAY,
    )
    return number


def planned(world: GitHubWorld, left: int = 6) -> None:
    """Build eight weeks of work at two issues a week, with some left and one called off."""
    now = world.clock
    story = Story(world, "acme/shop", created_at=now - 9 * WEEK)
    story.commit("ada", now - 9 * WEEK, "Begin", {"README.md": "# shop\n"})
    first = milestone(world, "acme/shop", "1.4", now - 8 * WEEK - DAY, 10)
    milestone(world, "acme/shop", "2.0", now - 2 * WEEK, 120)
    for number in range(16):
        done = now - (number // 2) * WEEK - DAY * (1 + number % 2)
        begun = now - 8 * WEEK - DAY
        story.issue(f"Part {number}", "bo", begun, closed=done, milestone=first)
    for number in range(left):
        opened = now - (8 * WEEK if number < 4 else 20 * DAY)
        issue = story.issue(f"Left {number}", "cy", opened, milestone=first)
        issue.assignees = ["ada"] if number else []
        issue.labels = [story.label("blocked")] if number == 1 else []
    dropped = story.issue("Fax orders", "cy", now - 8 * WEEK, closed=now - WEEK, milestone=first)
    dropped.reason = "not_planned"
    story.tell()


COMMAND = "milestones acme/shop milestone=1.4 move_to=2.0 due=2026-03-06 close=yes"
scenario = Scenario(COMMAND, world=partial(planned, left=2), answer=yes("bo"))


async def test_it_says_by_when_milestones_are_done(world: GitHubWorld, play: Play) -> None:
    """Six issues at two a week take three weeks, and ten days are left: off track."""
    planned(world)
    run = await play("milestones acme/shop")

    assert run.report
    assert run.report.tone == "bad"
    assert run.said == (
        "1 off track, 1 without a forecast: 1.4 is due 12 Mar 2026, 6 issues left, "
        "85 % say 23 Mar 2026."
    )
    said = str(run.report)
    for part in ("16 of 22 issues (73%)", "+2 -1", "2 a week (median of 8 whole weeks)"):
        assert part in said
    assert world.writes == []


async def test_it_names_who_should_do_what(world: GitHubWorld, play: Play) -> None:
    """What is late, blocked, empty or nobody's is a finding; the first next step is a button."""
    planned(world)
    run = await play("milestones acme/shop")
    said = str(run.report)
    for part in (
        "move 6 issues out, or its day (12 Mar 2026)",
        ", ada: blocked; find out by whom",
        "nobody has #17",
        "has no issues; plan it, or close it",
        "Back-test: 3 of 3 promises",
        "GitHub does not list what was moved out",
    ):
        assert part in said
    assert run.report
    assert run.report.next == ("milestones acme/shop milestone=1.4 due=2026-03-23",)


async def test_the_next_report_says_what_changed(world: GitHubWorld, play: Play) -> None:
    """Also what was moved out, which GitHub itself does not tell."""
    planned(world)
    await play("milestones acme/shop")
    issues = world["acme/shop"].issues
    issues[17].milestone = None
    issues[18].state, issues[18].reason, issues[18].closed_at = "closed", "completed", world.clock
    run = await play("milestones acme/shop milestone=1.4")
    again = await play("milestones acme/shop")

    assert "1.4: +1 done, -1 issues." in str(run.report)
    assert "before 16 of 22" in str(run.report)
    assert "Nothing changed." in str(again.report)


async def test_open_issues_move_and_the_milestone_is_closed(world: GitHubWorld, play: Play) -> None:
    """Every issue is a line of the plan; what is closed already stays where it is."""
    planned(world)
    run = await play(COMMAND, yes("bo"))

    repo = world["acme/shop"]
    assert run.plan[:2] == ["Move #17 to 2.0", "Move #18 to 2.0"]
    assert run.plan[-2:] == ["Let 1.4 be due 2026-03-06", "Close 1.4"]
    assert [repo.issues[number].milestone for number in (1, 17, 22)] == [1, 2, 2]
    assert repo.milestones[1].state == "closed"
    assert f"{repo.milestones[1].due_on:%Y-%m-%d}" == "2026-03-06"


async def test_a_no_changes_nothing(world: GitHubWorld, play: Play) -> None:
    """Whoever declines has seen all issues that would have moved."""
    planned(world)
    run = await play(COMMAND, no("bo"))
    assert (run.state, world.writes) == ("stopped", [])
    assert "Left 5" in str(run.questions[0].question.show)


async def test_what_came_meanwhile_is_asked_about(world: GitHubWorld, play: Play) -> None:
    """An issue that joins after the plan was shown makes it another plan."""
    planned(world)
    asked = await play("milestones acme/shop milestone=1.4 close=yes move_to=2.0")
    await world.person("cy").opens_issue("acme/shop", "Late wish")
    world["acme/shop"].issues[max(world["acme/shop"].issues)].milestone = 1
    run = await play.answer(asked.run_id, yes("bo"))
    assert run.state == "waiting"
    assert world.writes == []


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("close=yes", "Say which one to change, such as milestone=1.4."),
        ("milestone=3.0", "There is no open milestone 3.0; there is: 1.4, 2.0."),
        ("milestone=1.4 close=yes", "1.4 has open issues: say where they go, with move_to=…"),
        (
            "milestone=1.4 move_to=1.4",
            "Issues of 1.4 cannot move to 1.4: name another.",
        ),
    ],
)
async def test_what_cannot_be_is_said(
    world: GitHubWorld, play: Play, typed: str, said: str
) -> None:
    """Each sentence says what to do instead."""
    planned(world)
    assert (await play(f"milestones acme/shop {typed}")).line == said


async def test_a_plan_is_one_that_people_can_read(world: GitHubWorld, play: Play) -> None:
    """Hundreds of issues are not moved by one yes."""
    planned(world, left=51)
    run = await play(COMMAND)
    assert run.line == "1.4 has more than 50 open issues: move some by hand."


async def test_a_repository_without_milestones_is_told_so(world: GitHubWorld, play: Play) -> None:
    """That is a result, no failure."""
    world.repo("acme/shop")
    run = await play("milestones acme/shop")
    assert (run.state, run.said.partition(".")[0]) == ("done", "There is no open milestone")


async def test_projects_of_linear_are_goals_too(world: GitHubWorld, play: Play) -> None:
    """Their history tells when an issue came and went; issues move between their milestones."""
    world.repo("acme/shop")
    play.linear = linear = LinearWorld(now=world.clock - 8 * WEEK)
    project = linear.project("Refunds", "ENG", due=date(2026, 6, 1))
    beta = linear.milestone(project, "Beta", due=date(2026, 3, 20))
    final = linear.milestone(project, "Final")
    issues = [
        linear.issue("ENG", f"Part {n}", project=project, project_milestone=beta) for n in range(8)
    ]
    for week, issue in enumerate(issues[:6], start=1):
        with linear.at(world.clock - (7 - week) * WEEK):
            linear.move(issue.identifier, "Done")
    with linear.at(world.clock - WEEK):
        linear.change(issues[7].identifier, project_milestone=final)
    await play.project(ProjectSettings("acme/shop", linear_team="ENG"))
    await play.start()
    run = await play("milestones acme/shop")
    refused = await play("milestones acme/shop milestone=Beta close=yes")
    whole = await play("milestones acme/shop milestone=Refunds move_to=Final")
    moved = await play(
        "milestones acme/shop milestone=Beta move_to=Final due=2026-04-01", yes("bo")
    )

    said = str(run.report)
    for part in ("Refunds: Beta", "6/7", "+0 -1", "Refunds: Final"):
        assert part in said
    assert whole.line == "Refunds is a project: name one of its milestones to move from."
    assert refused.line == "Linear closes Refunds: Beta itself, once its issues are."
    assert (moved.state, moved.plan) == (
        "done",
        ["Move ENG-7 to Refunds: Final", "Let Refunds: Beta be due 2026-04-01"],
    )
    assert issues[6].project_milestone is final
    assert beta.target_date == date(2026, 4, 1)


async def test_a_look_costs_three_calls(world: GitHubWorld, play: Play) -> None:
    """One for the milestones, and one for the issues of each."""
    planned(world)
    before = sum(world.requests.values())
    await play("milestones acme/shop")
    assert sum(world.requests.values()) - before == 3
