"""How this bot speaks to package registries: one connection pool to each, opened when needed."""

import time
from dataclasses import dataclass
from typing import Any, Self, assert_never

from integrations.errors import Refused
from integrations.http import USER_AGENT, Answer, Call, Http, Limits, Transport, Words
from integrations.registries.crates import Crates, Pace
from integrations.registries.goproxy import GoProxy
from integrations.registries.models import Ecosystem, Package
from integrations.registries.npm import Npm
from integrations.registries.pypi import PyPI
from integrations.registries.source import Clock, Source

NOWHERE = "http://registry.invalid"
LIMITS = Limits(max_bytes=16 * 1024 * 1024, connections=8)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where each registry, or a mirror of it, answers; "" where it is not asked."""

    pypi: str = ""
    npm: str = ""
    go: str = ""
    crates: str = ""


class _PacedHttp(Http):
    """A host that is not asked more often than it allows."""

    def __init__(self, url: str, pace: Pace, **parts: Any) -> None:  # noqa: ANN401 - those of Http
        super().__init__(url, **parts)
        self._pace = pace

    async def send(self, call: Call) -> Answer:
        """Return the answer, after waiting for this call's turn."""
        await self._pace.turn()
        return await super().send(call)


class _NotAsked(Http):
    """A registry whose address is not set."""

    async def send(self, call: Call) -> Answer:  # noqa: ARG002 - none is made
        """Say what is missing."""
        name = self.words.name
        raise Refused(f"I do not know where {name} answers: set its address in my settings.")


class RegistriesApi:
    """All registries, shared by every run; `contact` tells them who asks, as an address."""

    def __init__(
        self,
        addresses: Addresses | None = None,
        *,
        contact: str = "",
        transport: Transport | None = None,
        limits: Limits = LIMITS,
        pace: Pace | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        at = addresses or Addresses()
        agent = f"{USER_AGENT} (+{contact})" if contact.isascii() and contact else USER_AGENT

        shared: dict[str, Any] = {
            "headers": {"user-agent": agent},
            "transport": transport,
            "limits": limits,
        }

        def named(integration: str, name: str) -> dict[str, Any]:
            words = Words(name, f"{name} wants a sign-in, and this bot has none for it.")
            return {**shared, "integration": integration, "words": words}

        def http(url: str, integration: str, name: str) -> Http:
            kind = Http if url else _NotAsked
            return kind(url or NOWHERE, **named(integration, name))

        self._https = {
            "PyPI": http(at.pypi, "pypi", "PyPI"),
            "npm": http(at.npm, "npm", "npm"),
            "Go": http(at.go, "go", "the Go proxy"),
            "crates.io": _PacedHttp(at.crates, pace or Pace(), **named("crates", "crates.io"))
            if at.crates
            else http("", "crates", "crates.io"),
        }
        self.pypi = PyPI(Source("PyPI", self._https["PyPI"], clock))
        self.npm = Npm(Source("npm", self._https["npm"], clock))
        self.go = GoProxy(Source("Go", self._https["Go"], clock))
        self.crates = Crates(Source("crates.io", self._https["crates.io"], clock))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        for each in self._https.values():
            await each.aclose()

    async def package(self, ecosystem: Ecosystem, name: str) -> Package:
        """Return a package; raise `NotFound` where its registry has none of that name."""
        match ecosystem:
            case "PyPI":
                return await self.pypi.package(name)
            case "npm":
                return await self.npm.package(name)
            case "Go":
                return await self.go.package(name)
            case "crates.io":
                return await self.crates.package(name)
            case _:
                assert_never(ecosystem)
