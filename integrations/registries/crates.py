"""crates.io: one answer tells all versions of a crate; it is asked once a second at most."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from integrations.http import Answer
from integrations.moments import moment
from integrations.registries.models import Package, Version
from integrations.registries.names import escaped
from integrations.registries.order import is_prerelease
from integrations.registries.source import Clock, Source, clipped, in_order, newest

PAUSE_SECONDS = 1.0  # what crates.io asks of every program
Rest = Callable[[float], Awaitable[None]]


class _Version(msgspec.Struct):
    num: str | None = None
    created_at: str | None = None
    yanked: bool | None = None
    yank_message: str | None = None
    license: str | None = None
    rust_version: str | None = None


class _Crate(msgspec.Struct):
    max_stable_version: str | None = None


class _Answer(msgspec.Struct):
    crate: _Crate | None = None
    versions: Sequence[_Version | None] | None = None


class Pace:
    """Lets one through at a time, so many seconds after the one before."""

    def __init__(
        self,
        seconds: float = PAUSE_SECONDS,
        *,
        clock: Clock = time.monotonic,
        rest: Rest = asyncio.sleep,
    ) -> None:
        self._seconds = seconds
        self._clock = clock
        self._rest = rest
        self._next = 0.0

    async def turn(self) -> None:
        """Wait until it is this one's turn."""
        now = self._clock()
        at = max(now, self._next)
        self._next = at + self._seconds
        if at > now:
            await self._rest(at - now)


class Crates:
    """Crates of crates.io, or of whatever answers in its way."""

    def __init__(self, source: Source) -> None:
        self._source = source

    async def package(self, name: str) -> Package:
        """Return a crate."""
        return await self._source.package(
            name, lambda known: f"/api/v1/crates/{escaped(known)}", _read
        )


async def _read(name: str, answer: Answer) -> Package:
    told = answer.decode(_Answer)
    read = [_version(each.num, each) for each in told.versions or () if each and each.num]
    versions = in_order("crates.io", read)
    known = {each.number: each for each in versions}
    stable = (told.crate.max_stable_version or "") if told.crate else ""
    latest = stable if stable in known else newest(versions)
    return Package(name, "crates.io", versions, latest, known[latest].licence if latest else "")


def _version(number: str, told: _Version) -> Version:
    return Version(
        number,
        released_at=moment(told.created_at),
        yanked=bool(told.yanked),
        why=clipped(told.yank_message) if told.yanked else "",
        licence=clipped(told.license),
        prerelease=is_prerelease("crates.io", number),
        requires=f">={told.rust_version}" if told.rust_version else "",
    )
