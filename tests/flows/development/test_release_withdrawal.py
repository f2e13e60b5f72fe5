"""Yanking: a release is marked where it is, a good one becomes the latest, issues hear of it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.dispatch import Say
from flows.development.release_withdrawal import DELETE, KEEP
from flows.engine.tools import ProjectSettings
from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.records import Release
from integrations.emulators.github.story import Story
from storage.tables import posts
from tests.flows.play import Decision, Play, no, yes
from tests.flows.scenario import Scenario

REPO = "acme/api"
COMMAND = f'yank {REPO} v1.2.0 "It loses orders"'


def shipped(world: GitHubWorld) -> None:
    """Build a repository with two releases; the second one has the fix of an issue in it."""
    start = world.clock - timedelta(days=9)
    story = Story(world, REPO, created_at=start)
    story.checks(story.commit("ada", start, "Begin", {"README.md": "# API\n"}), start)
    story.release("v1.1.0", start + timedelta(hours=1), by="ada", notes="The first.")
    story.issue("Calls fail", "cy", start + timedelta(hours=2), closed=start + timedelta(hours=9))
    story.pull(
        "feat: retry failed calls",
        "bo",
        {"retry.py": "1\n"},
        opened=start + timedelta(hours=3),
        merged=start + timedelta(hours=9),
        body="Fixes #1.",
    )
    story.release("v1.2.0", start + timedelta(hours=10), by="ada", notes="Retries.")
    story.tell()


def without_issues(world: GitHubWorld) -> None:
    """Build a repository with two releases, and no issue that could hear of it."""
    world.repo(REPO, release="v1.1.0", merged=["feat: retry failed calls"])
    story = Story.continued(world, REPO)
    story.release("v1.2.0", world.clock, by="ada", notes="Retries.")
    story.tell()


scenario = Scenario(COMMAND, world=without_issues, answer=yes("bo"))


@pytest.fixture
def ready(world: GitHubWorld) -> GitHubWorld:
    """Return a world with a release to yank."""
    shipped(world)
    return world


def release(world: GitHubWorld, tag: str) -> Release:
    """Return the release of a tag."""
    found = world.release(REPO, tag)
    assert found
    return found


async def test_a_yanked_release_warns_people_off(ready: GitHubWorld, play: Play) -> None:
    """Name and notes warn, another one is the latest, its issue hears of it, its tag stays."""
    run = await play(COMMAND, yes("bo"))

    assert run.state == "done"
    yanked, latest = release(ready, "v1.2.0"), ready[REPO].latest_release()
    assert (yanked.name, yanked.prerelease) == ("v1.2.0 (yanked)", True)
    assert yanked.body.startswith("> **Yanked: It loses orders.** Do not use this release. Take [")
    assert yanked.body.endswith("\n\nRetries.")
    assert latest
    assert latest.tag == "v1.1.0"
    (said,) = ready[REPO].issues[1].comments
    assert "is yanked: It loses orders. Take [v1.1.0]" in said.body
    assert "v1.2.0" in ready.tags(REPO)
    assert run.report
    assert "npm deprecate" in str(run.report.blocks)


async def test_everything_is_taken_back(ready: GitHubWorld, play: Play) -> None:
    """The name, the notes, the mark and the latest release are what they were; nobody is told."""
    run = await play(COMMAND, yes("bo"))
    asked = await play(f"undo {run.run_id}")
    undone = await play.answer(asked.run_id, yes("bo"))

    assert undone.said == "3 of 3 changes are taken back."
    found, latest = release(ready, "v1.2.0"), ready[REPO].latest_release()
    assert (found.name, found.body, found.prerelease) == ("v1.2.0", "Retries.", False)
    assert latest is found
    assert ready[REPO].issues[1].comments == []


async def test_a_tag_goes_only_after_another_question(ready: GitHubWorld, play: Play) -> None:
    """Whoever asks is asked once more, and a tag that is gone comes back by an undo."""
    before = ready.tags(REPO)
    kept = await play(f"{COMMAND} delete_tag=yes", Decision("ada", KEEP))
    assert "The tag stays" in str(kept.questions[-1].question.show)
    await play.answer(kept.run_id, no("bo"))

    run = await play(f"{COMMAND} delete_tag=yes", Decision("ada", DELETE), yes("bo"))
    assert run.state == "done"
    assert list(ready.tags(REPO)) == ["v1.1.0"]
    asked = await play(f"undo {run.run_id}")
    await play.answer(asked.run_id, yes("bo"))
    assert ready.tags(REPO) == before
    assert release(ready, "v1.2.0").body == "Retries."


async def test_the_channels_of_the_project_are_told(ready: GitHubWorld, play: Play) -> None:
    """Those that do not see the run itself get a message of their own."""
    await play.project(ProjectSettings(REPO, channels=["slack:dev", "slack:ops"]))
    run = await play(COMMAND, yes("bo"))

    assert run.state == "done"
    assert "Tell slack:ops" in run.plan
    assert "Tell slack:dev" not in run.plan
    async with play.database.read() as connection:
        rows = (await connection.execute(select(posts.c.channel, posts.c.body))).all()
    assert {channel for channel, _ in rows} == {"ops"}
    assert f"Do not use {REPO} v1.2.0: it is yanked" in str(rows)


async def test_an_older_release_leaves_the_latest_alone(ready: GitHubWorld, play: Play) -> None:
    """What to take instead is the newest good one, by its version."""
    run = await play(f'yank {REPO} 1.1.0 "Old and broken"', yes("bo"))

    assert run.plan == ["Mark v1.1.0 as yanked"]
    assert "Take [v1.2.0]" in release(ready, "v1.1.0").body
    latest = ready[REPO].latest_release()
    assert latest
    assert latest.tag == "v1.2.0"


async def test_what_cannot_be_yanked_is_said(ready: GitHubWorld, play: Play) -> None:
    """A second warning helps nobody, and a wrong tag gets the ones that there are."""
    missing = await play(f"yank {REPO} v9.9.9 broken")
    dry = await play(f"{COMMAND} --dry-run")
    declined = await play(COMMAND, no("bo"))
    refused = await play.ask(COMMAND, by="cy")
    assert ready.writes == []
    await play(COMMAND, yes("bo"))
    again = await play(COMMAND)

    assert missing.said == f"{REPO} has no release v9.9.9; the last ones are: v1.2.0, v1.1.0."
    assert "Mark v1.2.0 as yanked" in str(dry.report)
    assert declined.state == "stopped"
    assert isinstance(refused, Say)
    assert "needs the role maintainer" in refused.report.summary
    assert again.said == f"v1.2.0 of {REPO} is yanked already."


async def test_a_release_without_another_is_yanked_alone(world: GitHubWorld, play: Play) -> None:
    """There is nothing to take instead, and that is said."""
    world.repo("acme/new", release="v0.1.0")
    run = await play("yank acme/new v0.1.0 broken", yes("bo"))

    assert run.state == "done"
    assert "no other release is good" in str(run.report)
    assert "No release is the latest." in str(run.questions[-1].question.show)
