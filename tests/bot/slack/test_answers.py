"""What a run wants to know is filled in where its card is."""

import json

from tests.bot.slack.desk import Office
from tests.bot.slack.test_app import _buttons


async def test_a_button_opens_the_form_that_a_question_asks_for(office: Office) -> None:
    """It says what is asked; wrong values are marked; a good form is the answer."""
    world = office.world
    sent = await _buttons(office.chat, "form:7")
    await world.press("dee", sent, "form:7")
    modal = world.modal("dee")
    assert modal is not None
    assert modal.content["submit"]["text"] == "Answer"
    assert "Which release is it?" in json.dumps(modal.content["blocks"][0])

    wrong = await world.submit("dee", modal, {"repo": "nowhere"})
    assert wrong == {"repo": "There is no such repository."}
    right = await world.submit("dee", modal, {"repo": "acme/shop"})

    assert right == {}
    assert world.modal("dee") is None
    question, values, by = office.desk.answered[-1]
    assert (question, values["repo"], by.name) == (7, "acme/shop", "Dee")
    assert office.desk.filled == []


async def test_a_form_that_comes_too_late_says_why(office: Office) -> None:
    """What there is to say stands where the form was."""
    world = office.world
    await world.press("dee", await _buttons(office.chat, "form:7"), "form:7")
    modal = world.modal("dee")
    assert modal is not None
    await world.submit("dee", modal, {"repo": "closed"})

    assert "Bo was faster." in json.dumps(modal.content)
