"""How processes stand with a chat is known to all, and forgotten with them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis

from bot.processes import standing_of
from bot.slack.chat import SlackChat, open_chat
from bot.standing import FORGOTTEN, Stand, Standing
from bot.vitals import slack_vitals
from flows.engine.tools import Vital
from flows.report import Report
from integrations.emulators.server import serve
from integrations.emulators.slack import SlackWorld, slack_app
from integrations.errors import OutsideError
from tests.bot.lab import ADA, PATIENCE

NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
THEN = NOW.timestamp() - 300


@pytest.fixture
async def world() -> AsyncIterator[SlackWorld]:
    """Yield an emulated workspace that answers on loopback."""
    world = SlackWorld()
    async with serve(slack_app(world)) as base:
        world.base_url = base
        yield world
        await world.close()


@pytest.fixture
async def chat(world: SlackWorld) -> AsyncIterator[SlackChat]:
    """Yield the chat."""
    async with open_chat(world.bot_token, f"{world.base_url}/api/") as chat:
        yield chat


async def vitals(chat: SlackChat, redis: Redis, *, listens: bool = True) -> dict[str, Vital]:
    """Return what is told of Slack, by name."""
    told = await slack_vitals(chat, Standing(redis, "who asks"), NOW, listens=listens)
    return {vital.name: vital for vital in told}


async def test_what_a_process_tells_is_known_until_it_is_gone(redis: Redis) -> None:
    """Each counts once, whatever it told before."""
    one, other = Standing(redis, "one"), Standing(redis, "other")
    for stand in (Stand(connected=False), Stand(connected=True)):
        await one.tell("slack", stand)
    await other.tell("discord", Stand())

    assert await other.every("slack") == [Stand(connected=True)]
    left = await redis.pttl("flowbot:standing:slack:one")
    assert 0 < left <= FORGOTTEN.total_seconds() * 1000


async def test_it_is_told_again_and_again(redis: Redis) -> None:
    """Also after something was away."""
    told, looks = asyncio.Event(), [OSError("gone")]

    async def look() -> Stand:
        if looks:
            raise looks.pop()
        told.set()
        return Stand(connected=True)

    one = Standing(redis, "one", beat=timedelta(milliseconds=1))
    keeping = asyncio.create_task(one.keep("slack", look))
    async with asyncio.timeout(PATIENCE):
        await told.wait()
        while not await one.every("slack"):
            pass
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    assert await Standing(redis, "two").every("slack") == [Stand(connected=True)]


async def test_a_process_knows_of_itself_what_is_true_now(redis: Redis) -> None:
    """Not what it told last; the others may be a little behind."""
    stands = [Stand(connected=True), Stand(connected=False)]

    async def look() -> Stand:
        return stands[-1] if len(stands) == 1 else stands.pop()

    one = Standing(redis, "one", beat=timedelta(hours=1))
    keeping = asyncio.create_task(one.keep("slack", look))
    async with asyncio.timeout(PATIENCE):
        while not await Standing(redis, "two").every("slack"):
            pass
    assert await Standing(redis, "two").every("slack") == [Stand(connected=False)]
    assert await one.every("slack") == [Stand(connected=True)]
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


async def test_all_is_well(chat: SlackChat, redis: Redis) -> None:
    """A connection of one process is enough, and what was taken is nothing to tell of."""
    for who, connected in (("a", True), ("b", False), ("c", None)):
        await Standing(redis, who).tell("slack", Stand(connected))
    told = await vitals(chat, redis)
    assert [vital.ok for vital in told.values()] == [True, True, True]
    assert told["Slack socket"].value == "1 of 2 connected"
    assert told["Slack messages"].value == "all were taken"
    assert "Slack socket" not in await vitals(chat, redis, listens=False)


async def test_a_lost_connection_is_told(chat: SlackChat, redis: Redis) -> None:
    """Whether nobody tries, or who tries does not get one."""
    nobody = (await vitals(chat, redis))["Slack socket"]
    await Standing(redis, "a").tell("slack", Stand(connected=False))
    away = (await vitals(chat, redis))["Slack socket"]
    assert (nobody.ok, nobody.value) == (False, "nobody listens")
    assert "python -m bot slack" in nobody.remedy
    assert (away.ok, away.value) == (False, "0 of 1 connected")


async def test_what_could_not_be_said_is_told_for_a_while(chat: SlackChat, redis: Redis) -> None:
    """Why and how long ago; the newest of all processes, until it is history."""
    why = "This channel is archived; nothing can be posted there."
    await Standing(redis, "a").tell("slack", Stand(trouble=why, at=THEN))
    await Standing(redis, "b").tell("slack", Stand(trouble="Older.", at=THEN - 9_000))
    told = (await vitals(chat, redis))["Slack messages"]
    assert (told.ok, told.value) == (False, "the last failure was 5 min ago")
    assert told.remedy == why

    await Standing(redis, "a").tell("slack", Stand(trouble=why, at=THEN - 3_600))
    assert (await vitals(chat, redis))["Slack messages"].ok


@pytest.mark.parametrize("code", ["invalid_auth", "token_revoked", "account_inactive"])
async def test_a_revoked_token_is_told(
    world: SlackWorld, chat: SlackChat, redis: Redis, code: str
) -> None:
    """By Slack itself, and by what could not be said."""
    world.fail("auth.test", error=code)
    world.fail("conversations.open", error=code)
    with pytest.raises(OutsideError):
        await chat.tell(ADA, Report("Hello"), "k", again=False)
    stand = await standing_of(chat, None)
    await Standing(redis, "a").tell("slack", stand)

    told = await vitals(chat, redis, listens=False)
    assert stand.connected is None
    assert not told["Slack"].ok
    assert f"Slack does not accept my token ({code})" in told["Slack"].remedy
    assert code in told["Slack messages"].remedy


async def test_without_its_store_only_slack_itself_is_told(chat: SlackChat) -> None:
    """The rest is the queue's own trouble."""
    redis = Redis.from_url("redis://127.0.0.1:9")
    assert list(await vitals(chat, redis)) == ["Slack"]
    await redis.aclose()
