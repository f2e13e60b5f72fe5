"""Repositories on disk that a checkout is made from, by the real git."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from integrations.git import Workspaces

GIT = shutil.which("git") or "git"
# Random bytes do not get smaller: no time is spent on trying.
FAST = ("-c", "core.compression=0", "-c", "core.bigFileThreshold=1m")


@dataclass(frozen=True)
class Origin:
    """A bare repository `acme/shop` below `root`, and the work tree that fills it."""

    root: Path
    tree: Path

    def git(self, *arguments: str, at: str = "2026-06-01T12:00:00Z", stdin: bytes = b"") -> str:
        """Run git in the work tree, as Ada, at a fixed time."""
        env = {
            "PATH": "/usr/bin:/bin:/usr/local/bin",
            "HOME": str(self.root),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_AUTHOR_NAME": "Ada",
            "GIT_AUTHOR_EMAIL": "ada@acme.example",
            "GIT_COMMITTER_NAME": "Ada",
            "GIT_COMMITTER_EMAIL": "ada@acme.example",
            "GIT_AUTHOR_DATE": at,
            "GIT_COMMITTER_DATE": at,
        }
        done = subprocess.run(  # noqa: S603 - the tests' own arguments
            [GIT, *FAST, *arguments],
            cwd=self.tree,
            env=env,
            input=stdin,
            capture_output=True,
            check=True,
        )
        return done.stdout.decode(errors="replace").strip()

    def write(self, name: str | bytes, content: bytes = b"text\n") -> None:
        path = bytes(self.tree) + b"/" + (name if isinstance(name, bytes) else name.encode())
        target = Path(path.decode("utf-8", "surrogateescape"))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    def commit(self, message: str = "Change", at: str = "2026-06-01T12:00:00Z") -> str:
        """Commit everything, publish it and return the commit."""
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "--message", message, at=at)
        self.publish()
        return self.git("rev-parse", "HEAD")

    def publish(self) -> None:
        self.git("push", "--quiet", "--all", "origin")
        self.git("push", "--quiet", "--tags", "origin")


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    """Return an empty repository `acme/shop` that serves partial clones, as GitHub does."""
    root, tree = tmp_path / "server", tmp_path / "work"
    bare = root / "acme" / "shop.git"
    bare.mkdir(parents=True)
    tree.mkdir()
    made = Origin(root, tree)
    made.git("init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    made.git("-C", str(bare), "config", "uploadpack.allowFilter", "true")
    made.git("-C", str(bare), "config", "receive.unpackLimit", "1")
    made.git("-C", str(bare), "config", "uploadpack.allowAnySHA1InWant", "true")
    made.git("init", "--quiet", "--initial-branch=main", ".")
    made.git("remote", "add", "origin", str(bare))
    return made


@pytest.fixture
def workspaces(origin: Origin, tmp_path: Path) -> Workspaces:
    """Return workspaces that may, for once, read from this disk."""
    return Workspaces(tmp_path / "checkouts", server=f"file://{origin.root}", protocols=("file",))


@pytest.fixture
def left(tmp_path: Path) -> Callable[[], list[Path]]:
    """Return what is left of the checkouts."""
    return lambda: sorted((tmp_path / "checkouts").glob("*"))
