"""Lists as Linear gives them: filtered, ordered, and a page at a time."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from operator import contains, eq, ge, gt, le, lt, ne
from typing import Any, TypeAlias

from integrations.emulators.linear.records import Entity

USUAL, MOST = 50, 250
_SPAN = re.compile(r"(-?)P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?")
_DAYS = (365, 30, 7, 1)
Filter: TypeAlias = Mapping[str, Any]
NEGATIVE = ("neq", "nin", "not_contains", "neq_ignore_case")
OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "null": lambda value, wanted: (value is None) is bool(wanted),
    "eq": eq,
    "neq": ne,
    "in": lambda value, wanted: value in wanted,
    "nin": lambda value, wanted: value not in wanted,
    "gt": gt,
    "gte": ge,
    "lt": lt,
    "lte": le,
    "contains": contains,
    "contains_ignore_case": lambda value, wanted: wanted.lower() in value.lower(),
    "not_contains": lambda value, wanted: wanted not in value,
    "starts_with": str.startswith,
    "ends_with": str.endswith,
    "eq_ignore_case": lambda value, wanted: value.lower() == wanted.lower(),
    "neq_ignore_case": lambda value, wanted: value.lower() != wanted.lower(),
}


class Trouble(Exception):
    """What Linear answers with an entry in `errors`; `told` is its wording for people."""

    def __init__(
        self, message: str, told: str = "", *, code: str = "INPUT_ERROR", kind: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.told = told or message
        self.code = code
        self.kind = kind or {"INPUT_ERROR": "invalid input"}.get(code, code.lower())


@dataclass(frozen=True, slots=True)
class PageInfo:
    start_cursor: str | None
    end_cursor: str | None
    has_next_page: bool
    has_previous_page: bool


@dataclass(frozen=True, slots=True)
class Edge:
    node: Entity
    cursor: str


@dataclass(frozen=True, slots=True)
class Connection:
    """One page of a list."""

    nodes: list[Entity]
    page_info: PageInfo

    @property
    def edges(self) -> list[Edge]:
        return [Edge(node, node.id) for node in self.nodes]


def page_of(items: Iterable[Entity], asked: Filter, now: datetime) -> Connection:
    """Return the page that was asked for: the newest first, what is archived left out."""
    wanted = asked.get("filter") or {}
    found = [
        item
        for item in items
        if (item.archived_at is None or asked.get("include_archived")) and fits(item, wanted, now)
    ]
    by = "updated_at" if asked.get("order_by") == "updatedAt" else "created_at"
    found.reverse()  # of two of the same moment the later one comes first, too
    found.sort(key=lambda item: getattr(item, by), reverse=True)
    first, last = asked.get("first"), asked.get("last")
    if first is not None and last is not None:
        raise Trouble("Argument Validation Error: first and last exclude each other")
    size = first if first is not None else last if last is not None else USUAL
    if not 0 < size <= MOST:
        raise Trouble(f"Argument Validation Error: a page has 1 to {MOST} nodes")
    start = _position(found, asked.get("after"), -1) + 1
    end = _position(found, asked.get("before"), len(found))
    if last is not None:
        start = max(start, end - size)
    nodes = found[start : min(end, start + size)]
    return Connection(
        nodes,
        PageInfo(
            start_cursor=nodes[0].id if nodes else None,
            end_cursor=nodes[-1].id if nodes else None,
            has_next_page=start + len(nodes) < len(found),
            has_previous_page=start > 0,
        ),
    )


def _position(found: list[Entity], cursor: str | None, default: int) -> int:
    if cursor is None:
        return default
    for index, item in enumerate(found):
        if item.id == cursor:
            return index
    raise Trouble(f"Invalid cursor: {cursor}")


def fits(item: Entity, wanted: Filter, now: datetime) -> bool:
    """Return whether a thing is what a filter asks for."""
    return all(
        all(fits(item, each, now) for each in value)
        if name == "and"
        else any(fits(item, each, now) for each in value)
        if name == "or"
        else _holds(getattr(item, name), value, now)
        for name, value in wanted.items()
        if value is not None
    )


def _holds(value: object, wanted: Filter, now: datetime) -> bool:
    if isinstance(value, list):
        return _among(value, wanted, now)
    if isinstance(value, Entity):
        rest = {name: each for name, each in wanted.items() if name != "null"}
        return wanted.get("null") is not True and fits(value, rest, now)
    if value is None and not wanted.keys() <= OPERATORS.keys():
        return wanted.get("null") is True
    return all(_compared(value, name, operand, now) for name, operand in wanted.items())


def _among(items: list[Entity], wanted: Filter, now: datetime) -> bool:
    rest = {name: each for name, each in wanted.items() if name not in ("some", "every", "length")}
    some, every, length = wanted.get("some"), wanted.get("every"), wanted.get("length")
    if rest:
        some = {**rest, **(some or {})}
    return (
        (some is None or any(fits(item, some, now) for item in items))
        and (every is None or all(fits(item, every, now) for item in items))
        and (length is None or _holds(len(items), length, now))
    )


def _compared(value: Any, name: str, operand: Any, now: datetime) -> bool:  # noqa: ANN401 - of any scalar type
    if operand is None:
        return True
    if value is None and name != "null":
        return name in NEGATIVE
    if isinstance(value, datetime | date) and name != "null":
        operand = (
            [_at(o, value, now) for o in operand]
            if isinstance(operand, list)
            else _at(operand, value, now)
        )
    return OPERATORS[name](value, operand)


def _at(given: str, like: datetime | date, now: datetime) -> datetime | date:
    """Return a moment that a filter names: a date, or a span counted from now (`-P2W`)."""
    if span := _SPAN.fullmatch(given):
        days = sum(int(n or 0) * d for n, d in zip(span.groups()[1:], _DAYS, strict=True))
        moment = now - timedelta(days=days) if span[1] else now + timedelta(days=days)
    else:
        moment = moment_of(given)
    return moment if isinstance(like, datetime) else moment.date()


def moment_of(given: str) -> datetime:
    """Return a time that was sent; a date alone is its beginning."""
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise Trouble(f"Argument Validation Error: {given} is no date") from None
    return moment if moment.tzinfo else datetime.combine(moment.date(), time(), UTC)
