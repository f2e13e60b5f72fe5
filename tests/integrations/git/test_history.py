"""The history of a repository, read from the real git."""

from datetime import UTC, datetime

import pytest

from integrations.git import Workspaces
from tests.integrations.git.conftest import Origin


async def test_since_reaches_one_commit_further_than_the_window(
    origin: Origin, workspaces: Workspaces
) -> None:
    """The oldest commit in the window lists what it changed, not every file there is."""
    origin.write("old")
    origin.write("older")
    origin.commit("Start", at="2026-01-01T00:00:00Z")
    origin.write("new")
    origin.commit("Add new", at="2026-05-01T00:00:00Z")
    origin.write("newer")
    origin.commit("Add newer", at="2026-06-01T00:00:00Z")
    since = datetime(2026, 4, 1, tzinfo=UTC)
    async with workspaces.checkout("acme/shop", history=since) as tree:
        changes = await tree.history(since)
    assert [(change.subject, change.paths) for change in changes] == [
        ("Add newer", ("newer",)),
        ("Add new", ("new",)),
    ]
    assert changes[0].at == datetime(2026, 6, 1, tzinfo=UTC)


async def test_a_merge_of_an_old_branch_hides_nothing(
    origin: Origin, workspaces: Workspaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came before a merge counts, although one of the merged commits began long ago."""
    monkeypatch.setattr("integrations.git.workspaces.DEPTH", 2)
    origin.write("old")
    origin.commit("Start", at="2025-01-01T00:00:00Z")
    origin.git("branch", "side")
    for month in (4, 5):
        origin.write(f"new-{month}")
        origin.commit(f"Add {month}", at=f"2026-0{month}-02T00:00:00Z")
    origin.git("checkout", "--quiet", "side")
    origin.write("side")
    origin.commit("Add side", at="2026-06-01T00:00:00Z")
    origin.git("checkout", "--quiet", "main")
    origin.git("merge", "--quiet", "--no-ff", "side", at="2026-06-02T00:00:00Z")
    origin.write("last")
    origin.commit("Add last", at="2026-06-03T00:00:00Z")
    since = datetime(2026, 4, 1, tzinfo=UTC)
    async with workspaces.checkout("acme/shop", history=since) as tree:
        changes = await tree.history(since)
    found = {change.subject: change.paths for change in changes}
    assert found == {
        "Add last": ("last",),
        "Add side": ("side",),
        "Add 5": ("new-5",),
        "Add 4": ("new-4",),
    }


async def test_a_quiet_window_has_no_changes(origin: Origin, workspaces: Workspaces) -> None:
    """When the newest commit is older than the window, the history is empty."""
    origin.write("a")
    origin.commit(at="2026-01-01T00:00:00Z")
    origin.write("b")
    origin.commit(at="2026-01-02T00:00:00Z")
    since = datetime(2026, 4, 1, tzinfo=UTC)
    async with workspaces.checkout("acme/shop", history=since) as tree:
        assert await tree.history(since) == []


async def test_refs_can_be_compared(origin: Origin, workspaces: Workspaces) -> None:
    """With `also`, a file can be read at another ref, and the parting point is known."""
    origin.write("a", b"one")
    one = origin.commit("One")
    origin.git("checkout", "--quiet", "-b", "side")
    origin.write("a", b"side")
    origin.commit("Side")
    origin.git("checkout", "--quiet", "main")
    origin.write("a", b"two")
    two = origin.commit("Two")
    async with workspaces.checkout("acme/shop", history="all", also=["side"]) as tree:
        assert await tree.read_at("a", "side") == b"side"
        assert await tree.read_at("a", "") == b"two"
        assert await tree.read_at("b", "side") is None
        assert await tree.read_at("a\nb", "side") is None
        assert await tree.merge_base("", "side") == one
        assert await tree.first_parents() == [two, one]


async def test_lines_are_counted_where_contents_are_there(
    origin: Origin, workspaces: Workspaces
) -> None:
    """Added and deleted lines come from git; binary files count none."""
    origin.write("a", b"1\n2\n3\n")
    origin.write("b.bin", b"\0\1")
    origin.commit("One")
    origin.write("a", b"1\n2\n4\n5\n")
    origin.commit("Two")
    async with workspaces.checkout("acme/shop", history="all", contents=True) as tree:
        two, one = await tree.history(lines=True)
    assert (two.added, two.deleted, two.paths) == (2, 1, ("a",))
    assert (one.added, one.deleted, one.paths) == (3, 0, ("a", "b.bin"))


async def test_merges_are_left_out_and_empty_commits_stay(
    origin: Origin, workspaces: Workspaces
) -> None:
    """A merge changes nothing by itself; an empty commit has no paths."""
    origin.write("a")
    origin.commit("One")
    origin.git("checkout", "--quiet", "-b", "side")
    origin.write("b")
    origin.commit("Side")
    origin.git("checkout", "--quiet", "main")
    origin.commit("Empty", at="2026-06-02T00:00:00Z")
    origin.git("merge", "--quiet", "--no-ff", "--message", "Merge", "side")
    origin.publish()
    async with workspaces.checkout("acme/shop", history="all") as tree:
        changes = await tree.history()
    assert sorted((change.subject, change.paths) for change in changes) == [
        ("Empty", ()),
        ("One", ("a",)),
        ("Side", ("b",)),
    ]


async def test_a_file_called_like_a_commit_does_not_confuse(
    origin: Origin, workspaces: Workspaces
) -> None:
    """Names that look like git's own output are still names."""
    origin.write("0" * 40)
    origin.write(":100644 looks like git")
    origin.commit("One")
    origin.write("f" * 40)
    origin.commit("f" * 40)
    async with workspaces.checkout("acme/shop", history="all") as tree:
        changes = await tree.history()
    assert [(change.subject, set(change.paths)) for change in changes] == [
        ("f" * 40, {"f" * 40}),
        ("One", {"0" * 40, ":100644 looks like git"}),
    ]
