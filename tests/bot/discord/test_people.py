"""People of Discord: messages to them that change, and mentions that ping those alone."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.chat import Actor, Button, Posting, Profile, ThreadRef
from bot.discord.chat import DiscordChat, open_chat
from bot.discord.posting import posting_message
from bot.discord.profiles import DiscordProfiles
from bot.discord.render import report_messages
from flows.report import Person, Report, bullets, facts, table, text
from integrations.emulators.discord import DiscordWorld
from integrations.emulators.discord.model import BOT_USER
from integrations.errors import OutsideError

POST = "POST /channels/{channel_id}/messages"


@pytest.fixture
async def chat(world: DiscordWorld) -> AsyncIterator[DiscordChat]:
    """Yield the chat under test."""
    async with open_chat(world.token, f"{world.base_url}/api/v10") as chat:
        yield chat


async def test_a_direct_message_has_buttons_and_changes_in_place(
    world: DiscordWorld, chat: DiscordChat
) -> None:
    """Until it is deleted; another try returns the same one, even after a change."""
    ada = Actor("discord", world.user("ada").id, "Ada")
    button = Button("Tomorrow", "type:snooze 1 tomorrow")
    asked = Report("", "Ben asks for a yes.")

    sent = await chat.tell(ada, asked, "question:1", again=False, buttons=[button])
    world.nonces.clear()
    assert await chat.tell(ada, asked, "question:1", buttons=[button]) == sent
    assert "Tomorrow" in world.plain(world.message(sent.message))

    await chat.retell(sent, Report("", "✓ Cat approved it."), "question:1")
    assert world.plain(world.message(sent.message)).strip() == "✓ Cat approved it."
    world.nonces.clear()
    assert await chat.tell(ada, asked, "question:1") == sent

    await chat.rest("DELETE", f"/channels/{sent.channel}/messages/{sent.message}")
    await chat.retell(sent, Report("", "Gone."), "question:1")


async def test_a_copy_by_somebody_else_is_not_taken_for_ours(
    world: DiscordWorld, chat: DiscordChat
) -> None:
    """Another app can number its boxes as we do: we speak all the same."""
    ada = Actor("discord", world.user("ada").id, "Ada")
    sent = await chat.tell(ada, Report("", "Ben asks for a yes."), "question:1", again=False)
    ours = world.message(sent.message)
    world.guild.messages[sent.channel].remove(ours)
    world.nonces.clear()
    forged = replace(ours, id=world.new_id(), author=world.user("bo").id)
    world.guild.messages[sent.channel].append(forged)

    told = await chat.tell(ada, Report("", "Ben asks for a yes."), "question:1")
    assert world.message(told.message).author == BOT_USER


async def test_a_known_person_is_mentioned_and_an_unknown_one_is_named(
    world: DiscordWorld, chat: DiscordChat
) -> None:
    """Exactly those are pinged; what looks like a mention is text."""
    ada, team = Person("ada-l", world.user("ada").id), Person("acme/platform", "5550123456789012")
    report = Report(
        "Review <@99>",
        "It waits <@&98>.",
        blocks=(
            text("For ", ada, " and ", team, " not <@97> \\<@96>"),
            facts(author=ada, other=Person("<@95>")),
            bullets([(ada, " is first"), Person("eve", "94> <@93")]),
            table(["Who", "What"], [(ada, "a")]),
        ),
    )
    where = ThreadRef("discord", world.guild.channel("dev").id)
    await chat.post_report(where, report, "", "report:1", again=False)

    bodies = world.called(POST)
    assert [each["allowed_mentions"] for each in bodies] == [
        {"parse": [], "users": [ada.id], "roles": [team.id]}
    ]
    shown = str(bodies[0]["components"])
    assert f"For <@{ada.id}> and <@&{team.id}>" in shown


def test_a_report_without_known_people_pings_nobody() -> None:
    """Whatever it says."""
    [message] = report_messages(Report("", "Hello <@123456>", blocks=(text(Person("ada")),)), "")
    assert message.body["allowed_mentions"] == {"parse": []}
    known = Report("", blocks=(text("To `", Person("ada", "123456"), "`"),))
    [message] = report_messages(known, "")
    assert message.body["allowed_mentions"] == {"parse": [], "users": ["123456"]}


def test_a_posting_pings_whom_it_names() -> None:
    """In its title, its lines or its reason; without known people nobody."""
    ada = Person("ada-l", "123456")
    [body] = [posting_message(Posting((ada, " merged it"), lines=(("x <@99>",),))).body]
    assert body["allowed_mentions"] == {"parse": [], "users": ["123456"]}
    plain = posting_message(Posting((Person("ada-l"), " merged it"))).body
    assert plain["allowed_mentions"] == {"parse": []}


async def test_discord_tells_the_name_of_somebody(world: DiscordWorld, chat: DiscordChat) -> None:
    """And nothing else; whom it does not know is an error that others wait out."""
    profiles = DiscordProfiles(chat.rest)
    assert await profiles.profile(world.user("bo").id) == Profile("Bo")
    with pytest.raises(OutsideError):
        await profiles.profile("1")


async def test_discord_tells_the_names_of_channels(world: DiscordWorld, chat: DiscordChat) -> None:
    """Not of those that are kept from everybody, or that are gone."""
    profiles = DiscordProfiles(chat.rest)
    assert await profiles.channel(world.channel("umbrellas").id) == "umbrellas"
    assert await profiles.channel(world.channel("plans", private=True).id) == ""
    assert await profiles.channel("404") == ""
