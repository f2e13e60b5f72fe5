"""Interactions over HTTP: whose they are, what is refused, and how the rest is answered."""

import asyncio
import logging
from collections.abc import AsyncIterator

import aiohttp
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.discord.chat import open_chat
from bot.discord.interactions import LARGEST_REQUEST, PATH, TOLERANCE, discord_interactions
from integrations.emulators.discord import DiscordWorld
from integrations.emulators.discord.endpoint import PING, NotVerified
from integrations.emulators.discord.model import COMMAND
from integrations.emulators.discord.payloads import command_data, interaction
from integrations.emulators.server import serve
from tests.bot.desk import Desk
from tests.bot.discord.office import CALLBACK, whispered
from tests.bot.discord.office import Office as Place

REGISTER = "PUT /applications/{application_id}/commands"


@pytest.fixture
async def door(world: DiscordWorld) -> AsyncIterator[Place]:
    """Yield the surface, which has no gateway: Discord calls it."""
    desk, base = Desk(), f"{world.base_url}/api/v10"
    async with (
        open_chat(world.token, base) as chat,
        discord_interactions(desk, chat, world.endpoint.public_key, world.now) as routes,
        serve(Starlette(routes=routes)) as own,
    ):
        await world.endpoint.listen_at(f"{own}{PATH}")
        await world.until(lambda: bool(world.called(REGISTER)))
        yield Place(world, desk, chat)


async def test_discord_takes_our_address(door: Place) -> None:
    """It pings with a good signature and with a bad one; then commands come there."""
    made = await door.world.slash("ada", "dev", "/flow dora acme/shop")
    assert door.desk.asked[0].text == "dora acme/shop"
    assert made.message
    assert door.world.plain(made.message).startswith("On it: details")
    assert not door.world.gateway.identified


async def test_an_address_that_checks_nothing_is_not_taken(world: DiscordWorld) -> None:
    """The emulated Discord is as strict as the real one: a PONG for everybody is not enough."""

    async def pong(_: Request) -> Response:
        return JSONResponse({"type": 1})

    async with serve(Starlette(routes=[Route(PATH, pong, methods=["POST"])])) as own:
        with pytest.raises(NotVerified, match="404"):
            await world.endpoint.listen_at(f"{own}/elsewhere")
        with pytest.raises(NotVerified, match="somebody else has signed"):
            await world.endpoint.listen_at(f"{own}{PATH}")
    assert not world.endpoint.url


async def test_what_is_old_or_of_others_is_refused(door: Place) -> None:
    """Without a signature, with a bad one, or one that is too old: nothing is taken."""
    endpoint, late = door.world.endpoint, TOLERANCE.total_seconds() + 2
    for wrong in ({"signature": "00" * 64}, {"signature": "no hex"}, {"age": late}, {"age": -late}):
        status, _ = await endpoint.post(endpoint.url, PING, **wrong)
        assert status == 401
    async with aiohttp.ClientSession() as session:
        async with session.post(endpoint.url, data=b"{}") as response:
            assert response.status == 401
        for odd in ("9" * 400, "9" * 6000, "soon", "\u0663", ""):
            signed = {"X-Signature-Ed25519": "00" * 64, "X-Signature-Timestamp": odd}
            async with session.post(endpoint.url, data=b"{}", headers=signed) as response:
                assert response.status == 401
        async with session.post(endpoint.url, data=b"x" * (LARGEST_REQUEST + 1)) as response:
            assert response.status == 413
        async with session.get(endpoint.url) as response:
            assert response.status == 405


@pytest.mark.parametrize("payload", [{"type": 2}, {}, {"type": 3, "id": "x", "token": "t"}])
async def test_what_cannot_be_read_is_said(
    door: Place, payload: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    """Something that is no interaction does no harm; the log has it."""
    endpoint = door.world.endpoint
    status, _ = await endpoint.post(endpoint.url, payload)
    assert status == 400
    assert "cannot be read" in caplog.text
    await door.world.slash("ada", "dev", "/flow dora")
    assert len(door.desk.asked) == 1


async def test_an_interaction_that_comes_twice_is_one_request(
    door: Place, caplog: pytest.LogCaptureFixture
) -> None:
    """Its key is the same, and so is its run; Discord takes the first answer alone."""
    caplog.set_level(logging.INFO)
    world = door.world
    made = await world.slash("ada", "dev", "/flow dora")
    [command] = [each for each in world.guild.commands if each["name"] == "flow"]
    options = [{"name": "command", "type": 3, "value": "dora"}]
    data = command_data(command, options, COMMAND)
    again = interaction(world.guild, made, world.guild.channel("dev"), data)
    assert await world.endpoint.takes(again)
    await world.until(lambda: len(world.called(CALLBACK)) == 2)
    assert len(door.desk.asked) == 2
    assert len(door.desk.runs) == 1
    assert world.direct("ada").id not in world.guild.messages


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (404, (10062, "Unknown interaction")),
        (401, (50027, "Invalid Webhook Token")),
        (503, (0, "")),
    ],
)
async def test_an_answer_that_is_not_taken_goes_to_the_person(
    door: Place, status: int, error: tuple[int, str]
) -> None:
    """Too late, with a token that ran out, or while Discord has trouble."""
    door.world.fail(CALLBACK, status=status, error=error)
    asking = asyncio.create_task(door.world.slash("ada", "dev", "/flow help"))
    assert await whispered(door) == ["Help\nWhat I can do"]
    asking.cancel()


async def test_only_what_was_not_shown_goes_to_the_person(door: Place) -> None:
    """Of an answer in several messages the first one may have arrived."""
    world = door.world
    world.fail("POST /webhooks/{webhook_id}/{webhook_token}", status=404, error=(10015, "Gone"))
    await world.slash("ada", "dev", "/flow story")
    shown = await whispered(door, count=2)
    assert sum(each.count("word") for each in shown) < 1_800


async def test_commands_are_registered_once_discord_is_back(world: DiscordWorld) -> None:
    """Without a gateway somebody has to: the web process tries again; a bad token is logged."""
    world.fail("GET /applications/@me", status=429, retry_after=0.01)
    async with (
        open_chat(world.token, f"{world.base_url}/api/v10") as chat,
        discord_interactions(Desk(), chat, world.endpoint.public_key, world.now),
    ):
        await world.until(lambda: bool(world.called(REGISTER)))


async def test_a_token_that_is_not_taken_is_logged(
    world: DiscordWorld, caplog: pytest.LogCaptureFixture
) -> None:
    """The page goes on; the log says what to do, once."""
    told = asyncio.Event()

    def hear(record: logging.LogRecord) -> bool:
        if "cannot be registered" in record.getMessage():
            told.set()
        return True

    caplog.handler.addFilter(hear)
    async with (
        open_chat("wrong", f"{world.base_url}/api/v10") as chat,
        discord_interactions(Desk(), chat, world.endpoint.public_key, world.now),
    ):
        await asyncio.wait_for(told.wait(), 5)
    assert "wrong" not in caplog.text
    assert len(world.calls) == 1
