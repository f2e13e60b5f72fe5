"""What people said on Discord, as flows hear it."""

from collections.abc import AsyncIterator

import pytest

from bot.chat import ThreadRef
from bot.discord.chat import open_chat
from bot.discord.ears import DiscordEars
from flows.report import Report, text
from integrations.emulators.discord import DiscordWorld
from tests.bot.discord.office import place


@pytest.fixture
async def ears(world: DiscordWorld) -> AsyncIterator[DiscordEars]:
    """Yield the ears under test."""
    async with open_chat(world.token, f"{world.base_url}/api/v10") as chat:
        yield DiscordEars(chat.rest)


async def test_a_thread_is_heard_with_names_times_and_links(world: DiscordWorld) -> None:
    """Its head in the channel, then the replies of people, the oldest first."""
    head = world.say("ada", "dev", "How do I deploy?")
    where = ThreadRef("discord", place(world), head.id)
    async with open_chat(world.token, f"{world.base_url}/api/v10") as chat:
        await chat.post_report(where, Report("Answer", blocks=(text("Soon"),)), "", "k")
        world.say("bo", "dev", "@flowbot see <https://acme.example/runbook>", thread=head.id)
        ears = DiscordEars(chat.rest)
        said = await ears.thread(where)

    assert [(each.author.lower(), each.text) for each in said] == [
        ("ada", "How do I deploy?"),
        ("bo", "@flowbot see https://acme.example/runbook"),
    ]
    assert said[0].at <= said[1].at
    assert ears.meant(said[0].link) == where
    assert ears.meant(said[1].link)


async def test_a_message_without_a_thread_is_heard_alone(
    world: DiscordWorld, ears: DiscordEars
) -> None:
    """Nobody has answered yet."""
    head = world.say("ada", "dev", "Anybody?")
    said = await ears.thread(ThreadRef("discord", place(world), head.id))
    assert [each.text for each in said] == ["Anybody?"]


async def test_nobody_reads_another_channel_by_a_forged_link(
    world: DiscordWorld, ears: DiscordEars
) -> None:
    """A link that names this channel, and where its message should be the id of a private one."""
    secret = world.channel("board", private=True)
    world.say("bo", "board", "We sell the company")
    forged = f"https://discord.com/channels/1/{place(world)}/{secret.id}"
    where = ears.meant(forged)
    assert where
    assert await ears.thread(where) == []


async def test_a_long_thread_is_read_in_pages(world: DiscordWorld, ears: DiscordEars) -> None:
    """Nothing is lost between two pages."""
    for number in range(130):
        world.say("ada", "dev", f"{number}")
    said = await ears.thread(ThreadRef("discord", place(world), place(world)))
    assert [each.text for each in said] == [f"{number}" for number in range(130)]


@pytest.mark.parametrize("link", ["", "https://discord.com/channels/1", "https://evil.example/1"])
def test_other_addresses_are_none_of_a_message(ears: DiscordEars, link: str) -> None:
    """They are refused by whoever asks."""
    assert ears.meant(link) is None
