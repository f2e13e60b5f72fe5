"""The Slack surface: what people do becomes requests, and answers find them."""

import json
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.chat import Actor, Origin
from bot.slack.app import slack_app
from bot.slack.chat import SlackChat, open_chat
from bot.slack.transports import slack_routes
from integrations.emulators.slack import SlackWorld, payloads
from integrations.emulators.slack.model import BOT_USER, Message
from tests.bot.desk import Desk
from tests.bot.slack.desk import Office


async def test_a_slash_command_is_a_request(office: Office) -> None:
    """The text goes on without its command; who and where go with it; nothing is said."""
    answer = await office.world.slash("ada", "dev", "/flow dora acme/shop")

    [asked] = office.desk.asked
    dev, ada = office.world.space.channel("dev").id, office.world.user("ada").id
    assert answer is None
    assert asked.text == "dora acme/shop"
    assert asked.by == Actor("slack", ada, "Ada")
    assert asked.origin == Origin("slash", "slack", dev)
    assert asked.key.startswith("slack:")


async def test_two_commands_are_two_requests(office: Office) -> None:
    """The same words twice are two runs."""
    for _ in range(2):
        await office.world.slash("ada", "dev", "/flow dora")
    assert len(office.desk.runs) == 2


async def test_people_are_called_by_their_names(office: Office) -> None:
    """Slack is asked once; while it does not answer, the handle will do."""
    office.world.fail("users.info", error="internal_error")
    for _ in range(3):
        await office.world.slash("ada", "dev", "/flow dora")

    assert [asked.by.name for asked in office.desk.asked] == ["ada", "Ada", "Ada"]
    assert len(office.world.called("users.info")) == 2


async def test_what_there_is_to_say_comes_with_the_acknowledgement(office: Office) -> None:
    """An answer to a command takes no further call, and only the person who asked sees it."""
    answer = await office.world.slash("ada", "dev", "/flow help")

    assert answer is not None
    assert answer.only_for == office.world.user("ada").id
    assert office.world.plain(answer) == "Help\n====\nWhat I can do"
    assert office.world.called("chat.postEphemeral") == []


async def test_a_long_answer_comes_in_parts(office: Office) -> None:
    """What does not fit into the acknowledgement follows it."""
    await office.world.slash("ada", "dev", "/flow catalogue")
    await office.world.until(lambda: len(office.world.whispers("ada")) == 2)

    shown = "\n".join(map(office.world.plain, office.world.whispers("ada")))
    assert shown.count("flow 59") == 2


async def test_a_mention_is_a_request_once(office: Office) -> None:
    """One post that mentions the bot is two events and one run; it gets the eyes at once."""
    said = await office.world.say("bo", "dev", "@flowbot release notes & more")
    await office.world.until(lambda: bool(said.reactions))

    [asked] = office.desk.asked
    assert asked.text == "release notes & more"
    assert asked.by.name == "Bo"
    assert asked.origin == Origin("mention", "slack", said.channel, said.ts, said.ts)
    assert asked.key == f"slack:T0ACME0001:{said.channel}:{said.ts}"
    assert said.reactions == {"eyes": [BOT_USER]}


async def test_a_repeated_event_is_the_same_run(office: Office) -> None:
    """Slack may deliver twice; the key is the post, so the run is one."""
    world = office.world
    said = await world.say("bo", "dev", "@flowbot dora")
    where = world.space.channel("dev")
    for kind in ("app_mention", "app_mention"):
        await world.emit(payloads.event(world.space, where, said, kind, "Ev1"))
    assert len(office.desk.asked) == 3
    assert len(office.desk.runs) == 1


async def test_a_thread_takes_commands_too(office: Office) -> None:
    """`!flow …` works where Slack has no slash commands; the answer belongs to that thread."""
    head = await office.world.say("ada", "dev", "The build is red")
    said = await office.world.say("bo", "dev", "!flow red acme/shop", thread=head.ts)

    [asked] = office.desk.asked
    assert asked.text == "red acme/shop"
    assert asked.origin == Origin("thread", "slack", said.channel, head.ts, said.ts)


async def test_a_direct_message_needs_no_prefix(office: Office) -> None:
    """In a direct message every word is for the bot; a prefix from habit does no harm."""
    for text in ("dora", "!flow dora", "/flow dora", "@flowbot dora"):
        await office.world.say("cy", "@flowbot", text)
    assert [asked.text for asked in office.desk.asked] == ["dora"] * 4
    assert {asked.origin.thread for asked in office.desk.asked} == {""}


async def test_talk_among_people_is_none_of_ours(office: Office) -> None:
    """Messages without a mention or prefix are acknowledged and ignored."""
    for text in ("hello", "flow", "what a !flow", "!flowers", "/flow dora"):
        await office.world.say("ada", "dev", text)
    assert office.desk.asked == []


