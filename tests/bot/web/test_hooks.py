"""The door for webhooks takes what GitHub signed, once, and refuses the rest in a sentence."""

import hmac
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import redis.asyncio
from starlette.responses import PlainTextResponse
from starlette.types import Message

from bot import intake
from bot.intake import Intake
from bot.web.hooks import GITHUB, LINEAR, MOST_BYTES, Hooks

OLD, NEW = "the old secret", "the new secret"
BODY = b'{"zen": "Keep it logically awesome."}'


NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def issue(at: datetime = NOW) -> bytes:
    """Return what Linear says of an issue at this time."""
    return json.dumps({"type": "Issue", "webhookTimestamp": at.timestamp() * 1000}).encode()


ISSUE = issue()


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[redis.asyncio.Redis]:
    """Yield a client of the queue."""
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
async def caller(client: redis.asyncio.Redis) -> AsyncIterator[httpx.AsyncClient]:
    """Yield somebody who talks to the door."""
    secrets = {GITHUB: [OLD, NEW], LINEAR: [OLD, NEW]}
    hooks = Hooks(Intake(client), secrets, PlainTextResponse("a page"), lambda: NOW)
    transport = httpx.ASGITransport(hooks)
    async with httpx.AsyncClient(transport=transport, base_url="http://flowbot") as caller:
        yield caller


def signed(body: bytes, secret: str = NEW, **more: str) -> dict[str, str]:
    """Return the headers that GitHub sends with a body."""
    signature = hmac.digest(secret.encode(), body, "sha256").hex()
    known = {
        "x-hub-signature-256": f"sha256={signature}",
        "x-github-event": "ping",
        "x-github-delivery": "d1",
    }
    return known | more


def linear(body: bytes, secret: str = NEW, **more: str) -> dict[str, str]:
    """Return the headers that Linear sends with a body."""
    known = {
        "linear-signature": hmac.digest(secret.encode(), body, "sha256").hex(),
        "linear-timestamp": str(int(NOW.timestamp() * 1000)),
        "linear-event": "Issue",
        "linear-delivery": "d1",
    }
    return known | more


async def test_what_linear_signed_is_kept(
    caller: httpx.AsyncClient, client: redis.asyncio.Redis
) -> None:
    """It hears 200 for a new one, too: all else it sends again, which is kept once."""
    late = issue(NOW - timedelta(hours=7, minutes=2))
    sent = [(ISSUE, {}), (ISSUE, {}), (late, {"linear-delivery": "d2"})]
    for body, more in sent:
        answer = await caller.post(LINEAR, content=body, headers=linear(body, OLD, **more))
        assert answer.status_code == 200
    kept = await client.xrange(intake.STREAM)
    assert [(fields[b"source"], fields[b"event"]) for _, fields in kept] == [
        (b"linear", b"Issue")
    ] * 2


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        (linear(ISSUE, "another secret"), ISSUE, 401),
        (linear(ISSUE), ISSUE + b" ", 401),
        (linear(ISSUE), ISSUE[:-1], 401),
        (signed(ISSUE), ISSUE, 401),
        ({}, ISSUE, 401),
        (linear(issue(NOW - timedelta(days=1))), issue(NOW - timedelta(days=1)), 401),
        (linear(b"no JSON"), b"no JSON", 401),
        (linear(b"\xff"), b"\xff", 401),
        (linear(b'{"a": ' + b"[" * 100_000), b'{"a": ' + b"[" * 100_000, 401),
        (linear(ISSUE, **{"linear-delivery": ""}), ISSUE, 400),
        (linear(ISSUE) | {"content-length": str(MOST_BYTES + 1)}, ISSUE, 413),
    ],
)
async def test_what_linear_did_not_send_is_refused(
    caller: httpx.AsyncClient,
    client: redis.asyncio.Redis,
    headers: dict[str, str],
    body: bytes,
    status: int,
) -> None:
    """Forged, changed, signed as another service does, of yesterday, unnamed or too long."""
    answer = await caller.post(LINEAR, content=body, headers=headers)

    assert answer.status_code == status
    assert answer.text.endswith((".", "needed."))
    assert await client.exists(intake.STREAM) == 0


