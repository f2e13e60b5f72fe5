"""Buttons that type a command: what they say, and what becomes of the press."""

import json

import pytest
from msgspec.structs import replace

from bot.discord.card import card_message as discord_message
from bot.dispatch import Accepted, Form, FormErrors, Say
from bot.offers import RERUN
from bot.pressing import OFFERED, next_buttons, typing
from bot.slack.card import card_message
from flows.engine.tools import ProjectSettings
from flows.report import Report
from tests.bot.lab import ADA, CAT, HERE, Lab
from tests.bot.patience import PatientLab


def test_a_button_is_short_and_remembers_the_whole_command() -> None:
    """The label is cut between words; what is typed is not."""
    command = "release acme/shop --level patch --notes " + "word " * 40
    button = typing(command)
    assert button.label == "release acme/shop --level patch --notes…"
    assert button.action == f"type:{command}"
    assert typing("dora", "Measure it").label == "Measure it"


def test_what_comes_next_is_offered_once_each() -> None:
    """Repeats, emptiness and hidden characters are no commands; five are enough."""
    offered = next_buttons(("dora acme/shop", " dora\u200b  acme/shop ", "", *map(str, range(9))))
    assert [each.label for each in offered] == ["dora acme/shop", "0", "1", "2", "3"]
    assert len(offered) == OFFERED


async def test_a_press_is_as_good_as_typing(lab: Lab) -> None:
    """It starts the run of who pressed, under the key of the press, or says why not."""
    started = await lab.dispatch.press("type:look desk", CAT, HERE, "a press")
    again = await lab.dispatch.press("type:look desk", CAT, HERE, "a press")
    refused = await lab.dispatch.press("type:make desk", CAT, HERE, "another")
    lacking = await lab.dispatch.press("type:make", ADA, HERE, "a third")
    empty = await lab.dispatch.press("type:", ADA, HERE, "a fourth")

    assert isinstance(started, Accepted)
    assert isinstance(again, Accepted)
    assert (started.new, again.new, again.run_id) == (True, False, started.run_id)
    assert (await lab.run(started.run_id)).actor["name"] == CAT.name
    assert isinstance(refused, Say)
    assert refused.kind == "forbidden"
    assert isinstance(lacking, Form)
    assert isinstance(empty, Say)
    assert empty.kind == "unknown"


async def test_a_finished_card_offers_what_is_worth_typing_next(lab: Lab) -> None:
    """What the report names stands behind what looks after the run; before the end nothing does."""
    run = await lab.run(await lab.start("look desk"))
    report, project = Report("Seen", next=("make desk", "look chair")), ProjectSettings("")
    going_on = lab.threads.card(run, [], [], report, project, (RERUN,))
    ended = replace(run, state="done")
    card = lab.threads.card(ended, [], [], report, project, (RERUN,))

    assert [each.action for each in going_on.controls] == [f"rerun:{run.id}"]
    assert [each.label for each in card.controls] == ["Run again", "make desk", "look chair"]
    assert card.controls[1:] == next_buttons(report.next)
    said = json.dumps([card_message(card).blocks, discord_message(card).body])
    assert said.count("type:look chair") == 2


async def test_what_was_meant_is_one_press_away(lab: Lab) -> None:
    """A slip of the finger need not be typed again; an example is no suggestion."""
    slipped = await lab.type("helth --dry-run")
    wrong = await lab.type("make desk count=many")
    assert isinstance(slipped, Say)
    assert slipped.kind == "misread"
    assert [each.action for each in slipped.buttons] == ["type:health --dry-run"]
    assert isinstance(wrong, Say)
    assert wrong.buttons == ()


async def test_what_no_database_keeps_is_left_out(patient: PatientLab) -> None:
    """PostgreSQL keeps no zero, neither keeps half a character: such words do no harm."""
    dispatch, odd = patient.dispatch, "\x00\ud800"
    for verb in ("status", "cancel", "unlock", "dora"):
        said = await dispatch.command(f"{verb} acme/shop{odd}", ADA, HERE, f"typed:{verb}")
        assert isinstance(said, Accepted | Say | Form)
    actions = (f"cancel:r{odd}", f"type:dora {odd}", f"answer:{odd}:yes", "answer:\u00b2:yes")
    for action in (*actions, f"form:{'9' * 5000}"):
        assert isinstance(await dispatch.press(action, ADA, HERE, action), Say | Form)
    form = await dispatch.submit_form("patience-nap", {"repo": odd}, ADA, HERE, "form")
    assert isinstance(form, Accepted | FormErrors)


@pytest.mark.parametrize("number", ["\u00b2", "\u0663", "-1", "0", "9" * 400, "", "x"])
@pytest.mark.parametrize("verb", ["answer", "form"])
async def test_a_button_of_no_question_is_answered(lab: Lab, verb: str, number: str) -> None:
    """Whatever stands where its number should be."""
    said = await lab.dispatch.press(f"{verb}:{number}:yes", ADA, HERE, "a press")
    assert isinstance(said, Say)
    assert said.kind == "unknown"
