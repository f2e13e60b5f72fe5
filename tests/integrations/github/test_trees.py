"""Several files are one commit, made once; histories and trees are read whole."""

from datetime import timedelta

import pytest

from integrations.emulators.github import GitHubWorld
from integrations.errors import NotFound, Refused, Transient
from integrations.github import GitHub
from integrations.github.rules import Protection

REPO = "acme/api"
FILES = {"docs/a.md": "# A\n", "docs/b.bin": b"\0\1\2", "README.md": None}


async def test_several_files_are_one_commit(world: GitHubWorld, github: GitHub) -> None:
    """Written, deleted and of any bytes, on a new branch; the second time nothing is written."""
    made = await github.ensure_commit(REPO, "docs", "Write docs", FILES)
    writes = len(world.writes)
    assert await github.ensure_commit(REPO, "docs", "Write docs", FILES) == made
    # A tree that is there already is not made anew, so that nothing has changed.
    assert {write.path.rpartition("/")[2] for write in world.writes[writes:]} <= {"trees", "blobs"}

    assert (made.title, made.author) == ("Write docs", "flowbot")
    compared = await github.comparison(REPO, "main", "docs")
    assert (compared.status, compared.ahead, compared.behind) == ("ahead", 1, 0)
    assert {file.path: file.status for file in compared.files} == {
        "README.md": "removed",
        "docs/a.md": "added",
        "docs/b.bin": "added",
    }
    assert compared.merge_base == world.head(REPO)
    assert await github.is_within(REPO, "main", "docs")
    assert not await github.is_within(REPO, "docs", "main")
    blob = await github.file(REPO, "docs/b.bin", "docs")
    assert blob is not None
    assert blob.content == b"\0\1\2"


async def test_a_lost_answer_makes_no_second_commit(world: GitHubWorld, github: GitHub) -> None:
    """The branch was moved but nobody heard: repeating finds it done."""
    await github.ensure_branch(REPO, "docs", world.head(REPO))
    world.fail(status=502, match="/git/refs/heads/docs", method="PATCH", late=True)
    with pytest.raises(Transient):
        await github.ensure_commit(REPO, "docs", "Write", {"a": "a"})
    await github.ensure_commit(REPO, "docs", "Write", {"a": "a"})
    assert (await github.comparison(REPO, "main", "docs")).ahead == 1


async def test_what_others_do_meanwhile_is_kept(world: GitHubWorld, github: GitHub) -> None:
    """It is tried again later; a rule of the branch is no such race."""
    with pytest.raises(Transient, match="just moved"):
        await github._moved(REPO, "main", "0" * 40, "1" * 40)
    with pytest.raises(Transient, match="just made"):
        await github._begun(REPO, "main", world.head(REPO))
    with pytest.raises(Refused):
        await github._begun(REPO, "a..b", world.head(REPO))
    await github.ensure_protection(REPO, "main", Protection(approvals=1))
    with pytest.raises(Refused, match="through a pull request"):
        await github.ensure_commit(REPO, "main", "Write", {"a": "a"})


async def test_a_branch_of_no_changes_is_still_made(world: GitHubWorld, github: GitHub) -> None:
    """To delete what is not there changes nothing."""
    made = await github.ensure_commit(REPO, "same", "Nothing", {"nope": None}, base="v1.2.0")
    assert made.sha == world.tags(REPO)["v1.2.0"]
    assert {branch.name for branch in await github.branches(REPO)} == {"main", "same"}


async def test_a_tree_is_read_in_one_call(world: GitHubWorld, github: GitHub) -> None:
    """With its folders; what is not there is said."""
    tree = await github.tree(REPO)
    assert tree.complete
    assert [(entry.path, entry.kind) for entry in tree.entries] == [
        ("README.md", "blob"),
        ("changes", "tree"),
        ("changes/1.md", "blob"),
    ]
    with pytest.raises(NotFound, match="no nope"):
        await github.tree(REPO, "nope")


async def test_long_comparisons_are_read_to_the_end(world: GitHubWorld, github: GitHub) -> None:
    """GitHub shows 250 commits unless it is asked page by page."""
    git, by = world.git(world[REPO]), world.signature("ada", world.clock)
    tip = world.head(REPO)
    tree = git.commit(tip).tree
    for number in range(260):
        tip = git.commit_tree(tree, [tip], f"Step {number}", by, by)
    git.set_ref("refs/heads/long", tip)
    compared = await github.comparison(REPO, "main", "long")
    assert (compared.ahead, len(compared.commits)) == (260, 260)
    since = world.clock - timedelta(days=1)
    assert len(await github.commits(REPO, since, "long")) > 260
    assert [one.title for one in await github.commits(REPO, since, path="changes/1.md")] == [
        "feat: Add retries (#1)"
    ]


async def test_a_branch_begins_with_an_empty_commit(world: GitHubWorld, github: GitHub) -> None:
    """It has no changes, so that a pull request can be opened; one that is there stays."""
    base = world.head(REPO)
    made = await github.ensure_begun(REPO, "cart", base, "Start: the cart")
    compared = await github.comparison(REPO, "main", "cart")

    assert (compared.ahead, compared.files) == (1, ())
    assert compared.commits[0].title == "Start: the cart"
    writes = len(world.writes)
    assert (await github.ensure_begun(REPO, "cart", base, "Again")).sha == made.sha
    assert len(world.writes) == writes
