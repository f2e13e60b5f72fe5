"""Modules of Go through a module proxy: the list of versions, and what the latest says of all."""

import re
from datetime import datetime

import msgspec

from integrations.errors import NotFound
from integrations.http import Answer, Call
from integrations.moments import moment
from integrations.registries.gomod import GoMod, go_mod
from integrations.registries.models import Package, Version
from integrations.registries.names import LONGEST, checked, go_path
from integrations.registries.order import is_prerelease
from integrations.registries.source import Source, clipped, in_order, newest

_NUMBER = re.compile(r"v[\w.+-]+", re.ASCII)


class _Info(msgspec.Struct, rename="pascal"):
    version: str | None = None
    time: str | None = None


class GoProxy:
    """Modules as `go` itself finds them; a proxy knows no licences."""

    def __init__(self, source: Source) -> None:
        self._source = source

    async def package(self, name: str) -> Package:
        """Return a module; only the time of its latest version is told."""
        return await self._source.package(
            name, lambda known: f"/{go_path(known)}/@v/list", self._read
        )

    async def released_at(self, name: str, number: str) -> datetime | None:
        """Return when a version was made; None where the proxy does not say."""
        module = checked("Go", name)
        missing = f"{self._source.http.words.name} has no version {number[:40]!r} of {module}."
        if len(number) > LONGEST or not _NUMBER.fullmatch(number):
            raise NotFound(missing)
        path = f"/{go_path(module)}/@v/{go_path(number)}.info"
        answer = await self._source.http.send(
            Call("GET", path, missing={404: missing, 410: missing})
        )
        return moment(answer.decode(_Info).time)

    async def _read(self, name: str, answer: Answer) -> Package:
        numbers = {
            number
            for line in answer.body.decode("utf-8", "replace").split("\n")
            if _NUMBER.fullmatch(number := line.strip())
        }
        last = await self._latest(name)
        # A module that was never tagged has a latest version which no list names.
        numbers |= {last.version} if last.version else set()
        bare = in_order("Go", [_version(number, last, GoMod()) for number in numbers])
        says = await self._says(name, last.version or newest(bare))
        versions = [_version(each.number, last, says) for each in bare]
        told = last.version or ""
        latest = told if told and not says.retracted(told) else newest(versions)
        return Package(name, "Go", versions, latest)

    async def _says(self, name: str, number: str) -> GoMod:
        """Return what the latest version says of all; a module may have none."""
        if not _NUMBER.fullmatch(number):
            return GoMod()
        call = Call("GET", f"/{go_path(name)}/@v/{go_path(number)}.mod")
        try:
            answer = await self._source.http.send(call)
        except NotFound:
            return GoMod()
        return go_mod(answer.body.decode("utf-8", "replace"))

    async def _latest(self, name: str) -> _Info:
        """Return what the proxy takes for the latest; it need not say."""
        call = Call("GET", f"/{go_path(name)}/@latest")
        try:
            answer = await self._source.http.send(call)
        except NotFound:
            return _Info()
        return answer.decode(_Info)


def _version(number: str, last: _Info, says: GoMod) -> Version:
    retracted = says.retracted(number)
    return Version(
        number,
        released_at=moment(last.time) if number == last.version else None,
        yanked=retracted is not None,
        deprecated=bool(says.deprecated),
        why=clipped(retracted.why if retracted else says.deprecated),
        prerelease=is_prerelease("Go", number),
    )
