"""Files of a commit, written by us and not by git: no filter, link or attribute takes part."""

import asyncio
import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from integrations.errors import Refused
from integrations.git.child import Child
from integrations.git.command import Git
from integrations.git.models import Kind, TrackedFile, shown
from integrations.meter import in_thread

# Larger files stay on the server: nothing here analyses them.
MAX_FILE: Final = 2 * 1024 * 1024
MAX_FILES: Final = 500_000
BATCH_BYTES: Final = 4 * 1024 * 1024
BATCH_FILES: Final = 256
_KINDS: Final[dict[bytes, Kind]] = {b"120000": "symlink", b"160000": "submodule"}
# Names that a file system cannot hold, or holds already under another spelling.
_UNWRITABLE: Final = frozenset(
    {errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.EINVAL, errno.EILSEQ}
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the tree: `path` is the name we show and, on disk, the name we use."""

    path: str
    blob: str
    kind: Kind
    executable: bool


async def entries_of(git: Git, commit: str, *, within: float) -> list[Entry]:
    """Return all tracked paths of a commit, in git's order."""
    listed = await git.run("ls-tree", "-r", "-z", "--full-tree", commit, within=within)
    lines = listed.split(b"\0")[:-1]
    if len(lines) > MAX_FILES:
        raise Refused(f"The repository has more than {MAX_FILES:,} files, too many to read.")
    entries = []
    for line in lines:
        about, _, name = line.partition(b"\t")
        mode, _, blob = about.split(b" ", 2)
        kind = _KINDS.get(mode, "file")
        entries.append(Entry(shown(name), blob.decode(), kind, mode == b"100755"))
    return entries


async def write_contents(
    git: Git, entries: list[Entry], root: Path, *, fill: Callable[[int], None], within: float
) -> tuple[TrackedFile, ...]:
    """Write every small file below `root` and return what is tracked, in the same order.

    Links become text files that name their target. `fill` hears of bytes before they are
    written and may refuse them.
    """
    wanted = [entry for entry in entries if entry.kind != "submodule"]
    written: dict[str, TrackedFile] = {}
    batch: list[tuple[Entry, bytes]] = []
    waiting = 0
    async with git.process("cat-file", "--batch", "--buffer", within=within) as process:
        names = "".join(f"{entry.blob}\n" for entry in wanted).encode()
        feeding = asyncio.create_task(_feed(process, names))
        try:
            for entry in wanted:
                size, content = await _next_blob(process.stdout)
                if content is None:
                    written[entry.path] = _tracked(entry, size, here=False)
                    continue
                fill(size)
                batch.append((entry, content))
                waiting += size
                if waiting > BATCH_BYTES or len(batch) >= BATCH_FILES:
                    written |= await in_thread(_write, root, batch)
                    batch, waiting = [], 0
            written |= await in_thread(_write, root, batch)
        finally:
            feeding.cancel()
            await asyncio.gather(feeding, return_exceptions=True)
    return tuple(written.get(e.path) or _tracked(e, 0, here=False) for e in entries)


async def read_blob(git: Git, name: str, *, within: float) -> bytes | None:
    """Return the content that `commit:path` names; None where it is absent or too large."""
    async with git.process("cat-file", "--batch", within=within) as process:
        await _feed(process, f"{name}\n".encode())
        _, content = await _next_blob(process.stdout)
    return content


async def _feed(process: Child, names: bytes) -> None:
    process.stdin.write(names)
    await process.stdin.drain()
    process.stdin.close()


async def _next_blob(output: asyncio.StreamReader) -> tuple[int, bytes | None]:
    """Return the next object of `cat-file --batch`: its size, and its content if small."""
    header = (await output.readline()).split()
    if len(header) != 3 or header[1] != b"blob":  # noqa: PLR2004 - "<name> <type> <size>"
        return MAX_FILE, None
    size = int(header[2])
    if size <= MAX_FILE:
        return size, (await output.readexactly(size + 1))[:size]
    left = size + 1
    while left:
        left -= len(await output.readexactly(min(left, MAX_FILE)))
    return size, None


def _write(root: Path, batch: list[tuple[Entry, bytes]]) -> dict[str, TrackedFile]:
    return {
        entry.path: _tracked(entry, len(content), here=_write_one(root, entry.path, content))
        for entry, content in batch
    }


def _write_one(root: Path, path: str, content: bytes) -> bool:
    """Write one new file below `root`; False where no file can have this name."""
    if not is_inside(path):
        return False
    target = root / path
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        opened = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        if error.errno in _UNWRITABLE:
            return False
        raise
    with os.fdopen(opened, "wb") as file:
        file.write(content)
    return True


def is_inside(path: str) -> bool:
    """Return whether a tracked path stays below its root; git itself accepts worse."""
    return not any(part in {"", ".", ".."} for part in path.split("/"))


def _tracked(entry: Entry, size: int, *, here: bool) -> TrackedFile:
    return TrackedFile(entry.path, size, entry.kind, entry.executable, here)
