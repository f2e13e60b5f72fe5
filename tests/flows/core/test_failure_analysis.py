"""Failures: their causes, which are flaky, since when, whose they are, and what nobody knows."""

from datetime import timedelta

import pytest

from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.story import Story
from integrations.emulators.github.workflows import Plan
from tests.flows.core.ci import BROKEN_TEST, NO_NETWORK, Commit, passed_again, told
from tests.flows.play import Play, no, yes
from tests.flows.scenario import Scenario
from tests.flows.told import report, said


def red(world: GitHubWorld) -> None:
    """Build a main that dee broke, after a failure of the network that passed on its commit."""
    repo = told(
        world,
        Commit("ada"),
        Commit("bo", NO_NETWORK),
        Commit("cy"),
        Commit("dee", BROKEN_TEST),
        Commit("eli", BROKEN_TEST.replace("assert 3", "assert 7")),
    )
    flaked = repo.runs[1]
    passed_again(world, repo, flaked, flaked.updated_at + timedelta(minutes=20))


scenario = Scenario("failures acme/api --issues", world=red, answer=yes("bo"))


async def test_one_cause_is_one_finding(world: GitHubWorld, play: Play) -> None:
    """Two runs whose lines differ in numbers only, and what makes main red comes first."""
    red(world)
    run = await play("failures acme/api")
    first, second = said(run, "Causes (2)")

    assert "main is red: CI; 2 causes, first test: FAILED test_cart.py" in run.said
    assert "2 runs on 2 commits" in first
    assert "in test: make check." in first
    assert "network or infrastructure" in second
    assert world.writes == []


async def test_the_first_bad_commit_has_an_author(world: GitHubWorld, play: Play) -> None:
    """It is the one commit between the last green run and the first red one."""
    red(world)
    first, _ = said(await play("failures acme/api"), "Causes")

    assert "first bad commit" in first
    assert "Change 3" in first
    assert "Person(login='dee'" in first


async def test_of_several_commits_nobody_is_blamed_alone(world: GitHubWorld, play: Play) -> None:
    """Where CI did not look at each commit the report says whose they are."""
    repo = told(world, Commit("ada"), Commit("bo"), Commit("cy", BROKEN_TEST))
    del repo.runs[1]
    world.save()
    (first,) = said(await play("failures acme/api"), "Causes")

    assert "one of 2 commits" in first
    assert "login='bo'" in first
    assert "login='cy'" in first


async def test_what_passed_on_the_same_commit_is_flaky(world: GitHubWorld, play: Play) -> None:
    """The rate is of the commits on which the workflow ran, with its interval."""
    red(world)
    _, second = said(await play("failures acme/api"), "Causes")

    assert "flaky on 1 of 5 (20%, 95% interval 4%–62%)" in second
    assert "make it steady" in second


async def test_an_attempt_that_was_repeated_is_a_failure_too(
    world: GitHubWorld, play: Play
) -> None:
    """GitHub shows the last attempt alone, and so hides what is flaky."""
    repo = told(world, Commit("ada", NO_NETWORK))
    await world.person("ada").reruns_ci("acme/api", repo.runs[0].id)
    await world.person("ada").ends_ci("acme/api", repo.runs[0].id)
    run = await play("failures acme/api")

    assert "main is green" in run.said
    assert "flaky on 1 of 1" in said(run, "Causes")[0]


async def test_the_next_analysis_says_what_changed(world: GitHubWorld, play: Play) -> None:
    """New and gone causes stand out; one run looked at in between is no new baseline."""
    repo = told(world, Commit("ada"), Commit("bo", NO_NETWORK))
    first = await play("failures acme/api")
    await play(f"failures acme/api run={repo.runs[-1].id}")
    same = await play("failures acme/api")
    repo.runs.pop()
    story = Story.continued(world, "acme/api")
    story.checks(story.tip, world.clock, green=False)
    story.tell()
    last = await play("failures acme/api")

    assert "first analysis" in str(report(first))
    assert "No new cause" in str(report(same))
    assert [line.partition(":")[0] for line in said(last, "Since the last")] == ["New", "Gone"]


async def test_one_run_can_be_looked_at(world: GitHubWorld, play: Play) -> None:
    """Its failure alone is told, with the lines of its log."""
    red(world)
    run = await play(f"failures acme/api run={world['acme/api'].runs[1].id}")

    assert "1 cause, first network or infrastructure" in run.said
    assert NO_NETWORK in str(report(run))
    assert not report(run).quiet


async def test_a_run_that_did_not_fail_is_no_news(world: GitHubWorld, play: Play) -> None:
    """Events may tell of any run."""
    repo = told(world, Commit("ada"))
    run = await play(f"failures acme/api run={repo.runs[0].id}")

    assert run.said == "It ended with success. There is no failure to look into."
    assert report(run).quiet


async def test_an_issue_is_filed_once_for_each_cause(world: GitHubWorld, play: Play) -> None:
    """The next time it is known, and its key stands in place of the advice."""
    red(world)
    await play("failures acme/api --issues", yes("bo"))
    issues = list(world["acme/api"].issues.values())
    again = await play("failures acme/api --issues")

    assert [each.title for each in issues] == [
        "CI fails (test): FAILED test_cart.py::test_total - assert # == #",
        "CI fails (network or infrastructure): curl: (#) Could not resolve host: pkg.acme",
    ]
    assert "the last one" in issues[0].body.lower()
    assert len(world["acme/api"].issues) == len(issues)
    assert "Link(label='#" in said(again, "Causes")[0].partition("To do: ")[2]


