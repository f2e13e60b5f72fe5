"""What changes in Linear comes through the door and wakes whoever waits for it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
import redis.asyncio
from starlette.responses import PlainTextResponse

from bot import intake
from bot.deliveries import Deliveries, waking
from bot.intake import Intake
from bot.web.hooks import LINEAR, Hooks
from integrations.emulators.linear import TOKEN, LinearWorld, linear_app
from integrations.emulators.server import serve
from integrations.linear import Linear, LinearApi, LinearSignIn, NewIssue
from tests.bot.lab import Lab

SECRET = "lin_wh_emulated"


@pytest.fixture
def world() -> LinearWorld:
    """Return a workspace with one team."""
    made = LinearWorld()
    made.team("ENG")
    return made


@pytest.fixture
async def door(world: LinearWorld, redis_url: str) -> AsyncIterator[Intake]:
    """Yield what keeps the deliveries of the workspace, behind a door that is served."""
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        kept = Intake(client)
        pages = PlainTextResponse("a page")
        hooks = Hooks(kept, {LINEAR: ["old", SECRET]}, pages, lambda: world.clock)
        async with serve(hooks) as url:
            world.courier.hook(f"{url}{LINEAR}", SECRET)
            yield kept


async def test_a_change_wakes_whoever_waits(world: LinearWorld, door: Intake, lab: Lab) -> None:
    """The real client writes, Linear tells of it, and a worker says what happened."""
    heard = list[str]()

    async def happened(*topics: str) -> None:
        heard.extend(topics)

    transport = httpx.ASGITransport(linear_app(world))
    async with LinearApi(LinearSignIn(TOKEN), transport=transport) as api:
        await Linear(api).ensure_issue("run 1", NewIssue("ENG", "Add retries"))
    deliveries = Deliveries(door, lab.database, [waking(happened)], "w1", lab.clock)
    _, delivery = await anext(door.taken("w1"))
    await deliveries.deal(delivery)

    assert world.courier.log[0].statuses == [200]
    assert "linear:issue:ENG-1" in heard


async def test_what_linear_sends_again_is_kept_once(
    world: LinearWorld, door: Intake, redis_url: str
) -> None:
    """Its first answer was lost; the last attempt comes hours later and is still taken."""
    world.issue("ENG", "Add retries")
    (delivery,) = world.courier.waiting
    await world.courier.deliver()
    for later in (timedelta(minutes=1), timedelta(hours=1), timedelta(hours=6)):
        world.clock += later
        world.courier.waiting.append(delivery)
        await world.courier.deliver()

    assert delivery.statuses == [200] * 4
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        assert await client.xlen(intake.STREAM) == 1
