"""The packages of the emulated registries: recorded releases, and whatever a test adds to them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from integrations.emulators.breaks import Breaks
from integrations.registries.models import Ecosystem
from integrations.registries.names import normalised
from integrations.registries.order import is_prerelease, place

INSTANT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday
RECORDED = Path(__file__).with_name("packages.json")


@dataclass(slots=True)
class Release:
    """One version; `yanked` and `deprecated` are the reasons, None where it is neither.

    In Go the latest version retracts others, and one deprecated version is the whole module.
    """

    at: datetime
    yanked: str | None = None
    deprecated: str | None = None


@dataclass(slots=True)
class Kept:
    """A package as its registry keeps it."""

    ecosystem: Ecosystem
    name: str
    licence: str = ""
    requires: str = ""
    releases: dict[str, Release] = field(default_factory=dict)

    @property
    def in_order(self) -> list[str]:
        """Every number, the oldest first."""
        return sorted(self.releases, key=lambda number: place(self.ecosystem, number))

    @property
    def latest(self) -> str:
        """What is installed where nobody asks for a version."""
        usable = [each for each in self.in_order if self.releases[each].yanked is None]
        stable = [each for each in usable if not is_prerelease(self.ecosystem, each)]
        return [*usable, *stable][-1] if usable else ""


class PackagesWorld:
    """The packages; `now` is when a new one appears, None follows the real clock."""

    def __init__(self, *, now: datetime | None = INSTANT) -> None:
        self._now = now
        self.breaks = Breaks("registries")
        self._packages: dict[tuple[Ecosystem, str], Kept] = {}
        for told in json.loads(RECORDED.read_text(encoding="utf-8")):
            self._record(told)

    @property
    def clock(self) -> datetime:
        """What the registries believe is now, in UTC."""
        return self._now or datetime.now(UTC)

    @clock.setter
    def clock(self, now: datetime | None) -> None:
        self._now = now

    def package(self, ecosystem: Ecosystem, name: str, licence: str = "MIT") -> Kept:
        """Return a package, registered on first mention."""
        key = (ecosystem, _known_as(ecosystem, name))
        return self._packages.setdefault(key, Kept(ecosystem, name, licence))

    def found(self, ecosystem: Ecosystem, name: str) -> Kept | None:
        """Return a package as its registry finds it, whichever way its name is spelled."""
        return self._packages.get((ecosystem, _known_as(ecosystem, name)))

    def release(self, ecosystem: Ecosystem, name: str, number: str) -> Release:
        """Publish a version."""
        made = Release(self.clock)
        self.package(ecosystem, name).releases[number] = made
        return made

    def yank(self, ecosystem: Ecosystem, name: str, number: str, why: str = "") -> None:
        """Withdraw a version from those who do not have it yet."""
        self.package(ecosystem, name).releases[number].yanked = why

    def deprecate(self, ecosystem: Ecosystem, name: str, number: str, why: str) -> None:
        """Advise against a version."""
        self.package(ecosystem, name).releases[number].deprecated = why

    def _record(self, told: Mapping[str, Any]) -> None:
        kept = self.package(told["ecosystem"], told["name"], told["licence"])
        kept.requires = told.get("requires", "")
        yanked, deprecated = told.get("yanked", {}), told.get("deprecated", {})
        for number, at in told["versions"].items():
            kept.releases[number] = Release(
                datetime.fromisoformat(at if "T" in at else f"{at}T12:00:00Z"),
                yanked.get(number),
                deprecated.get(number),
            )


def _known_as(ecosystem: Ecosystem, name: str) -> str:
    """Return the name by which a registry tells packages apart."""
    if ecosystem == "crates.io":
        return name.lower().replace("_", "-")
    return normalised(ecosystem, name)


def stamp(at: datetime) -> str:
    """Return an instant as most registries write it."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
