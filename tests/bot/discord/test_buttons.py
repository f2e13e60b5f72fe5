"""Buttons and menus: what they show, what they stand for, and what a press becomes."""

import pytest

from bot.chat import Actor, Button, Card, Origin, ThreadRef
from bot.discord.buttons import (
    CUSTOM_ID,
    OPTION,
    SURE,
    Pressed,
    doubt,
    pressed,
    said_messages,
)
from bot.discord.card import card_message
from bot.discord.render import PARTS, Message
from bot.offers import CANCEL
from bot.replies import Say
from flows.report import Report, text
from integrations.emulators.discord.limits import check_message, everything
from integrations.emulators.discord.model import Json
from tests.bot.discord.office import Office, place, whispered
from tests.integrations.emulators.discord.contract import Contract

PAGE = "https://flowbot.example/runs/r1"


def question(choices: int) -> Card:
    """Return a card that asks, with so many answers."""
    answers = tuple(Button(f"v1.{each}", f"answer:7:v1.{each}") for each in range(choices))
    by = Actor("discord", "1", "Ada")
    return Card("backport", "backport", "waiting", "", by, PAGE, question="Which?", buttons=answers)


def held(message: Message, kind: int) -> list[Json]:
    """Return the components of one kind."""
    return [each for each in everything(message.body["components"]) if each["type"] == kind]


@pytest.mark.parametrize(("choices", "buttons", "options"), [(5, 5, 0), (6, 0, 6), (30, 0, 25)])
def test_many_answers_are_a_menu(
    contract: Contract, choices: int, buttons: int, options: int
) -> None:
    """Up to five are buttons; of more than a menu takes, the rest is on the page."""
    message = card_message(question(choices))
    check_message(message.body, {})
    contract.check_request("POST", "/channels/1/messages", message.body)
    assert len(held(message, 2)) == buttons
    assert [len(each["options"]) for each in held(message, 3)] == ([options] if options else [])
    said = "\n".join(each["content"] for each in held(message, 10))
    assert ("… 5 more on the" in said) is (choices == 30)


def test_a_menu_holds_an_answer_once() -> None:
    """Discord refuses a menu with the same value twice, and values that are too long."""
    labels = ("a", "a", "b", "c", "d", "x" * OPTION)
    answers = tuple(Button(each, f"answer:7:{each}") for each in labels)
    shown = question(0)
    card = Card("", "", "waiting", "", shown.by, PAGE, question="?", buttons=answers)
    message = card_message(card)
    check_message(message.body, {})
    [menu] = held(message, 3)
    assert [each["label"] for each in menu["options"]] == ["a", "b", "c", "d"]


def test_nothing_chosen_is_nothing_pressed() -> None:
    """A menu without a choice, and names of others, stand for nothing."""
    assert pressed("choose:0") is None
    assert pressed("press:x:y") is None
    assert pressed("press:\u00b2:y") is None


def test_what_only_one_person_sees_can_be_doubted_too() -> None:
    """No thread hangs on it, so its question remembers none, and the yes to it still counts."""
    asked = doubt(CANCEL, "cancel:r1", "")
    assert pressed(held(asked, 2)[0]["custom_id"]) == Pressed(SURE, "", "cancel:r1")


@pytest.mark.parametrize("count", [1, 25, 30])
@pytest.mark.parametrize("parts", [1, PARTS])
def test_an_answer_has_buttons(contract: Contract, count: int, parts: int) -> None:
    """As many as Discord shows, in a message of their own where the last is full."""
    blocks = tuple(text(f"line {number}") for number in range(parts))
    buttons = tuple(Button(f"Run {each}", f"type:dora {each}") for each in range(count))
    messages = said_messages(Say(Report("Yours", blocks=blocks), buttons=buttons))
    for message in messages:
        check_message(message.body, {})
        contract.check_request("POST", "/channels/1/messages", message.body)
    shown = [each for message in messages for each in held(message, 2)]
    assert len(shown) == min(count, 25)
    typed = "\n".join(each["content"] for each in held(messages[-1], 10))
    assert ("Run 29: `/flow dora 29`" in typed or "/flow dora 29" in str(messages)) is (count == 30)


def test_what_fits_into_no_button_can_be_typed() -> None:
    """A command of more than a hundred characters is shown as text."""
    long = "search " + "x" * CUSTOM_ID
    buttons = (Button("Search", f"type:{long}"), Button("Help", "type:help"))
    [message] = said_messages(Say(Report("Yours"), buttons=buttons))
    assert [each["label"] for each in held(message, 2)] == ["Help"]
    assert f"Search: `/flow {long}`" in held(message, 10)[-1]["content"]


async def test_a_button_types_a_command(office: Office) -> None:
    """It is as if who presses it had typed the command there, whoever sees the message."""
    world, dev = office.world, place(office.world)
    made = await world.slash("ada", "dev", "/flow mine")
    assert made.message
    assert "[ Dora ]" in world.plain(made.message)
    pressing = await world.press("ada", made.message, "Dora")
    assert office.desk.pressed[0][0] == "type:dora acme/shop"
    asked = office.desk.asked[-1]
    assert (asked.text, asked.origin) == ("dora acme/shop", Origin("button", "discord", dev))
    assert asked.key == f"discord:{pressing.id}"
    assert pressing.message
    assert world.plain(pressing.message).startswith("On it: details")


async def test_what_counts_is_said_where_nothing_else_changes(office: Office) -> None:
    """An overview that only one person sees stays as it is, so that they are told."""
    made = await office.world.slash("ada", "dev", "/flow waiting")
    assert made.message
    pressing = await office.world.press("ada", made.message, "Approve")
    assert office.desk.pressed[0][0] == "answer:7:yes"
    assert pressing.message
    assert "That counted" in office.world.plain(pressing.message)


async def test_a_direct_message_has_the_buttons_too(office: Office) -> None:
    """Where somebody mentioned the bot, its answer can be pressed as well."""
    world = office.world
    world.say("ada", "dev", "@flowbot mine")
    [said] = await whispered(office)
    assert "[ Dora ]" in said
    sent = world.guild.messages[world.direct("ada").id][-1]
    await world.press("ada", sent, "Dora")
    origin = Origin("button", "discord", sent.channel, sent.id)
    assert office.desk.asked[-1].origin == origin


async def test_an_answer_is_chosen_from_a_menu(office: Office) -> None:
    """What was chosen is pressed."""
    dev = ThreadRef("discord", place(office.world))
    card = await office.chat.post_card(dev, question(9), "k")
    made = await office.world.choose("bo", card.message, "v1.8")
    assert office.desk.pressed[0][0] == "answer:7:v1.8"
    assert made.answered == 6
    with pytest.raises(LookupError, match="There is no option"):
        await office.world.choose("bo", card.message, "v2")


async def test_plain_words_are_said_to_have_been_read(office: Office) -> None:
    """What a command in plain words was taken for comes before the line that it runs."""
    made = await office.world.slash("ada", "dev", "/flow how healthy is acme/shop?")
    await office.world.until(lambda: len(made.followups) == 1)
    assert made.message
    assert office.world.plain(made.message) == "I read that as `/flow dora`."
