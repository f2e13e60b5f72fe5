"""An entry in a message's menu opens a form that the message fills in."""

import json

from bot.chat import Origin
from bot.shortcuts import Posted
from bot.slack.words import permalink
from integrations.emulators.slack import acts
from integrations.emulators.slack.model import BOT_USER, Message
from tests.bot.slack.desk import Office

BUG = "bug-fix-workflow:create-bug"


async def test_a_message_fills_in_the_form(office: Office) -> None:
    """Its words, address and author; what is sent belongs to the thread of that message."""
    world = office.world
    said = await world.say("bo", "dev", "Checkout <fails> & nobody knows why")
    await acts.use_shortcut(world, "ada", said, BUG)
    modal = world.modal("ada")
    assert modal is not None

    [(name, posted, by, origin)] = office.desk.used
    place = f"https://acme.slack.com/archives/{said.channel}/p{said.ts.replace('.', '')}"
    assert (name, by.name) == (BUG, "Ada")
    assert posted == Posted("Checkout <fails> & nobody knows why", place, "Bo")
    assert "Checkout <fails> & nobody knows why" in json.dumps(modal.content)

    await world.submit("ada", modal, {"repo": "acme/shop"})
    expected = Origin("form", "slack", said.channel, said.ts, said.ts)
    assert origin == expected
    assert office.desk.filled[-1][2] == expected


async def test_a_reply_belongs_to_its_thread(office: Office) -> None:
    """Its address names the thread, and the run is told of there."""
    world = office.world
    head = await world.say("bo", "dev", "The build is red")
    said = await world.say("cy", "dev", "I know why", thread=head.ts)
    await acts.use_shortcut(world, "ada", said, BUG)

    [(_, posted, _, origin)] = office.desk.used
    assert (origin.thread, origin.message) == (head.ts, said.ts)
    assert posted.link.endswith(f"?thread_ts={head.ts}&cid={said.channel}")


async def test_an_entry_that_is_no_more_says_so(office: Office) -> None:
    """Nothing is left without an answer."""
    world = office.world
    said = await world.say("bo", "dev", "Hello")
    await acts.use_shortcut(world, "ada", said, "gone:gone")
    modal = world.modal("ada")
    assert modal is not None
    assert "There is no such entry." in json.dumps(modal.content)


async def test_what_a_bot_posted_can_be_used_as_well(office: Office) -> None:
    """Alerts are posted by bots: their message has a name instead of a person."""
    world = office.world
    said = Message(world.space.channel("dev").id, world.tick(), BOT_USER, "Disk is full")
    await acts.use_shortcut(world, "ada", world.space.add(said), BUG)
    assert office.desk.used[0][1].text == "Disk is full"


def test_without_a_domain_there_is_no_address() -> None:
    """Then the form says what was written and by whom."""
    assert permalink("", "C1", {"ts": "1.2"}) == ""
    assert permalink("acme", "C1", {"ts": "1.2", "thread_ts": "1.2"}).endswith("/C1/p12")
