"""What flows see of vulnerabilities: advisories as OSV keeps them, without their long texts."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from integrations.registries.names import normalised


class Installed(msgspec.Struct, frozen=True):
    """A version of a package that somebody uses; the ecosystem is spelled as OSV does."""

    ecosystem: str
    name: str
    version: str


class Hit(msgspec.Struct, frozen=True):
    """An advisory that a version is named in, and when that advisory last changed."""

    id: str
    modified: str


class Match(msgspec.Struct, frozen=True):
    """What is known against one version; without hits there is nothing."""

    package: Installed
    hits: list[Hit] = []


class Severity(msgspec.Struct, frozen=True):
    """A score in the form that its kind says: of CVSS_V2, CVSS_V3 and CVSS_V4 it is a vector."""

    kind: str
    score: str


class Event(msgspec.Struct, frozen=True):
    """A turn in the history of a package: exactly one of the four is set."""

    introduced: str = ""
    fixed: str = ""
    last_affected: str = ""
    limit: str = ""


class Range(msgspec.Struct, frozen=True):
    """Turns in the order in which OSV lists them; the kind says what its numbers are."""

    kind: str
    events: list[Event] = []


class Affected(msgspec.Struct, frozen=True):
    """A package that is affected, in which ranges, and how severely where that differs."""

    ecosystem: str
    name: str
    ranges: list[Range] = []
    severity: list[Severity] = []

    def is_of(self, ecosystem: str, name: str) -> bool:
        """Return whether this is about that package, however its name is spelled."""
        same = self.ecosystem.partition(":")[0] == ecosystem.partition(":")[0]
        return same and normalised(ecosystem, self.name) == normalised(ecosystem, name)


class Reference(msgspec.Struct, frozen=True):
    """An address, and what is to be found there: ADVISORY, FIX, REPORT, WEB and others."""

    kind: str
    url: str


class Vulnerability(msgspec.Struct, frozen=True):
    """An advisory; `rating` is the word of the database it comes from, such as HIGH."""

    id: str
    summary: str = ""
    aliases: list[str] = []
    severity: list[Severity] = []
    rating: str = ""
    affected: list[Affected] = []
    published: datetime | None = None
    modified: datetime | None = None
    withdrawn: datetime | None = None
    references: list[Reference] = []

    @property
    def names(self) -> set[str]:
        """Every name of it: advisories that share one are about the same thing."""
        return {self.id, *self.aliases}

    def fixed_in(self, ecosystem: str, name: str) -> list[str]:
        """Return the versions of a package that fix it, as listed; empty where none does yet."""
        return _distinct(
            event.fixed
            for each in self.affected
            if each.is_of(ecosystem, name)
            for span in each.ranges
            if span.kind != "GIT"
            for event in span.events
            if event.fixed
        )

    def severity_of(self, ecosystem: str, name: str) -> list[Severity]:
        """Return how severe it is for a package: its own scores, else those of the advisory."""
        own = [
            score
            for each in self.affected
            if each.is_of(ecosystem, name)
            for score in each.severity
        ]
        return own or self.severity


class Findings(msgspec.Struct, frozen=True):
    """What is known against the packages that were asked for, each advisory once.

    An advisory that vanished between two calls is in neither list.
    """

    matches: list[Match] = []
    vulnerabilities: list[Vulnerability] = []


def _distinct(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))
