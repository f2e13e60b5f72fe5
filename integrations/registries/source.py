"""One registry: asked for a package at most every ten minutes, and then only for changes."""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field

from integrations.http import Answer, Call, Http
from integrations.memory import Memory
from integrations.registries.models import Ecosystem, Package, Version
from integrations.registries.names import checked
from integrations.registries.order import place

FRESH_SECONDS = 600.0
MOST = 2_000
NOT_MODIFIED = 304
MAX_WORDS = 300

Clock = Callable[[], float]
Read = Callable[[str, Answer], Awaitable[Package]]


@dataclass(frozen=True, slots=True)
class Kept:
    """A package as it was when the registry was last asked."""

    package: Package
    etag: str
    until: float


@dataclass(slots=True)
class Source:
    """One registry and what is known of its packages."""

    ecosystem: Ecosystem
    http: Http
    clock: Clock = time.monotonic
    known: Memory[Kept] = field(default_factory=lambda: Memory(MOST))

    async def package(
        self,
        name: str,
        path: Callable[[str], str],
        read: Read,
        headers: Mapping[str, str] | None = None,
    ) -> Package:
        """Return what was read from the path of a name, or is still known of it."""
        known_as = checked(self.ecosystem, name)
        kept = self.known.get(known_as)
        if kept and kept.until > self.clock():
            return kept.package
        asked = {"if-none-match": kept.etag} if kept and kept.etag else {}
        missing = f"{self.http.words.name} has no package called {known_as}."
        answer = await self.http.send(
            Call(
                "GET",
                path(known_as),
                headers={**(headers or {}), **asked},
                missing={404: missing, 410: missing},
            )
        )
        holds = kept and answer.status == NOT_MODIFIED
        package = kept.package if kept and holds else await read(known_as, answer)
        etag = kept.etag if kept and holds else answer.headers.get("etag", "")
        self.known.put(known_as, Kept(package, etag, self.clock() + FRESH_SECONDS))
        return package


def in_order(ecosystem: Ecosystem, versions: Iterable[Version]) -> list[Version]:
    """Return versions from the oldest number to the newest."""
    return sorted(versions, key=lambda each: (place(ecosystem, each.number), each.number))


def newest(versions: Iterable[Version]) -> str:
    """Return the last number that everybody gets: of what is not yanked, stable ones first."""
    usable = [each for each in versions if not each.yanked]
    stable = [each for each in usable if not each.prerelease]
    return (stable or usable)[-1].number if usable else ""


def clipped(words: object) -> str:
    """Return what a publisher wrote, short enough for people; empty where it is no text."""
    text = " ".join(words.split()) if isinstance(words, str) else ""
    return text if len(text) <= MAX_WORDS else text[: MAX_WORDS - 1] + "…"
