"""What Discord sends in forms that nobody expects: a word for whoever waits, none for the log."""

import copy
import logging
from typing import Any

import pytest

from bot.discord.payloads import Odd, completed, told
from bot.discord.words import mentions, posted
from integrations.emulators.discord.model import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    MODAL_SUBMIT,
    Interaction,
    Json,
)
from integrations.emulators.discord.payloads import interaction, message_created
from tests.bot.discord.office import CALLBACK, Office, heard

TYPED = {"id": "1", "name": "flow", "type": 1}
FAMILY = {"id": "1", "name": "flow-analytics", "type": 1}
ENTRY = {"id": "1", "name": "Create bug", "type": 3}
OLD = "older version of the bot"
UNKNOWN = "in a form that I do not know"
REPO = {"type": 18, "component": {"type": 4, "custom_id": "repo", "value": "acme/shop"}}
ODD: list[tuple[int, Any, str]] = [
    (COMMAND, None, UNKNOWN),
    (COMMAND, TYPED | {"options": [{"value": "dora"}]}, UNKNOWN),
    (COMMAND, ENTRY, "may have been deleted"),
    (COMMAND, ENTRY | {"target_id": "7", "resolved": {"messages": {}}}, "may have been deleted"),
    (COMMAND, ENTRY | {"target_id": "7", "resolved": {"messages": {"7": {}}}}, UNKNOWN),
    (COMPONENT, {"custom_id": "somebody's"}, OLD),
    (COMPONENT, {"custom_id": "form:release-management:1:2:3"}, OLD),
    (COMPONENT, {"custom_id": "press:\u00b2:dora"}, OLD),
    (COMPONENT, {"custom_id": "fix::1:2:3"}, OLD),
    (COMPONENT, {"custom_id": ["press:1:dora"]}, UNKNOWN),
    (MODAL_SUBMIT, {"custom_id": "gone:1", "components": [REPO]}, "Filled in: repo=acme/shop"),
    (MODAL_SUBMIT, {"custom_id": "question:x:1::", "components": []}, OLD),
    (MODAL_SUBMIT, {"custom_id": "form:x:1::"}, UNKNOWN),
    (MODAL_SUBMIT, {"custom_id": "question:7:1::", "components": [REPO]}, "That counted"),
]


def sent(office: Office, kind: int, data: Any) -> Json:  # noqa: ANN401 - any JSON
    """Return an interaction of Ada's, as Discord sends it."""
    world = office.world
    message = world.say("ada", "dev", "hello") if kind == COMPONENT else None
    ada, dev = world.user("ada").id, world.guild.channel("dev")
    made = Interaction(world.new_id(), "token", kind, ada, dev.id, 0.0, message)
    return interaction(world.guild, made, dev, data)


async def test_what_is_odd_is_answered(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever pressed, chose or typed learns what is the matter, and nothing is done for them."""
    caplog.set_level(logging.WARNING)
    world = office.world
    for number, (kind, data, expected) in enumerate(ODD, 1):
        world.gateway.dispatch("INTERACTION_CREATE", sent(office, kind, data))
        await world.until(lambda number=number: len(world.called(CALLBACK)) == number)  # type: ignore[misc] # a default
        assert expected in str(world.called(CALLBACK)[-1]).replace("\\\\", "")
    assert [*office.desk.asked, *office.desk.pressed, *office.desk.filled] == []
    assert [each for each in caplog.records if each.exc_info] == []


async def test_odd_typing_does_no_harm(office: Office) -> None:
    """Without options, with two that are typed at once, or with a text without an end."""
    world = office.world
    typed = {"name": "command", "type": 3, "value": "rel", "focused": True}
    several = [typed, typed | {"value": "dora"}]
    old = [{"name": "old", "type": 1, "options": [typed]}]
    odd = [None, "rel", several, old, [typed | {"value": "release " * 700}]]
    for number, options in enumerate(odd, 1):
        payload = sent(office, AUTOCOMPLETE, FAMILY | {"options": options})
        world.gateway.dispatch("INTERACTION_CREATE", payload)
        await world.until(lambda number=number: len(world.called(CALLBACK)) == number)  # type: ignore[misc] # a default
    offered = [each["data"]["choices"] for each in world.called(CALLBACK)]
    assert offered[0] == offered[1]
    assert offered[2] == offered[3]
    assert offered[2][0]["value"].startswith("rel")
    assert offered[4] == []


async def test_words_in_a_server_that_nobody_knows_are_not_for_us(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    """They are no direct message, though discord.py cannot tell the server; nor is what is odd."""
    world = office.world
    said = message_created(world.guild, world.guild.channel("dev"), world.say("ada", "dev", "hi"))
    elsewhere = said | {"guild_id": "4242424242", "content": "dora"}
    for each in (elsewhere, said | {"author": {"id": "1"}}, said | {"content": None}):
        world.gateway.dispatch("MESSAGE_CREATE", each)
    world.gateway.dispatch("MESSAGE_CREATE", elsewhere | {"id": "5", "content": "!flow last"})
    await heard(office)
    assert [asked.text for asked in office.desk.asked] == ["last"]
    assert office.desk.asked[0].origin.thread == "5"
    assert caplog.text.count("MESSAGE_CREATE of Discord cannot be read") == 2
    assert "Traceback" not in caplog.text


async def test_a_channel_that_discord_does_not_tell_of_is_good_enough(office: Office) -> None:
    """What somebody has typed is not lost because Discord has trouble for a moment."""
    world = office.world
    world.fail("GET /channels/{channel_id}", status=503)
    said = message_created(world.guild, world.guild.channel("dev"), world.say("ada", "dev", "hi"))
    elsewhere = said | {"guild_id": "4242424242", "content": "!flow dora"}
    world.gateway.dispatch("MESSAGE_CREATE", elsewhere)
    await heard(office)
    assert office.desk.asked[0].origin.channel == said["channel_id"]


def test_an_interaction_has_a_person_and_a_place(office: Office) -> None:
    """A channel of a new kind, or of none, is a channel; without anybody it is refused."""
    payload = sent(office, COMMAND, TYPED)
    for channel in ({"id": "77", "type": 99}, {"id": "77"}, {"id": "77", "type": 11}):
        assert completed(payload | {"channel": channel})["channel"]["type"] == 0
    without = copy.deepcopy(payload)
    del without["channel"]
    assert completed(without)["channel"]["id"] == payload["channel_id"]
    for name in ("member", "id", "application_id"):
        with pytest.raises(Odd):
            completed({key: value for key, value in payload.items() if key != name})
    with pytest.raises(Odd) as odd:
        completed(payload | {"id": "\ud800"})
    assert "\n" not in told(odd.value)


def test_what_is_quoted_to_the_letter_is_no_mention() -> None:
    """Discord pings nobody there, so nobody has called us."""
    assert mentions("<@1> `x`", 1, 0)
    assert mentions("one ` and <@&2>", 1, 2)
    for text in ("`<@1> release`", "```\n<@1>\n```", "``a ` <@1>``", "\\<@1>"):
        assert not mentions(text, 1, 0)


def test_a_forwarded_message_is_what_it_holds() -> None:
    """Its own text is empty, and Discord may say that there are no boxes by null."""
    message: Json = {"id": "1", "channel_id": "2", "content": "", "embeds": None}
    inner = {"message": {"content": "The build is red", "embeds": []}}
    assert posted(message, None).text == ""
    assert posted(message | {"message_snapshots": [inner]}, 3).text == "The build is red"
