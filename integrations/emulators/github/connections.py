"""Pages of GraphQL lists: cursors, bounds and counts as GitHub has them."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from integrations.emulators.github.calls import stamp
from integrations.emulators.github.records import EPOCH

PAGE_LIMIT = 100
T = TypeVar("T")


class Trouble(Exception):
    """A query that GitHub answers with an entry in `errors`; `kind` is its `type` there."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class PageInfo:
    start_cursor: str | None
    end_cursor: str | None
    has_next_page: bool
    has_previous_page: bool


@dataclass(frozen=True, slots=True)
class Span:
    """Which part of a list of `total` items was asked for: from `start` up to `end`."""

    start: int
    end: int
    total: int

    @property
    def page_info(self) -> PageInfo:
        some = self.end > self.start
        return PageInfo(
            start_cursor=_cursor(self.start) if some else None,
            end_cursor=_cursor(self.end - 1) if some else None,
            has_next_page=self.end < self.total,
            has_previous_page=self.start > 0,
        )


@dataclass(frozen=True, slots=True)
class Connection(Generic[T]):
    """One page of a list."""

    nodes: list[T]
    total_count: int
    page_info: PageInfo

    @property
    def filtered_count(self) -> int:
        return self.total_count

    @property
    def page_count(self) -> int:
        return len(self.nodes)

    @property
    def updated_at(self) -> str:
        return stamp(EPOCH)


def span(name: str, total: int, page: Mapping[str, object]) -> Span:
    """Read `first`, `last`, `after` and `before`; raise Trouble as GitHub does for bad ones."""
    first, last = page.get("first"), page.get("last")
    size = first if isinstance(first, int) else last
    if not isinstance(size, int):
        raise Trouble(
            "MISSING_PAGINATION_BOUNDARIES",
            f"You must provide a `first` or `last` value to properly paginate the `{name}` "
            "connection.",
        )
    if size > PAGE_LIMIT or size < 0:
        raise Trouble(
            "EXCESSIVE_PAGINATION",
            f"Requesting {size} records on the `{name}` connection exceeds the `first` limit of "
            f"{PAGE_LIMIT} records.",
        )
    start = _position(page.get("after"), name, -1) + 1
    end = min(total, _position(page.get("before"), name, total))
    if isinstance(first, int):
        return Span(min(start, total), max(min(start, total), min(end, start + size)), total)
    return Span(max(start, end - size), end, total)


def connection(
    name: str, items: Sequence[T], wrap: Callable[[T], object], page: Mapping[str, object]
) -> Connection[object]:
    """Return the page of `items` that a query asked for, each as its node."""
    part = span(name, len(items), page)
    return Connection(
        [wrap(one) for one in items[part.start : part.end]], part.total, part.page_info
    )


def _cursor(index: int) -> str:
    return base64.b64encode(f"cursor:v2:{index}".encode()).decode()


def _position(cursor: object, name: str, default: int) -> int:
    if cursor is None:
        return default
    try:
        return int(base64.b64decode(str(cursor), validate=True).decode().rpartition(":")[2])
    except (binascii.Error, ValueError):
        words = f"`{cursor}` does not appear to be a valid cursor for the `{name}` connection."
        raise Trouble("INVALID_CURSOR_ARGUMENTS", words) from None
