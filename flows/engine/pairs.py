"""Issues that are the same in two places: what the bot keeps of each pair between two syncs."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

import msgspec


class Pair(msgspec.Struct, frozen=True, omit_defaults=True):
    """An issue on GitHub by its number, and its twin in Linear by id and key, as last synced.

    `github` and `linear` hold a digest of each field as it was on that side; `labels` are those
    that both had. `echoes` are the comments that have a mirror on the other side, each with a
    digest of what it said; `asked` are conflicts that somebody was asked about.
    """

    number: int
    issue: str
    key: str
    github: Mapping[str, str] = {}
    linear: Mapping[str, str] = {}
    labels: tuple[str, ...] = ()
    echoes: Mapping[str, str] = {}
    asked: tuple[str, ...] = ()


class Pairs(Protocol):
    """What is kept of the issues that are synced; a project is named by its repository."""

    async def begun(self, project: str) -> bool:
        """Return whether somebody has let the sync of this project begin."""
        ...

    async def ensure_begun(self, project: str, at: datetime) -> None:
        """Note that the sync has begun; a second time changes nothing."""
        ...

    async def delete_begun(self, project: str) -> None:
        """Note that the sync has not begun."""
        ...

    async def every(self, project: str) -> list[Pair]:
        """Return all pairs of a project."""
        ...

    async def ensure(self, project: str, pair: Pair) -> None:
        """Keep a pair as it is now."""
        ...

    async def delete(self, project: str, number: int) -> None:
        """Forget a pair."""
        ...

    async def people(self, logins: Collection[str]) -> dict[str, str]:
        """Return the ids in Linear of people on GitHub, by login in small letters."""
        ...

    async def sharing(self, team: str) -> list[str]:
        """Return the projects that have their issues in this team of Linear."""
        ...
