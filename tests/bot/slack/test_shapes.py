"""What is none of Slack's requests is refused in one line; what is odd but real is taken."""

import copy
import json
import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from starlette.applications import Starlette

from bot.slack.app import SlackApp, slack_app
from bot.slack.chat import open_chat
from bot.slack.forms import FORM, OPEN
from bot.slack.interactions import OLDER_BUTTON, OLDER_FORM
from bot.slack.shapes import fault
from bot.slack.transports import dispatched, slack_routes
from integrations.emulators.server import serve
from integrations.emulators.slack import SlackWorld
from integrations.emulators.slack.model import TEAM
from tests.bot.desk import Desk
from tests.bot.slack.desk import Office
from tests.bot.slack.test_transports import send

WHO = {"id": "U1", "name": "ada", "team_id": TEAM}
INPUT = {"type": "plain_text_input", "value": "acme/shop"}
POST = {"ts": "1.2", "user": "U1", "text": "It broke", "channel": "C1"}
BODIES: dict[str, dict[str, Any]] = {
    "said": {
        "type": "event_callback",
        "team_id": TEAM,
        "event": {"type": "message", **POST},
        "authorizations": [{"team_id": TEAM}],
    },
    "reacted": {
        "type": "event_callback",
        "team_id": TEAM,
        "event": {"type": "reaction_added", "user": "U1", "item": {"channel": "C1"}},
    },
    "pressed": {
        "type": "block_actions",
        "user": WHO,
        "trigger_id": "1.2.3",
        "container": {"channel_id": "C1", "message_ts": "1.2"},
        "actions": [{"action_id": "press:0", "value": "answer:1:yes"}],
    },
    "used": {
        "type": "message_action",
        "callback_id": "x:y",
        "user": WHO,
        "trigger_id": "1.2.3",
        "channel": {"id": "C1"},
        "message": {"ts": "1.2", "text": "It broke"},
    },
    "submitted": {
        "type": "view_submission",
        "user": WHO,
        "view": {
            "id": "V1",
            "type": "modal",
            "callback_id": FORM,
            "private_metadata": '{"flow": "dora", "channel": "C1"}',
            "title": {"type": "plain_text", "text": "dora"},
            "blocks": [{"type": "input", "block_id": "repo"}],
            "state": {"values": {"repo": {"value": INPUT}}},
        },
    },
}
ODD: tuple[Any, ...] = (None, "", 7, [], ["a"], {"a": "b"}, "\ud800", "a\0b", "<!channel>")


def changed(body: Any) -> Iterator[Any]:  # noqa: ANN401 - any JSON
    """Yield the same with one thing in it left out, or odd, at every place in turn."""
    places = body.items() if isinstance(body, dict) else enumerate(body)
    for name, value in list(places):
        inner = changed(value) if isinstance(value, dict | list) else ()
        for odd in (*ODD, *inner):
            made = copy.copy(body)
            made[name] = odd
            yield made
        made = copy.copy(body)
        del made[name]
        yield made


@pytest.fixture
async def app(world: SlackWorld) -> AsyncIterator[SlackApp]:
    """Yield the surface, whose desk takes whatever reaches it."""
    async with open_chat(world.bot_token, f"{world.base_url}/api/") as chat:
        yield slack_app(Desk(), chat)


@pytest.mark.parametrize("name", BODIES)
async def test_a_body_of_any_shape_is_taken_or_refused(
    app: SlackApp, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    """Never does anything break, on either transport."""
    caplog.set_level(logging.ERROR)
    assert (await dispatched(app, BODIES[name])).status == 200
    answers = Counter([(await dispatched(app, odd)).status for odd in changed(BODIES[name])])
    assert {*answers} <= {200, 400, 404}
    assert answers[200]
    assert answers[400]
    assert not caplog.records


def test_what_is_odd_is_named() -> None:
    """In one line, for the log."""
    pressed = BODIES["pressed"]
    assert fault(pressed, FORM) == ""
    assert fault(pressed | {"trigger_id": None}, FORM).endswith("at `$.trigger_id`")
    assert fault(pressed | {"actions": []}, FORM).endswith("at `$.actions`")
    assert "got `array`" in fault([], FORM)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"a": ', 400),
        (b"payload=%5B1", 400),
        (b"payload=%5B1%5D", 400),
        (b'{"a": %b' % (b"[" * 100_000), 400),
        (b"command=%2Fflow&user_id=U1", 400),
        (b"[1]", 404),
        (b"", 404),
    ],
)
async def test_what_is_no_request_is_refused(
    world: SlackWorld, app: SlackApp, body: bytes, status: int
) -> None:
    """With a status, as whatever lacks its fields."""
    signed = slack_app(Desk(), app.surface._chat, world.signing_secret)
    async with serve(Starlette(routes=slack_routes(signed))) as base:
        media = "application/x-www-form-urlencoded"
        secret = world.signing_secret
        answered, _ = await send(f"{base}/slack/events", body, secret=secret, media=media)
    assert answered == status


async def test_halves_of_characters_and_zeros_are_left_out(world: SlackWorld) -> None:
    """No database stores them; what was typed around them counts."""
    desk = Desk()
    async with open_chat(world.bot_token, f"{world.base_url}/api/") as chat:
        app = slack_app(desk, chat)
        press = {"action_id": "press:0", "value": "type:do\0ra"}
        await dispatched(app, BODIES["pressed"] | {"actions": [press]})
        submitted = copy.deepcopy(BODIES["submitted"])
        submitted["view"]["state"]["values"]["repo"]["value"]["value"] = "acme/\0sh\ud800op"
        await dispatched(app, submitted)
        said = POST | {"type": "message", "text": "!flow do\0ra\udfff", "bot_id": None}
        await dispatched(app, BODIES["said"] | {"event": said})
    assert [asked.text for asked in desk.asked] == ["dora", "dora"]
    assert [values for _, values, *_ in desk.filled] == [{"repo": "acme/shop"}]


async def test_what_slackbot_says_is_no_command(office: Office) -> None:
    """Anybody can have it say something later, or whenever somebody writes a word."""
    event = POST | {"type": "message", "user": "USLACKBOT", "text": "!flow dora"}
    await office.world.delivery.send("events_api", BODIES["said"] | {"event": event})
    assert office.desk.asked == []


async def test_what_an_older_version_left_says_so(office: Office) -> None:
    """A form keeps what was typed; a button is answered."""
    world = office.world
    submitted = copy.deepcopy(BODIES["submitted"])
    submitted["view"]["private_metadata"] = '{"who": "knows"}'
    answer = await world.delivery.send("interactive", submitted)
    assert answer.body == {"response_action": "errors", "errors": {"repo": OLDER_FORM}}
    submitted["view"]["blocks"] = []
    answer = await world.delivery.send("interactive", submitted)
    assert OLDER_FORM in json.dumps(answer.body["view"])

    dev, ada = world.space.channel("dev").id, world.user("ada").id
    left = {"action_id": OPEN, "value": "release"}
    await world.delivery.send(
        "interactive",
        BODIES["pressed"]
        | {"user": {"id": ada}, "container": {"channel_id": dev}, "actions": [left]},
    )
    await world.until(lambda: bool(world.whispers("ada")))
    assert OLDER_BUTTON in world.plain(world.whispers("ada")[0])
    assert (office.desk.filled, office.desk.asked) == ([], [])
