"""Commits are picked onto others as git does it, once, and what does not fit leaves nothing."""

from datetime import timedelta

import pytest

from integrations.emulators.github import GitHubWorld
from integrations.errors import NotFound, Refused, Transient
from integrations.github import GitHub

REPO = "acme/api"
BRANCH = "hotfix/v1.2.1"


async def changed(world: GitHubWorld, path: str, text: str) -> str:
    """Commit a change to the default branch, an hour later."""
    world.clock += timedelta(hours=1)
    return await world.person("bo").pushes(REPO, {path: text}, message=f"Change {path}")


async def test_commits_are_picked_in_order_with_their_authors(
    world: GitHubWorld, github: GitHub
) -> None:
    """Only their own changes come; the words say where from; a repetition writes nothing."""
    base = world.tags(REPO)["v1.2.0"]
    await changed(world, "other.md", "1\n")
    picks = [await changed(world, "a.md", "1\n"), await changed(world, "a.md", "1\n2\n")]
    tip = await github.ensure_picked(REPO, BRANCH, base, picks)

    git, written = world.git(world[REPO]), len(world.writes)
    assert tip.sha == world.head(REPO, BRANCH)
    log = git.call("log", "--format=%an %s", f"{base}..{BRANCH}").decode().splitlines()
    assert log == ["Bo Change a.md", "Bo Change a.md"]
    assert git.call("show", f"{BRANCH}:a.md") == b"1\n2\n"
    assert git.object(f"{BRANCH}:other.md") is None
    assert tip.message.endswith(f"(cherry picked from commit {picks[1]})")
    assert await github.ensure_picked(REPO, BRANCH, base, picks) == tip
    assert len(world.writes) == written


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/git/refs"), ("PATCH", "/git/refs"), ("POST", "/merges")],
)
async def test_a_lost_answer_repeats_nothing(
    world: GitHubWorld, github: GitHub, method: str, path: str
) -> None:
    """The next try takes over where GitHub is."""
    base, pick = world.tags(REPO)["v1.2.0"], await changed(world, "a.md", "1\n")
    world.fail(status=502, method=method, match=path, late=True)
    with pytest.raises(Transient):
        await github.ensure_picked(REPO, BRANCH, base, [pick])
    await github.ensure_picked(REPO, BRANCH, base, [pick])

    made = [each for each in world.writes if each.method == method and path in each.path]
    assert len(made) == (2 if method == "PATCH" else 1)
    assert world.git(world[REPO]).call("show", f"{BRANCH}:a.md") == b"1\n"


async def test_a_conflict_names_the_commit_and_its_files(
    world: GitHubWorld, github: GitHub
) -> None:
    """And leaves no branch."""
    base = world.tags(REPO)["v1.2.0"]
    await changed(world, "a.md", "1\n")
    pick = await changed(world, "a.md", "one\n")
    assert await github.touched_by_both(REPO, base, pick) == ["a.md"]
    with pytest.raises(Refused, match=r"“Change a.md” by bo conflicts in a.md: pick what"):
        await github.ensure_picked(REPO, BRANCH, base, [pick])
    assert await github.branch(REPO, BRANCH) is None


async def test_what_is_there_already_is_no_pick(world: GitHubWorld, github: GitHub) -> None:
    """An empty commit would help nobody."""
    pick = await changed(world, "a.md", "1\n")
    with pytest.raises(Refused, match="brings nothing new"):
        await github.ensure_picked(REPO, BRANCH, world.head(REPO), [pick])


async def test_the_first_commit_cannot_be_picked(world: GitHubWorld, github: GitHub) -> None:
    """It has nothing before it to compare with."""
    root = world.tags(REPO)["v1.2.0"]
    with pytest.raises(Refused, match="first commit"):
        await github.ensure_picked(REPO, BRANCH, world.head(REPO), [root])
    assert await github.touched_by_both(REPO, world.head(REPO), root) == []


async def test_other_work_on_the_branch_stays(world: GitHubWorld, github: GitHub) -> None:
    """Nobody's branch is taken for ours."""
    pick = await changed(world, "a.md", "1\n")
    theirs = await world.person("cy").pushes(REPO, {"b.md": "1\n"}, branch=BRANCH)
    with pytest.raises(Refused, match="other work"):
        await github.ensure_picked(REPO, BRANCH, world.tags(REPO)["v1.2.0"], [pick])
    assert world.head(REPO, BRANCH) == theirs


async def test_a_commit_that_is_not_there_is_said(world: GitHubWorld, github: GitHub) -> None:
    """By its name, and no branch stays."""
    base = world.tags(REPO)["v1.2.0"]
    with pytest.raises(NotFound, match="has no commit 1111111"):
        await github.ensure_picked(REPO, BRANCH, base, ["1" * 40])
    assert await github.branch(REPO, BRANCH) is None
