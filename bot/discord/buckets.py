"""How many calls of a route Discord has left for us, known to all processes through Redis."""

from collections.abc import Callable
from datetime import datetime

from redis.asyncio import Redis

from bot.discord.turns import LocalBuckets, Route, Told
from bot.pace import EPOCH, MICROSECOND, Reach

PROBE = 5.0  # seconds in which somebody else's first answer is waited for
AGAIN = 0.05
SECOND = 1_000_000  # microseconds


class SharedBuckets:
    """Keeps in Redis what any process was told, and in each alone while Redis is away.

    Whoever comes to a route of which nothing is known goes first, and everybody waits for what
    that answer tells. A call that is on its way counts as one that Discord has not counted yet, so
    less is taken rather than more.
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
        given = [*self._place(route), *rest]
        await self._reach.answer(lambda: self._told(args=given))

    def _place(self, route: Route) -> list[str | int]:
        return [route.template, route.major, (self._clock() - EPOCH) // MICROSECOND]


# A bucket has the name that Discord gave it; until then, that of the route.
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
local function keep(left, free, flying)
  redis.call('HSET', key, 'left', left, 'free', string.format('%.0f', free), 'flying', flying)
  redis.call('PEXPIRE', key, math.ceil(math.max(free - now, 0) / 1000) + 1000)
end
local left, free, flying = number('left'), number('free'), number('flying')
"""
_TAKE = """
if free <= now then
  keep(0, now + tonumber(ARGV[4]), 1)
  return 0
end
if left > 0 then
  keep(left - 1, free, flying + 1)
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
  if flying == 0 and left == 0 then
    redis.call('DEL', key)
  else
    keep(left, free, flying)
  end
  return 0
end
if bucket ~= '' and bucket ~= known then
  redis.call('HSET', routes, template, bucket)
  redis.call('DEL', key)
  key = key_of(bucket)
end
keep(math.max(has - flying, 0), now + after, flying)
return 0
"""
