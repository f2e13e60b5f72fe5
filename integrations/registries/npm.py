"""npm: the whole document of a package, or the short one where the whole is too large."""

from collections.abc import Mapping
from typing import Any

import msgspec

from integrations.errors import NotFound, TooLarge
from integrations.http import Answer
from integrations.memory import Memory
from integrations.moments import moment
from integrations.registries.models import Package, Version
from integrations.registries.names import escaped
from integrations.registries.order import is_prerelease
from integrations.registries.source import MOST, Source, clipped, in_order, newest

SHORT = {"accept": "application/vnd.npm.install-v1+json"}


class _Version(msgspec.Struct):
    """Publishers wrote these fields for ten years as they liked."""

    deprecated: Any = None
    license: Any = None
    licenses: Any = None
    engines: Any = None


class _Document(msgspec.Struct, rename={"tags": "dist-tags"}):
    versions: Mapping[str, _Version | None] | None = None
    tags: Any = None
    time: Any = None
    license: Any = None


class Npm:
    """Packages of npm's registry, or of whatever answers in its way."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._large: Memory[bool] = Memory(MOST)

    async def package(self, name: str) -> Package:
        """Return a package; the short document, of large ones, tells no times and no licences."""
        if not self._large.get(name):
            try:
                return await self._source.package(name, _path, _read)
            except TooLarge:
                self._large.put(name, value=True)
        return await self._source.package(name, _path, _read, SHORT)


def _path(name: str) -> str:
    return f"/{escaped(name)}"


async def _read(name: str, answer: Answer) -> Package:
    document = answer.decode(_Document)
    times = document.time if isinstance(document.time, dict) else {}
    if not document.versions and "unpublished" in times:
        raise NotFound(f"{name} was taken back from npm by its publisher.")
    read = [
        _version(number, each or _Version(), times.get(number))
        for number, each in (document.versions or {}).items()
    ]
    versions = in_order("npm", read)
    tags = document.tags if isinstance(document.tags, dict) else {}
    latest = tags.get("latest")
    known = {each.number: each for each in versions}
    number = latest if isinstance(latest, str) and latest in known else newest(versions)
    licence = known[number].licence if number else ""
    return Package(name, "npm", versions, number, licence or _licence(document.license))


def _version(number: str, told: _Version, at: object) -> Version:
    engines = told.engines if isinstance(told.engines, dict) else {}
    return Version(
        number,
        released_at=moment(at),
        deprecated=bool(told.deprecated),
        why=clipped(told.deprecated),
        licence=_licence(told.license) or _licence(told.licenses),
        prerelease=is_prerelease("npm", number),
        requires=clipped(engines.get("node")),
    )


def _licence(told: object) -> str:
    """Return a licence, however it was written: a name, an object, or a list of either."""
    if isinstance(told, list):
        return " or ".join(filter(None, map(_licence, told)))
    return clipped(told.get("type")) if isinstance(told, dict) else clipped(told)
