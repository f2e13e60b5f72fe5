"""How the emulated Slack reaches an app: Socket Mode, signed HTTP, retries, payload shapes."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import pytest
from slack_sdk.signature import Clock as SlackClock
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from integrations.emulators.server import serve
from integrations.emulators.slack import SlackWorld
from integrations.emulators.slack.model import ResponseUrl, SlackError
from tests.integrations.emulators.slack.clock import Clock

Json = dict[str, Any]


@dataclass
class Listener:
    """An app that writes down what it is sent, and answers with the statuses it was given."""

    world: SlackWorld
    statuses: list[int] = field(default_factory=list)
    answer: Json = field(default_factory=dict)
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def take(self, request: Request) -> Response:
        self.heard.append((dict(request.headers), await request.body()))
        self.world.touch()
        return JSONResponse(self.answer, self.statuses.pop(0) if self.statuses else 200)


@pytest.fixture
async def listener(world: SlackWorld) -> AsyncIterator[Listener]:
    """Yield an app that listens over HTTP."""
    listener = Listener(world)
    async with serve(Starlette(routes=[Route("/in", listener.take, methods=["POST"])])) as base:
        world.listen_at(f"{base}/in")
        yield listener


@asynccontextmanager
async def connection(world: SlackWorld, client: AsyncWebClient) -> AsyncIterator[Any]:
    """Yield a bare Socket Mode connection, past its greeting."""
    opened = await client.apps_connections_open(app_token=world.app_token)
    async with aiohttp.ClientSession() as session, session.ws_connect(opened["url"]) as socket:
        hello = await socket.receive_json()
        assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        yield socket


class Now(SlackClock):
    """The test's clock, as the official verifier wants it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock().timestamp()


async def test_every_request_is_signed(world: SlackWorld, listener: Listener, clock: Clock) -> None:
    """The official verifier accepts the signature of an event, a command and an action."""
    await world.say("ada", "dev", "hello")
    await world.slash("ada", "dev", "/flow help")

    for headers, body in listener.heard:
        verifier = SignatureVerifier(world.signing_secret, Now(clock))
        assert verifier.is_valid_request(body, headers)
        assert not verifier.is_valid_request(body + b"x", headers)


async def test_an_event_is_sent_again_until_it_is_taken(
    world: SlackWorld, listener: Listener
) -> None:
    """The same event id comes back, with the number of the try and its reason."""
    listener.statuses = [500, 503]
    await world.say("ada", "dev", "hello")

    tries = [(h.get("x-slack-retry-num"), h.get("x-slack-retry-reason")) for h, _ in listener.heard]
    assert tries == [(None, None), ("1", "http_error"), ("2", "http_error")]
    assert len({json.loads(body)["event_id"] for _, body in listener.heard}) == 1


async def test_an_event_is_given_up_after_three_retries(
    world: SlackWorld, listener: Listener
) -> None:
    """Four tries are all there are."""
    listener.statuses = [500] * 9
    await world.say("ada", "dev", "hello")
    assert len(listener.heard) == 4


async def test_nobody_listening_is_not_the_end(world: SlackWorld, client: AsyncWebClient) -> None:
    """An event waits for a connection, and then comes as a retry; a command fails at once."""
    await world.say("ada", "dev", "hello")
    answer = await world.slash("ada", "dev", "/flow help")
    assert answer is not None
    assert world.plain(answer) == "/flow failed because the app did not respond."

    async with connection(world, client) as socket:
        envelope = await socket.receive_json()
        assert envelope["payload"]["event"]["text"] == "hello"
        assert (envelope["retry_attempt"], envelope["retry_reason"]) == (1, "connection_failed")
        await socket.send_json({"envelope_id": envelope["envelope_id"]})


async def test_the_acknowledgement_can_answer_a_command(
    world: SlackWorld, client: AsyncWebClient
) -> None:
    """What the acknowledgement of a command says is shown to that person alone."""
    async with connection(world, client) as socket:
        asking = asyncio.create_task(world.slash("ada", "dev", "/flow help me"))
        envelope = await socket.receive_json()
        assert envelope["accepts_response_payload"]
        assert (envelope["payload"]["command"], envelope["payload"]["text"]) == ("/flow", "help me")
        await socket.send_json(
            {"envelope_id": envelope["envelope_id"], "payload": {"text": "Here you are"}}
        )
        answer = await asking
    assert answer is not None
    assert (answer.text, answer.only_for) == ("Here you are", world.user("ada").id)
    assert world.whispers("ada") == [answer]
    assert world.transcript("dev") == []


async def test_a_connection_can_be_asked_to_come_back(
    world: SlackWorld, client: AsyncWebClient
) -> None:
    """A refresh says so, and then the connection is closed; a ticket is good once."""
    opened = await client.apps_connections_open(app_token=world.app_token)
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(opened["url"]) as socket:
            await socket.receive_json()
            await world.delivery.refresh()
            assert (await socket.receive_json())["reason"] == "refresh_requested"
            assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(opened["url"])


