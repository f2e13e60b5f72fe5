"""Discord's REST API: one call at a time, within its limits, its failures explained."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from io import BytesIO
from time import monotonic
from typing import Any

import aiohttp

from bot.discord.failures import code_of, explain
from bot.discord.render import Json, Upload
from bot.pace import Short
from integrations.errors import Transient
from integrations.meter import permit

API = "https://discord.com/api/v10"
PATIENCE = 30.0
LONGEST_WAIT = 5.0
BRIEFLY = timedelta(seconds=1)
REMEMBERED = 1_000
IDS = re.compile(r"/\d{10,}")
AGENT = {"User-Agent": "DiscordBot (flowbot, 1)"}


class Rest:
    """Calls with the bot's token; it never repeats a call by itself.

    Where Discord says that a route has nothing left for a moment, the next call waits for it; for a
    longer wait, and for a call that nobody waits for (`urgent`), it is `Short`: not made. `pause`
    and `clock` are the loop's unless a test brings its own.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        token: str,
        base_url: str = API,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.token = token
        self.base_url = base_url.rstrip("/")
        self._session = session
        self._pause = pause
        self._clock = clock
        self._routes: dict[str, _Route] = {"": _Route()}

    async def __call__(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        files: Sequence[Upload] = (),
        write: bool = True,
        fine: AbstractSet[int] = frozenset(),
        urgent: bool = True,
    ) -> Any:  # noqa: ANN401 - any JSON
        """Return the answer; None where Discord's error is one of those that are `fine`."""
        size = len(json.dumps(body)) + sum(len(each.content) for each in files)
        permit(write=write)
        async with self._turn(_bucket(method, path), urgent=urgent) as route:
            permit(write=write).count("discord", size)  # waiting may have cost us the right to it
            status, answer = await self._call(method, path, body, files, route)
        if status < HTTPStatus.BAD_REQUEST:
            return answer
        if code_of(answer) in fine and status != HTTPStatus.TOO_MANY_REQUESTS:
            return None
        raise explain(status, answer)

    async def _call(
        self, method: str, path: str, body: object, files: Sequence[Upload], route: "_Route"
    ) -> tuple[int, Any]:
        headers = AGENT | {"Authorization": f"Bot {self.token}"}
        try:
            async with self._session.request(
                method, self.base_url + path, headers=headers, **_sent(body, files)
            ) as response:
                self._note(route, response)
                is_empty = response.status == HTTPStatus.NO_CONTENT
                return response.status, None if is_empty else await _answer(response)
        except (TimeoutError, aiohttp.ClientError) as error:
            raise Transient("Discord cannot be reached right now.") from error

    @asynccontextmanager
    async def _turn(self, bucket: str, *, urgent: bool) -> "AsyncIterator[_Route]":
        """Wait for a route to be free; its calls go one after the other, in the order of asking."""
        if len(self._routes) > REMEMBERED:
            now = self._clock()
            self._routes = {
                name: route
                for name, route in self._routes.items()
                if not name or route.free > now or route.lock.locked()
            }
        route = self._routes.setdefault(bucket, _Route())
        if not urgent and route.lock.locked():
            raise Short(BRIEFLY)
        async with route.lock:
            for each in (route, self._routes[""]):
                wait = each.free - self._clock()
                if wait > (LONGEST_WAIT if urgent else 0):
                    raise Short(timedelta(seconds=wait))
                if wait > 0:
                    await self._pause(wait)
            yield route

    def _note(self, route: "_Route", response: aiohttp.ClientResponse) -> None:
        """Remember until when a route, or everything, has nothing left."""
        headers, now = response.headers, self._clock()
        if response.status == HTTPStatus.TOO_MANY_REQUESTS:
            if headers.get("X-RateLimit-Scope") == "global":
                route = self._routes[""]
            route.free = now + _seconds(headers.get("Retry-After"))
        elif headers.get("X-RateLimit-Remaining") == "0":
            route.free = now + _seconds(headers.get("X-RateLimit-Reset-After"))


@dataclass(slots=True)
class _Route:
    """What shares a limit: whose turn it is, and when it is free again."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    free: float = 0.0


@asynccontextmanager
async def open_rest(token: str, base_url: str = API) -> AsyncIterator[Rest]:
    """Open the API with one session for all calls."""
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    async with aiohttp.ClientSession(
        timeout=timeout, trust_env=base_url.startswith("https://")
    ) as session:
        yield Rest(session, token, base_url)


def _bucket(method: str, path: str) -> str:
    """Return what shares a limit: a method and a path with its first id alone."""
    place = path.partition("?")[0]
    first = IDS.search(place)
    end = first.end() if first else len(place)
    return f"{method} {place[:end]}{IDS.sub('/…', place[end:])}"


def _sent(body: object, files: Sequence[Upload]) -> Json:
    if not files:
        return {} if body is None else {"json": body}
    form = aiohttp.FormData()
    form.add_field("payload_json", json.dumps(body), content_type="application/json")
    for number, file in enumerate(files):
        form.add_field(f"files[{number}]", BytesIO(file.content), filename=file.name)
    return {"data": form}


async def _answer(response: aiohttp.ClientResponse) -> Any:  # noqa: ANN401 - any JSON
    try:
        return await response.json(content_type=None)
    except ValueError:
        return None


def _seconds(text: str | None) -> float:
    try:
        return max(0.0, float(text or ""))
    except ValueError:
        return 0.0