async def test_a_no_files_nothing(world: GitHubWorld, play: Play) -> None:
    """The plan names each issue; a dry run shows it."""
    red(world)
    rehearsed = await play("failures acme/api --issues --dry-run")
    assert (rehearsed.state, world.writes) == ("done", [])
    run = await play("failures acme/api --issues", no("bo"))

    assert run.state == "stopped"
    assert len(run.plan) == 2
    assert world.writes == []


async def test_ten_causes_are_told_and_the_rest_counted(world: GitHubWorld, play: Play) -> None:
    """An event about a branch of somebody's own is no news for the channel."""
    lines = [Commit("ada", f"FAILED t.py::test_{name} - no") for name in "abcdefghijkl"]
    repo = told(world, Commit("bo"), *lines)
    run = await play("failures acme/api")
    assert said(run, "Causes (12)")[-1] == "… 2 more, each rarer than these"

    repo.runs[-1].branch = "mine"
    world.save()
    mine = await play(f"failures acme/api run={repo.runs[-1].id}")
    assert report(mine).quiet


async def test_no_runs_are_a_result(world: GitHubWorld, play: Play) -> None:
    """A repository without CI has nothing to look into, and no invented figure."""
    story = Story(world, "acme/new", created_at=world.clock)
    story.commit("ada", world.clock, "Begin", {"README.md": "# New\n"})
    story.tell()
    run = await play("failures acme/new")

    assert run.said.startswith("No workflow run ended in")
    assert report(run).next == ("failures acme/new window=1y",)


async def test_what_is_not_known_is_said(world: GitHubWorld, play: Play) -> None:
    """Logs that are gone, runs that still go on or were cancelled, a red without a green."""
    repo = told(world, Commit("ada", BROKEN_TEST), Commit("bo"), Commit("cy", BROKEN_TEST))
    repo.runs[1].conclusion = "cancelled"
    world.save()
    old = await play("failures acme/api")
    assert said(old, "Not measured") == [
        "1 run: cancelled or skipped",
        "since when CI is red: it was not green in the window",
    ]
    world.clock += timedelta(days=100)
    await play.start()  # a process that has read a log goes on knowing it
    gone = await play("failures acme/api window=1y")
    assert "2 failed jobs, because GitHub no longer keeps their logs" in said(gone, "Not measured")
    assert gone.said == "main is red: CI; nothing failed that can still be looked into."


async def test_a_workflow_that_cannot_start_has_no_log(world: GitHubWorld, play: Play) -> None:
    """A job that took too long has one, but says nothing in it."""
    repo = told(world, Commit("ada"), Commit("bo", "x"), Commit("cy", "y"))
    repo.runs[1].conclusion = "startup_failure"
    repo.checks = [job for job in repo.checks if job.suite != repo.runs[1].suite]
    repo.runs[2].conclusion = "timed_out"
    for job in repo.checks:
        if job.conclusion == "failure":
            job.conclusion = "timed_out"
    world.save()
    run = await play("failures acme/api")

    causes = " ".join(said(run, "Causes (2)"))
    assert "the workflow file could not be started" in causes
    assert "the job took longer than it may" in causes


async def test_a_big_repository_costs_a_bounded_number_of_calls(
    world: GitHubWorld, play: Play
) -> None:
    """A thousand runs, two hundred of them red: ten pages, a call for fifty runs, sixty logs."""
    story = Story(world, "acme/big", created_at=world.clock - timedelta(days=30))
    mark = story.commit("ada", story.created_at, "Begin", {"README.md": "# Big\n"})
    for number in range(1_000):
        story.checks(mark, world.clock - timedelta(minutes=40 * (1_000 - number)), green=number % 5)  # type: ignore[arg-type] # zero is no
    story.tell()
    run = await play("failures acme/big")

    assert run.state == "done"
    assert "140 failed jobs, because only the newest 60 are read" in said(run, "Not measured")
    assert sum(world.requests.values()) <= 1 + 11 + 4 + 2 * 60 + 3


@pytest.mark.parametrize("command", ["failures acme/api run=7", "failures acme/nowhere"])
async def test_what_is_not_there_is_one_sentence(
    world: GitHubWorld, play: Play, command: str
) -> None:
    """The person in the thread learns what is missing."""
    told(world, Commit("ada"))
    run = await play(command)

    assert run.state == "stopped"
    assert "may not see" in run.said


async def test_a_run_that_goes_on_is_left_to_its_end(world: GitHubWorld, play: Play) -> None:
    """Nothing is said about what has not ended."""
    repo = told(world, Commit("ada"))
    going = repo.runs[0]
    going.status, going.conclusion = "in_progress", None
    for job in repo.checks:
        later = world.clock + timedelta(days=1)
        job.status, job.conclusion = "in_progress", None
        job.completed_at, job.plan = None, Plan(starts=world.clock, ends=later, outcome="success")
    world.save()

    assert (await play(f"failures acme/api run={going.id}")).said.startswith("It still goes on.")
    assert (await play("failures acme/api")).said.startswith("No workflow run ended")
