"""What a channel follows, on an emulated Slack: at its pace, once, in place."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from bot.pace import LocalPace
from bot.posts import EDIT_EVERY, Posts
from bot.slack.chat import open_chat
from integrations.emulators.server import serve
from integrations.emulators.slack import SlackWorld, slack_app
from integrations.emulators.slack.model import BOT_USER, Message
from tests.bot.board import NOTIFICATIONS, Board, pull
from tests.bot.lab import PATIENCE, Lab
from tests.bot.slack.test_delivery import AWAY, Gate

WAIT = EDIT_EVERY.total_seconds()


@pytest.fixture
def slack(lab: Lab) -> SlackWorld:
    """Return a workspace on the clock of the lab."""
    return SlackWorld(clock=lab.clock)


@pytest.fixture
def gate(slack: SlackWorld) -> Gate:
    """Return what can hold up a call to it."""
    return Gate(slack_app(slack))


@pytest.fixture
async def board(lab: Lab, slack: SlackWorld, gate: Gate) -> AsyncIterator[Board]:
    """Yield two senders and the channel `dev`."""
    async with AsyncExitStack() as stack:
        stack.push_async_callback(slack.close)
        url = f"{await stack.enter_async_context(serve(gate))}/api/"
        pace = LocalPace(lab.clock)
        chats = [
            await stack.enter_async_context(open_chat(slack.bot_token, url, pace)) for _ in range(2)
        ]
        senders = [Posts(lab.database, lab.queue, lab.clock, {"slack": chat}) for chat in chats]
        yield Board(lab, "slack", slack.space.channel("dev").id, tuple(senders))


def shown(slack: SlackWorld) -> list[list[Message]]:
    """Return the threads of the channel: each a message, and what is below it."""
    return [[head, *replies] for head, replies in slack.transcript("dev")]


async def test_a_burst_arrives_in_order_within_the_pace(board: Board, slack: SlackWorld) -> None:
    """Nothing is refused, nothing comes twice, and each is marked in the end."""
    slack.enforce_limits = True
    for number in range(NOTIFICATIONS):
        await board.put(f"pr:{number}", replace(pull(), title=(f"#{number}",)))

    await board.settled()

    assert [call.method for call in slack.calls if call.error] == []
    told = [slack.plain(thread[0]).split("\n")[0] for thread in shown(slack)]
    assert told == [f"#{number}" for number in range(NOTIFICATIONS)]
    assert len(slack.called("chat.postMessage")) == NOTIFICATIONS
    assert len(slack.called("reactions.add")) == NOTIFICATIONS


async def test_one_message_follows_its_object(board: Board, slack: SlackWorld) -> None:
    """It is edited, its reaction changes, its news is in its thread; others' reactions stay."""
    await board.put("pr", pull("Waits for a review"))
    await board.put("review", replace(pull("ben approved it", why=False), mark=""), head="pr")
    await board.settled()
    [[head, _]] = shown(slack)
    head.reactions["hourglass_flowing_sand"].append("U0OTHERBOT")

    board.lab.clock.forward(WAIT)
    await board.put("pr", replace(pull("Merged by ben"), mark="merged"))
    await board.settled()

    [[head, reply]] = shown(slack)
    assert "Merged by ben" in slack.plain(head)
    assert "ben approved it" in slack.plain(reply)
    assert head.reactions == {
        "hourglass_flowing_sand": ["U0OTHERBOT"],
        "large_purple_circle": [BOT_USER],
    }


async def test_a_message_that_must_go_is_deleted_or_made_one_line(
    board: Board, slack: SlackWorld
) -> None:
    """What somebody has answered stays, so that the answers make sense."""
    await board.put("alone", pull("It failed"))
    await board.put("answered", pull("It failed as well"))
    await board.settled()
    [_, [answered]] = shown(slack)
    await slack.say("ada", "dev", "I look into it", thread=answered.ts)
    board.lab.clock.forward(WAIT)

    await board.withdraw("alone")
    await board.withdraw("answered")
    await board.settled()

    [[head, _]] = shown(slack)
    first = slack.plain(head).split("\n")
    assert first == [
        "acme/api #1 Add retries (https://github.com/acme/api/pull/1) by ada — no longer current"
    ]


async def test_a_try_that_failed_is_looked_for_first(board: Board, slack: SlackWorld) -> None:
    """It may have got through; then there is no second message."""
    slack.fail("chat.postMessage", status=503)
    await board.put("pr", pull())
    await board.settled()

    assert len(shown(slack)) == 1
    assert len(slack.called("conversations.history")) > 0


async def test_a_message_that_arrives_late_is_there_once(
    board: Board, slack: SlackWorld, gate: Gate
) -> None:
    """Its sender was stopped and has lost it; another has sent it meanwhile."""
    first, second = board.senders
    await board.put("pr", pull())
    gate.hold("chat.postMessage")
    sending = asyncio.create_task(first.deliver())
    async with asyncio.timeout(PATIENCE):
        await gate.arrived.wait()
    board.lab.clock.forward(AWAY)
    await second.deliver()
    gate.open.set()
    await sending
    assert len(shown(slack)) == 2
    await board.settled()

    [[head]] = shown(slack)
    [row] = await board.rows()
    assert head.ts == row.message


async def test_what_somebody_deleted_is_posted_anew(board: Board, slack: SlackWorld) -> None:
    """With its next news, and a reply to it finds its way."""
    await board.put("pr", pull("Open"))
    await board.settled()
    slack.space.delete(shown(slack)[0][0])
    await board.put("review", replace(pull("ben approved it"), mark=""), head="pr")
    await board.settled()
    board.lab.clock.forward(WAIT)
    await board.put("pr", pull("Merged"))
    await board.settled()

    told = [slack.plain(thread[0]) for thread in shown(slack)]
    assert len(told) == 2
    assert "ben approved it" in told[0]
    assert "Merged" in told[1]


async def test_a_channel_that_takes_no_messages_ends_it(board: Board, slack: SlackWorld) -> None:
    """Each row has the reason."""
    slack.space.channel("dev").archived = True
    await board.put("pr", pull())
    await board.settled()

    [row] = await board.rows()
    assert row.error == "This channel is archived; nothing can be posted there."


async def test_a_channel_that_we_were_not_invited_to_has_no_marks(
    board: Board, slack: SlackWorld
) -> None:
    """Messages are welcome in every public channel, reactions are not."""
    slack.space.channel("dev").members.remove(BOT_USER)
    await board.put("pr", pull())
    await board.settled()
    await board.withdraw("pr")
    board.lab.clock.forward(WAIT)
    await board.settled()

    assert shown(slack) == []