async def test_what_github_signed_is_kept(
    caller: httpx.AsyncClient, client: redis.asyncio.Redis
) -> None:
    """With either of two secrets; a repeat is fine and is not kept again."""
    statuses = [
        (await caller.post(GITHUB, content=BODY, headers=headers)).status_code
        for headers in (
            signed(BODY),
            signed(BODY),
            signed(BODY, OLD, **{"x-github-delivery": "d2"}),
        )
    ]
    assert statuses == [202, 200, 202]
    assert await client.xlen(intake.STREAM) == 2


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        (signed(BODY, "another secret"), BODY, 401),
        (signed(BODY), BODY + b" ", 401),
        (signed(BODY), BODY[:-1], 401),
        (signed(BODY), b'{"a": ' + b"[" * 1_000_000, 401),
        (signed(BODY), b"\xff" * 1_000_000, 401),
        ({}, BODY, 401),
        (signed(BODY) | {"x-hub-signature-256": "sha256=\u00fc".encode("latin-1")}, BODY, 401),
        (signed(BODY, **{"x-github-delivery": ""}), BODY, 400),
        (signed(BODY, **{"x-github-event": "no such\tname"}), BODY, 400),
        (signed(BODY) | {"content-length": str(MOST_BYTES + 1)}, BODY, 413),
        (signed(BODY) | {"content-length": "many"}, BODY, 413),
        (signed(BODY) | {"content-length": "9" * 5_000}, BODY, 413),
    ],
)
async def test_anything_else_is_refused_and_not_kept(
    caller: httpx.AsyncClient,
    client: redis.asyncio.Redis,
    headers: dict[str, str],
    body: bytes,
    status: int,
) -> None:
    """Forged, changed, cut short, deeply nested, no text, unsigned, unnamed or too long."""
    answer = await caller.post(GITHUB, content=body, headers=headers)

    assert answer.status_code == status
    assert answer.text.endswith((".", "needed."))
    assert await client.exists(intake.STREAM) == 0


@pytest.mark.parametrize("path", [GITHUB, LINEAR])
async def test_a_body_that_is_too_long_is_read_no_further(
    caller: httpx.AsyncClient, client: redis.asyncio.Redis, path: str
) -> None:
    """Whatever length it claims, and if it never ends; the longest that is sent is taken."""
    read = 0

    async def pieces(last: int) -> AsyncIterator[bytes]:
        nonlocal read
        for size in (*[2**20] * (MOST_BYTES // 2**20), last, 2**20):
            read += size
            yield bytes(size)

    answer = await caller.post(path, content=pieces(1), headers=signed(b""))
    assert (answer.status_code, read) == (413, MOST_BYTES + 1)
    assert await client.exists(intake.STREAM) == 0
    whole = bytes(MOST_BYTES)
    assert (await caller.post(GITHUB, content=whole, headers=signed(whole))).status_code == 202


async def test_a_sender_who_hangs_up_leaves_nothing(client: redis.asyncio.Redis) -> None:
    """The half that came is not the delivery."""
    hooks = Hooks(Intake(client), {GITHUB: [NEW]}, PlainTextResponse("a page"), lambda: NOW)
    told = iter([{"type": "http.request", "body": BODY, "more_body": True}])
    said: list[Message] = []

    async def receive() -> Message:
        return next(told, {"type": "http.disconnect"})

    async def send(message: Message) -> None:
        said.append(message)

    headers = [(name.encode(), value.encode()) for name, value in signed(BODY).items()]
    scope = {"type": "http", "method": "POST", "path": GITHUB, "headers": headers}
    await hooks(scope, receive, send)

    assert said[0]["status"] == 400
    assert await client.exists(intake.STREAM) == 0


async def test_a_body_in_pieces_is_one_body(caller: httpx.AsyncClient) -> None:
    """Long deliveries come that way."""

    async def pieces() -> AsyncIterator[bytes]:
        yield BODY[:5]
        yield BODY[5:]

    answer = await caller.post(GITHUB, content=pieces(), headers=signed(BODY))

    assert answer.status_code == 202


async def test_other_addresses_are_the_pages(caller: httpx.AsyncClient) -> None:
    """And webhooks are posted, not visited."""
    assert (await caller.get("/runs")).text == "a page"
    assert (await caller.get(GITHUB)).status_code == 405


@pytest.fixture(params=["away", "full", "no secret"])
def trouble(request: pytest.FixtureRequest, client: redis.asyncio.Redis) -> Hooks:
    """Return a door that can keep nothing."""
    kept = {
        "away": Intake(redis.asyncio.Redis(port=1)),
        "full": Intake(client, most=0),
        "no secret": Intake(client),
    }[request.param]
    secrets = {} if request.param == "no secret" else {GITHUB: [NEW], LINEAR: [NEW]}
    return Hooks(kept, secrets, PlainTextResponse("a page"), lambda: NOW)


async def test_what_cannot_be_kept_is_sent_again_later(trouble: Hooks) -> None:
    """The sender is told so; nothing pretends that it was taken."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(trouble), base_url="http://flowbot"
    ) as caller:
        answers = [
            await caller.post(GITHUB, content=BODY, headers=signed(BODY)),
            await caller.post(LINEAR, content=ISSUE, headers=linear(ISSUE)),
        ]

    for answer in answers:
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
        assert answer.text
