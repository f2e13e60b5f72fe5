"""What is open in a repository, remembered so that one call says what has changed since."""

import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

KEEP_SECONDS = 3600.0
MAX_LISTS = 32


class Entry(Protocol):
    """Something with a number that is open or not."""

    @property
    def number(self) -> int: ...
    @property
    def updated_at(self) -> datetime: ...
    @property
    def is_open(self) -> bool: ...
    @property
    def is_settled(self) -> bool: ...


T = TypeVar("T", bound=Entry)
M = TypeVar("M")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Page(Generic[T, M]):
    """A page of a list, the `mark` of the whole, and whether more pages follow."""

    items: list[T]
    mark: M
    more: bool


Pages = AsyncGenerator[Page[T, M], None]


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T, M]):
    items: dict[int, T]
    mark: M
    newest: datetime
    expires: float


class Register(Generic[T, M]):
    """Remembers lists for an hour.

    What is remembered holds for as long as the mark is the same, such as the time of the last
    push, and nothing in it was still unsettled; all that has changed fits on one page.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lists: OrderedDict[object, _Kept[T, M]] = OrderedDict()

    async def open(
        self, name: object, every: Callable[[], Pages[T, M]], changed: Callable[[], Pages[T, M]]
    ) -> tuple[list[T], M | None]:
        """Return what is open, by number, and the mark.

        `every` yields all that is open, `changed` what was updated last, open or not.
        """
        kept = self._lists.get(name)
        if kept and kept.expires > self._clock():
            async with aclosing(changed()) as pages:
                page = await anext(pages)
            oldest = min((each.updated_at for each in page.items), default=None)
            reaches = not page.more or (oldest is not None and oldest < kept.newest)
            if page.mark == kept.mark and reaches:
                items = kept.items | {each.number: each for each in page.items}
                return self._keep(name, items, page.mark, kept.expires)
        items, mark = {}, None
        async with aclosing(every()) as pages:
            async for page in pages:
                items |= {each.number: each for each in page.items}
                mark = page.mark
        return self._keep(name, items, mark, self._clock() + KEEP_SECONDS)

    def _keep(
        self, name: object, items: dict[int, T], mark: M | None, expires: float
    ) -> tuple[list[T], M | None]:
        times = [each.updated_at for each in items.values()]
        found = {number: each for number, each in sorted(items.items()) if each.is_open}
        self._lists.pop(name, None)
        if mark is not None and times and all(each.is_settled for each in found.values()):
            self._lists[name] = _Kept(found, mark, max(times), expires)
        while len(self._lists) > MAX_LISTS:
            self._lists.popitem(last=False)
        return list(found.values()), mark


class Memo(Generic[V]):
    """Remembers one thing for each name, for an hour and for as long as its mark is the same."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held: OrderedDict[object, tuple[object, float, V]] = OrderedDict()

    def get(self, name: object, mark: object) -> V | None:
        """Return what was remembered under this mark."""
        known, expires, value = self._held.get(name) or (None, 0.0, None)
        return value if known == mark and expires > self._clock() else None

    def put(self, name: object, mark: object, value: V) -> V:
        """Remember a value, and return it."""
        self._held.pop(name, None)
        self._held[name] = (mark, self._clock() + KEEP_SECONDS, value)
        while len(self._held) > MAX_LISTS:
            self._held.popitem(last=False)
        return value
