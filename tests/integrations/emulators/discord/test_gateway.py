"""The emulated gateway: discord.py logs in, hears what happens, and comes back."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from integrations.emulators.discord import DiscordWorld

Json = dict[str, Any]


class Socket:
    """A bare connection to the gateway."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def send(self, op: int, data: object = None) -> None:
        await self.socket.send_json({"op": op, "d": data})

    async def hear(self) -> Json:
        message = await asyncio.wait_for(self.socket.receive(), 5)
        if message.type is not aiohttp.WSMsgType.TEXT:
            return {"closed": self.socket.close_code}
        heard: Json = json.loads(message.data)
        return heard


@asynccontextmanager
async def socket(world: DiscordWorld) -> AsyncIterator[Socket]:
    """Yield a connection past its hello."""
    url = world.gateway_url + "?v=10&encoding=json"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as made:
        found = Socket(made)
        assert (await found.hear())["d"]["heartbeat_interval"] > 0
        yield found


def identity(world: DiscordWorld, **change: object) -> Json:
    """Return what a client identifies itself with."""
    return {"token": world.token, "intents": 1, "properties": {}} | change


async def test_a_session_begins_with_the_server(world: DiscordWorld) -> None:
    """HELLO, IDENTIFY, READY, GUILD_CREATE; a heartbeat is acknowledged."""
    async with socket(world) as client:
        await client.send(1)
        assert (await client.hear())["op"] == 11
        await client.send(2, identity(world))
        ready, guild = await client.hear(), await client.hear()
        assert [ready["t"], guild["t"]] == ["READY", "GUILD_CREATE"]
        assert [ready["s"], guild["s"]] == [1, 2]
        world.say("ada", "dev", "hello")
        assert (await client.hear())["d"]["content"] == "hello"


async def test_a_client_that_was_away_hears_the_rest(world: DiscordWorld) -> None:
    """RESUME replays what was missed, then says so."""
    async with socket(world) as client:
        await client.send(2, identity(world))
        session = (await client.hear())["d"]["session_id"]
        await client.hear()
    await world.until(lambda: not world.gateway.connected)
    world.say("ada", "dev", "missed")
    async with socket(world) as client:
        await client.send(6, {"token": world.token, "session_id": session, "seq": 2})
        heard = [(await client.hear())["t"] for _ in range(2)]
    assert heard == ["MESSAGE_CREATE", "RESUMED"]


@pytest.mark.parametrize(
    ("op", "change", "expected"),
    [
        (2, {"token": "wrong"}, {"closed": 4004}),
        (2, {"intents": 1 << 15}, {"closed": 4014}),
        (6, {"session_id": "gone"}, {"op": 9, "d": False}),
        (3, {}, {"closed": 4003}),
    ],
)
async def test_what_does_not_belong_is_refused(
    world: DiscordWorld, op: int, change: Json, expected: Json
) -> None:
    """Wrong tokens and forbidden intents end the connection; an unknown session starts anew."""
    world.gateway.forbidden = 1 << 15
    async with socket(world) as client:
        await client.send(op, identity(world, **change))
        assert await client.hear() == expected


async def test_what_a_known_client_may_not_do(world: DiscordWorld) -> None:
    """Identifying twice and unknown words end the connection; a presence does not."""
    for op, expected in ((2, 4005), (99, 4001)):
        async with socket(world) as client:
            await client.send(2, identity(world))
            await client.hear()
            await client.hear()
            await client.send(3, {})
            await client.send(op, identity(world))
            assert await client.hear() == {"closed": expected}


async def test_the_server_may_ask_to_come_back(world: DiscordWorld) -> None:
    """RECONNECT, INVALID_SESSION and a cut line, on demand."""
    async with socket(world) as client:
        await client.send(2, identity(world))
        await client.hear()
        await client.hear()
        await world.gateway.reconnect()
        assert (await client.hear())["op"] == 7
        await world.gateway.invalidate()
        assert await client.hear() == {"op": 9, "d": False}
    async with socket(world) as client:
        await client.send(2, identity(world))
        await client.hear()
        await client.hear()
        await world.gateway.drop(4000)
        assert await client.hear() == {"closed": 4000}
