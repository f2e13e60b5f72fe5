"""HTTP/1.1 requests as fast as one connection can: send, read, send the next."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

END_OF_HEAD = b"\r\n\r\n"
LENGTH = b"content-length:"
PATIENCE = 60.0


@dataclass
class Answers:
    """What came back: seconds per request, how many were no success, and how long it took."""

    seconds: list[float] = field(default_factory=list)
    refused: int = 0
    took: float = 0.0

    def percentile(self, share: float) -> float:
        """Return the milliseconds within which this share of the answers came."""
        ordered = sorted(self.seconds)
        return 1e3 * ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class _Caller(asyncio.Protocol):
    def __init__(self, requests: Iterator[bytes], answers: Answers) -> None:
        self._requests = requests
        self._answers = answers
        self._buffer = b""
        self._sent = 0.0
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(END_OF_HEAD)
        if not found or len(body) < _length(head):
            return
        self._buffer = b""
        self._answers.seconds.append(time.perf_counter() - self._sent)
        if b" 20" not in head[:12]:
            self._answers.refused += 1
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("The server hung up."))

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self.done.set_result(None)
            self._transport.close()
            return
        self._sent = time.perf_counter()
        self._transport.write(request)


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(LENGTH):
            return int(line[len(LENGTH) :])
    return 0


async def called(url: str, requests: Iterable[bytes], connections: int = 1) -> Answers:
    """Send all requests over so many connections; raises where the server hangs up."""
    place, waiting, answers = urlsplit(url), iter(requests), Answers()
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    async with asyncio.timeout(PATIENCE):
        callers = [
            await loop.create_connection(
                lambda: _Caller(waiting, answers), place.hostname or "", place.port or 80
            )
            for _ in range(connections)
        ]
        await asyncio.gather(*(caller.done for _, caller in callers))
    answers.took = time.perf_counter() - began
    return answers


def get(path: str) -> bytes:
    """Return a GET request."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n".encode()


def post(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """Return a POST request."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body
