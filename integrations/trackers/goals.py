"""Goals: what a project wants to have done by a day, and the issues that are in the way."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Literal, Protocol, TypeAlias

import msgspec

from integrations.trackers.models import Ticket

Source: TypeAlias = Literal["GitHub", "Linear"]
MOST_GOALS = 12  # that are read in one look


class Left(msgspec.Struct, frozen=True):
    """An issue that belonged to a goal, and no longer does since then."""

    key: str
    at: datetime


class Goal(msgspec.Struct, frozen=True):
    """A milestone, or a project of Linear; `id` is its own there, `has_state` if it can be closed.

    `added` is when an issue came to the goal, where that is known; without an entry it is when it
    was made. `left` is None where nobody can tell what was taken out.
    """

    id: str
    name: str
    url: str
    source: Source
    has_state: bool = False
    due_on: date | None = None
    created_at: datetime | None = None
    tickets: tuple[Ticket, ...] = ()
    added: Mapping[str, datetime] = {}
    left: tuple[Left, ...] | None = None

    @property
    def open_tickets(self) -> tuple[Ticket, ...]:
        return tuple(each for each in self.tickets if each.is_open)


class GoalReader(Protocol):
    """Where goals are looked at; `name` is what people call it."""

    name: Source

    async def goals(self) -> list[Goal]:
        """Return the open goals with their issues, the soonest first; texts are left out."""
        ...

    async def open_keys(self, goal: str) -> list[str]:
        """Return the keys of the open issues of a goal, in order."""
        ...


class Goals(GoalReader, Protocol):
    """Where goals may be changed; every change can be repeated."""

    async def ensure_due(self, goal: str, due_on: date | None) -> None:
        """Let a goal be due on a day, or on none."""
        ...

    async def ensure_in(self, key: str, goal: str) -> None:
        """Let an issue belong to a goal, and to no other one of its kind."""
        ...

    async def ensure_closed(self, goal: str) -> None:
        """Close a goal."""
        ...

    async def ensure_opened(self, goal: str) -> None:
        """Open a goal again."""
        ...


def soonest(goals: list[Goal]) -> list[Goal]:
    """Return goals by the day they are due, those without one last."""
    return sorted(goals, key=lambda each: (each.due_on is None, each.due_on, each.name))


def in_order(tickets: Iterable[Ticket]) -> tuple[Ticket, ...]:
    """Return issues from the oldest on, without their texts."""
    bare = (msgspec.structs.replace(each, body="") for each in tickets)
    return tuple(sorted(bare, key=lambda each: (each.created_at, len(each.key), each.key)))
