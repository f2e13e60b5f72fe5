"""A service that does what it is asked and does not answer: it hangs up, or stays silent."""

from collections.abc import MutableMapping
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send


class Flaky:
    """Wraps an ASGI app; only requests that change something are ever left without an answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._resets = 0
        self._silences = 0
        self.requests = 0

    def reset(self, times: int) -> None:
        """Hang up after the work of the next `times` changes is done."""
        self._resets += times

    def silence(self, times: int) -> None:
        """Let the next `times` changes wait for an answer until the caller gives up."""
        self._silences += times

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or do its work and keep the answer."""
        if scope["type"] == "http":
            self.requests += 1
        if scope["type"] != "http" or scope["method"] == "GET":
            await self._app(scope, receive, send)
        elif self._resets:
            self._resets -= 1
            await self._app(scope, receive, _unheard)
            # An answer that is announced and does not come: the server hangs up.
            length = [(b"content-length", b"1")]
            await send({"type": "http.response.start", "status": 200, "headers": length})
        elif self._silences:
            self._silences -= 1
            await self._app(scope, receive, _unheard)
            while (await receive())["type"] != "http.disconnect":
                pass
        else:
            await self._app(scope, receive, send)


async def _unheard(_: MutableMapping[str, Any]) -> None:
    pass
