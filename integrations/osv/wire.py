"""Answers as OSV sends them: only the fields we use, nearly all of them optional."""

from collections.abc import Sequence
from typing import Any

import msgspec

from integrations.moments import moment
from integrations.osv import models

MAX_SUMMARY = 200
MAX_REFERENCES = 50


class Brief(msgspec.Struct):
    """An advisory in a batch: that it is there, and when it changed."""

    id: str | None = None
    modified: str | None = None


class Page(msgspec.Struct):
    """What is known against one of the queries, or as much as fits."""

    vulns: Sequence[Brief | None] | None = None
    next_page_token: str | None = None

    @property
    def hits(self) -> list[models.Hit]:
        return [
            models.Hit(each.id, each.modified or "")
            for each in self.vulns or ()
            if each and each.id
        ]


class Batch(msgspec.Struct):
    """The pages of all queries, in their order."""

    results: Sequence[Page | None] | None = None


class Severity(msgspec.Struct):
    type: str | None = None
    score: str | None = None


class Package(msgspec.Struct):
    ecosystem: str | None = None
    name: str | None = None


class Range(msgspec.Struct):
    type: str | None = None
    events: Sequence[dict[str, Any] | None] | None = None

    def model(self) -> models.Range:
        return models.Range(self.type or "", [_event(each) for each in self.events or () if each])


class Affected(msgspec.Struct):
    package: Package | None = None
    ranges: Sequence[Range | None] | None = None
    severity: Sequence[Severity | None] | None = None

    def model(self) -> models.Affected:
        package = self.package or Package()
        return models.Affected(
            package.ecosystem or "",
            package.name or "",
            [each.model() for each in self.ranges or () if each],
            _severity(self.severity),
        )


class Reference(msgspec.Struct):
    type: str | None = None
    url: str | None = None


class Vulnerability(msgspec.Struct):
    id: str
    summary: str | None = None
    details: str | None = None
    aliases: Sequence[str | None] | None = None
    severity: Sequence[Severity | None] | None = None
    affected: Sequence[Affected | None] | None = None
    references: Sequence[Reference | None] | None = None
    published: str | None = None
    modified: str | None = None
    withdrawn: str | None = None
    database_specific: Any = None

    def model(self) -> models.Vulnerability:
        return models.Vulnerability(
            id=self.id,
            summary=_summary(self.summary or self.details or ""),
            aliases=[each for each in self.aliases or () if each],
            severity=_severity(self.severity),
            rating=_rating(self.database_specific),
            affected=[each.model() for each in self.affected or () if each],
            published=moment(self.published),
            modified=moment(self.modified),
            withdrawn=moment(self.withdrawn),
            references=[
                models.Reference(each.type or "", each.url)
                for each in self.references or ()
                if each and each.url
            ][:MAX_REFERENCES],
        )


def _summary(text: str) -> str:
    """Return the first line; some advisories have a long text and nothing else."""
    line = " ".join(text.strip().partition("\n")[0].split())
    return line if len(line) <= MAX_SUMMARY else line[: MAX_SUMMARY - 1] + "…"


def _severity(told: Sequence[Severity | None] | None) -> list[models.Severity]:
    return [
        models.Severity(each.type, each.score)
        for each in told or ()
        if each and each.type and each.score
    ]


def _event(told: dict[str, Any]) -> models.Event:
    def word(name: str) -> str:
        value = told.get(name)
        return value if isinstance(value, str) else ""

    return models.Event(word("introduced"), word("fixed"), word("last_affected"), word("limit"))


def _rating(told: object) -> str:
    found = told.get("severity") if isinstance(told, dict) else None
    return found.upper() if isinstance(found, str) else ""
