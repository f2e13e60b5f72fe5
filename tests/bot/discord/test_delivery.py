"""Threads on an emulated Discord where something is gone, shut or refused: the run goes on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial

import pytest
from redis.asyncio import Redis

from bot.chat import Actor, Origin
from bot.discord.app import Line, discord_gateway
from bot.discord.chat import DiscordChat, open_chat
from bot.standing import Stand, Standing
from bot.threads import Threads
from bot.vitals import discord_vitals
from integrations.emulators.discord import DiscordWorld, discord_app
from integrations.emulators.discord.model import BOT_USER, Message
from integrations.emulators.server import serve
from storage.records import RunRecord
from tests.bot.checkup import checkup
from tests.bot.desk import Desk
from tests.bot.lab import RULES, Lab

CALLBACK = "POST /interactions/{interaction_id}/{interaction_token}/callback"
EDIT = "PATCH /channels/{channel_id}/messages/{message_id}"


@dataclass
class Post:
    """The bot and an emulated server on one clock."""

    lab: Lab
    world: DiscordWorld
    chat: DiscordChat
    threads: Threads
    line: Line = field(default_factory=Line)

    async def start(self, command: str = "look desk", *, in_thread: bool = False) -> str:
        """Let Ada ask for something in a channel, and its card be posted."""
        user, channel = self.world.user("ada"), self.world.guild.channel("dev").id
        head = self.world.say("ada", "dev", f"@flowbot {command}").id if in_thread else ""
        by = Actor("discord", user.id, "Ada")
        origin = Origin("mention", "discord", channel, head, head)
        run_id = await self.lab.start(command, by, origin=origin)
        await self.threads.deliver()
        return run_id

    async def ended(self, run_id: str) -> RunRecord:
        """Let a run be played to its end, and told of as far as that can be."""
        await self.lab.player().play(run_id)
        async with asyncio.timeout(10):
            while await self.lab.outbox():
                await self.threads.deliver()
                self.lab.clock.forward(1)
        return await self.lab.run(run_id)

    def own(self, channel: str = "dev") -> list[str]:
        """Return what the bot has said in a channel, and in the threads there."""
        every = [
            each for head, replies in self.world.transcript(channel) for each in (head, *replies)
        ]
        return [self.world.plain(each) for each in every if each.author == BOT_USER]

    def direct(self) -> list[str]:
        """Return what Ada was told by direct message."""
        return self.own(self.world.direct("ada").id)

    async def health(self) -> str:
        """Return what the health check reports of Discord."""
        standing = Standing(self.lab.queue.redis, "one")
        await standing.tell("discord", Stand.of(self.line.connected, self.chat.rest.trouble))
        service = partial(discord_vitals, self.chat, standing, listens=True, is_open=True)
        rows, _ = await checkup(self.lab, service)
        return "; ".join(rows)


@pytest.fixture
async def post(lab: Lab) -> AsyncIterator[Post]:
    """Yield the bot with an emulated server."""
    async with AsyncExitStack() as stack:
        world = DiscordWorld(clock=lab.clock)
        stack.push_async_callback(world.close)
        url = f"{await stack.enter_async_context(serve(discord_app(world)))}/api/v10"
        chat = await stack.enter_async_context(open_chat(world.token, url))
        chats = {"discord": chat}
        threads = Threads(lab.database, lab.queue, RULES, lab.clock, chats, lab.find)
        yield Post(lab, world, chat, threads)


def card_of(post: Post) -> Message:
    """Return the last message of the bot in the channel."""
    heads = [head for head, _ in post.world.transcript("dev") if head.author == BOT_USER]
    return heads[-1]


async def test_a_card_that_somebody_deleted_is_posted_once_more(post: Post) -> None:
    """Its report hangs on the new one."""
    run_id = await post.start()
    post.world.guild.delete(card_of(post))
    assert (await post.ended(run_id)).state == "done"
    card, report = post.own()
    assert card.startswith("✅ desk is there")
    assert "It is well." in report
    assert "message gone (1×)" in await post.health()
    assert post.direct() == []


async def test_a_channel_that_was_deleted_ends_no_run(post: Post) -> None:
    """Who asked gets the card and the report as direct messages."""
    run_id = await post.start()
    post.world.remove("dev")
    assert (await post.ended(run_id)).state == "done"
    card, report = post.direct()
    assert card.startswith("✅ desk is there")
    assert "Number: " in report
    assert "channel gone (" in await post.health()


async def test_a_bot_that_was_kicked_tells_who_asked(post: Post) -> None:
    """As long as they still take its messages; else it is silent, and nothing spins."""
    run_id, other = await post.start(), await post.start("look chair")
    post.world.kick()
    assert (await post.ended(run_id)).state == "done"
    assert len(post.direct()) == 2
    assert "no access to a channel (" in await post.health()

    post.world.user("ada").takes_no_messages = True
    assert (await post.ended(other)).state == "done"
    assert len(post.direct()) == 2


async def test_a_permission_that_was_taken_away_tells_who_asked(post: Post) -> None:
    """A card can still be edited where nothing new can be posted."""
    run_id = await post.start()
    post.world.guild.channel("dev").lacks = ["SEND_MESSAGES", "CREATE_PUBLIC_THREADS"]
    assert (await post.ended(run_id)).state == "done"
    [card] = post.own()
    assert card.startswith("✅ desk is there")
    [report] = post.direct()
    assert "I could not post this where you asked. I lack a permission in this channel" in report


async def test_a_thread_that_was_archived_is_woken(post: Post) -> None:
    """Everything is as if it had not slept."""
    run_id = await post.start(in_thread=True)
    [thread] = post.world.guild.threads()
    thread.archived = True
    assert (await post.ended(run_id)).state == "done"
    card, report = post.own()
    assert card.startswith("✅ desk is there")
    assert "Number: " in report
    assert post.direct() == []


@pytest.mark.parametrize("code", [0, 160005])
async def test_a_thread_that_was_locked_is_left_alone(post: Post, code: int) -> None:
    """Who asked is told instead, whichever way Discord says it."""
    run_id = await post.start(in_thread=True)
    [thread] = post.world.guild.threads()
    thread.archived = thread.locked = True
    if code:
        post.world.fail(EDIT, status=403, error=(code, "Thread is locked"))
    assert (await post.ended(run_id)).state == "done"
    card, report = post.direct()
    assert card.startswith("✅ desk is there")
    assert "Number: " in report
    assert "thread locked (" in await post.health()


async def test_a_thread_that_was_deleted_is_answered_beside(post: Post) -> None:
    """The message that it hung on is there: the card goes below that, the report too."""
    run_id = await post.start(in_thread=True)
    [thread] = post.world.guild.threads()
    del post.world.guild.channels[thread.id]
    post.world.guild.messages.pop(thread.id)
    assert (await post.ended(run_id)).state == "done"
    card, report = post.own()
    assert card.startswith("✅ desk is there")
    assert "Number: " in report


async def test_a_token_that_was_revoked_is_waited_for(post: Post) -> None:
    """The run ends, Discord hears of a bad token once, and the thread is told after."""
    run_id = await post.start()
    before, token = len(post.world.calls), post.world.token
    post.world.token = "another"
    await post.lab.player().play(run_id)
    for _ in range(3):
        await post.threads.deliver()
        post.lab.clock.forward(60)
    assert (await post.lab.run(run_id)).state == "done"
    assert len(post.world.calls) == before + 1
    assert await post.lab.outbox()
    said = (
        "Discord: not usable; Discord gateway: 0 of 1 connected; "
        "Discord messages: the last failure was < 1 s ago; Discord today: token refused (1×)"
    )
    assert await post.health() == said
    post.world.token = token


async def test_an_answer_that_came_too_late_is_told(post: Post) -> None:
    """The token of an interaction is good for a while only: whoever asked hears it otherwise."""
    post.world.fail(CALLBACK, status=404, error=(10062, "Unknown interaction"))
    async with discord_gateway(Desk(), post.chat) as post.line:
        await post.world.connected()
        asked = asyncio.create_task(post.world.slash("ada", "dev", "/flow help"))
        async with asyncio.timeout(10):
            await post.world.until(lambda: bool(post.direct()))
        assert "answer came too late (1×)" in await post.health()
        asked.cancel()


async def test_discord_without_trouble_is_well(post: Post) -> None:
    """Then there is nothing to say; whether anybody listens is known by all."""
    told = (
        "Discord: Flowbot in 1 server; Discord gateway: {} of 1 connected; "
        "Discord messages: all were taken; Discord today: {}"
    )
    assert await post.health() == told.format(0, "no trouble")
    async with discord_gateway(Desk(), post.chat) as post.line:
        await post.world.connected()
        async with asyncio.timeout(10):
            while not post.line.connected:
                await post.world.slash("ada", "dev", "/flow dora")
        assert await post.health() == told.format(1, "no trouble")
    assert await post.health() == told.format(0, "no trouble")


async def test_without_a_queue_health_says_what_it_can(post: Post) -> None:
    """Redis has a vital of its own; and who wants no gateway is not told that there is none."""
    nowhere = Redis.from_url("redis://127.0.0.1:9")
    at = post.lab.clock()
    vitals = await discord_vitals(
        post.chat, Standing(nowhere, "one"), at, listens=True, is_open=True
    )
    assert [each.name for each in vitals] == ["Discord", "Discord today"]
    await nowhere.aclose()
    standing = Standing(post.lab.queue.redis, "one")
    vitals = await discord_vitals(post.chat, standing, at, listens=False, is_open=True)
    assert [each.name for each in vitals] == ["Discord", "Discord messages", "Discord today"]
    assert vitals[0].ok

    post.world.is_public = True
    for is_open in (True, False):
        [first, *_] = await discord_vitals(post.chat, standing, at, listens=False, is_open=is_open)
        assert first.ok is not is_open
        assert ("FLOWBOT_DISCORD_SERVERS" in first.remedy) is is_open
