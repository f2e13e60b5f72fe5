"""Open pages kept current: changed fragments, sent as server-sent events."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import TypeAlias

from fastapi.responses import StreamingResponse

from bot.web.site import Events

log = logging.getLogger(__name__)

PAUSE = 0.25  # seconds between two updates of one page
HEARTBEAT = 15.0  # seconds after which a silent stream looks for itself, and shows that it lives
RECONNECT_MS = 2000

HEADERS = {"content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no"}

Fragments: TypeAlias = Mapping[str, str]
Read: TypeAlias = Callable[[], Awaitable[tuple[Fragments, bool]]]


class Live:
    """All open streams of one process; they end together when the server stops."""

    def __init__(
        self, events: Events, *, pause: float = PAUSE, heartbeat: float = HEARTBEAT
    ) -> None:
        self._events = events
        self._pause = pause
        self._heartbeat = heartbeat
        self._bells: set[asyncio.Event] = set()
        self._closed = False

    def close(self) -> None:
        """End every stream: a browser that still listens must not delay the exit."""
        self._closed = True
        for bell in self._bells:
            bell.set()

    async def stream(self, about: str, read: Read) -> AsyncGenerator[str, None]:
        """Yield events until the run has ended or the server stops.

        `about` is the run whose changes matter ("" for every run); `read` returns the fragments by
        element id, and whether they are the last ones.
        """
        bell = asyncio.Event()
        self._bells.add(bell)
        sent: dict[str, str] = {}
        try:
            async with self._listening(about, bell) as listener:
                yield f"retry: {RECONNECT_MS}\n\n"
                # The page may be older than the subscription, so the first look comes at once.
                while not self._closed and not listener.done():
                    bell.clear()
                    try:
                        fragments, last = await read()
                    except Exception:
                        log.warning("an open page could not be read", exc_info=True)
                        return
                    changed = [each for each in fragments.items() if sent.get(each[0]) != each[1]]
                    sent.update(changed)
                    for name, html in changed:
                        yield _event("fragment", {"id": name, "html": html})
                    if last:
                        yield _event("end", {})
                        return
                    if not changed:
                        yield ": still here\n\n"
                    await asyncio.sleep(self._pause)
                    with suppress(TimeoutError):
                        async with asyncio.timeout(self._heartbeat):
                            await bell.wait()
        finally:
            self._bells.discard(bell)

    @asynccontextmanager
    async def _listening(
        self, about: str, bell: asyncio.Event
    ) -> AsyncIterator[asyncio.Task[None]]:
        async with self._events.listen() as changes:
            listener = asyncio.create_task(_listen(changes, about, bell))
            listener.add_done_callback(lambda _: bell.set())
            try:
                yield listener
            finally:
                listener.cancel()
                with suppress(asyncio.CancelledError):
                    await listener


def streamed(events: AsyncIterator[str]) -> StreamingResponse:
    """Return the answer that carries a stream of events, past proxies that would hold it back."""
    return StreamingResponse(events, headers=HEADERS)


async def _listen(changes: AsyncIterator[str], about: str, bell: asyncio.Event) -> None:
    try:
        async for run_id in changes:
            if not about or run_id in ("", about):
                bell.set()
    except Exception:
        log.warning("the news of runs broke off", exc_info=True)


def _event(kind: str, data: Mapping[str, str]) -> str:
    return f"event: {kind}\ndata: {json.dumps(data)}\n\n"
