"""Somebody who takes webhooks, and notes what came."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from integrations.emulators.server import serve


@dataclass(frozen=True)
class Got:
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> str:
        return self.headers["x-github-event"]

    @property
    def told(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.body)
        return body

    @property
    def name(self) -> str:
        action = self.told.get("action")
        return f"{self.event}.{action}" if action else self.event


@dataclass
class Receiver:
    """Answers with `status`, and keeps what it got."""

    url: str = ""
    status: int = 202
    got: list[Got] = field(default_factory=list)
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def names(self) -> list[str]:
        return [one.name for one in self.got]

    async def take(self, request: Request) -> Response:
        self.got.append(Got(dict(request.headers), await request.body()))
        self._more.set()
        return Response("taken", self.status, {"x-seen": "yes"})

    async def until(self, name: str) -> None:
        """Wait until an event of this name has come."""
        async with asyncio.timeout(10):
            while name not in self.names:
                self._more.clear()
                await self._more.wait()

    def all(self) -> list[Got]:
        """Return what came, and forget it."""
        got, self.got = self.got, []
        return got


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Take webhooks for as long as the block lasts."""
    receiver = Receiver()
    async with serve(Starlette(routes=[Route("/", receiver.take, methods=["POST"])])) as url:
        receiver.url = url + "/"
        yield receiver
