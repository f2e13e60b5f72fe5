"""Lists that GitHub sorts by time, remembered so that the next look asks only for what is new."""

import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

T = TypeVar("T")

KEEP_SECONDS = 3600.0
MAX_LISTS = 32


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T]):
    """What one list held: complete back to `since`, unchanged for all before `settled`."""

    items: dict[int, T]
    since: datetime
    settled: datetime
    expires: float
    is_open: bool
    mark: str


class Shelf(Generic[T]):
    """Remembers lists for an hour, since some changes leave an item's time as it was.

    `key` names an item, `at` is the time by which GitHub sorts (newest first), and `open` says
    that an item may still change without moving in that order.
    """

    def __init__(
        self,
        *,
        key: Callable[[T], int],
        at: Callable[[T], datetime],
        is_open: Callable[[T], bool] = lambda _: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._key = key
        self._at = at
        self._open = is_open
        self._clock = clock
        self._lists: OrderedDict[object, _Kept[T]] = OrderedDict()

    async def newest(
        self,
        name: object,
        since: datetime,
        pages: AsyncGenerator[list[T], None],
        mark: str = "",
        news: AsyncGenerator[list[T], None] | None = None,
    ) -> list[T]:
        """Return the items from `since` on, newest first; pages are read as far as needed.

        None is read while the `mark` of the list is the one that it had, and no item is open.
        What is new to a list that is known is read from the pages of `news`, where they are others.
        """
        kept = self._lists.get(name)
        if kept and (kept.expires < self._clock() or kept.since > since):
            kept = None
        source = news if kept and news else pages
        async with aclosing(source):
            if kept and mark and mark == kept.mark and not kept.is_open:
                items = kept.items
            else:
                items = await self._read(source, max(since, kept.settled) if kept else since)
                items = {**kept.items, **items} if kept else items
        self._keep(name, since, items, kept, mark)
        return sorted(
            (item for item in items.values() if self._at(item) >= since),
            key=self._at,
            reverse=True,
        )

    async def _read(self, pages: AsyncGenerator[list[T], None], stop: datetime) -> dict[int, T]:
        fresh: dict[int, T] = {}
        async for page in pages:
            fresh |= {self._key(item): item for item in page if self._at(item) >= stop}
            if page and self._at(page[-1]) < stop:
                break
        return fresh

    def _keep(
        self,
        name: object,
        since: datetime,
        items: dict[int, T],
        kept: _Kept[T] | None,
        mark: str,
    ) -> None:
        if items or mark:
            moving = [self._at(item) for item in items.values() if self._open(item)]
            settled = min(moving or [max(map(self._at, items.values()), default=since)])
            oldest = kept.since if kept else since
            expires = kept.expires if kept else self._clock() + KEEP_SECONDS
            self._lists[name] = _Kept(items, oldest, settled, expires, bool(moving), mark)
            self._lists.move_to_end(name)
        while len(self._lists) > MAX_LISTS:
            self._lists.popitem(last=False)
