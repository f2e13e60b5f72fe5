"""Whose turn it is to call Discord: its limits are what it tells with each answer.

A route is a method and a path; what is under another channel has limits of its own. Calls of one
route go one after the other. How many are left is known by `Buckets`, which all processes can
share. What Discord publishes without telling is in two budgets: calls of every route in a second,
and answers that mean no, of which too many in ten minutes are a ban.
"""

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from time import monotonic
from typing import Protocol

from bot.discord.failures import DEAD_TOKEN
from bot.pace import Budget, Pace, Short
from integrations.errors import Unauthorized

LONGEST_WAIT = 5.0
LONGEST_TOLD = 86_400.0  # seconds
BRIEFLY = timedelta(seconds=1)
DEAD_FOR = 300.0  # seconds in which a token that was refused is not tried again
REMEMBERED = 1_000
IDS = re.compile(r"/(\d{10,})")
PRIVATE = ("/interactions/", "/webhooks/")  # their token is known to one process
UNLIMITED = "/interactions/"
ON_THE_WAY = 1.1  # a call that is made in time may arrive late, and one that is made late in time
EVERYTHING = Budget("discord:everything", 50, timedelta(seconds=1) * ON_THE_WAY, spare=12)
REFUSED = Budget("discord:refused", 5_000, timedelta(minutes=10))  # half of what is a ban
NO = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}


@dataclass(frozen=True, slots=True)
class Route:
    """What shares a limit: a call without its ids, and the first of them, which splits it."""

    template: str
    major: str = ""

    @property
    def is_private(self) -> bool:
        return any(each in self.template for each in PRIVATE)


def route_of(method: str, path: str) -> Route:
    """Return the route of a call."""
    place = path.partition("?")[0]
    first = IDS.search(place)
    return Route(f"{method} {IDS.sub('/…', place)}", first[1] if first else "")


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer says of the limits; `left` is None where it says nothing.

    `everywhere` is a wait that goes for every route, `shared` one that others have caused.
    """

    status: int
    bucket: str = ""
    left: int | None = None
    after: float = 0.0
    everywhere: bool = False
    shared: bool = False


def told_by(status: int, headers: Mapping[str, str]) -> Told:
    """Return what an answer says of the limits, by its headers."""
    bucket, scope = headers.get("X-RateLimit-Bucket", ""), headers.get("X-RateLimit-Scope")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        wait = _seconds(headers.get("Retry-After"))
        return Told(status, bucket, 0, wait, scope == "global", scope == "shared")
    left = headers.get("X-RateLimit-Remaining", "")
    if not left.isdigit():
        return Told(status)
    return Told(status, bucket, int(left), _seconds(headers.get("X-RateLimit-Reset-After")))


class Buckets(Protocol):
    """Knows how many calls of a route are left; waits are in seconds."""

    async def take(self, route: Route) -> float:
        """Return how long to wait; none: one call is taken, and `told` follows it."""
        ...

    async def told(self, route: Route, told: Told | None) -> None:
        """Learn from the answer to a call that was taken; None: it was not made, or not heard."""
        ...


class LocalBuckets:
    """Knows what one process was told."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._free: dict[Route, float] = {}

    async def take(self, route: Route) -> float:
        """Return how long a route has nothing left."""
        return max(0.0, self._free.get(route, 0.0) - self._clock())

    async def told(self, route: Route, told: Told | None) -> None:
        """Remember until when a route has nothing left."""
        now = self._clock()
        if told and told.left == 0:
            self._free[route] = now + told.after
        if len(self._free) > REMEMBERED:
            self._free = {each: free for each, free in self._free.items() if free > now}


@dataclass(slots=True)
class Turn:
    """One call: what its answer told, once there is one."""

    told: Told | None = None


class Turns:
    """Makes calls wait for their turn, or puts them off.

    Where a wait is short, the call waits for it; for a longer one, and for a call that nobody waits
    for (`urgent`), it is `Short`: not made. `pause` is the loop's unless a test brings its own.
    """

    def __init__(
        self,
        buckets: Buckets | None = None,
        pace: Pace | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._buckets = buckets or LocalBuckets(clock)
        self._own = LocalBuckets(clock)
        self._pace = pace
        self._pause = pause
        self._clock = clock
        self._dead_until = 0.0
        self._free = 0.0  # for every route
        self._locks: dict[Route, asyncio.Lock] = {}

    @asynccontextmanager
    async def turn(self, route: Route, *, urgent: bool) -> AsyncIterator[Turn]:
        """Wait for a route to be free; its calls go one after the other, in the order of asking."""
        if len(self._locks) > REMEMBERED:
            self._locks = {each: lock for each, lock in self._locks.items() if lock.locked()}
        lock = self._locks.setdefault(route, asyncio.Lock())
        if not urgent and lock.locked():
            raise Short(BRIEFLY)
        buckets, turn = (self._own if route.is_private else self._buckets), Turn()
        async with lock:
            await self._waited(lambda: buckets.take(route), urgent=urgent)
            try:
                if UNLIMITED not in route.template:
                    await self._among_all(urgent=urgent)
                yield turn
            finally:
                await buckets.told(route, turn.told)
                if turn.told:
                    await self._note(route, turn.told)

    async def _among_all(self, *, urgent: bool) -> None:
        """Wait for what all routes share; raises Unauthorized while there is no use in calling."""
        call = uuid.uuid4().hex

        async def wait() -> float:
            if self._dead_until > self._clock():
                raise Unauthorized(DEAD_TOKEN)
            left = self._free - self._clock()
            if left > 0 or self._pace is None:
                return left
            return (await self._pace.wait(EVERYTHING, call, urgent=urgent)).total_seconds()

        await self._waited(wait, urgent=urgent)

    async def _waited(self, ask: Callable[[], Awaitable[float]], *, urgent: bool) -> None:
        waited = 0.0
        while (wait := await ask()) > 0:
            waited += wait
            if waited > (LONGEST_WAIT if urgent else 0):
                raise Short(timedelta(seconds=wait))
            await self._pause(wait)

    async def _note(self, route: Route, told: Told) -> None:
        """Remember what goes for all routes."""
        if told.everywhere:
            self._free = self._clock() + told.after
            if self._pace:
                await self._pace.bar(EVERYTHING, timedelta(seconds=told.after))
        if told.status == HTTPStatus.UNAUTHORIZED and not route.is_private:
            self._dead_until = self._clock() + DEAD_FOR
        if told.status in NO and not told.shared and self._pace:
            wait = await self._pace.wait(REFUSED, uuid.uuid4().hex, urgent=False)
            if wait:
                await self._pace.bar(EVERYTHING, wait)


def _seconds(text: str | None) -> float:
    try:
        wait = float(text or "")
    except ValueError:
        return 0.0
    return wait if 0 < wait <= LONGEST_TOLD else 0.0  # nor is it any other of the odd numbers