@pytest.mark.parametrize(
    "change",
    [
        {"subtype": "message_changed"},
        {"subtype": "message_deleted"},
        {"subtype": "bot_message"},
        {"bot_id": "B1"},
        {"text": ""},
        {"user": None},
        {"type": "reaction_added"},
        {"type": "team_join", "user": {"id": "U1"}},
    ],
)
async def test_other_events_are_acknowledged_and_ignored(
    office: Office, change: dict[str, Any]
) -> None:
    """Edits, deletions, bots and what nobody asked for are taken without a sign."""
    world = office.world
    said = Message(world.space.channel("dev").id, world.tick(), world.user("ada").id, "!flow dora")
    event = payloads.event(world.space, world.space.channel("dev"), said, "message", "Ev1")
    event["event"] |= change
    answer = await world.deliver("events_api", event)

    assert not answer.failed
    assert office.desk.asked == []


async def test_an_answer_to_a_mention_is_whispered(office: Office) -> None:
    """It shows where the person looks: in the thread if there is one, else in the channel."""
    head = await office.world.say("ada", "dev", "@flowbot help")
    await office.world.say("ada", "dev", "@flowbot help", thread=head.ts)
    await office.world.until(lambda: len(office.world.whispers("ada")) == 2)

    assert sorted(message.thread for message in office.world.whispers("ada")) == ["", head.ts]


async def test_a_missing_parameter_opens_a_form(office: Office) -> None:
    """The form knows what was given; wrong values are marked; a good form is a request."""
    world = office.world
    answer = await world.slash("ada", "dev", "/flow release")
    modal = world.modal("ada")
    assert answer is None
    assert modal is not None

    wrong = await world.submit("ada", modal, {"Repository": "nowhere"})
    assert wrong == {"repo": "There is no such repository."}
    right = await world.submit("ada", modal, {"repo": "acme/shop", "quiet": "true"})
    assert right == {}
    assert world.modal("ada") is None
    flow, values, origin, key = office.desk.filled[-1]
    assert flow == "release-management"
    assert values == {"repo": "acme/shop", "level": "minor", "limit": "30", "quiet": "true"}
    assert origin == Origin("form", "slack", world.space.channel("dev").id)
    assert key == f"slack:{modal.id}"


async def test_a_refused_form_says_why(office: Office) -> None:
    """What there is to say stands where the form was."""
    world = office.world
    await world.slash("ada", "dev", "/flow release")
    modal = world.modal("ada")
    assert modal is not None
    await world.submit("ada", modal, {"repo": "closed"})

    assert "You may not release that." in json.dumps(modal.content)
    assert "submit" not in modal.content


async def test_a_mention_offers_the_form(office: Office) -> None:
    """Without a trigger no form opens by itself: a button opens it, with what was typed."""
    world = office.world
    said = await world.say("bo", "dev", "@flowbot release it <now>")
    await world.until(lambda: bool(world.whispers("bo")))
    [offer] = world.whispers("bo")
    assert world.plain(offer) == "release needs Repository.\n[ Fill in the form ]"

    await world.press("bo", offer, "Fill in the form")
    modal = world.modal("bo")
    assert modal is not None
    await world.submit("bo", modal, {"repo": "acme/shop"})
    assert office.desk.asked[-1].text == "release it <now>"
    assert office.desk.filled[0][2] == Origin("form", "slack", said.channel, said.ts, said.ts)


async def test_a_button_answers_a_question(office: Office) -> None:
    """A press goes to the desk; what went wrong is told to the one who pressed."""
    world = office.world
    sent = await _buttons(office.chat, "answer:1:yes", "answer:1:late")
    await world.press("dee", sent, "answer:1:yes")
    assert world.whispers("dee") == []
    await world.press("dee", sent, "answer:1:late")
    await world.until(lambda: bool(world.whispers("dee")))

    assert [action for action, _ in office.desk.pressed] == ["answer:1:yes", "answer:1:late"]
    assert world.plain(world.whispers("dee")[0]) == "⚠️ Bo was faster."


async def test_what_a_button_starts_is_told_of_in_the_thread(office: Office) -> None:
    """Its place is where the card is, and the press is its trigger."""
    world = office.world
    sent = await _buttons(office.chat, "rerun:r1")
    await world.press("dee", sent, "rerun:r1")

    [asked] = office.desk.asked
    card = world.message(sent)
    assert asked.origin == Origin("button", "slack", card.channel, sent)
    assert asked.key.startswith("slack:")
    assert world.whispers("dee") == []


async def test_a_very_long_command_is_handed_on(office: Office) -> None:
    """Ten thousand characters arrive whole; what to make of them is decided in one place."""
    await office.world.slash("ada", "dev", "/flow " + "x" * 10_000)
    await office.world.say("ada", "dev", "@flowbot " + "release " * 1_250)
    await office.world.until(lambda: bool(office.world.whispers("ada")))

    assert len(office.desk.asked[0].text) == 10_000
    await office.world.press("ada", office.world.whispers("ada")[0], "Fill in the form")
    assert office.desk.asked[-1].text == "release-management"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("break", "🔴 Something went wrong on my side; it is in my log. Please try again."),
        ("refuse", "⚠️ The archive is closed on Sundays."),
    ],
)
async def test_a_failing_command_is_admitted(
    office: Office, caplog: pytest.LogCaptureFixture, text: str, said: str
) -> None:
    """A failure is a sentence, never silence; its details are logged where it is ours."""
    answer = await office.world.slash("ada", "dev", f"/flow {text}")
    assert answer is not None
    assert office.world.plain(answer) == said
    assert [bool(each.exc_info) for each in caplog.records] == [text == "break"]