async def test_only_members_hear(world: SlackWorld, listener: Listener) -> None:
    """A channel without the bot is silent; a mention is two events, in a direct message one."""
    world.channel("lobby", "ada", bot=False)
    await world.say("ada", "lobby", "@flowbot hello")
    assert listener.heard == []
    await world.say("ada", "dev", "@flowbot hello")
    await world.say("ada", "@flowbot", "@flowbot hello")

    events = [json.loads(body)["event"] for _, body in listener.heard]
    assert [(e["type"], e.get("channel_type")) for e in events] == [
        ("app_mention", None),
        ("message", "channel"),
        ("message", "im"),
    ]
    assert events[0]["ts"] == events[1]["ts"]


async def test_what_people_type_is_escaped_as_slack_does(
    world: SlackWorld, listener: Listener
) -> None:
    """Angle brackets and ampersands arrive as entities, a mention as a token."""
    await world.say("ada", "dev", "@flowbot a < b & c <!channel>")
    text = json.loads(listener.heard[0][1])["event"]["text"]
    assert text == "<@U0FLOWBOT1> a &lt; b &amp; c &lt;!channel&gt;"


async def test_a_response_url_wears_out(world: SlackWorld, clock: Clock) -> None:
    """It takes five answers within half an hour; one can go to everybody, one can replace."""
    said = await world.say("ada", "dev", "hello")

    async def post(url: str, **body: Any) -> int:  # noqa: ANN401 - any JSON
        async with aiohttp.ClientSession() as session, session.post(url, json=body) as response:
            return response.status

    place = ResponseUrl(said.channel, world.user("ada").id, world._micros(), said.ts)
    url = world.new_response_url(place)
    assert await post(url, text="only you") == 200
    assert await post(url, text="everybody", response_type="in_channel") == 200
    assert await post(url, text="instead", replace_original=True) == 200
    assert [await post(url, text="again") for _ in range(3)] == [200, 200, 404]
    assert [m.text for m, _ in world.transcript("dev")] == ["instead", "everybody"]
    assert [m.text for m in world.whispers("ada")] == ["only you", "again", "again"]

    late = world.new_response_url(ResponseUrl(said.channel, "U", world._micros()))
    clock.forward(minutes=31)
    assert await post(late, text="late") == 404
    assert await post(f"{world.base_url}/respond/none", text="x") == 404


def keys(sample: Any, path: str = "") -> set[str]:  # noqa: ANN401 - any JSON
    """Return the paths of all keys in a JSON document; lists count as their first item."""
    if isinstance(sample, dict):
        found = set()
        for key, value in sample.items():
            found |= {f"{path}/{key}"} | keys(value, f"{path}/{key}")
        return found
    return keys(sample[0], path) if isinstance(sample, list) and sample else set()


async def test_payloads_have_the_shape_of_recorded_ones(
    world: SlackWorld, listener: Listener, client: AsyncWebClient, contracts: Path
) -> None:
    """Commands, mentions, presses and forms have every key of those recorded at Slack."""
    recorded = {
        name: json.loads((contracts / "slack/recorded" / f"{name}__slack.json").read_text())
        for name in ("slash-commands", "modals", "channel")
    }
    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
    thread = await client.chat_postMessage(channel="#dev", text="head")
    sent = await client.chat_postMessage(
        channel="#dev",
        text="x",
        thread_ts=thread["ts"],
        blocks=[{"type": "actions", "block_id": "b", "elements": [button]}],
    )
    await world.slash("ada", "dev", "/flow dora")
    await world.say("ada", "dev", "@flowbot hello")
    await world.press("ada", sent["ts"], "Go")
    field = {"type": "plain_text_input", "action_id": "message"}
    label = {"type": "plain_text", "text": "Message"}
    view = {
        "type": "modal",
        "title": label,
        "submit": label,
        "blocks": [{"type": "input", "block_id": "message", "label": label, "element": field}],
    }
    await client.views_open(trigger_id=world.new_trigger(world.user("ada").id), view=view)
    modal = world.modal("ada")
    assert modal is not None
    await world.submit("ada", modal, {"Message": "hi"})

    command, mention, _, press, submission = [body for _, body in listener.heard]
    form = {key: values[0] for key, values in parse_qs(command.decode()).items()}
    assert keys(recorded["slash-commands"]["slashCommandWithArgs"]) <= keys(form)
    assert keys(recorded["channel"]["mention"]) <= keys(json.loads(mention))
    pressed = json.loads(parse_qs(press.decode())["payload"][0])
    assert keys(recorded["channel"]["channel_post_action"]) <= keys(pressed)
    submitted = json.loads(parse_qs(submission.decode())["payload"][0])
    essential = {
        key
        for key in keys(recorded["slash-commands"]["viewSubmission"])
        if not key.startswith(("/view/blocks", "/view/state"))
    } - {f"/view/{part}/emoji" for part in ("title", "close", "submit")}
    assert essential - keys(submitted) <= {"/view/close/type", "/view/close/text"}
    assert submitted["view"]["state"]["values"]["message"]["message"]["value"] == "hi"


