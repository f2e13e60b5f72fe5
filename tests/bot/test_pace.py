"""A budget is never exceeded in any window, by however many senders, with Redis or without."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from bot.pace import ASK_AGAIN, Budget, LocalPace, Pace, SharedPace
from tests.bot.lab import Clock

SECOND = timedelta(seconds=1)
NOW = timedelta()
POSTS = Budget("posts", 3, 3 * SECOND)
EDITS = Budget("edits", 4, 60 * SECOND, spare=1)
AWAY = "redis://127.0.0.1:9"


@pytest.fixture
def clock() -> Clock:
    """Return a clock that all senders go by."""
    return Clock()


@pytest.fixture(params=["shared", "local", "away"])
async def pace(request: pytest.FixtureRequest, redis: Redis, clock: Clock) -> AsyncIterator[Pace]:
    """Yield a pace that is shared, one of its own, and one whose Redis does not answer."""
    if request.param == "local":
        yield LocalPace(clock)
    elif request.param == "shared":
        yield SharedPace(redis, clock)
    else:
        nowhere = Redis.from_url(AWAY)
        yield SharedPace(nowhere, clock)
        await nowhere.aclose()


async def test_a_budget_may_be_spent_at_once_and_not_exceeded(pace: Pace, clock: Clock) -> None:
    """The next call waits until the first one has left the window."""
    for number in range(3):
        assert await pace.wait(POSTS, f"{number}", urgent=True) == NOW
        clock.forward(0.5)

    assert await pace.wait(POSTS, "3", urgent=True) == 1.5 * SECOND
    clock.forward(1.5)
    assert await pace.wait(POSTS, "3", urgent=True) == NOW
    assert await pace.wait(EDITS, "3", urgent=True) == NOW


async def test_a_mere_edit_leaves_room_for_what_somebody_waits_for(
    pace: Pace, clock: Clock
) -> None:
    """Its own wait is until there is more than the spare part again."""
    for number in range(3):
        assert await pace.wait(EDITS, f"{number}", urgent=False) == NOW
    assert await pace.wait(EDITS, "mere", urgent=False) == 60 * SECOND
    assert await pace.wait(EDITS, "plan", urgent=True) == NOW

    clock.forward(60)
    assert await pace.wait(EDITS, "mere", urgent=False) == NOW


async def test_a_bar_counts_for_everything_in_the_budget(pace: Pace, clock: Clock) -> None:
    """Until the time that the platform named, for what is urgent too."""
    await pace.bar(POSTS, 7 * SECOND)
    assert await pace.wait(POSTS, "a", urgent=True) == 7 * SECOND
    assert await pace.wait(POSTS, "b", urgent=False) == 7 * SECOND
    assert await pace.wait(EDITS, "c", urgent=True) == NOW

    clock.forward(7)
    assert await pace.wait(POSTS, "a", urgent=True) == NOW


async def test_whoever_waits_keeps_the_place(redis: Redis, clock: Clock) -> None:
    """Two senders give places away together; nobody who comes later is served before."""
    one, two = SharedPace(redis, clock), SharedPace(redis, clock)
    for number in range(3):
        assert await one.wait(POSTS, f"{number}", urgent=True) == NOW

    assert await one.wait(POSTS, "3", urgent=True) == 3 * SECOND
    assert await two.wait(POSTS, "4", urgent=True) == 3 * SECOND
    assert [await one.wait(POSTS, f"{number}", urgent=True) for number in (5, 6)] == [
        3 * SECOND,
        6 * SECOND,
    ]
    clock.forward(3)
    assert await two.wait(POSTS, "7", urgent=True) == 3 * SECOND
    assert await two.wait(POSTS, "mere", urgent=False) == 3 * SECOND
    assert [await two.wait(POSTS, f"{number}", urgent=True) for number in (3, 4, 5)] == [NOW] * 3
    assert await two.wait(POSTS, "6", urgent=True) == 3 * SECOND


async def test_who_comes_late_for_a_place_makes_no_crowd(redis: Redis, clock: Clock) -> None:
    """Three places of an earlier window and three of this one are not six calls at once."""
    pace = SharedPace(redis, clock)
    for number in range(9):
        await pace.wait(POSTS, f"{number}", urgent=True)

    clock.forward(6)
    served = [await pace.wait(POSTS, f"{number}", urgent=True) == NOW for number in range(3, 9)]

    assert served == [True] * 3 + [False] * 3
    clock.forward(3)
    assert [await pace.wait(POSTS, f"{number}", urgent=True) for number in (6, 7, 8)] == [NOW] * 3


async def test_a_place_before_a_bar_is_given_anew(redis: Redis, clock: Clock) -> None:
    """Else everybody who waited would come at the end of the bar."""
    pace = SharedPace(redis, clock)
    for number in range(9):
        await pace.wait(POSTS, f"{number}", urgent=True)
    await pace.bar(POSTS, 20 * SECOND)
    for number in range(3, 9):
        assert await pace.wait(POSTS, f"{number}", urgent=True) >= 20 * SECOND

    clock.forward(20)
    served = [await pace.wait(POSTS, f"{number}", urgent=True) == NOW for number in range(3, 9)]
    assert served == [True] * 3 + [False] * 3


async def test_a_redis_that_does_not_answer_stops_nobody(
    redis: Redis, redis_url: str, clock: Clock
) -> None:
    """It is asked again after a while; until then each process counts its own calls."""
    pace = SharedPace(redis, clock)
    async with Redis.from_url(redis_url) as other:
        await other.client_pause(60_000, all=False)  # what writes waits for that long
        for number in range(3):
            assert await pace.wait(POSTS, f"{number}", urgent=True) == NOW
        assert await pace.wait(POSTS, "3", urgent=True) == 3 * SECOND
        await other.client_unpause()

    clock.forward(ASK_AGAIN.total_seconds())
    assert await pace.wait(POSTS, "3", urgent=True) == NOW
    assert (
        await SharedPace(redis, clock).wait(Budget("posts", 1, SECOND), "4", urgent=True) == SECOND
    )


async def test_redis_may_forget_everything(redis: Redis, clock: Clock) -> None:
    """Scripts, places and calls: then it starts from nothing."""
    pace = SharedPace(redis, clock)
    assert await pace.wait(POSTS, "a", urgent=True) == NOW
    await redis.script_flush()
    await redis.flushall()
    for number in range(3):
        assert await pace.wait(POSTS, f"{number}", urgent=True) == NOW
    assert await pace.wait(POSTS, "a", urgent=True) == 3 * SECOND


async def test_what_was_used_is_known(pace: Pace, clock: Clock) -> None:
    """In the window that ends now."""
    assert await pace.used(POSTS) == 0
    for number in range(2):
        await pace.wait(POSTS, f"{number}", urgent=True)
        clock.forward(2)
    assert await pace.used(POSTS) == 1
