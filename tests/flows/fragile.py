"""A database that loses those who write to it."""

import asyncio
from collections.abc import Callable
from itertools import pairwise

from storage.database import Database, Write
from storage.fence import Lease


class Lost(BaseException):
    """The process is gone, in the middle of whatever it did."""


class FragileDatabase(Database):
    """A database whose client can be lost, right before or right after one of its commits."""

    _left = 0
    _again = 0
    _committed = False
    _player: asyncio.Task[object] | None = None

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.outside: Callable[[], object] = tuple
        self._seen: list[tuple[object, object]] = []

    @property
    def quiet(self) -> set[int]:
        """The writes after which nothing happened outside until the next one was tried.

        Whoever is lost right after such a write leaves what they would before the next commit.
        """
        pairs = enumerate(pairwise(self._seen), start=1)
        return {at for at, ((_, after), (before, _)) in pairs if after == before}

    def lose(self, at: int, *, committed: bool, again: bool = False) -> None:
        """Lose whoever plays at the `at`th write from now on, with or without its commit.

        With `again`, lose the next process in the same way, and so on.
        """
        self._left, self._committed, self._again = at, committed, at if again else 0
        self._seen.clear()
        self._player = asyncio.current_task()

    async def write(self, *writes: Write, lease: Lease | None = None, begins: bool = False) -> str:
        """Commit these writes together, or be lost."""
        if asyncio.current_task() is not self._player:
            # A note beside the run, such as "still running".
            return await super().write(*writes, lease=lease, begins=begins)
        self._left -= 1
        stop_by, before = "", self.outside()
        if self._left or self._committed:
            stop_by = await super().write(*writes, lease=lease, begins=begins)
        self._seen.append((before, self.outside()))
        if not self._left:
            self._left = self._again
            raise Lost
        return stop_by
