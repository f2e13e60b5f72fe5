"""One folder per checkout, under one quota, gone afterwards even when the process was killed."""

import asyncio
import fcntl
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar

from integrations.errors import Refused
from integrations.meter import in_thread

T = TypeVar("T")

PREFIX = "checkout-"
LOCK = "lock"
WATCH_SECONDS = 0.2


class Folders:
    """Gives out folders below `root` that together hold at most `quota_bytes`."""

    def __init__(self, root: Path, quota_bytes: int) -> None:
        self._root = root
        self._quota = quota_bytes
        self._used: dict[Path, int] = {}

    @asynccontextmanager
    async def folder(self) -> AsyncIterator[Path]:
        """Lend an empty folder; its lock tells other processes that it is in use."""
        await in_thread(self._sweep)
        # Not in a thread: cancelled meanwhile, the folder would be made and never removed.
        path, lock = self._make()
        self._used[path] = 0
        try:
            yield path
        finally:
            del self._used[path]
            await asyncio.shield(in_thread(_remove, path, lock))

    async def watch(self, folder: Path, work: Awaitable[T]) -> T:
        """Do `work` that fills the folder, and stop it where it would pass the quota."""
        task = asyncio.ensure_future(work)
        try:
            while True:
                done, _ = await asyncio.wait({task}, timeout=WATCH_SECONDS)
                self._used[folder] = await in_thread(_size, folder)
                self._hold_quota()
                if done:
                    return task.result()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def used(self, folder: Path) -> int:
        """Return the bytes that a folder held when it was last looked at."""
        return self._used[folder]

    def fill(self, folder: Path, size: int) -> None:
        """Count bytes that are about to be written."""
        self._used[folder] += size
        self._hold_quota()

    def _hold_quota(self) -> None:
        if sum(self._used.values()) > self._quota:
            raise Refused(
                f"The checkout needs more than the {self._quota // 1_000_000} MB that all "
                "checkouts may use: raise FLOWBOT_WORKSPACE_QUOTA_MB, or try again later."
            )

    def _sweep(self) -> None:
        self._root.mkdir(parents=True, exist_ok=True)
        for old in self._root.glob(f"{PREFIX}*"):
            _remove_abandoned(old)

    def _make(self) -> tuple[Path, int]:
        path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=self._root))
        lock = os.open(path / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return path, lock


def _remove_abandoned(path: Path) -> None:
    """Remove a folder whose process is gone: with it went its lock."""
    try:
        lock = os.open(path / LOCK, os.O_RDWR)
    except OSError:
        return  # being made or being removed by another process
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
    else:
        _remove(path, lock)


def _remove(path: Path, lock: int) -> None:
    shutil.rmtree(path, ignore_errors=True)
    os.close(lock)


def _size(path: Path) -> int:
    """Return the bytes below a folder; what vanishes while we look counts nothing."""
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(folder, name)).st_size  # noqa: PTH118 - hot loop
    return total
