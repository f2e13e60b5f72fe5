"""PyPI: one answer of its JSON API tells the releases of a project and the licence of the last."""

from collections.abc import Mapping, Sequence

import msgspec

from integrations.http import Answer
from integrations.moments import moment
from integrations.registries.models import Package, Version
from integrations.registries.names import escaped
from integrations.registries.order import is_prerelease
from integrations.registries.source import Source, clipped, in_order, newest

_LICENCE = "License :: "
_LONGEST_LICENCE = 100  # a longer one is the text itself


class _File(msgspec.Struct):
    upload_time_iso_8601: str | None = None
    yanked: bool | None = None
    yanked_reason: str | None = None
    requires_python: str | None = None


class _Info(msgspec.Struct):
    name: str | None = None
    version: str | None = None
    license: str | None = None
    license_expression: str | None = None
    classifiers: Sequence[str | None] | None = None

    @property
    def licence(self) -> str:
        """The expression, else what the classifiers say, else a short text."""
        if self.license_expression:
            return self.license_expression
        named = [each for each in self.classifiers or () if each and each.startswith(_LICENCE)]
        if named:
            return " or ".join(each.rpartition(" :: ")[2] for each in named)
        text = (self.license or "").strip()
        return text if len(text) <= _LONGEST_LICENCE and "\n" not in text else ""


class _Project(msgspec.Struct):
    info: _Info | None = None
    releases: Mapping[str, Sequence[_File | None] | None] | None = None
    urls: Sequence[_File | None] | None = None


class PyPI:
    """Projects of PyPI, or of whatever answers in its way."""

    def __init__(self, source: Source) -> None:
        self._source = source

    async def package(self, name: str) -> Package:
        """Return a project; releases without files cannot be installed and do not count."""
        return await self._source.package(name, lambda known: f"/pypi/{escaped(known)}/json", _read)


async def _read(name: str, answer: Answer) -> Package:
    project = answer.decode(_Project)
    info = project.info or _Info()
    last = info.version or ""
    # PyPI may leave the list of releases out one day; the last one is told in any case.
    releases = project.releases or ({last: project.urls} if last else {})
    read = [
        _version(number, kept, info.licence if number == last else "")
        for number, files in releases.items()
        if (kept := [each for each in files or () if each])
    ]
    versions = in_order("PyPI", read)
    latest = last if any(each.number == last for each in versions) else newest(versions)
    return Package(name, "PyPI", versions, latest, info.licence)


def _version(number: str, files: Sequence[_File], licence: str) -> Version:
    times = [at for each in files if (at := moment(each.upload_time_iso_8601))]
    reasons = [each.yanked_reason for each in files if each.yanked_reason]
    requires = [each.requires_python for each in files if each.requires_python]
    yanked = all(each.yanked for each in files)
    return Version(
        number,
        released_at=min(times, default=None),
        yanked=yanked,
        why=clipped(reasons[0]) if yanked and reasons else "",
        licence=licence,
        prerelease=is_prerelease("PyPI", number),
        requires=requires[0] if requires else "",
    )