async def test_a_failing_event_comes_again(office: Office) -> None:
    """An event that could not be stored is not acknowledged, so Slack repeats it."""
    office.world.delivery.patience = 0.3
    await office.world.say("ada", "dev", "!flow break")
    assert [asked.text for asked in office.desk.asked] == ["break"] * 4
    assert len({asked.key for asked in office.desk.asked}) == 1


async def test_trouble_at_slack_loses_nothing(office: Office) -> None:
    """An event that comes before we know who we are is not acknowledged, and comes again."""
    office.world.delivery.patience = 0.3
    office.world.fail("auth.test", status=503)
    await office.world.say("ada", "dev", "!flow dora")
    assert [asked.text for asked in office.desk.asked] == ["dora"]
    assert [call.error for call in office.world.calls if call.method == "auth.test"] == [
        "internal_error",
        "",
    ]


async def test_failing_forms_and_buttons_are_admitted(office: Office) -> None:
    """The form stays, with what was typed; the button tells the one who pressed it."""
    world = office.world
    await world.slash("ada", "dev", "/flow release")
    modal = world.modal("ada")
    assert modal is not None
    await world.submit("ada", modal, {"repo": "break"})
    assert modal.errors["repo"].startswith("Something went wrong on my side")

    await world.press("ada", await _buttons(office.chat, "break"), "break")
    await world.until(lambda: bool(world.whispers("ada")))
    assert "Something went wrong" in world.plain(world.whispers("ada")[0])


async def test_a_broken_courtesy_stops_nothing(office: Office) -> None:
    """A reaction that Slack refuses changes nothing about the request."""
    office.world.fail("reactions.add", error="too_many_reactions")
    office.world.fail("users.info", error="user_not_visible")
    await office.world.say("ada", "dev", "!flow dora")
    assert [asked.by.name for asked in office.desk.asked] == [office.world.user("ada").id]


async def test_views_of_others_are_left_alone(office: Office) -> None:
    """A modal that is not ours is acknowledged, and its content is not read."""
    view = {"id": "V1", "type": "modal", "callback_id": "other", "state": {"values": {}}}
    payload = {
        "type": "view_submission",
        "team": {"id": "T0ACME0001"},
        "user": {"id": "U1", "name": "x"},
        "view": view,
    }
    answer = await office.world.deliver("interactive", payload)
    assert (answer.failed, answer.body) == ("", {})
    assert office.desk.filled == []


async def test_recorded_payloads_are_understood(office: Office, contracts: Path) -> None:
    """What was recorded at Slack is acknowledged, and its commands and mentions arrive."""
    folder = contracts / "slack/recorded"
    for place in sorted(folder.glob("*.json")):
        recorded = place.read_text()
        ours = recorded.replace(json.loads(recorded).get("botUserId", BOT_USER), BOT_USER)
        for name, payload in json.loads(ours).items():
            kind = _kind(payload)
            if kind is None:
                continue
            if kind == "slash_commands":
                payload["command"] = "/flow"
            answer = await office.world.deliver(kind, payload)
            assert not answer.failed, f"{place.name}: {name}"
    texts = [asked.text for asked in office.desk.asked]
    assert {"Hey", "some arguments here", "Hello"} <= set(texts)


def _kind(payload: Any) -> Any:  # noqa: ANN401 - any JSON, any kind
    if not isinstance(payload, dict):
        return None
    if payload.get("type") in ("block_actions", "view_submission"):
        return "interactive"
    if "command" in payload:
        return "slash_commands"
    return "events_api" if "event" in payload else None


async def _buttons(chat: SlackChat, *values: str) -> str:
    """Post a message with these buttons; return its ts."""
    elements = [
        {
            "type": "button",
            "action_id": f"press:{number}",
            "value": value,
            "text": {"type": "plain_text", "text": value},
        }
        for number, value in enumerate(values)
    ]
    blocks = [{"type": "actions", "elements": elements}]
    sent = await chat.client.chat_postMessage(channel="#dev", text="x", blocks=blocks)
    return str(sent["ts"])


async def test_http_mode_needs_the_secret(world: SlackWorld) -> None:
    """Without a secret anybody could be Slack, so there is no route."""
    async with open_chat(world.bot_token, f"{world.base_url}/api/") as chat:
        with pytest.raises(ValueError, match="signing secret"):
            slack_routes(slack_app(Desk(), chat))


async def test_a_chat_needs_a_session() -> None:
    """A client that would open a connection per call is refused."""
    with pytest.raises(ValueError, match="session"):
        SlackChat(AsyncWebClient("xoxb-1"))