async def test_answers_have_only_keys_that_slack_documents(
    world: SlackWorld, client: AsyncWebClient, contracts: Path
) -> None:
    """Answers of the Web API use the names that Slack's own samples use."""
    head = await client.chat_postMessage(channel="#dev", text="x")
    answers = {
        "auth.test": await client.auth_test(),
        "users.info": await client.users_info(user=world.user("ada").id),
        "chat.postEphemeral": await client.chat_postEphemeral(
            channel=head["channel"], user=world.user("ada").id, text="x"
        ),
        "chat.getPermalink": await client.chat_getPermalink(
            channel=head["channel"], message_ts=head["ts"]
        ),
        "files.getUploadURLExternal": await client.files_getUploadURLExternal(
            filename="a", length=1
        ),
        "apps.connections.open": await client.apps_connections_open(app_token=world.app_token),
        "conversations.info": await client.conversations_info(channel=head["channel"]),
    }
    for method, answer in answers.items():
        sample = json.loads((contracts / f"slack/java-sdk-samples/api/{method}.json").read_text())
        assert keys(answer.data) <= keys(sample), method


async def test_an_app_that_hangs_or_is_gone_has_failed(
    world: SlackWorld, client: AsyncWebClient
) -> None:
    """No acknowledgement in time is a timeout, a refused connection is one that failed."""
    world.delivery.patience = 0.05
    async with connection(world, client) as socket:
        answer = await world.deliver("slash_commands", {})
        assert answer.failed == "timeout"
        await socket.receive_json()
    await world.until(lambda: not world.delivery.sockets)
    async with serve(_never) as base:
        world.listen_at(base)
        assert (await world.deliver("interactive", {})).failed == "http_timeout"
    assert (await world.deliver("interactive", {})).failed == "connection_failed"


async def _never(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - the shape of ASGI
    """Take a request and never answer it."""
    await asyncio.Event().wait()


async def test_retries_can_wait(world: SlackWorld, listener: Listener) -> None:
    """A later retry happens by itself, while life goes on; closing gives up the rest."""
    world._retries = (0.0, 0.001, 3600.0)
    listener.statuses = [500] * 3
    await world.say("ada", "dev", "hello")
    assert len(listener.heard) == 2
    await world.until(lambda: len(listener.heard) == 3)
    await world.close()
    assert len(listener.heard) == 3


@pytest.mark.parametrize(
    ("answer", "titles"),
    [
        ({}, []),
        ({"response_action": "clear"}, []),
        ({"response_action": "update", "view": {"title": "Next"}}, ["Next"]),
        ({"response_action": "push", "view": {"title": "Next"}}, ["First", "Next"]),
        ({"response_action": "errors", "errors": {"a": "No"}}, ["First"]),
    ],
)
async def test_a_modal_does_what_it_is_told(
    world: SlackWorld, listener: Listener, client: AsyncWebClient, answer: Json, titles: list[str]
) -> None:
    """The acknowledgement closes a modal, replaces it, covers it, or marks its errors."""

    def view(title: str) -> Json:
        return {"type": "modal", "title": {"type": "plain_text", "text": title}, "blocks": []}

    ada = world.user("ada").id
    await client.views_open(trigger_id=world.new_trigger(ada), view=view("First"))
    if "view" in answer:
        answer = {**answer, "view": view(answer["view"]["title"])}
    listener.answer = answer
    first = world.modal("ada")
    assert first is not None
    assert await world.submit("ada", first, {}) == answer.get("errors", {})
    assert [shown.content["title"]["text"] for shown in world.modals[ada]] == titles


async def test_a_submission_that_fails_keeps_the_modal(
    world: SlackWorld, listener: Listener, client: AsyncWebClient
) -> None:
    """The person may try again, and is told so."""
    view = {"type": "modal", "title": {"type": "plain_text", "text": "F"}, "blocks": []}
    await client.views_open(trigger_id=world.new_trigger(world.user("ada").id), view=view)
    listener.statuses = [500]
    modal = world.modal("ada")
    assert modal is not None
    assert "Try again" in (await world.submit("ada", modal, {}))[""]
    assert world.modal("ada") is modal


async def test_an_answer_can_go_to_everybody(world: SlackWorld, listener: Listener) -> None:
    """An acknowledgement may speak in the channel, or not at all."""
    listener.answer = {"text": "Hello all", "response_type": "in_channel"}
    assert await world.slash("ada", "dev", "/flow hi") is None
    assert [head.text for head, _ in world.transcript("dev")] == ["Hello all"]
    listener.answer = {}
    assert await world.slash("ada", "dev", "/flow hi") is None


def test_messages_are_found_by_their_ts(world: SlackWorld) -> None:
    """A ts that belongs to no message is an error."""
    with pytest.raises(SlackError, match="message_not_found"):
        world.message("1.1")
