"""An entry in a message's menu opens a form that the message fills in."""

import pytest

from bot.chat import Origin
from bot.discord.commands import application_commands, entry_of
from bot.discord.words import posted
from bot.shortcuts import Posted
from flows.engine.registry import catalogue
from integrations.emulators.discord.commands import Unsendable
from integrations.emulators.discord.model import BOT_USER, GUILD, DiscordError, Message
from integrations.emulators.discord.schemas import check_commands
from tests.bot.discord.office import Office, flows_of_tests
from tests.integrations.emulators.discord.contract import Contract

LABEL, BUG = "Create bug", "bug-fix-workflow:create-bug"


@pytest.fixture(params=["gateway", "http"])
def transport(request: pytest.FixtureRequest) -> str:
    """Return how interactions come: each way in turn."""
    return str(request.param)


async def test_a_message_fills_in_the_form(office: Office) -> None:
    """Its words, address and author; what is sent belongs to the thread of that message."""
    world = office.world
    said = world.say("bo", "dev", "Checkout fails & nobody knows why")
    await world.use("ada", said, LABEL)
    modal = world.modal("ada")
    assert modal

    [(name, about, by, origin)] = office.desk.used
    link = f"https://discord.com/channels/{GUILD}/{said.channel}/{said.id}"
    assert (name, by.name) == (BUG, "Ada")
    assert about == Posted("Checkout fails & nobody knows why", link, "Bo")
    assert modal.content["components"][0]["component"]["value"] == said.content

    await world.submit("ada", modal, {"Repository": "acme/shop"})
    expected = Origin("form", "discord", said.channel, said.id, said.id)
    assert origin == expected
    assert office.desk.filled[-1][2] == expected


async def test_a_reply_belongs_to_its_thread(office: Office) -> None:
    """The run is told of there, not in a thread of a thread."""
    world = office.world
    head = world.say("ada", "dev", "The build is red")
    path = f"/channels/{head.channel}/messages/{head.id}/threads"
    await office.chat.rest("POST", path, {"name": "red"})
    said = world.say("cy", "dev", "I know why", thread=head.id)
    await world.use("ada", said, LABEL)
    [(_, about, _, origin)] = office.desk.used
    assert origin == Origin("form", "discord", head.channel, head.id, f"{head.id}/{said.id}")
    assert about.link.endswith(f"/{head.id}/{said.id}")


async def test_many_lines_are_asked_for_in_a_large_input(office: Office) -> None:
    """A one-line input would show the first of them."""
    said = office.world.say("bo", "dev", "It fails\nwhen I pay")
    await office.world.use("ada", said, LABEL)
    modal = office.world.modal("ada")
    assert modal
    asked = modal.content["components"][0]["component"]
    assert (asked["style"], asked["value"]) == (2, "It fails\nwhen I pay")


async def test_an_entry_that_is_no_more_says_so(office: Office) -> None:
    """A client may still show what an older version of the bot has registered."""
    world = office.world
    said = world.say("bo", "dev", "Hello")
    for command in world.guild.commands:
        if command["name"] == LABEL:
            command["name"] = "Older"
    made = await world.use("ada", said, "Older")
    assert made.message
    assert world.plain(made.message) == "⚠️ There is no such entry."
    with pytest.raises(Unsendable):
        await world.use("ada", said, LABEL)


def test_what_a_bot_posted_can_be_used_as_well() -> None:
    """Alerts stand in boxes: their words are put together."""
    box = {"type": 17, "components": [{"type": 10, "content": "Disk is full"}]}
    embed = {"title": "Alert", "description": "on web-1"}
    message = {"id": "7", "channel_id": "5", "embeds": [embed], "components": [box]}
    about = posted(message | {"author": {"username": "alerts"}}, None)
    link = "https://discord.com/channels/@me/5/7"
    assert about == Posted("Alert\non web-1\nDisk is full", link, "alerts")
    assert posted(message | {"content": "hi <@1>"}, 3).author == ""


def test_entries_are_commands_of_their_own(contract: Contract) -> None:
    """Discord takes a few of them, without a description; each leads back to its flow."""
    known = flows_of_tests().values()
    made = application_commands(known)
    check_commands(made)
    contract.check_request("PUT", "/applications/1/commands", made)
    assert [each["name"] for each in made if each["type"] == 3] == [LABEL]
    assert entry_of(LABEL, known) == BUG
    assert entry_of("Older", known) == ""
    assert entry_of(LABEL, catalogue().values()) in ("", BUG)


def test_the_emulated_discord_is_strict_about_entries() -> None:
    """A description, options, or more than fifteen of a kind are refused."""
    entry = {"name": LABEL, "type": 3}
    many = [{"name": f"Entry {number}", "type": 3} for number in range(16)]
    for wrong in ([entry | {"description": "x"}], [entry | {"options": [{}]}], many):
        with pytest.raises(DiscordError):
            check_commands(wrong)


async def test_our_own_cards_can_be_used_too(office: Office) -> None:
    """They have no content, and their buttons are no words."""
    row = {"type": 1, "components": [{"type": 2, "style": 2, "label": "Yes", "custom_id": "x"}]}
    card = Message(office.world.new_id(), office.world.guild.channel("dev").id, BOT_USER)
    card.components = [{"type": 17, "components": [{"type": 10, "content": "Released"}, row]}]
    office.world.guild.add(card)
    await office.world.use("ada", card, LABEL)
    assert office.desk.used[0][1].text == "Released"
