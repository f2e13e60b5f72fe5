"""What a channel follows, on an emulated Discord: at its pace, once, in place."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from bot.chat import Gone, MessageRef, ThreadRef
from bot.discord.chat import DiscordChat, open_chat
from bot.discord.turns import Turns
from bot.posts import EDIT_EVERY, Posts
from integrations.emulators.discord import DiscordWorld, discord_app
from integrations.emulators.discord.model import BOT_USER, Message
from integrations.emulators.server import serve
from integrations.errors import NotFound, Refused
from tests.bot.board import NOTIFICATIONS, Board, pull
from tests.bot.lab import Lab

WAIT = EDIT_EVERY.total_seconds()
POST = "POST /channels/{channel_id}/messages"
MARK = "PUT /channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me"


@pytest.fixture
def discord(lab: Lab) -> DiscordWorld:
    """Return a server on the clock of the lab."""
    return DiscordWorld(clock=lab.clock)


@pytest.fixture
async def chats(lab: Lab, discord: DiscordWorld) -> AsyncIterator[tuple[DiscordChat, DiscordChat]]:
    """Yield two connections that share the limits; who waits lets time pass."""

    async def pause(seconds: float) -> None:
        lab.clock.forward(seconds)
        await asyncio.sleep(0)

    async with AsyncExitStack() as stack:
        stack.push_async_callback(discord.close)
        url = f"{await stack.enter_async_context(serve(discord_app(discord)))}/api/v10"
        turns = Turns(pause=pause, clock=lambda: lab.clock().timestamp())
        opened = [
            await stack.enter_async_context(open_chat(discord.token, url, turns)) for _ in range(2)
        ]
        yield opened[0], opened[1]


@pytest.fixture
def board(lab: Lab, discord: DiscordWorld, chats: tuple[DiscordChat, DiscordChat]) -> Board:
    """Return two senders and the channel `dev`."""
    senders = [Posts(lab.database, lab.queue, lab.clock, {"discord": chat}) for chat in chats]
    return Board(lab, "discord", discord.guild.channel("dev").id, tuple(senders))


def shown(discord: DiscordWorld) -> list[list[Message]]:
    """Return the threads of the channel: each a message, and what is below it."""
    return [[head, *replies] for head, replies in discord.transcript("dev")]


async def test_a_burst_arrives_in_order_within_the_pace(
    board: Board, discord: DiscordWorld
) -> None:
    """Nothing is refused, nothing comes twice, and each is marked in the end."""
    discord.enforce_limits = True
    for number in range(NOTIFICATIONS):
        await board.put(f"pr:{number}", replace(pull(), title=(f"#{number}",)))

    await board.settled()

    assert [call.route for call in discord.calls if call.status >= 400] == []
    told = [discord.plain(thread[0]).split("\n")[0] for thread in shown(discord)]
    assert told == [f"#{number}" for number in range(NOTIFICATIONS)]
    assert len(discord.called(POST)) == NOTIFICATIONS
    assert len(discord.called(MARK)) == NOTIFICATIONS


async def test_one_message_follows_its_object(board: Board, discord: DiscordWorld) -> None:
    """It is edited, its reaction changes, its news is in its thread; others' reactions stay."""
    await board.put("pr", pull("Waits for a review"))
    await board.put("review", replace(pull("ben approved it", why=False), mark=""), head="pr")
    await board.settled()
    [[head, _]] = shown(discord)
    head.reactions["⏳"].append("1300000000000000099")

    board.lab.clock.forward(WAIT)
    await board.put("pr", replace(pull("Merged by ben"), mark="merged"))
    await board.settled()

    [[head, reply]] = shown(discord)
    assert "Merged by ben" in discord.plain(head)
    assert "ben approved it" in discord.plain(reply)
    assert head.reactions == {"⏳": ["1300000000000000099"], "🟣": [BOT_USER]}
    assert discord.guild.channel(head.id).name == "acme/api #1 Add retries by ada"


async def test_a_message_that_must_go_is_deleted_or_made_one_line(
    board: Board, discord: DiscordWorld
) -> None:
    """What has a thread stays, so that the thread makes sense."""
    await board.put("alone", pull("It failed"))
    await board.put("answered", pull("It failed as well"))
    await board.put("reply", replace(pull("It is flaky"), mark=""), head="answered")
    await board.settled()
    board.lab.clock.forward(WAIT)

    for key in ("alone", "answered"):
        await board.withdraw(key)
    await board.settled()

    [[head, _]] = shown(discord)
    assert discord.plain(head) == (
        "acme/api #1 Add retries (https://github.com/acme/api/pull/1) by ada — no longer current"
    )


async def test_a_lost_answer_makes_no_second_message(board: Board, discord: DiscordWorld) -> None:
    """It is found by the mark that its box bears."""
    discord.fail(POST, status=502, late=True)
    await board.put("pr", pull())
    await board.settled()

    assert len(shown(discord)) == 1


async def test_what_is_withdrawn_after_a_lost_answer_is_found(
    board: Board, discord: DiscordWorld
) -> None:
    """And deleted."""
    discord.fail(POST, status=502, late=True)
    await board.put("pr", pull())
    await board.senders[0].deliver()
    await board.withdraw("pr")
    await board.settled()

    assert shown(discord) == []
    assert await board.rows() == []


async def test_what_somebody_deleted_is_posted_anew(board: Board, discord: DiscordWorld) -> None:
    """With its next news."""
    await board.put("pr", pull("Open"))
    await board.settled()
    discord.guild.delete(shown(discord)[0][0])
    board.lab.clock.forward(WAIT)
    await board.put("pr", pull("Merged"))
    await board.settled()

    [[head]] = shown(discord)
    assert "Merged" in discord.plain(head)


async def test_a_channel_that_is_gone_ends_it(board: Board, discord: DiscordWorld) -> None:
    """Each row has the reason."""
    del discord.guild.channels[board.channel]
    await board.put("pr", pull())
    await board.settled()

    [row] = await board.rows()
    assert row.error == "Discord shows me no such channel."


async def test_where_we_may_not_react_there_are_no_marks(
    board: Board, discord: DiscordWorld
) -> None:
    """The message is there all the same."""
    discord.guild.channel("dev").lacks.append("ADD_REACTIONS")
    await board.put("pr", pull())
    await board.settled()

    assert len(shown(discord)) == 1
    assert [row.error for row in await board.rows()] == [""]


async def test_what_is_not_there_is_said_to_be_gone(
    chats: tuple[DiscordChat, DiscordChat], board: Board, lab: Lab
) -> None:
    """Editing it says so; to remove it is done already, and nothing is found."""
    chat, nobody = chats[0], MessageRef("discord", board.channel, "1300000000000009999")

    with pytest.raises(Gone, match="no longer in Discord"):
        await chat.edit(nobody, pull())
    assert issubclass(Gone, NotFound)
    assert not issubclass(Gone, Refused)
    assert await chat.remove(nobody)
    where = ThreadRef("discord", board.channel)
    assert await chat.find(where, "key", lab.clock()) is None
