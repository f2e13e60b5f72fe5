"""Checkouts of hostile, odd and large repositories, made by the real git."""

import asyncio
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from integrations.errors import NotFound, Refused, Transient
from integrations.git import Patience, TagRef, Workspaces
from integrations.git.command import Git, GitFailed
from integrations.meter import IoOutsideStep, Meter, metered
from tests.integrations.git.conftest import Origin


async def test_a_checkout_holds_the_files_of_its_commit(
    origin: Origin, workspaces: Workspaces
) -> None:
    """Paths, sizes and contents are those of the default branch."""
    origin.write("src/app.py", b"print('hi')\n")
    sha = origin.commit()
    async with workspaces.checkout("acme/shop") as tree:
        assert tree.commit == sha
        assert [(file.path, file.size, file.kind) for file in tree.files] == [
            ("src/app.py", 12, "file")
        ]
        assert (tree.root / "src/app.py").read_text() == "print('hi')\n"
        assert await tree.text("src/app.py") == "print('hi')\n"


async def test_nothing_is_left_after_the_block(
    origin: Origin, workspaces: Workspaces, left: Callable[[], list[Path]]
) -> None:
    """The folder goes away after success and after an error."""
    origin.write("a")
    origin.commit()
    async with workspaces.checkout("acme/shop"):
        assert len(left()) == 1
    assert left() == []
    with pytest.raises(ZeroDivisionError):
        async with workspaces.checkout("acme/shop"):
            raise ZeroDivisionError
    assert left() == []


async def test_what_a_killed_process_left_is_swept(
    origin: Origin, workspaces: Workspaces, left: Callable[[], list[Path]], tmp_path: Path
) -> None:
    """A folder whose lock nobody holds is removed by the next checkout."""
    origin.write("a")
    origin.commit()
    abandoned = tmp_path / "checkouts" / "checkout-old"
    abandoned.mkdir(parents=True)
    (abandoned / "lock").touch()
    (abandoned / "big").write_bytes(b"x")
    async with workspaces.checkout("acme/shop"), workspaces.checkout("acme/shop"):
        assert abandoned not in left()
        assert len(left()) == 2


@pytest.mark.parametrize(
    "name",
    [
        "with space.txt",
        "übung/日本.txt",
        "line\nbreak",
        "tab\there",
        "-dash",
        "*.py",
        "'quote\"",
        "\\x",
    ],
)
async def test_any_file_name_survives(origin: Origin, workspaces: Workspaces, name: str) -> None:
    """Names are data: they come back as they are, in the list, on disk and in the history."""
    origin.write(name, b"content")
    origin.commit()
    async with workspaces.checkout("acme/shop", history="all") as tree:
        assert [file.path for file in tree.files] == [name]
        assert await tree.read(name) == b"content"
        assert [change.paths for change in await tree.history()] == [(name,)]


async def test_a_name_that_is_no_utf_8_is_written_out(
    origin: Origin, workspaces: Workspaces
) -> None:
    """Such a name stays readable text, the same in the list, on disk and in the history."""
    origin.write(b"caf\xe9.txt", b"content")
    origin.commit()
    async with workspaces.checkout("acme/shop", history="all") as tree:
        assert [file.path for file in tree.files] == ["caf\\xe9.txt"]
        assert await tree.read("caf\\xe9.txt") == b"content"
        assert [change.paths for change in await tree.history()] == [("caf\\xe9.txt",)]


async def test_a_link_out_of_the_checkout_is_a_text_file(
    origin: Origin, workspaces: Workspaces, tmp_path: Path
) -> None:
    """A symlink is never followed, not even to a folder that later files lie in."""
    (tmp_path / "secret").write_text("secret")
    (origin.tree / "link").symlink_to(tmp_path / "secret")
    origin.commit()
    async with workspaces.checkout("acme/shop") as tree:
        (link,) = tree.files
        assert link.kind == "symlink"
        assert not (tree.root / "link").is_symlink()
        assert await tree.text("link") == str(tmp_path / "secret")


