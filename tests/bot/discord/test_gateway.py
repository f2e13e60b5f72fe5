"""The connection to Discord: it comes back, whatever ends it, and nothing is lost."""

import asyncio
import json
import logging
from pathlib import Path

import pytest

from bot.discord.app import discord_gateway, register
from bot.discord.chat import open_chat
from integrations.emulators.discord import DiscordWorld
from integrations.emulators.discord.model import APPLICATION, GUILD
from tests.bot.desk import Desk
from tests.bot.discord.office import CALLBACK, Office, heard


async def test_commands_are_registered_when_they_changed(office: Office) -> None:
    """Discord counts the changes of a day, so the same commands are left alone."""
    world = office.world
    assert len(world.called("PUT /applications/{application_id}/commands")) == 1
    assert await register(office.chat, APPLICATION) is False
    world.guild.commands[0]["description"] = "older"
    assert await register(office.chat, APPLICATION) is True
    assert world.guild.commands[0]["description"] != "older"


async def test_a_lost_connection_loses_nothing(office: Office) -> None:
    """Asked to come back, cut off or told to start anew: the next command is heard."""
    world = office.world
    await world.gateway.reconnect()
    await world.until(lambda: world.gateway.resumed == 1)
    await world.gateway.drop(4000)
    world.say("ada", "dev", "!flow missed")
    await heard(office)
    assert world.gateway.resumed == 2
    await world.slash("ada", "dev", "/flow dora")
    assert [asked.text for asked in office.desk.asked] == ["missed", "dora"]


async def test_without_the_intent_commands_and_mentions_still_work(world: DiscordWorld) -> None:
    """Reading what is not for the bot is asked for only where it was granted."""
    world.gateway.forbidden = 1 << 15
    desk, base = Desk(), f"{world.base_url}/api/v10"
    async with open_chat(world.token, base) as chat, discord_gateway(desk, chat):
        await world.connected()
        await world.slash("ada", "dev", "/flow dora")
    assert len(desk.asked) == 1


async def test_a_thread_that_was_asleep_is_known_again(world: DiscordWorld) -> None:
    """Discord does not tell of sleeping threads; where a message wakes one, it is asked."""
    desk, head = Desk(), world.say("ada", "dev", "The build is red")
    async with open_chat(world.token, f"{world.base_url}/api/v10") as chat:
        path = f"/channels/{head.channel}/messages/{head.id}/threads"
        await chat.rest("POST", path, {"name": "red"})
        world.guild.channels[head.id].archived = True
        async with discord_gateway(desk, chat):
            await world.connected()
            said = world.say("bo", "dev", "!flow red", thread=head.id)
            await world.until(lambda: bool(said.reactions))
    assert desk.asked[0].origin.channel == head.channel
    assert desk.asked[0].origin.thread == head.id


async def test_discord_may_come_later(world: DiscordWorld) -> None:
    """A server that is away at first is tried again."""
    world.fail("GET /applications/@me", status=503)
    async with (
        open_chat(world.token, f"{world.base_url}/api/v10") as chat,
        discord_gateway(Desk(), chat),
    ):
        await world.connected()


async def test_a_bad_token_is_logged(world: DiscordWorld, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever looks at the log learns what to do; nothing else stops."""
    told = asyncio.Event()

    def hear(record: logging.LogRecord) -> bool:
        if "lets me not in" in record.getMessage():
            told.set()
        return True

    caplog.handler.addFilter(hear)
    async with (
        open_chat("wrong", f"{world.base_url}/api/v10") as chat,
        discord_gateway(Desk(), chat),
    ):
        await asyncio.wait_for(told.wait(), 5)
    assert "wrong" not in caplog.text


async def test_recorded_events_are_taken(office: Office, contracts: Path) -> None:
    """Discord's own recordings, of a mention, a role, a button and a thread, do no harm."""
    world = office.world
    folder = contracts / "discord/recorded"
    names = ("gatewayMention", "gatewayRoleMention", "gatewayThreadCreate", "gatewayReactionAdd")
    for name in names:
        event = json.loads((folder / f"{name}.json").read_text())
        kind = event["type"].removeprefix("GATEWAY_")
        world.gateway.dispatch(kind, event["data"] | {"guild_id": GUILD})
    event = json.loads((folder / "buttonClickHello.json").read_text())
    world.gateway.dispatch("INTERACTION_CREATE", event)
    await world.until(lambda: len(world.called(CALLBACK)) == 1)
    await world.slash("ada", "dev", "/flow dora")
    assert office.desk.asked[-1].text == "dora"


async def test_an_event_that_breaks_the_client_does_not_end_it(office: Office) -> None:
    """What discord.py cannot read costs the connection; the next one goes on."""
    world = office.world
    world.gateway.dispatch("INTERACTION_CREATE", {"id": "not a number", "type": 3, "token": "t"})
    await world.until(lambda: world.gateway.identified == 2)
    await world.connected()
    await world.slash("ada", "dev", "/flow dora")
    assert office.desk.asked[-1].text == "dora"
