"""Quality of a repository and of a pull request: what is new in it, and what it says there."""

from datetime import timedelta

import pytest

from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.history import Files
from integrations.emulators.github.records import CheckRun
from integrations.emulators.github.story import Story
from tests.flows.analysis.test_quality import KNOT
from tests.flows.play import Play, no, yes
from tests.flows.scenario import Scenario
from tests.flows.told import report, said

FILES = {
    "CODEOWNERS": "*.py @acme/web\n",
    "shop/cart.py": "import os\n\n\ndef total(lines):\n    return sum(lines)\n",
    "web/cart.js": "export const cart = () => 1;\n",
}
CHANGED = {
    "shop/cart.py": "import os\n\n\ndef total(lines=[]):\n    return sum(lines)\n",
    "shop/knot.py": KNOT,
}


def shop(world: GitHubWorld, files: Files = FILES, pull: dict[str, str] | None = None) -> Story:
    """Build a repository, and a pull request of cy that is open."""
    start = world.clock - timedelta(days=9)
    story = Story(world, "acme/api", created_at=start)
    story.commit("ada", start, "Begin", files)
    if pull:
        story.pull("Knot", "cy", pull, opened=world.clock - timedelta(hours=3))
    story.tell()
    return story


def asked(world: GitHubWorld) -> None:
    """Build a repository with a pull request that brings two problems."""
    shop(world, pull=CHANGED)


scenario = Scenario("quality acme/api pull=1 check=yes", world=asked, answer=yes("bo"))


def checks(world: GitHubWorld) -> list[CheckRun]:
    """Return the checks that the bot reported."""
    return [each for each in world["acme/api"].checks if each.name == "Flowbot quality"]


async def test_the_grade_comes_with_its_formula(world: GitHubWorld, play: Play) -> None:
    """And each problem with its place and its owner."""
    shop(world)
    run = await play("quality acme/api")
    (problem,) = said(run, "The worst first")

    assert run.said == "Grade C, 70 of 100; the weakest is lint (30 points)."
    assert "shop/cart.py:1" in problem
    assert "F401: `os` imported but unused" in problem
    assert "acme/web" in problem
    assert "100 points, less 2" in said(run, "Not measured")[-1]
    assert world.writes == []


async def test_the_next_check_says_what_changed(world: GitHubWorld, play: Play) -> None:
    """In points, and in each number."""
    shop(world)
    first = await play("quality acme/api")
    same = await play("quality acme/api")
    story = Story.continued(world, "acme/api")
    story.commit("bo", world.clock, "Clean", {"shop/cart.py": "def total(x):\n    return sum(x)\n"})
    story.tell()
    last = await play("quality acme/api")

    assert "first check" in str(report(first))
    assert "No change since the last check." in str(report(same))
    assert "30 points up since the last check." in str(report(last))
    assert "0 in 2 lines of Python, was 1" in str(report(last))


async def test_a_pull_request_is_about_its_changed_lines(world: GitHubWorld, play: Play) -> None:
    """What was there before is not its author's, who owns what is new."""
    asked(world)
    run = await play("quality acme/api pull=1")

    assert run.said.startswith("2 new problems, 0 fixed. Grade ")
    assert len(said(run, "New against main")) == 2
    assert all("login='cy'" in line for line in said(run, "New against main"))
    assert "F401" not in str(said(run, "New against main"))
    assert world.writes == []  # with a token there is no check to report


async def test_nobody_has_to_be_told_on_github(world: GitHubWorld, play: Play) -> None:
    """Who wants no check gets the report alone."""
    asked(world)
    run = await play("quality acme/api pull=1 check=no")

    assert run.said.startswith("2 new problems")
    assert "Look whether I am an App" not in {step.title for step in run.steps}


async def test_the_check_has_remarks_on_changed_lines(world: GitHubWorld, play: Play) -> None:
    """It is one check for each commit, and a no leaves it out."""
    asked(world)
    declined = await play("quality acme/api pull=1 check=yes", no("bo"))
    assert (declined.state, checks(world)) == ("stopped", [])
    await play("quality acme/api pull=1 check=yes", yes("bo"))
    await play("quality acme/api pull=1 check=yes", yes("bo"))
    (check,) = checks(world)

    assert check.conclusion == "neutral"
    assert [(each.path, each.start_line) for each in check.annotations] == [
        ("shop/knot.py", 1),
        ("shop/cart.py", 4),
    ]
    assert "100 points" in (check.summary or "")


async def test_a_clean_change_is_quiet_and_green(world: GitHubWorld, play: Play) -> None:
    """What it repairs is told."""
    shop(world, pull={"shop/cart.py": "def total(lines):\n    return sum(lines)\n"})
    run = await play("quality acme/api pull=1 check=yes", yes("bo"))

    assert run.said.startswith("0 new problems, 1 fixed.")
    assert "imported but unused" in said(run, "Better than main")[0]
    assert report(run).quiet
    assert [each.conclusion for each in checks(world)] == ["success"]


async def test_a_pull_request_is_no_baseline(world: GitHubWorld, play: Play) -> None:
    """The next check of the branch compares with the last one of the branch."""
    asked(world)
    await play("quality acme/api")
    await play("quality acme/api pull=1")
    run = await play("quality acme/api")

    assert "No change since the last check." in str(report(run))


async def test_two_refs_can_be_compared(world: GitHubWorld, play: Play) -> None:
    """New and fixed, without a pull request."""
    asked(world)
    run = await play("quality acme/api ref=change-1 base=main")

    assert run.said.startswith("2 new problems, 0 fixed.")


async def test_no_source_is_a_result(world: GitHubWorld, play: Play) -> None:
    """There is nothing to grade."""
    shop(world, {"README.md": "# Prose\n"})
    run = await play("quality acme/api")

    assert run.said == "It has no source code to check."


async def test_what_is_not_measured_is_said(world: GitHubWorld, play: Play) -> None:
    """Languages without a linter here, files that are not ours, and those that are too odd."""
    shop(world, {"a.js": "'/*';\n" * 300, "vendor/x.py": "import os\n"})
    run = await play("quality acme/api")

    notes = " ".join(said(run, "Not measured"))
    assert "because there is no Python" in str(report(run))
    assert "in a vendored or built directory, such as vendor/x.py" in notes
    assert "functions of 1 file" in notes


async def test_copies_are_named(world: GitHubWorld, play: Play) -> None:
    """Both places of each."""
    text = "".join(f"total_of_line_{n} = compute_it({n})\n" for n in range(12))
    shop(world, {"a.py": text, "b.py": f"X = 1\n{text}"})
    run = await play("quality acme/api")

    assert said(run, "Longest copies")[0] == "b.py:2–13 stands at a.py:1 too"


async def test_a_big_repository_costs_few_calls(world: GitHubWorld, play: Play) -> None:
    """Everything is read from one checkout; more than ten problems are counted."""
    shop(world, {f"part{n}/x{n}.py": "import os\n" for n in range(1_500)})
    run = await play("quality acme/api")

    assert said(run, "The worst first")[-1] == "… 1,490 more"
    assert sum(world.requests.values()) <= 8


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("pull=1 ref=main", "not both"),
        ("check=yes", "say which"),
        ("pull=9", "may not see it"),
        ("ref=nope", "nope"),
    ],
)
async def test_what_does_not_go_is_one_sentence(
    world: GitHubWorld, play: Play, words: str, why: str
) -> None:
    """The person in the thread learns what to type."""
    shop(world)
    run = await play(f"quality acme/api {words}")

    assert run.state == "stopped"
    assert why in run.line