async def test_a_path_cannot_climb_out(origin: Origin, workspaces: Workspaces) -> None:
    """Only tracked files can be read, whatever path is asked for."""
    origin.write("a")
    origin.commit()
    async with workspaces.checkout("acme/shop") as tree:
        for path in ("../git/config", "/etc/hostname", "a/../../git/HEAD", ".", "", "nope", "\0"):
            with pytest.raises(NotFound):
                await tree.read(path)


async def test_a_tree_that_climbs_out_is_not_written(
    origin: Origin, workspaces: Workspaces, left: Callable[[], list[Path]]
) -> None:
    """A commit made by hand may hold `..`; its file is listed and stays away."""
    blob = origin.git("hash-object", "-w", "--stdin", stdin=b"evil")
    inner = origin.git("mktree", stdin=f"100644 blob {blob}\tescape\n".encode())
    # `hash-object --literally` takes a tree that mktree would refuse.
    raw = b"40000 ..\0" + bytes.fromhex(inner)
    top = origin.git("hash-object", "-w", "-t", "tree", "--literally", "--stdin", stdin=raw)
    sha = origin.git("commit-tree", "-m", "evil", top)
    origin.git("update-ref", "refs/heads/main", sha)
    origin.publish()
    async with workspaces.checkout("acme/shop") as tree:
        assert [(file.path, file.here) for file in tree.files] == [("../escape", False)]
        (folder,) = left()
        assert not list(folder.rglob("escape"))


async def test_a_submodule_is_marked_and_not_fetched(
    origin: Origin, workspaces: Workspaces
) -> None:
    """A submodule is one line in the list."""
    origin.write("a")
    sha = origin.commit()
    origin.write(
        ".gitmodules", b'[submodule "sub"]\n\tpath = sub\n\turl = https://evil.example/x\n'
    )
    origin.git("update-index", "--add", "--cacheinfo", f"160000,{sha},sub")
    origin.git("add", ".gitmodules")
    origin.git("commit", "--quiet", "--message", "Add a submodule")
    origin.publish()
    async with workspaces.checkout("acme/shop") as tree:
        kinds = {file.path: file.kind for file in tree.files}
        assert kinds == {".gitmodules": "file", "a": "file", "sub": "submodule"}
        assert not (tree.root / "sub").exists()


async def test_nothing_that_a_repository_configures_runs(
    origin: Origin, workspaces: Workspaces, tmp_path: Path
) -> None:
    """Hooks, filters, textconv and LFS attributes are text and nothing else."""
    marker = tmp_path / "ran"
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
    origin.write(
        ".gitattributes", b"*.bin filter=lfs diff=lfs -text\n*.txt filter=evil diff=evil\n"
    )
    origin.write(".gitconfig", f'[filter "evil"]\n\tsmudge = touch {marker}\n'.encode())
    origin.write(".githooks/post-checkout", f"#!/bin/sh\ntouch {marker}\n".encode())
    origin.write("model.bin", pointer)
    origin.write("a.txt", b"line\r\n")
    origin.commit()
    bare = origin.root / "acme" / "shop.git"
    (bare / "hooks").mkdir(exist_ok=True)
    for hook in ("post-checkout", "reference-transaction", "post-upload-pack"):
        (bare / "hooks" / hook).write_text(f"#!/bin/sh\ntouch {marker}\n")
        (bare / "hooks" / hook).chmod(0o755)
    async with workspaces.checkout("acme/shop", history="all", contents=True) as tree:
        assert await tree.read("model.bin") == pointer
        assert await tree.read("a.txt") == b"line\r\n"
        assert len(await tree.history(lines=True)) == 1
        assert not any(os.access(path, os.X_OK) for path in tree.root.rglob("*") if path.is_file())
    assert not marker.exists()


