"""Buttons below what one person is told."""

import json

import pytest

from bot.chat import Actor, Button, Card, Origin, ThreadRef
from bot.pressing import typing
from bot.replies import Say
from bot.slack.answers import NEXT, answer_messages
from bot.slack.buttons import MOST, actions, answers, pressed_of
from bot.slack.card import card_message
from flows.report import Report, Text, table
from integrations.emulators.slack.limits import check_message
from tests.bot.slack.desk import Office

HOW = typing("how healthy is it?")
MENU = (typing("dora acme/shop"), typing("health", "How are you?"))


def test_buttons_stand_below_the_answer() -> None:
    """They are part of its last message."""
    [message] = answer_messages(Say(Report("", "Pick one."), buttons=MENU))
    row = message.blocks[-1]["elements"]
    assert [each["text"]["text"] for each in row] == ["dora acme/shop", "How are you?"]
    assert [each["value"] for each in row] == ["type:dora acme/shop", "type:health"]


def test_buttons_that_have_no_room_are_a_message_of_their_own() -> None:
    """Slack shows a table below everything else, and takes only so much in one message."""
    tabled = Say(Report("", blocks=(table(["A"], [("x",)]),)), buttons=MENU)
    lengthy = Say(
        Report("", blocks=(Text(("word " * 2_000,)),)), buttons=(typing("x" * 1_900),) * 9
    )
    for said in (tabled, lengthy):
        *_, last = answer_messages(said)
        assert last.text == NEXT
        assert [block["type"] for block in last.blocks] == ["rich_text", "actions"]


def test_only_buttons_that_slack_takes_are_shown() -> None:
    """What is too long for one, or too much together, is left out rather than refused."""
    assert actions([Button("Long", "type:" + "x" * 2_000)]) == []
    many = actions([Button(f"{number}" * 90, f"type:{number}") for number in range(40)])
    assert len(many[0]["elements"]) == MOST
    check_message(many)
    check_message(actions([typing("word " * 390) for _ in range(25)]))


async def test_a_button_types_its_command(office: Office) -> None:
    """It is a request of who pressed, and its answer is for them alone."""
    world = office.world
    answer = await world.slash("ada", "dev", "/flow menu")
    assert answer is not None
    await world.press("ada", answer, "story")
    await world.until(lambda: len(world.whispers("ada")) > 1)
    await world.press("ada", answer, "dora")

    assert [asked.text for asked in office.desk.asked] == ["menu", "story", "dora"]
    assert office.desk.asked[-1].origin == Origin("button", "slack", answer.channel)
    assert "word word" in json.dumps(world.whispers("ada")[1].blocks)


async def test_a_mention_is_answered_with_buttons_too(office: Office) -> None:
    """The whisper carries them."""
    await office.world.say("bo", "dev", "@flowbot menu")
    await office.world.until(lambda: bool(office.world.whispers("bo")))
    assert office.world.plain(office.world.whispers("bo")[0]).endswith("[ dora ] [ story ]")


async def test_how_plain_words_were_read_is_said_after_a_press(office: Office) -> None:
    """Wherever the button was."""
    world = office.world
    head = await world.say("ada", "dev", "hello")
    blocks = actions([HOW])
    sent = await office.chat.client.chat_postMessage(
        channel=head.channel, text="x", blocks=blocks, thread_ts=head.ts
    )
    await world.press("ada", str(sent["ts"]), HOW.label)
    await world.until(lambda: bool(world.whispers("ada")))
    assert "I read that as `/flow dora`." in world.plain(world.whispers("ada")[0])
    assert office.desk.asked[0].origin.thread == head.ts


async def test_an_offer_whose_form_is_not_needed_any_more(office: Office) -> None:
    """What lacked something may be complete by now, or say something else."""
    world = office.world
    await world.say("bo", "dev", "@flowbot release")
    await world.until(lambda: bool(world.whispers("bo")))
    [offer] = world.whispers("bo")
    button = offer.blocks[-1]["elements"][0]
    for command in ("help", "dora"):
        made = json.loads(button["value"]) | {"command": command}
        button["value"] = json.dumps(made)
        await world.press("bo", offer, "Fill in the form")
    await world.until(lambda: len(world.whispers("bo")) == 2)
    assert [asked.text for asked in office.desk.asked] == ["release", "help", "dora"]
    assert world.modal("bo") is None


def asked(choices: int) -> Card:
    """Return a card that asks, with so many answers."""
    by = Actor("slack", "U1", "Ada")
    buttons = tuple(Button(f"v1.{each}", f"answer:7:v1.{each}") for each in range(choices))
    controls = (Button("Cancel", "cancel:r1", warns="Think!"),)
    page = "https://flowbot.example/runs/r1"
    return Card(
        "backport",
        "backport",
        "waiting",
        "",
        by,
        page,
        question="Which?",
        buttons=buttons,
        controls=controls,
    )


@pytest.mark.parametrize(
    ("choices", "kinds"), [(5, ["button"] * 6), (6, ["static_select", "button"])]
)
def test_many_answers_are_a_menu(choices: int, kinds: list[str]) -> None:
    """So many buttons would hide the question."""
    message = card_message(asked(choices))
    check_message(message.blocks)
    [row] = [block["elements"] for block in message.blocks if block["type"] == "actions"]
    assert [each["type"] for each in row] == kinds


def test_what_a_menu_does_not_take_is_on_the_page() -> None:
    """Too many, too long, or twice the same: the rest is counted."""
    message = card_message(asked(130))
    check_message(message.blocks)
    [row] = [block["elements"] for block in message.blocks if block["type"] == "actions"]
    left = 130 - len(row[0]["options"])
    assert left >= 30
    assert f"… {left} more on the " in json.dumps(message.blocks, ensure_ascii=False)
    long = [Button("Long", "answer:7:" + "x" * 200)] * 6
    assert answers(long, ()) == ([], 6)
    assert pressed_of({"selected_option": None}) == ""


async def test_an_answer_is_chosen_from_a_menu(office: Office) -> None:
    """What was chosen is pressed."""
    where = ThreadRef("slack", office.world.space.channel("dev").id)
    card = await office.chat.post_card(where, asked(9), "k")
    await office.world.press("bo", card.message, "v1.8")
    assert office.desk.pressed[0][0] == "answer:7:v1.8"
