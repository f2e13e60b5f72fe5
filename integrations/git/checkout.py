"""A repository at one commit, read and parsed, never executed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from integrations.errors import NotFound
from integrations.git.command import Git, GitFailed
from integrations.git.contents import is_inside, read_blob
from integrations.git.history import FORMAT, changes_in
from integrations.git.models import Change, TagRef, TrackedFile
from integrations.meter import in_thread

READABLE = 1_000_000
# Where a text file has its first NUL, a picture or a program has one much earlier.
SNIFFED = 8_000


@dataclass(frozen=True, slots=True)
class Checkout:
    """Everything is local: no method goes over the network, and nothing in `root` is a link.

    `commits` maps each ref that was asked for to its commit, `commit` is the one in `root`.
    """

    repo: str
    ref: str
    commit: str
    root: Path
    files: tuple[TrackedFile, ...]
    tags: tuple[TagRef, ...]
    commits: Mapping[str, str]
    git: Git = field(repr=False)
    within: float = 120.0

    async def read(self, path: str, most: int = READABLE) -> bytes:
        """Return the first `most` bytes of a tracked file."""
        try:
            if is_inside(path):  # and below the root there is nothing but tracked files
                return await in_thread(_first_bytes, self.root / path, most)
        except (OSError, ValueError):
            pass  # a folder, or a name that no file can have
        raise NotFound(f"{self.repo} has no readable file {path} at {self.commit[:7]}.")

    async def text(self, path: str) -> str | None:
        """Return a tracked text file; None where it is binary or above 1 MB."""
        content = await self.read(path, READABLE + 1)
        if len(content) > READABLE or b"\0" in content[:SNIFFED]:
            return None
        return content.decode(errors="replace")

    async def read_at(self, path: str, ref: str) -> bytes | None:
        """Return a file at another ref that was asked for; None where it is not there."""
        if "\n" in path:
            return None  # git takes one name per line
        commit = self.commits[ref]
        return await read_blob(self.git, f"{commit}:{path}", within=self.within)

    async def history(self, since: datetime | None = None, *, lines: bool = False) -> list[Change]:
        """Return the commits since then, newest first, without merges.

        Reaches as far back as the checkout was opened for. `lines` counts added and deleted
        lines and needs a checkout that was opened with all contents.
        """
        cut = await in_thread(self._cut_off)
        counted = "--numstat" if lines else "--raw"
        options = ["-z", "--no-renames", "--no-merges", "--no-ext-diff", "--no-textconv", counted]
        if since:
            options.append(f"--since={since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
        arguments = ["log", f"--format={FORMAT}", *options, self.commit, "--"]
        async with self.git.process(*arguments, within=self.within) as process:
            changes = changes_in(process.stdout)
            # Without its parents, a commit at the edge seems to add every file there is.
            return [change async for change in changes if change.sha not in cut]

    async def first_parents(self, most: int = 20_000) -> list[str]:
        """Return the commits of the branch itself, newest first."""
        listed = await self.git.run(
            "rev-list", "--first-parent", f"--max-count={most}", self.commit, within=self.within
        )
        return listed.decode().split()

    async def merge_base(self, one: str, other: str) -> str | None:
        """Return where two refs that were asked for parted; None where nothing tells."""
        names = [self.commits[one], self.commits[other]]
        try:
            found = await self.git.run("merge-base", *names, within=self.within)
        except GitFailed:
            return None
        return found.decode().strip()

    def _cut_off(self) -> frozenset[str]:
        shallow = self.git.directory / "shallow"
        return frozenset(shallow.read_text().split()) if shallow.exists() else frozenset()


def _first_bytes(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        return file.read(most)
