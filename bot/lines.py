"""Queues as they are in Redis, and which of them a worker serves; scripts keep each step whole.

A wake-up waits in the sorted set `flowbot:<queue>`, by when it is due. Whoever takes it moves it to
`flowbot:<queue>:playing`, where it is by when it is given back, should its worker be lost. All
times are Redis's own, so that the clocks of workers do not matter.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from flows.engine.queues import QUEUES

DELIVERY = "delivery"
SERVED = (*QUEUES, DELIVERY)
CONCURRENCY: Mapping[str, int] = {"interactive": 50, "batch": 10, "heavy": 2}
MOST_AT_ONCE = 1000

# The upper ends, in milliseconds, of what waits are counted in; longer ones count in none.
WAITS = (5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 1_800_000)
WAITED = "sum"  # the field beside those counts: all waits together, in milliseconds
COUNTED = "count"


def waiting(queue: str) -> str:
    """Return the key of the wake-ups that wait."""
    return f"flowbot:{queue}"


def playing(queue: str) -> str:
    """Return the key of those that a worker has taken."""
    return f"flowbot:{queue}:playing"


def waits(queue: str) -> str:
    """Return the key of how long those that were taken had waited."""
    return f"flowbot:{queue}:waits"


class Presence(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker tells about itself with each beat.

    `queues` says how many runs of each it plays at a time (1 for delivery: it sends), `playing`
    how many it plays now, and `breakers` which integrations it leaves alone, until when and why.
    """

    queues: dict[str, int] = {}
    playing: dict[str, int] = {}
    started_at: datetime | None = None
    host: str = ""
    pid: int = 0
    version: str = ""
    breakers: dict[str, str] = {}


class QueueLook(msgspec.Struct, frozen=True):
    """How a queue stands: how many wait, the first of them for how long, how many are played."""

    depth: int
    wait: timedelta
    playing: int


class WaitsLook(msgspec.Struct, frozen=True):
    """How long the runs of a queue have waited since Redis began to count.

    `upto` says for each upper end, in seconds, how many waited no longer than that.
    """

    upto: tuple[tuple[float, int], ...]
    count: int
    seconds: float


_NOW = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""

# KEYS: job and waiting of each wake-up. ARGV: channel, and all wake-ups as JSON, which is one
# word to send instead of many: job id, body, due in ms, kept for ms, and message; the same message
# is told once.
WAKE = f"""{_NOW}
local told = {{}}
for ring, words in ipairs(cjson.decode(ARGV[2])) do
  local job, waiting = KEYS[2 * ring - 1], KEYS[2 * ring]
  if redis.call('EXISTS', job) == 0 then
    redis.call('SET', job, words[2], 'PX', words[4])
    redis.call('ZADD', waiting, now + words[3], words[1])
    local message = words[5]
    if not told[message] then redis.call('PUBLISH', ARGV[1], message) end
    told[message] = true
  end
end
"""

# KEYS: waiting, playing and waits of each queue. ARGV: where jobs are kept, lease in ms, then how
# many to take of each. Returns for each queue what was taken (job id, when it was due, its body or
# nothing), and in how many ms the next is due.
TAKE = f"""{_NOW}
local bounds = {{{", ".join(map(str, WAITS))}}}
local answer = {{}}
for line = 1, #KEYS / 3 do
  local waiting, playing, waits = KEYS[3 * line - 2], KEYS[3 * line - 1], KEYS[3 * line]
  for _, lost in ipairs(redis.call('ZRANGEBYSCORE', playing, '-inf', now)) do
    redis.call('ZADD', waiting, now, lost)
    redis.call('ZREM', playing, lost)
  end
  local taken = redis.call(
    'ZRANGEBYSCORE', waiting, '-inf', now, 'WITHSCORES', 'LIMIT', 0, ARGV[line + 2])
  local jobs = {{}}
  for at = 1, #taken, 2 do
    redis.call('ZREM', waiting, taken[at])
    redis.call('ZADD', playing, now + ARGV[2], taken[at])
    local body = redis.call('GET', ARGV[1] .. taken[at])
    jobs[#jobs + 1] = {{taken[at], taken[at + 1], body}}
    local wait = now - taken[at + 1]
    for _, bound in ipairs(bounds) do
      if wait <= bound then redis.call('HINCRBY', waits, bound, 1) break end
    end
    redis.call('HINCRBY', waits, '{COUNTED}', 1)
    redis.call('HINCRBY', waits, '{WAITED}', wait)
  end
  local first = redis.call('ZRANGE', waiting, 0, 0, 'WITHSCORES')
  answer[line] = {{jobs, first[2] and math.max(0, first[2] - now) or -1}}
end
return answer
"""

# KEYS: playing. ARGV: lease in ms, job ids.
HOLD = f"""{_NOW}
for at = 2, #ARGV do redis.call('ZADD', KEYS[1], 'XX', now + ARGV[1], ARGV[at]) end
"""

# KEYS: waiting and playing of each queue.
LOOK = f"""{_NOW}
local answer = {{}}
for line = 1, #KEYS / 2 do
  local waiting, playing = KEYS[2 * line - 1], KEYS[2 * line]
  local first = redis.call('ZRANGE', waiting, 0, 0, 'WITHSCORES')
  answer[line] = {{
    redis.call('ZCOUNT', waiting, '-inf', now),
    first[2] and math.max(0, now - first[2]) or 0,
    redis.call('ZCARD', playing),
  }}
end
return answer
"""


def served(words: str) -> tuple[str, ...]:
    """Return the queues that are named; raises ValueError with what can be."""
    named = tuple(dict.fromkeys(each.strip() for each in words.split(",") if each.strip()))
    unknown = [each for each in named if each not in SERVED]
    if unknown or not named:
        what = f"there is no queue {unknown[0]!r}" if unknown else "no queue is named"
        raise ValueError(f"{what}: name some of {', '.join(SERVED)}, with commas between")
    return named


def concurrency(words: str) -> dict[str, int]:
    """Return how many runs of each queue are played at a time.

    `20` is for every queue, `interactive=50,heavy=2` for these; the others keep their default.
    Raises ValueError with what is wrong.
    """
    if words.strip().isdecimal():
        return dict.fromkeys(QUEUES, _count(words))
    limits = dict(CONCURRENCY)
    for each in filter(None, (part.strip() for part in words.split(","))):
        queue, given, count = (part.strip() for part in each.partition("="))
        if queue not in QUEUES or not given:
            raise ValueError(
                f"{each!r} does not say how many: write 50, or interactive=50,batch=10,heavy=2"
            )
        limits[queue] = _count(count)
    return limits


def _count(word: str) -> int:
    if not word.strip().isdecimal() or not 1 <= int(word) <= MOST_AT_ONCE:
        raise ValueError(f"{word!r} is not a number from 1 to {MOST_AT_ONCE}")
    return int(word)
