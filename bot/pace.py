"""How fast a platform may be called: budgets that every sender shares through Redis.

Platforms count calls in windows of time, so a budget does the same: it is never exceeded in any
window, and may be spent at once. What people wait for books the next free place and comes back for
it, so that it is served in the order in which it was asked for. A mere progress edit books nothing
and leaves a spare part of the budget: what it would say is told by the next one.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from integrations.errors import Transient

T = TypeVar("T")

PATIENCE = 3.0  # seconds that Redis may take for an answer
ASK_AGAIN = timedelta(seconds=5)
MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Short(Transient):
    """There is no room for the call yet; it was not made."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__("This would be faster than the platform allows.", wait)


@dataclass(frozen=True, slots=True)
class Budget:
    """So many `calls` in any `window`; `spare` ones are only for what somebody waits for."""

    name: str
    calls: int
    window: timedelta
    spare: int = 0


class Pace(Protocol):
    """Knows when a call may be made."""

    async def wait(self, budget: Budget, call: str, *, urgent: bool) -> timedelta:
        """Return how long this call has to wait; none: it is made now, and counted.

        An urgent call that has to wait has its place when it comes back under the same name.
        """
        ...

    async def bar(self, budget: Budget, span: timedelta) -> None:
        """Let nobody make calls of this budget for as long as the platform asks for."""
        ...

    async def used(self, budget: Budget) -> int:
        """Return how many calls of this budget were made in the window that ends now."""
        ...


class LocalPace:
    """Keeps the pace of one process alone."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._made: dict[str, deque[datetime]] = {}
        self._bars: dict[str, datetime] = {}

    async def wait(self, budget: Budget, call: str, *, urgent: bool) -> timedelta:  # noqa: ARG002 - nobody books here
        """Return how long to wait; whoever comes back first goes first."""
        now = self._clock()
        made = self._made.setdefault(budget.name, deque(maxlen=budget.calls))
        most = budget.calls - (0 if urgent else budget.spare)
        free = made[-most] + budget.window if len(made) >= most else now
        until = max(free, self._bars.get(budget.name, now))
        if until <= now:
            made.append(now)
            return timedelta()
        return until - now

    async def bar(self, budget: Budget, span: timedelta) -> None:
        """Make no calls of this budget for a while."""
        self._bars[budget.name] = self._clock() + span

    async def used(self, budget: Budget) -> int:
        """Count the calls of this process."""
        since = self._clock() - budget.window
        return sum(at > since for at in self._made.get(budget.name, ()))


class Reach:
    """Asks Redis, and leaves it alone for some seconds where it is away."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._asked_again = EPOCH

    async def answer(self, ask: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401 - whatever Redis answers
        """Return what Redis answers; None while it is away, and is asked only now and then."""
        if self._clock() < self._asked_again:
            return None
        try:
            async with asyncio.timeout(PATIENCE):
                return await ask()
        except (OSError, RedisError):
            self._asked_again = self._clock() + ASK_AGAIN
            return None


def said(answer: Awaitable[T] | T) -> Awaitable[T]:
    """Return an answer of Redis that is awaited: its library also has one that is not."""
    return cast("Awaitable[T]", answer)


class SharedPace:
    """Keeps the pace of all processes in Redis, and of each alone while Redis is away."""

    def __init__(self, redis: Redis, clock: Callable[[], datetime]) -> None:
        self._redis = redis
        self._clock = clock
        self._alone = LocalPace(clock)
        self._reach = Reach(clock)
        self._script = redis.register_script(_WAIT)  # sent again where Redis has forgotten it

    async def wait(self, budget: Budget, call: str, *, urgent: bool) -> timedelta:
        """Return how long to wait; urgent calls are served in the order in which they came."""
        name, now = f"flowbot:pace:{budget.name}", self._now()
        of_all = [f"{name}:places", f"{name}:made", f"{name}:bar"]
        keys = [*of_all, f"{name}:place:{call}", f"{name}:later"]
        most = budget.calls - (0 if urgent else budget.spare)
        window = budget.window // MICROSECOND
        micros = await self._reach.answer(
            lambda: self._script(keys, [now, window, budget.calls, most, int(urgent)])
        )
        if micros is None:
            return await self._alone.wait(budget, call, urgent=urgent)
        return int(micros) * MICROSECOND

    async def bar(self, budget: Budget, span: timedelta) -> None:
        """Let nobody make calls of this budget for a while."""
        key, until = f"flowbot:pace:{budget.name}:bar", self._now() + span // MICROSECOND
        await self._alone.bar(budget, span)
        await self._reach.answer(lambda: self._redis.set(key, until, px=span + budget.window))

    async def used(self, budget: Budget) -> int:
        """Count the calls of all processes."""
        most = budget.calls - 1
        made = await self._reach.answer(
            lambda: said(self._redis.lrange(f"flowbot:pace:{budget.name}:made", 0, most))
        )
        if made is None:
            return await self._alone.used(budget)
        since = self._now() - budget.window // MICROSECOND
        return sum(int(at) > since for at in made)

    def _now(self) -> int:
        return (self._clock() - EPOCH) // MICROSECOND


# Two lists, the newest first: the places that were given away, some of which lie ahead, and the
# calls that were really made. Where one is made late, the whole line behind it is later by as much.
_WAIT = """
local now, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local calls, most, urgent = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5] == '1'
local function number(text)
  return tonumber(text or 0)
end
local function at(list, index)
  return number(redis.call('LINDEX', list, index))
end
local function span(moment)
  return math.ceil((math.max(moment - now, 0) + window) / 1000)
end
local function keep(key, value, moment)
  redis.call('SET', key, string.format('%.0f', value), 'PX', span(moment))
end
local function add(list, place, moment)
  redis.call('LPUSH', list, string.format('%.0f', place))
  redis.call('LTRIM', list, 0, calls - 1)
  redis.call('PEXPIRE', list, span(moment))
end
local later, bar = number(redis.call('GET', KEYS[5])), number(redis.call('GET', KEYS[3]))
local place, last = number(redis.call('GET', KEYS[4])), at(KEYS[1], 0)
local mine = place > 0 and place + later >= bar
if not mine then
  if last + later <= now then
    later = 0
  end
  place = math.max(now - later, bar - later, last, at(KEYS[1], most - 1) + window)
end
local free = at(KEYS[2], most - 1) + window
local moment = math.max(place + later, free)
if moment > now and not urgent then
  return moment - now
end
if not mine then
  add(KEYS[1], place, place + later)
end
if last > place and math.max(moment, now) > place + later then
  later = math.max(moment, now) - place
  keep(KEYS[5], later, last + later)
  redis.call('PEXPIRE', KEYS[1], span(last + later))
end
if moment > now then
  keep(KEYS[4], place, moment)
  return moment - now
end
redis.call('DEL', KEYS[4])
add(KEYS[2], now, now)
return 0
"""
