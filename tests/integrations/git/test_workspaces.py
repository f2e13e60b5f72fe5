"""Checkouts of hostile, odd and large repositories, made by the real git."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from integrations.errors import NotFound, Refused
from integrations.git import Workspaces
from integrations.meter import Meter, metered
from tests.integrations.doorkeeper import Doorkeeper
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
    gate = Doorkeeper()
    meter = Meter(gate=gate)
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
    assert meter.cpu > 0
    assert meter.peak > 1_000_000
    assert set(gate.heard) == {("git", "entered"), ("git", "answered Meter")}


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
    with pytest.raises(Refused, match="FLOWBOT_WORKSPACE_QUOTA_MB"):
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
