"""How many calls of a route Discord has left for us, known to all processes through Redis."""

from collections.abc import Callable
from datetime import datetime

from redis.asyncio import Redis

from bot.discord.turns import LocalBuckets, Route, Told
from bot.pace import EPOCH, MICROSECOND, Reach

PROBE = 5.0  # seconds in which somebody else's first answer is waited for
AGAIN = 0.05
SAME = 0.25  # seconds by which two answers may tell the end of one and the same window apart
SECOND = 1_000_000  # microseconds


class SharedBuckets:
    """Keeps in Redis what any process was told, and in each alone while Redis is away.

    Whoever comes to a route of which nothing is known goes first, and everybody waits for what
    that answer tells. A call that is on its way counts as one that Discord has not counted yet, and
    answers of one window may come in any order, so less is taken rather than more.
    """

    def __init__(self, redis: Redis, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._reach = Reach(clock)
        self._alone = LocalBuckets(lambda: clock().timestamp())
        self._take = redis.register_script(_SHARED + _TAKE)
        self._told = redis.register_script(_SHARED + _TOLD)

    async def take(self, route: Route) -> float:
        """Return how long to wait; none: one call is taken."""
        given = [*self._place(route), int(PROBE * SECOND), int(AGAIN * SECOND)]
        micros = await self._reach.answer(lambda: self._take(args=given))
        return await self._alone.take(route) if micros is None else int(micros) / SECOND

    async def told(self, route: Route, told: Told | None) -> None:
        """Let everybody know what an answer said."""
        await self._alone.told(route, told)
        known = told if told and told.left is not None else None
        after = int(known.after * SECOND) if known else 0
        rest = [known.bucket, known.left, after] if known else ["", -1, 0]
        given = [*self._place(route), *rest, int(SAME * SECOND)]
        await self._reach.answer(lambda: self._told(args=given))

    def _place(self, route: Route) -> list[str | int]:
        return [route.template, route.major, (self._clock() - EPOCH) // MICROSECOND]


# A bucket has the name that Discord gave it; until then, that of the route. `least` is the least
# that an answer of this window has left; it says nothing of what is `flying`, still on its way.
_SHARED = """
local routes, prefix = 'flowbot:discord:routes', 'flowbot:discord:bucket:'
local template, major, now = ARGV[1], ARGV[2], tonumber(ARGV[3])
local known = redis.call('HGET', routes, template)
local function key_of(bucket)
  return prefix .. bucket .. ':' .. major
end
local key = key_of(known or template)
local function number(name)
  return tonumber(redis.call('HGET', key, name) or 0)
end
local function keep(least, free, flying, asks)
  redis.call('HSET', key, 'least', least, 'free', string.format('%.0f', free), 'flying', flying,
    'asks', asks)
  redis.call('PEXPIRE', key, math.ceil(math.max(free - now, 0) / 1000) + 1000)
end
local least, free = number('least'), number('free')
local flying, asks = number('flying'), number('asks')
"""
_TAKE = """
if free <= now then
  keep(0, now + tonumber(ARGV[4]), flying + 1, 1)
  return 0
end
if asks == 0 and least > flying then
  keep(least, free, flying + 1, 0)
  return 0
end
if flying > 0 then
  return math.min(free - now, tonumber(ARGV[5]))
end
return free - now
"""
_TOLD = """
local bucket, has, after = ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])
flying = math.max(flying - 1, 0)
if has < 0 then
  if flying == 0 and (asks == 1 or least == 0) then
    redis.call('DEL', key)
  else
    keep(math.max(least - 1, 0), free, flying, asks)
  end
  return 0
end
if bucket ~= '' and bucket ~= known then
  redis.call('HSET', routes, template, bucket)
  redis.call('DEL', key)
  key = key_of(bucket)
  least, free, asks = number('least'), number('free'), number('asks')
end
if asks == 1 or now + after > free + tonumber(ARGV[7]) then
  keep(has, now + after, flying, 0)
else
  keep(math.min(least, has), math.max(free, now + after), flying, 0)
end
return 0
"""
