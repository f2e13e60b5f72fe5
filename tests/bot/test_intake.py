"""Webhook deliveries are kept once, handed to one worker at a time, and never dropped silently."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import redis.asyncio

from bot import intake
from bot.intake import Delivery, Intake, NoRoom

PUSH = Delivery(
    "github", "push", "d1", b'{"ref": "refs/heads/main", "repository": {"full_name": "a/b"}}'
)


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[redis.asyncio.Redis]:
    """Yield a client of the queue."""
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        yield client


async def test_a_delivery_is_kept_once(client: redis.asyncio.Redis) -> None:
    """Also where it comes twice at the same moment, or again after it was dealt with."""
    door = Intake(client)
    first = await asyncio.gather(door.add(PUSH), door.add(PUSH), door.add(PUSH._replace(id="d2")))
    assert list(first) == [True, False, True]

    async for receipt, delivery in door.taken("w1"):
        await door.finish([receipt])
        if delivery.id == "d2":
            break

    assert await client.xlen(intake.STREAM) == 0
    assert not await door.add(PUSH)


async def test_what_was_sent_is_what_is_handed_on(client: redis.asyncio.Redis) -> None:
    """The body stays byte for byte what was signed."""
    door, raw = Intake(client), PUSH._replace(body=b"\x00\xff not even text")
    await door.add(raw)

    async for _, delivery in door.taken("w1"):
        assert delivery == raw
        break


async def test_a_queue_that_was_emptied_goes_on(client: redis.asyncio.Redis) -> None:
    """It has forgotten the script and the group of workers; both are made again."""
    door = Intake(client)
    assert await door.add(PUSH)
    taken = door.taken("w1")
    assert (await anext(taken))[1] == PUSH
    await client.flushall()
    await client.script_flush()

    assert await door.add(PUSH)
    assert (await anext(taken))[1] == PUSH


async def test_what_a_lost_worker_had_taken_is_taken_by_another(
    client: redis.asyncio.Redis,
) -> None:
    """After a while, here at once; what it had finished stays finished."""
    door = Intake(client, abandoned=timedelta())
    await door.add(PUSH)
    lost = door.taken("w1")
    await anext(lost)

    assert (await anext(door.taken("w2")))[1] == PUSH


async def test_a_full_stream_takes_no_more(client: redis.asyncio.Redis) -> None:
    """What is refused is not remembered, so that it can be sent again."""
    door, second = Intake(client, most=1), PUSH._replace(id="d2")
    assert await door.add(PUSH)
    with pytest.raises(NoRoom):
        await door.add(second)

    receipt, _ = await anext(door.taken("w1"))
    await door.finish([receipt])

    assert await door.add(second)


async def test_a_queue_that_is_away_is_said(client: redis.asyncio.Redis) -> None:
    """Everybody who waits for an answer is told."""
    nowhere = Intake(redis.asyncio.Redis(port=1))
    failed = await asyncio.gather(
        nowhere.add(PUSH), nowhere.add(PUSH._replace(id="d2")), return_exceptions=True
    )
    assert all(isinstance(each, OSError | redis.exceptions.RedisError) for each in failed)