async def test_a_large_file_stays_on_the_server(
    origin: Origin, workspaces: Workspaces, left: Callable[[], list[Path]]
) -> None:
    """Fifty megabytes are listed as large and never travel."""
    origin.write("big.dat", os.urandom(50_000_000))
    origin.write("small.txt")
    origin.commit()
    meter = Meter()
    with metered(meter):
        async with workspaces.checkout("acme/shop", history="all") as tree:
            big, small = tree.files
            assert (big.path, big.here, small.here) == ("big.dat", False, True)
            assert big.size >= 2_000_000
            with pytest.raises(NotFound):
                await tree.read("big.dat")
            assert await tree.read_at("big.dat", "") is None
            assert {path for c in await tree.history() for path in c.paths} == {
                "big.dat",
                "small.txt",
            }
    assert meter.bytes["git"] < 1_000_000
    assert meter.calls["git"] >= 3


async def test_a_server_without_filters_is_read_all_the_same(
    origin: Origin, workspaces: Workspaces
) -> None:
    """Where the server sends large files anyway, they are still left out of the folder."""
    bare = origin.root / "acme" / "shop.git"
    origin.git("-C", str(bare), "config", "uploadpack.allowFilter", "false")
    origin.write("big.dat", os.urandom(3_000_000))
    origin.write("small.txt", b"small")
    origin.commit()
    async with workspaces.checkout("acme/shop") as tree:
        assert [(f.path, f.size, f.here) for f in tree.files] == [
            ("big.dat", 3_000_000, False),
            ("small.txt", 5, True),
        ]


async def test_a_checkout_above_the_quota_is_refused(
    origin: Origin, tmp_path: Path, left: Callable[[], list[Path]]
) -> None:
    """The quota is one for all checkouts, and a refused one leaves nothing."""
    origin.write("a.dat", os.urandom(1_500_000))
    origin.write("b.dat", os.urandom(1_500_000))
    origin.commit()
    small = Workspaces(
        tmp_path / "checkouts",
        server=f"file://{origin.root}",
        protocols=("file",),
        quota_bytes=2_000_000,
    )
    with pytest.raises(Refused, match="FLOWBOT_CHECKOUT_QUOTA_MB"):
        async with small.checkout("acme/shop"):
            pass
    assert left() == []


async def test_a_binary_or_very_long_file_is_no_text(
    origin: Origin, workspaces: Workspaces
) -> None:
    """Text is asked for by those who parse it; what cannot be parsed is None."""
    origin.write("picture.png", b"\x89PNG\0\0")
    origin.write("long.txt", b"x" * 1_000_001)
    origin.write("latin.txt", b"caf\xe9")
    origin.commit()
    async with workspaces.checkout("acme/shop") as tree:
        assert await tree.text("picture.png") is None
        assert await tree.text("long.txt") is None
        assert await tree.text("latin.txt") == "caf\N{REPLACEMENT CHARACTER}"
        assert await tree.read("long.txt", most=3) == b"xxx"


@pytest.mark.parametrize(
    "ref",
    ["--upload-pack=touch x", "-x", "a..b", "a b", "*", "a:b", "@{1}", "nope", "x.lock", "a\nb"],
)
async def test_a_ref_is_never_an_option(origin: Origin, workspaces: Workspaces, ref: str) -> None:
    """A ref that git would misread is simply not there."""
    origin.write("a")
    origin.commit()
    with pytest.raises(NotFound):
        async with workspaces.checkout("acme/shop", ref):
            pass


async def test_a_ref_may_be_a_branch_a_tag_or_a_commit(
    origin: Origin, workspaces: Workspaces
) -> None:
    """Annotated tags are peeled; a branch goes before a tag of the same name."""
    origin.write("a", b"one")
    one = origin.commit("One")
    origin.git("tag", "v1")
    origin.git("tag", "--annotate", "--message", "Two", "v2")
    origin.git("tag", "feature/x")
    origin.write("a", b"two")
    two = origin.commit("Two")
    origin.git("branch", "feature/x")
    origin.publish()
    for ref, sha in (("v1", one), ("v2", one), (one, one), ("feature/x", two), ("main", two)):
        async with workspaces.checkout("acme/shop", ref) as tree:
            assert (tree.commit, tree.ref) == (sha, ref)
            assert TagRef("v2", one) in tree.tags


