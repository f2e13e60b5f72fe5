"""The connection to Discord: it comes back, whatever ends it, and nothing is lost."""

import asyncio
import logging

import pytest

from bot.discord.app import discord_gateway, register
from bot.discord.chat import open_chat
from integrations.emulators.discord import DiscordWorld
from integrations.emulators.discord.model import APPLICATION, PUBLIC_THREAD, Channel
from integrations.emulators.discord.shapes import channel_json
from tests.bot.desk import Desk
from tests.bot.discord.office import CALLBACK, Office, flows_of_tests, heard


async def test_commands_are_registered_when_they_changed(office: Office) -> None:
    """Discord counts the changes of a day, so the same commands are left alone."""
    world = office.world
    assert len(world.called("PUT /applications/{application_id}/commands")) == 1
    assert await register(office.chat, APPLICATION, flows_of_tests) is False
    world.guild.commands[0]["description"] = "older"
    assert await register(office.chat, APPLICATION, flows_of_tests) is True
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


async def test_a_connection_that_ends_at_once_leaves_nothing_behind(world: DiscordWorld) -> None:
    """Though discord.py waits for more servers for a while after each one that it hears of."""
    async with (
        open_chat(world.token, f"{world.base_url}/api/v10") as chat,
        discord_gateway(Desk(), chat) as line,
    ):
        async with asyncio.timeout(10):
            # discord.py tells nobody when it begins to wait.
            while not (line.client and line.client._connection._ready_task):  # noqa: ASYNC110 - see above
                await asyncio.sleep(0)
    assert [each for each in asyncio.all_tasks() if "_delay_ready" in repr(each)] == []


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


async def test_an_event_that_nobody_can_read_is_left_out(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    """What discord.py cannot read costs this one event; the connection and the rest go on."""
    world = office.world
    world.gateway.dispatch("INTERACTION_CREATE", {"id": "not a number", "type": 3, "token": "t"})
    world.gateway.dispatch("MESSAGE_CREATE", {"id": "1"})
    await world.slash("ada", "dev", "/flow dora")
    assert office.desk.asked[-1].text == "dora"
    assert world.gateway.identified == 1
    assert "INTERACTION_CREATE of Discord cannot be read" in caplog.text


async def test_a_session_that_ended_begins_anew(office: Office) -> None:
    """The client identifies itself once more, and the next command is heard."""
    world = office.world
    await world.gateway.invalidate()
    await world.until(lambda: world.gateway.identified == 2)
    await world.connected()
    await world.slash("ada", "dev", "/flow dora")
    assert [asked.text for asked in office.desk.asked] == ["dora"]


async def test_what_is_replayed_is_one_request(office: Office) -> None:
    """A resume may bring again what was heard: the same key is the same run, answered once."""
    world = office.world
    world.say("ada", "dev", "!flow dora")
    await heard(office)
    await world.slash("ada", "dev", "/flow dora")
    [session] = world.gateway.sessions.values()
    for event in list(session.events):
        if event["t"] in ("MESSAGE_CREATE", "INTERACTION_CREATE"):
            world.gateway.dispatch(event["t"], event["d"])
    await heard(office, 4)
    await world.until(lambda: len(world.called(CALLBACK)) == 2)
    assert len(office.desk.runs) == 2
    await world.slash("cy", "dev", "/flow dora")
    assert await office.chat.rest.troubles.today() == {"event came twice": 1}


async def test_resumes_are_counted(office: Office) -> None:
    """Whoever asks how Discord is can see that the line is bad."""
    await office.world.gateway.reconnect()
    await office.world.until(lambda: office.world.gateway.resumed == 1)
    await office.world.slash("ada", "dev", "/flow dora")
    assert await office.chat.rest.troubles.today() == {"connection resumed": 1}


async def test_events_may_come_in_any_order(office: Office) -> None:
    """A reply in a thread that nobody told of yet, and a command in a channel as new."""
    world = office.world
    head = world.say("ada", "dev", "The build is red")
    thread = Channel(head.id, "red", PUBLIC_THREAD, head.channel, head.author)
    world.guild.channels[thread.id] = thread
    said = world.say("bo", "dev", "!flow red", thread=head.id)
    world.gateway.dispatch("THREAD_CREATE", channel_json(world.guild, thread))
    fresh = Channel(world.new_id(), "fresh")
    world.guild.channels[fresh.id] = fresh
    await world.slash("cy", "fresh", "/flow dora")
    world.gateway.dispatch("CHANNEL_CREATE", channel_json(world.guild, fresh))
    await heard(office, 2)
    origins = {asked.by.name: asked.origin for asked in office.desk.asked}
    assert origins["Bo"].thread == head.id
    assert origins["Bo"].message == f"{head.id}/{said.id}"
    assert origins["Cy"].channel == fresh.id
