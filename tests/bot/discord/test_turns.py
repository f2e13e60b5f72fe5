"""Calls wait for their turn: what Discord tells is kept, by however many processes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from redis.asyncio import Redis

from bot.discord.buckets import PROBE, SharedBuckets
from bot.discord.rest import Rest
from bot.discord.troubles import LocalTroubles, SharedTroubles, Troubles
from bot.discord.turns import (
    DEAD_FOR,
    EVERYTHING,
    REFUSED,
    REMEMBERED,
    LocalBuckets,
    Told,
    Turns,
    route_of,
    told_by,
)
from bot.pace import Pace, SharedPace, Short
from integrations.emulators.discord import DiscordWorld
from integrations.errors import OutsideError, Refused, Unauthorized
from tests.bot.discord.office import place

AWAY = "redis://127.0.0.1:9"
POSTS = route_of("POST", "/channels/1300000000000000003/messages")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Time:
    """Time that passes by waiting; who only looks again soon leaves it as it is."""

    def __init__(self) -> None:
        self.now = 0.0

    async def pause(self, seconds: float) -> None:
        self.now += seconds if seconds > 0.1 else 0
        await asyncio.sleep(0)

    def clock(self) -> datetime:
        return NOW + timedelta(seconds=self.now)


@pytest.fixture
def time(world: DiscordWorld) -> Time:
    """Return the time by which the server and all senders go."""
    time = Time()
    world.now = time.clock
    world.enforce_limits = True
    return time


def turns(redis: Redis, time: Time) -> Turns:
    """Return the turns of one process."""
    buckets, pace = SharedBuckets(redis, time.clock), SharedPace(redis, time.clock)
    return Turns(buckets, pace, time.pause, lambda: time.now)


@pytest.fixture
async def rests(
    world: DiscordWorld, redis: Redis, time: Time, session: aiohttp.ClientSession
) -> list[Rest]:
    """Return what two processes call Discord with."""
    base = f"{world.base_url}/api/v10"
    return [Rest(session, world.token, base, turns(redis, time)) for _ in range(2)]


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """Yield connections."""
    async with aiohttp.ClientSession() as session:
        yield session


async def test_two_processes_share_what_is_left_of_a_route(
    world: DiscordWorld, rests: list[Rest], time: Time
) -> None:
    """Both post into one channel at once, each in its order: Discord never says no."""
    dev = f"/channels/{place(world)}/messages"

    async def post(rest: Rest, name: str) -> None:
        for number in range(15):
            while True:
                try:
                    await rest("POST", dev, {"content": f"{name} {number}"})
                    break
                except Short as short:  # the outbox comes back, too
                    await time.pause((short.retry_after or timedelta()).total_seconds())

    await asyncio.gather(*(post(*each) for each in zip(rests, "ab", strict=True)))
    assert {call.status for call in world.calls} == {200}
    said = [head.content for head, _ in world.transcript("dev")]
    for name in "ab":
        assert [each for each in said if each[0] == name] == [f"{name} {n}" for n in range(15)]


async def test_all_routes_share_the_calls_of_a_second(
    world: DiscordWorld, rests: list[Rest], time: Time
) -> None:
    """Many channels at once are no more than Discord takes in all."""
    channels = [world.channel(f"c{number}").id for number in range(70)]
    for number, channel in enumerate(channels):
        await rests[number % 2]("POST", f"/channels/{channel}/messages", {"content": "hi"})
    assert {call.status for call in world.calls} == {200}
    assert len(world.calls) == 70
    assert time.now >= EVERYTHING.window.total_seconds()


async def test_a_refusal_for_everything_bars_every_route(
    world: DiscordWorld, rests: list[Rest]
) -> None:
    """Whichever process hears of it, none calls before the time that Discord names."""
    world.enforce_limits = False
    one, other = rests
    headers = {"X-RateLimit-Scope": "global", "Retry-After": "60"}
    told = told_by(429, headers)
    assert told.everywhere
    async with one._turns.turn(POSTS, urgent=True) as turn:
        turn.told = told
    for rest in (one, other):
        with pytest.raises(Short) as failed:
            await rest("GET", "/applications/@me", write=False)
        assert failed.value.retry_after
        assert failed.value.retry_after.total_seconds() == pytest.approx(60)
    assert world.calls == []


async def test_too_many_refusals_stop_every_call(
    world: DiscordWorld, rests: list[Rest], redis: Redis, time: Time
) -> None:
    """Long before they would be a ban."""
    world.enforce_limits = False
    pace: Pace = SharedPace(redis, time.clock)
    for number in range(REFUSED.calls):
        await pace.wait(REFUSED, f"{number}", urgent=False)
    world.fail("GET /applications/@me", status=403, error=(50001, "Missing Access"))
    with pytest.raises(Refused):
        await rests[0]("GET", "/applications/@me", write=False)
    with pytest.raises(Short):
        await rests[1]("GET", "/gateway", write=False)
    assert len(world.calls) == 1


async def test_what_others_have_caused_is_no_refusal(redis: Redis, time: Time) -> None:
    """A limit that a channel has for everybody does not count towards a ban."""
    turn_of = turns(redis, time)
    async with turn_of.turn(POSTS, urgent=True) as turn:
        turn.told = told_by(429, {"X-RateLimit-Scope": "shared", "Retry-After": "1"})
    assert await redis.exists(f"flowbot:pace:{REFUSED.name}:made") == 0


async def test_a_token_that_was_refused_is_not_tried_again_at_once(
    world: DiscordWorld, redis: Redis, time: Time, session: aiohttp.ClientSession
) -> None:
    """Everybody learns why, Discord hears of it once; after some minutes it is tried again."""
    rest = Rest(session, "revoked", f"{world.base_url}/api/v10", turns(redis, time))
    for path in ("/gateway", "/gateway", "/applications/@me"):
        with pytest.raises(Unauthorized, match="renew"):
            await rest("GET", path, write=False)
    assert [call.status for call in world.calls] == [401]
    assert await rest.troubles.today() == {"token refused": 1}
    rest.token = world.token
    time.now += DEAD_FOR
    assert (await rest("GET", "/gateway", write=False))["url"]


async def test_a_first_answer_that_never_comes_holds_nobody_up(redis: Redis, time: Time) -> None:
    """The process that went first has died; after some seconds another one goes."""
    one, other = (SharedBuckets(redis, time.clock) for _ in range(2))
    assert await one.take(POSTS) == 0
    assert 0 < await other.take(POSTS) < 0.1
    time.now += PROBE
    assert await other.take(POSTS) == 0


async def test_a_call_that_was_not_made_leaves_the_route_free(redis: Redis, time: Time) -> None:
    """Its turn goes to the next one."""
    one, other = (SharedBuckets(redis, time.clock) for _ in range(2))
    await one.take(POSTS)
    await one.told(POSTS, None)
    assert await other.take(POSTS) == 0
    await other.told(POSTS, Told(200, "b", 3, 5.0))
    assert [await one.take(POSTS) for _ in range(3)] == [0, 0, 0]
    assert 0 < await one.take(POSTS) < 0.1  # three are on their way
    await one.told(POSTS, Told(503))
    await one.told(POSTS, Told(200, "b", 0, 5.0))
    await one.told(POSTS, Told(200, "b", 0, 5.0))
    assert await other.take(POSTS) == pytest.approx(5)


async def test_answers_of_one_window_come_in_any_order(redis: Redis, time: Time) -> None:
    """The least that any of them leaves is what is left; another window begins anew."""
    shared = SharedBuckets(redis, time.clock)
    await shared.take(POSTS)
    await shared.told(POSTS, Told(200, "b", 4, 5.0))
    assert [await shared.take(POSTS) for _ in range(2)] == [0, 0]
    await shared.told(POSTS, Told(200, "b", 2, 5.0))
    await shared.told(POSTS, Told(200, "b", 3, 5.0))
    assert [await shared.take(POSTS) for _ in range(2)] == [0, 0]
    assert 0 < await shared.take(POSTS) < 0.1  # two are on their way
    time.now += 5
    assert await shared.take(POSTS) == 0
    await shared.told(POSTS, Told(200, "b", 4, 5.0))
    assert await shared.take(POSTS) == 0


async def test_routes_in_one_bucket_share_it(redis: Redis, time: Time) -> None:
    """Discord names the bucket; another channel has its own."""
    buckets = SharedBuckets(redis, time.clock)
    path = "/channels/1300000000000000003/messages"
    edits = route_of("PATCH", f"{path}/1300000000000000007")
    for route in (POSTS, edits):
        await buckets.take(route)
        await buckets.told(route, Told(200, "same", 1, 5.0))
    assert await buckets.take(POSTS) == 0
    await buckets.told(POSTS, Told(200, "same", 0, 5.0))
    assert await buckets.take(edits) == pytest.approx(5)
    assert await buckets.take(route_of("POST", path.replace("3/", "4/"))) == 0


async def test_without_redis_each_process_keeps_its_own_pace(
    world: DiscordWorld, time: Time, session: aiohttp.ClientSession
) -> None:
    """One alone still never hears a no."""
    async with AsyncExitStack() as stack:
        nowhere = Redis.from_url(AWAY)
        stack.push_async_callback(nowhere.aclose)
        rest = Rest(session, world.token, f"{world.base_url}/api/v10", turns(nowhere, time))
        dev = f"/channels/{place(world)}/messages"
        await asyncio.gather(*(rest("POST", dev, {"content": f"{n}"}) for n in range(12)))
    assert {call.status for call in world.calls} == {200}


async def test_answers_to_interactions_wait_for_nobody(redis: Redis, time: Time) -> None:
    """They have three seconds, and Discord does not count them."""
    turn_of = turns(redis, time)
    async with turn_of.turn(POSTS, urgent=True) as turn:
        turn.told = told_by(429, {"X-RateLimit-Scope": "global", "Retry-After": "60"})
    answer = route_of("POST", "/interactions/1300000000000000005/token/callback")
    async with turn_of.turn(answer, urgent=True):
        assert time.now == 0


async def test_old_routes_are_forgotten(time: Time) -> None:
    """A process lives for months and calls under thousands of ids."""
    turn_of = Turns(pause=time.pause, clock=lambda: time.now)
    buckets = LocalBuckets(lambda: time.now)
    for number in range(REMEMBERED + 2):
        route = route_of("POST", f"/channels/{13 * 10**17 + number}/messages")
        async with turn_of.turn(route, urgent=True):
            pass
        await buckets.told(route, Told(200, "", 0, 0.001))
        time.now += 1
    assert len(turn_of._locks) < REMEMBERED
    assert len(buckets._free) < REMEMBERED


@pytest.mark.parametrize("value", ["", "soon", "-1"])
def test_headers_that_make_no_sense_are_no_wait(value: str) -> None:
    """What is no number is none."""
    assert told_by(429, {"Retry-After": value}).after == 0
    assert told_by(200, {"X-RateLimit-Remaining": value}).left is None


@pytest.mark.parametrize("shared", [True, False])
async def test_troubles_are_counted_for_today(redis: Redis, time: Time, shared: bool) -> None:
    """In Redis they are everybody's, and of one day."""
    troubles: Troubles = SharedTroubles(redis, time.clock) if shared else LocalTroubles()
    for what in ("thread locked", "thread locked", "message gone"):
        await troubles.count(what)
    assert await troubles.today() == {"thread locked": 2, "message gone": 1}
    if shared:
        time.now += 24 * 3600
        assert await troubles.today() == {}


async def test_discord_in_trouble_is_counted(world: DiscordWorld, rests: list[Rest]) -> None:
    """Every error has a name that somebody can act on."""
    faults = ((500, (0, "")), (429, (0, "")), (400, (50035, "")), (404, (10003, "")))
    for status, error in faults:
        world.fail("GET /gateway", status=status, error=error, retry_after=0)
        with pytest.raises(OutsideError):
            await rests[0]("GET", "/gateway", write=False)
    assert await rests[0].troubles.today() == {
        "Discord in trouble": 1,
        "asked to slow down": 1,
        "message refused": 1,
        "channel gone": 1,
    }
