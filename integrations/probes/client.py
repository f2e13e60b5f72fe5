"""Looks at endpoints from outside: status, latency, certificate; being down is an answer."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable
from collections.abc import Set as AbstractSet
from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from integrations.errors import Refused
from integrations.meter import in_thread, permit

Resolve = Callable[[str, int], Awaitable[list[str]]]
Listed = Callable[[], Awaitable[tuple[AbstractSet[str], AbstractSet[str]]]]
"""Tells the hosts that may be probed now, and those of them that may be on a private network."""

PORTS = {"http": 80, "https": 443}
PATIENCE = 10.0


class Probe(msgspec.Struct, frozen=True):
    """What one GET saw: `latency_ms` runs from connecting to the answer's headers.

    Exactly one of `status` and `error` is set.
    """

    url: str
    status: int | None = None
    latency_ms: float | None = None
    certificate_expires_at: datetime | None = None
    error: str = ""


async def resolve(host: str, port: int) -> list[str]:
    """Return the network addresses of a host; empty where nobody knows it."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(address[0]) for *_, address in found]


class Probes:
    """Probes allow-listed hosts only (`host` or `host:port`); what is `listed` is asked each time.

    A host of `private` may be on a private network; any other that resolves to one is refused,
    since a name that anybody can point at an inner service must not open it.
    """

    def __init__(
        self,
        allowed: Iterable[str] = (),
        *,
        private: Iterable[str] = (),
        listed: Listed | None = None,
        patience: float = PATIENCE,
        tls: ssl.SSLContext | None = None,
        resolver: Resolve = resolve,
    ) -> None:
        self._private = frozenset(host.lower() for host in private)
        self._allowed = frozenset(host.lower() for host in allowed) | self._private
        self._now_listed = listed
        self._patience = patience
        self._tls = tls
        self._resolve = resolver

    async def probe(self, url: str) -> Probe:
        """Return what a GET of `url` sees now; only a forbidden target raises (`Refused`)."""
        from integrations.http import authorities, visit

        permit(write=False)
        host, port = _target(url)
        allowed, private = await self._lists()
        if not _is_listed(allowed, host, port):
            raise Refused(f"{host} is not on the list of endpoints that may be probed.")
        try:
            async with asyncio.timeout(self._patience):
                addresses = await self._resolve(host, port)
        except TimeoutError:
            return Probe(url, error="its name could not be resolved in time")
        if not addresses:
            return Probe(url, error="nobody knows its name")
        if not _is_listed(private, host, port) and not all(map(_is_public, addresses)):
            raise Refused(f"{host} is on a private network: list it as private to probe it.")
        if self._tls is None:
            # Reading the list of authorities takes tens of milliseconds.
            self._tls = await in_thread(authorities)
        seen = await visit(url, addresses[0], tls=self._tls, within=self._patience)
        return Probe(
            url=url,
            status=seen.status,
            latency_ms=None if seen.error else round(seen.seconds * 1000, 1),
            certificate_expires_at=seen.certificate_expires_at,
            error=seen.error,
        )

    async def is_inside(self, url: str) -> bool:
        """Say whether this address is on a private network as far as its name tells now.

        Raises `Refused` where it is none that can be probed.
        """
        host, port = _target(url)
        try:
            async with asyncio.timeout(self._patience):
                addresses = await self._resolve(host, port)
        except TimeoutError:
            return False  # each probe looks again
        return not all(map(_is_public, addresses))

    async def _lists(self) -> tuple[AbstractSet[str], AbstractSet[str]]:
        if self._now_listed is None:
            return self._allowed, self._private
        allowed, private = await self._now_listed()
        return self._allowed | allowed, self._private | private


def _target(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise Refused("This is no address that can be probed.") from None
    if parts.scheme not in PORTS or not host or parts.username is not None:
        raise Refused("Write the address as https://host/path, without a user name.")
    return host, port or PORTS[parts.scheme]


def _is_listed(hosts: AbstractSet[str], host: str, port: int) -> bool:
    return host in hosts or f"{host}:{port}" in hosts


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(found, "ipv4_mapped", None) or found
    return inner.is_global and not inner.is_multicast