@pytest.mark.parametrize("repo", ["acme", "../x", "a/b/c", "-x/y", "acme/..", "https://x/y"])
async def test_only_owner_and_name_can_be_cloned(workspaces: Workspaces, repo: str) -> None:
    """An address from outside never becomes a clone."""
    with pytest.raises(Refused, match="owner/name"):
        async with workspaces.checkout(repo):
            pass


async def test_what_is_missing_is_said_plainly(origin: Origin, workspaces: Workspaces) -> None:
    """No repository, no commit in it, no such commit: three different answers."""
    with pytest.raises(NotFound, match="no repository acme/nope"):
        async with workspaces.checkout("acme/nope"):
            pass
    with pytest.raises(NotFound, match="empty"):
        async with workspaces.checkout("acme/shop"):
            pass
    origin.write("a")
    origin.commit()
    with pytest.raises(NotFound, match="no such commit"):
        async with workspaces.checkout("acme/shop", "0" * 39 + "1"):
            pass


async def test_other_protocols_are_closed(origin: Origin, tmp_path: Path) -> None:
    """Without the test's permission a path on this disk is no server."""
    origin.write("a")
    origin.commit()
    strict = Workspaces(tmp_path / "checkouts", server=f"file://{origin.root}")
    with pytest.raises(Refused, match="https://"):
        async with strict.checkout("acme/shop"):
            pass


async def test_the_token_is_in_no_place_that_others_see(
    origin: Origin, tmp_path: Path, left: Callable[[], list[Path]]
) -> None:
    """The secret is neither in a file of the checkout nor in what objects print."""
    secret = "ghs_" + "x" * 300
    asked: list[str] = []

    async def token(repo: str) -> str:
        asked.append(repo)
        return secret

    origin.write("a")
    origin.commit()
    signed = Workspaces(
        tmp_path / "checkouts", server=f"file://{origin.root}", protocols=("file",), token=token
    )
    async with signed.checkout("acme/shop", history="all") as tree:
        assert asked == ["acme/shop"]
        assert "x-access-token" not in repr(tree)
        for path in left()[0].rglob("*"):
            assert not path.is_file() or b"Basic" not in path.read_bytes()
    assert secret not in repr(Git(tmp_path, secrets=(("a", secret),)))


async def test_a_checkout_is_input_and_needs_a_step(workspaces: Workspaces) -> None:
    """Between steps a flow cannot reach for a repository."""
    with metered(Meter(reads=False)), pytest.raises(IoOutsideStep):
        async with workspaces.checkout("acme/shop"):
            pass


async def test_git_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    """A time-out ends git together with its helpers and is worth another try."""
    waiting = Git(tmp_path, secrets=(("alias.wait", "!cat"),))
    with pytest.raises(Transient, match="too long"):
        async with waiting.process("wait", within=0.05) as process:
            await process.wait()
    assert process.returncode is not None


async def test_a_cancelled_checkout_leaves_nothing(
    origin: Origin, workspaces: Workspaces, left: Callable[[], list[Path]]
) -> None:
    """Stopping a run while git works stops git and removes the folder."""
    origin.write("a")
    origin.commit()

    async def use() -> None:
        async with workspaces.checkout("acme/shop"):
            raise AssertionError("it was stopped before")

    task = asyncio.create_task(use())
    while not left():  # noqa: ASYNC110 - nothing else says that the folder is there
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert left() == []


async def test_git_failing_tells_its_reason_only_to_us(tmp_path: Path) -> None:
    """Git's own words may name addresses: they choose the error and are not in it."""
    with pytest.raises(GitFailed) as failed:
        await Git(tmp_path).run("rev-parse", "nope", within=30)
    assert "not a git repository" in failed.value.said
    assert "repository" not in str(failed.value)


async def test_an_unreachable_server_is_worth_another_try(tmp_path: Path) -> None:
    """A refused connection is transient."""
    nowhere = Workspaces(
        tmp_path, server="http://127.0.0.1:9", patience=Patience(fetch=30, read=30)
    )
    with pytest.raises(Transient):
        async with nowhere.checkout("acme/shop"):
            pass


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
