"""What a branch goes on from: final releases, pre-releases on their way, and those given up."""

from datetime import timedelta

import pytest

from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.story import Story
from tests.flows.play import Play, yes

REPO = "acme/api"


def lines(world: GitHubWorld) -> None:
    """Build a repository with 1.0.0, a branch 1.x, and 2.0.0 on the default branch."""
    start = world.clock - timedelta(days=9)
    story = Story(world, REPO, created_at=start)
    story.commit("ada", start, "Begin", {"README.md": "# API\n"})
    story.release("v1.0.0", start + timedelta(hours=1), by="ada")
    story.side("1.x", "cy", start + timedelta(hours=2), "fix: count", {"count.py": "1\n"})
    story.commit("ada", start + timedelta(hours=3), "feat!: drop it", {"new.py": "1\n"})
    story.release("v2.0.0", start + timedelta(hours=4), by="ada")
    story.commit("ada", start + timedelta(hours=5), "fix: typo", {"new.py": "2\n"})
    story.tell()


def tag(world: GitHubWorld, name: str, ref: str) -> None:
    """Tag what a ref is at."""
    world.git(world[REPO]).call("tag", name, ref)


async def test_a_maintenance_branch_has_a_past_of_its_own(world: GitHubWorld, play: Play) -> None:
    """It goes on from its own releases, and what it releases is never the latest."""
    lines(world)
    run = await play(f"release {REPO} branch=1.x", yes("bo"))

    assert run.state == "done"
    assert world.tags(REPO)["v1.0.1"] == world.head(REPO, "1.x")
    release, latest = world.release(REPO, "v1.0.1"), world[REPO].latest_release()
    assert release
    assert latest
    assert "count" in release.body
    assert (release.prerelease, latest.tag) == (False, "v2.0.0")


async def test_a_number_that_is_taken_is_not_taken_again(world: GitHubWorld, play: Play) -> None:
    """A patch goes on to the next free one; anything else is for people to decide."""
    lines(world)
    tag(world, "v1.0.1", "main")
    tag(world, "v1.1.0", "main")
    patch = await play(f"release {REPO} branch=1.x --dry-run")
    minor = await play(f"release {REPO} branch=1.x level=minor")

    assert patch.report
    assert patch.report.title == f"{REPO} v1.0.2"
    assert minor.said == (
        "v1.1.0 is there already, from another branch: add level=patch, or release from there."
    )


async def test_a_branch_without_a_release_is_said(world: GitHubWorld, play: Play) -> None:
    """Nobody can tell what came before it."""
    lines(world)
    world.git(world[REPO]).call("tag", "-d", "v1.0.0")
    run = await play(f"release {REPO} branch=1.x")
    assert run.said == "No release is in the past of 1.x: tag the one it comes from."


@pytest.mark.parametrize(
    ("ref", "tagged"),
    [("1.x", "v2.0.1"), ("v1.0.0", "v2.0.1"), ("main", "v3.0.0")],
)
async def test_a_pre_release_counts_where_it_is_on_its_way(
    world: GitHubWorld, play: Play, ref: str, tagged: str
) -> None:
    """One of another branch does not, nor one that a final release has left behind."""
    lines(world)
    tag(world, "v3.0.0-rc.1", ref)
    story = Story.continued(world, REPO)
    story.commit("ada", world.clock, "fix: one more", {"more.py": "1\n"})
    story.tell()
    run = await play(f"release {REPO} --dry-run")

    assert run.report
    assert run.report.title == f"{REPO} {tagged}"


async def test_an_empty_repository_is_one_sentence(world: GitHubWorld, play: Play) -> None:
    """There is no commit to release."""
    world.add(REPO, created_at=world.clock)
    run = await play(f"release {REPO}")
    assert (run.state, run.said) == ("stopped", f"{REPO} is empty: it has no commit yet.")
