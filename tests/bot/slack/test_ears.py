"""What people said in Slack, as flows hear it."""

from collections.abc import AsyncIterator

import pytest

from bot.chat import ThreadRef
from bot.slack.chat import slack_client
from bot.slack.ears import SlackEars
from integrations.emulators.slack import SlackWorld
from integrations.emulators.slack.model import BOT_USER, Message
from integrations.errors import NotFound


@pytest.fixture
async def ears(world: SlackWorld) -> AsyncIterator[SlackEars]:
    """Yield the ears under test."""
    async with slack_client(world.bot_token, f"{world.base_url}/api/") as client:
        yield SlackEars(client)


async def test_a_thread_is_heard_with_names_times_and_links(
    world: SlackWorld, ears: SlackEars
) -> None:
    """The head and the replies of people, the oldest first; what the bot said is left out."""
    head = await world.say("ada", "dev", "How do I <deploy> & roll back?")
    world.space.add(Message(head.channel, world.tick(), BOT_USER, "Running …", [], head.ts))
    words = "@flowbot see https://acme.example/runbook"
    reply = await world.say("bo", "dev", words, head.ts)

    said = await ears.thread(ThreadRef("slack", head.channel, head.ts))

    assert [(each.author.lower(), each.text) for each in said] == [
        ("ada", "How do I <deploy> & roll back?"),
        ("bo", "@Flowbot see https://acme.example/runbook"),
    ]
    assert said[0].at < said[1].at
    place = ThreadRef("slack", head.channel, head.ts)
    assert [ears.meant(each.link) for each in said] == [place, place]
    assert reply.ts.replace(".", "") in said[1].link


async def test_a_thread_of_the_bot_alone_says_nothing(world: SlackWorld, ears: SlackEars) -> None:
    """There is nobody to quote."""
    head = world.space.add(
        Message(world.space.channel("dev").id, world.tick(), BOT_USER, "Hello", [])
    )
    assert await ears.thread(ThreadRef("slack", head.channel, head.ts)) == []


async def test_a_long_thread_is_read_in_pages(world: SlackWorld, ears: SlackEars) -> None:
    """Nothing is lost between two pages."""
    ada, channel = world.user("ada").id, world.space.channel("dev").id
    head = world.space.add(Message(channel, world.tick(), ada, "0", []))
    for number in range(1, 230):
        world.space.add(Message(channel, world.tick(), ada, f"{number}", [], head.ts))

    said = await ears.thread(ThreadRef("slack", channel, head.ts))

    assert [each.text for each in said] == [f"{number}" for number in range(230)]


async def test_a_thread_that_is_gone_is_said(world: SlackWorld, ears: SlackEars) -> None:
    """The error is one for people."""
    with pytest.raises(NotFound, match="no longer in Slack"):
        await ears.thread(ThreadRef("slack", world.space.channel("dev").id, "1.000000"))


@pytest.mark.parametrize(
    ("link", "thread"),
    [
        ("https://acme.slack.com/archives/C024BE91L/p1700000000000100", "1700000000.000100"),
        (
            (
                "https://acme.slack.com/archives/C024BE91L/p1700000009000200"
                "?thread_ts=1700000000.000100&cid=C024BE91L"
            ),
            "1700000000.000100",
        ),
    ],
)
def test_a_permalink_stands_for_its_thread(ears: SlackEars, link: str, thread: str) -> None:
    """A reply's address leads to the head."""
    assert ears.meant(link) == ThreadRef("slack", "C024BE91L", thread)


@pytest.mark.parametrize("link", ["", "https://acme.slack.com/team/U1", "https://evil.example/"])
def test_other_addresses_are_none_of_a_message(ears: SlackEars, link: str) -> None:
    """They are refused by whoever asks."""
    assert ears.meant(link) is None
