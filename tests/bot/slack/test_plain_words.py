"""Plain words in Slack: how they were read is said to the one who asked, before anything starts."""

import json

from tests.bot.desk import READ
from tests.bot.slack.desk import Office


async def test_how_a_command_was_read_comes_with_the_acknowledgement(office: Office) -> None:
    """Only the person who asked sees it."""
    answer = await office.world.slash("ada", "dev", "/flow how healthy is acme/shop?")

    assert answer is not None
    assert answer.only_for == office.world.user("ada").id
    assert office.world.plain(answer) == "I read that as `/flow dora`."
    assert len(office.desk.runs) == 1


async def test_how_a_mention_was_read_is_whispered(office: Office) -> None:
    """Beside the card, which everybody sees."""
    await office.world.say("ada", "dev", "@flowbot how healthy is acme/shop?")
    await office.world.until(lambda: bool(office.world.whispers("ada")))

    [said] = office.world.whispers("ada")
    assert office.world.plain(said) == "I read that as `/flow dora`."


async def test_what_would_write_is_shown_in_its_form(office: Office) -> None:
    """By a command at once, by a mention through a button."""
    world = office.world
    await world.slash("ada", "dev", "/flow ship acme/shop")
    modal = world.modal("ada")
    assert modal is not None
    assert READ in json.dumps(modal.content, ensure_ascii=False)

    await world.say("bo", "dev", "@flowbot ship acme/shop")
    await world.until(lambda: bool(world.whispers("bo")))
    [offer] = world.whispers("bo")
    assert world.plain(offer) == f"{READ}\n[ Fill in the form ]"
    assert office.desk.runs == {}
