"""Slack's own samples of what it sends are taken, and what we send is what its SDK takes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot.chat import Origin
from bot.replies import Say
from bot.slack import forms
from bot.slack.answers import answer_messages
from bot.slack.card import card_message
from bot.slack.home import home_view
from bot.slack.render import report_messages
from flows.report import Bullets, Code, Facts, Link, Report, Snippet, Text
from integrations.emulators.slack import SlackWorld
from integrations.emulators.slack.delivery import Kind
from integrations.emulators.slack.model import BOT_USER, TEAM
from tests.bot.desk import FORM, SHIPPING
from tests.bot.slack.desk import Office
from tests.bot.slack.test_home import FULL
from tests.bot.slack.test_links import CARD

ENVELOPE = {
    "type": "event_callback",
    "team_id": TEAM,
    "event_id": "Ev1",
    "authorizations": [{"user_id": BOT_USER, "is_bot": True}],
}
FORMS: Kind = "slash_commands"


def said(world: SlackWorld, key: str) -> str:
    """Return what stands where a sample has blanked a value."""
    ada, dev = world.user("ada").id, world.space.channel("dev").id
    known = {
        **dict.fromkeys(("user", "user_id"), ada),
        **dict.fromkeys(("channel", "channel_id"), dev),
        **dict.fromkeys(("ts", "message_ts", "event_ts", "thread_ts"), "1700000000.000100"),
        "tab": "home",
        "command": "/flow",
        "text": "!flow dora",
    }
    return world.new_trigger(ada) if key == "trigger_id" else known.get(key, "")


def filled(world: SlackWorld, sample: Any, key: str = "") -> Any:  # noqa: ANN401 - any JSON
    """Return a sample with ids and times where they were blanked."""
    match sample:
        case dict():
            made = {name: filled(world, value, name) for name, value in sample.items()}
            blank = made.get("id") == ""
            return made | ({"id": said(world, key) or "X1"} if blank else {})
        case list():
            return [filled(world, each, key) for each in sample]
        case "":
            return said(world, key)
        case _:
            return sample


def samples(world: SlackWorld, folder: Path) -> Iterator[tuple[str, Kind, Any]]:
    """Yield every sample of an event and of an interaction, by name and by how it is sent."""
    for place in sorted((folder / "events").glob("*Payload.json")):
        body = json.loads(place.read_text())
        yield place.stem, "events_api", filled(world, body) | ENVELOPE
    for place in sorted((folder / "app-backend").glob("*Payload.json")):
        kind = FORMS if place.stem == "SlashCommandPayload" else "interactive"
        yield place.stem, kind, filled(world, json.loads(place.read_text()))


async def test_every_sample_is_taken(office: Office, contracts: Path) -> None:
    """It is acknowledged, whether anybody waits for it or not."""
    world = office.world
    taken = []
    for name, kind, body in samples(world, contracts / "slack/java-sdk-samples"):
        answer = await world.deliver(kind, body)
        taken.append((name, answer.failed, answer.status))
    assert len(taken) > 35
    assert [each for each in taken if each[1:] != ("", 200)] == []
    assert "Something went wrong" not in json.dumps([each.blocks for each in world.ephemerals])
    assert {name for name, *_ in office.desk.used} == {""}
    await world.until(lambda: bool(world.homes))


async def test_menus_and_windows_of_others_are_taken(office: Office) -> None:
    """What this version never opens may still be on somebody's screen."""
    who = {"id": office.world.user("ada").id, "name": "ada"}
    shared = {"user": who, "team": {"id": TEAM}, "trigger_id": "1.2"}
    for body in (
        {"type": "shortcut", "callback_id": "old"},
        {"type": "block_suggestion", "action_id": "old", "block_id": "b", "value": "x"},
    ):
        answer = await office.world.deliver("interactive", shared | body)
        assert not answer.failed


def test_what_we_send_is_what_the_sdk_takes() -> None:
    """Views and blocks pass the checks of Slack's own library."""
    origin = Origin("slash", "slack", "C1", "1.2", "1.3")
    report = Report(
        "Title",
        "Summary",
        blocks=(
            Text(("Words ", Code("code"), Link("link", "https://a.example"))),
            Facts((("One", ("1",)),), "Facts"),
            Bullets((("a",), ("b",)), "List"),
            Snippet("as it is"),
        ),
        next=("dora acme/shop",),
    )
    views = [
        home_view(FULL, lambda _: "https://acme.slack.com/archives/C1/p1"),
        forms.modal(FORM, origin),
        forms.modal(SHIPPING, origin),
        forms.notice(report, "Title"),
    ]
    for view in views:
        View(**view).validate_json()
    messages = [
        card_message(CARD),
        *report_messages(report, ""),
        *answer_messages(Say(report, buttons=CARD.controls)),
        forms.offer(FORM, "release", origin),
    ]
    for message in messages:
        for block in Block.parse_all(message.blocks):
            block.validate_json()
