"""Previews: the version that a pull request makes, and why."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from flows.engine.tools import ProjectSettings
from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.records import Milestone
from integrations.emulators.github.story import Story
from tests.flows.play import Play
from tests.flows.scenario import Scenario
from tests.flows.told import report

REPO = "acme/api"
CALLS = 12


def proposed(
    world: GitHubWorld,
    title: str = "feat: add retries",
    *,
    merged: Sequence[str] = ("fix: typo",),
    release: str = "v1.2.0",
    labels: Sequence[str] = (),
) -> None:
    """Build a repository with a release, what was merged since, and a pull request on its way."""
    world.repo(REPO, release=release, merged=merged)
    story = Story.continued(world, REPO)
    opened = world.clock - timedelta(hours=1)
    story.pull(title, "cy", {"x.md": "1\n"}, opened=opened, labels=labels)
    story.tell()


def open_pull(world: GitHubWorld) -> None:
    """Build the world of the scenario: a fix is merged, a feature is on its way."""
    proposed(world)


scenario = Scenario(f"preview {REPO} 2", world=open_pull)


@pytest.mark.parametrize(
    ("title", "merged", "labels", "said"),
    [
        ("feat: x", ["fix: a"], [], "#2 makes v1.3.0 (minor, because its title begins with feat)."),
        ("fix!: x", ["feat: a"], [], "#2 makes v2.0.0 (major, because its title has a !)."),
        ("Tidy", ["fix: a"], ["breaking"], "(major, because it has the label breaking)."),
        (
            "fix: x",
            ["feat: a"],
            [],
            "#2 goes out in v1.3.0 (#1 is a feature); alone it is a patch: its title begins with f",
        ),
        (
            "Tidy",
            ["Tidy more"],
            [],
            "#2 goes out in v1.2.1 (patch: nothing is marked as a feature or as breaking, and 2 of",
        ),
        ("feat: x", [], ["skip-changelog"], "left out of the notes of v1.2.1, as its label says."),
    ],
)
async def test_it_says_which_version_and_why(
    world: GitHubWorld,
    play: Play,
    title: str,
    merged: list[str],
    labels: list[str],
    said: str,
) -> None:
    """Together with what is merged already, and alone."""
    proposed(world, title, merged=merged, labels=labels)
    run = await play(f"preview {REPO} {len(merged) + 1}", by="cy")

    assert said.replace("#2 ", f"#{len(merged) + 1} ") in report(run).summary
    assert world.writes == []


async def test_the_note_and_what_is_missing_are_shown(world: GitHubWorld, play: Play) -> None:
    """Blockers, red checks and the rest of the milestone, but not the pull request itself."""
    proposed(world)
    repo = world[REPO]
    repo.milestones[1] = Milestone(
        id=1, number=1, title="1.3.0", creator="ada", created_at=world.clock, updated_at=world.clock
    )
    repo.pulls[2].milestone = 1
    story = Story.continued(world, REPO)
    story.issue("Orders get lost", "cy", world.clock, labels=["blocker"])
    story.issue("Write the guide", "cy", world.clock, milestone=1)
    story.tell()
    shown = str(report(await play(f"preview {REPO} 2")).blocks)

    assert "('add retries (', Link(label='#2'" in shown
    assert "In the notes, below Features" in shown
    assert "1 open blocker: " in shown
    assert "Milestone " in shown
    assert " has 1 open issue: " in shown


async def test_what_is_out_already_is_said(world: GitHubWorld, play: Play) -> None:
    """A merged pull request names its release, or goes on to the next one."""
    world.repo(REPO, release="v1.2.0", merged=["feat: add retries"])
    before = await play(f"preview {REPO} 1")
    story = Story.continued(world, REPO)
    story.release("v1.3.0", world.clock, by="ada")
    story.tell()
    after = await play(f"preview {REPO} 1")

    assert before.said == "#1 makes v1.3.0 (minor, because its title begins with feat)."
    assert after.said == "#1 is in v1.3.0 already."


async def test_the_first_release_and_a_stated_one(world: GitHubWorld, play: Play) -> None:
    """Without a tag it is the first one; a version file that is ahead says the next one."""
    proposed(world, release="")
    first = await play(f"preview {REPO} 2")
    assert first.said == "#2 goes out in v0.1.0 (minor: there is no version yet)."

    story = Story.continued(world, REPO)
    story.release("v0.1.0", world.clock, by="ada")
    story.commit("ada", world.clock, "Next", {"VERSION": "2.0.0.dev\n"})
    story.tell()
    await play.project(ProjectSettings(REPO, version_file="VERSION"))
    stated = await play(f"preview {REPO} 2")
    assert stated.said == (
        "#2 goes out in v2.0.0 (the repository says 2.0.0.dev itself); alone it is a minor: "
        "its title begins with feat."
    )


async def test_below_one_a_break_raises_the_minor_number(world: GitHubWorld, play: Play) -> None:
    """It still is what decides."""
    proposed(world, "feat!: drop it", release="v0.4.0")
    run = await play(f"preview {REPO} 2")
    assert run.said.startswith("#2 makes v0.5.0 (minor: #2 is breaking, which below 1.0.0 raises")


async def test_it_takes_few_calls(world: GitHubWorld, play: Play) -> None:
    """A webhook for each push to each pull request asks for this."""
    proposed(world)
    run = await play(f"preview {REPO}#2")
    (step,) = run.steps
    assert step.used.calls["github"] <= CALLS


async def test_what_is_not_there_is_said(world: GitHubWorld, play: Play) -> None:
    """One sentence for the person in the thread."""
    world.repo(REPO)
    run = await play(f"preview {REPO} 9")
    assert (run.state, "no pull request #9" in run.said) == ("stopped", True)
