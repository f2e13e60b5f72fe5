"""Over the wire: signatures and bodies in HTTP mode, reconnecting in Socket Mode."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit

import aiohttp
import pytest
from starlette.applications import Starlette

from bot.slack.app import slack_app
from bot.slack.chat import open_chat
from bot.slack.transports import FORM, LARGEST_REQUEST, command_in, slack_routes, slack_socket
from integrations.emulators.server import serve
from integrations.emulators.slack import SlackWorld
from integrations.emulators.slack.delivery import Delivery, encoded
from tests.bot.desk import Desk

PRESS = urlencode(
    {
        "payload": json.dumps(
            {
                "type": "block_actions",
                "user": {"id": "U1", "name": "ada"},
                "channel": {"id": "C1"},
                "actions": [{"type": "button", "action_id": "press:0", "value": "x"}],
            }
        )
    }
).encode()
CHALLENGE = {"type": "url_verification", "challenge": "sesame", "token": "x"}


@pytest.fixture
async def address(world: SlackWorld) -> AsyncIterator[str]:
    """Yield the URL at which the surface takes requests."""
    async with open_chat(world.bot_token, f"{world.base_url}/api/") as chat:
        app = slack_app(Desk(), chat, world.signing_secret)
        async with serve(Starlette(routes=slack_routes(app))) as base:
            yield f"{base}/slack/events"


async def send(
    url: str,
    body: bytes,
    *,
    secret: str,
    age: timedelta = timedelta(),
    media: str = "application/json",
) -> tuple[int, str]:
    """Send a body, signed with a secret at a time; return the status and the answer."""
    headers = Delivery(secret, lambda: datetime.now(UTC) - age, 3).signature(body)
    headers["Content-Type"] = media
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=body, headers=headers) as response,
    ):
        return response.status, await response.text()


SIGNED = pytest.mark.parametrize(
    ("secret", "age", "status"),
    [
        ("emulated-signing-secret", timedelta(), 200),
        ("emulated-signing-secret", timedelta(minutes=4), 200),
        ("emulated-signing-secret", timedelta(minutes=6), 401),
        ("emulated-signing-secret", timedelta(minutes=-6), 401),
        ("another secret", timedelta(), 401),
        ("", timedelta(), 401),
    ],
)


@SIGNED
async def test_only_slack_is_believed(
    address: str, secret: str, age: timedelta, status: int
) -> None:
    """A signature must be right and at most five minutes away."""
    body, _ = encoded("events_api", CHALLENGE)
    answered, text = await send(address, body, secret=secret, age=age)
    assert answered == status
    assert ("sesame" in text) is (status == 200)


@SIGNED
async def test_only_slack_s_commands_are_believed(
    address: str, secret: str, age: timedelta, status: int
) -> None:
    """Their way is shorter, and as narrow."""
    body = b"command=%2Fflow&text=hi%20there&user_id=U1&user_name=ada&channel_id=C1&trigger_id=1.2"
    answered, _ = await send(address, body, secret=secret, age=age, media=FORM.decode())
    assert answered == status


@pytest.mark.parametrize(
    ("at", "signature"),
    [
        ("now", b"v0=\xe9\xff"),
        ("now", b""),
        ("9" * 6000, b"v0=a"),
        ("soon", b"v0=a"),
        ("-5", b"v0=a"),
        ("\u0663", b"v0=a"),
        ("", b"v0=a"),
    ],
)
@pytest.mark.parametrize("body", [b'{"type": "url_verification", "challenge": "x"}', PRESS])
async def test_odd_signatures_are_refused_like_wrong_ones(
    world: SlackWorld,
    address: str,
    caplog: pytest.LogCaptureFixture,
    body: bytes,
    at: str,
    signature: bytes,
) -> None:
    """Nothing breaks, nothing is logged, and nobody whom a forged body names hears of it."""
    stamp = str(int(datetime.now(UTC).timestamp())) if at == "now" else at
    media = FORM.decode() if body == PRESS else "application/json"
    head = [
        b"POST /slack/events HTTP/1.1",
        b"Host: flowbot",
        b"Connection: close",
        b"Content-Length: %d" % len(body),
        b"Content-Type: %b" % media.encode(),
        b"X-Slack-Request-Timestamp: %b" % stamp.encode(),
        b"X-Slack-Signature: %b" % signature,
    ]
    place = urlsplit(address)
    reading, writing = await asyncio.open_connection(place.hostname, place.port)
    writing.write(b"\r\n".join([*head, b"", body]))
    answer = await reading.read()
    writing.close()

    assert answer.startswith(b"HTTP/1.1 401 ")
    assert not [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert not world.called("chat.postEphemeral")
    assert not world.called("chat.postMessage")


@pytest.mark.parametrize(
    ("media", "body", "text"),
    [
        (FORM, b"text=%C3%A9+b&command=%2Fflow&token=x&user_id=", "é b"),
        (
            FORM + b"; charset=utf-8",
            b"command=%2Fflow&text=%FF",
            "\ufffd",
        ),
        (FORM, b"command=%2Fother&text=1", None),
        (FORM, b"payload=%7B%22a%22%3A1%7D", None),
        (b"application/json", b'{"text": "command=%2Fflow&"}', None),
    ],
)
def test_a_command_is_told_by_its_form(media: bytes, body: bytes, text: str | None) -> None:
    """Whatever else Slack sends is Bolt's to read."""
    found = command_in(media, body)
    assert found.get("text") == text
    assert "token" not in found


async def test_strange_bodies_are_refused(world: SlackWorld, address: str) -> None:
    """What is no text, or too much of it, is refused before anything reads it."""
    secret = world.signing_secret
    assert (await send(address, b"\xff\xfe", secret=secret))[0] == 400
    assert (await send(address, b"x" * (LARGEST_REQUEST + 1), secret=secret))[0] == 413


async def test_a_lost_connection_comes_back(world: SlackWorld) -> None:
    """When Slack asks for a new connection, the next command finds one."""
    desk = Desk()
    async with open_chat(world.bot_token, f"{world.base_url}/api/") as chat:
        app = slack_app(desk, chat)
        async with slack_socket(app, world.app_token):
            await world.connected()
            await world.delivery.refresh()
            await world.connected()
            await world.slash("ada", "dev", "/flow dora")
    assert len(desk.asked) == 1
    assert len(world.called("apps.connections.open")) > 1


async def test_loopback_needs_no_proxy(world: SlackWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that is set for the internet is not asked for an emulated Slack."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    async with open_chat(world.bot_token, f"{world.base_url}/api/") as chat:
        desk = Desk()
        async with slack_socket(slack_app(desk, chat), world.app_token):
            await world.connected()
            await world.say("ada", "dev", "!flow dora")
        assert [asked.by.name for asked in desk.asked] == ["Ada"]


async def test_starting_does_not_wait_for_slack(world: SlackWorld) -> None:
    """With Slack away the surface starts, and stops, all the same."""
    world.fail("apps.connections.open", error="internal_error", times=100)
    async with open_chat(world.bot_token, f"{world.base_url}/api/") as chat:
        async with slack_socket(slack_app(Desk(), chat), world.app_token):
            await world.until(lambda: bool(world.called("apps.connections.open")))
        assert not world.delivery.sockets
