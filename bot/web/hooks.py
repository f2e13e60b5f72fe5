"""The doors for webhooks: verify, keep, answer; everything else happens in a worker."""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from redis.exceptions import RedisError
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.bodies import Refusal, whole
from bot.intake import Delivery, Intake, NoRoom
from integrations.github import webhooks as github
from integrations.linear import webhooks as linear

log = logging.getLogger(__name__)

GITHUB, LINEAR = "/hooks/github", "/hooks/linear"
MOST_BYTES = 25 * 1024 * 1024  # GitHub sends no more, and nobody else as much
DIGITS = 20  # of a length; Python refuses to read a number of thousands
NAME = re.compile(rb"[\w.:-]{1,100}")
PLAIN = (b"content-type", b"text/plain; charset=utf-8")
RETRY = (b"retry-after", b"60")
UNSIGNED = "The signature does not fit the body and the secret."


Headers: TypeAlias = Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Door:
    """How the deliveries of one service are known; `kept` is what it wants to hear of a new one.

    `proven` raises a refusal for a body that was not signed with one of the secrets.
    """

    source: str
    event: str
    number: str
    unset: str
    proven: Callable[[Sequence[str], Headers, bytes, datetime], None]
    kept: int = 202


def _of_github(secrets: Sequence[str], headers: Headers, body: bytes, _: datetime) -> None:
    signature = headers.get(b"x-hub-signature-256", b"").decode("latin-1")
    if not github.verify(secrets, body, signature):
        raise Refusal(401, UNSIGNED)


def _of_linear(secrets: Sequence[str], headers: Headers, body: bytes, now: datetime) -> None:
    signature = headers.get(b"linear-signature", b"").decode("latin-1")
    if not linear.verify(secrets, body, signature):
        raise Refusal(401, UNSIGNED)
    if not linear.is_timely(body, headers.get(b"linear-timestamp", b"").decode("latin-1"), now):
        raise Refusal(401, "It was signed too long ago, or a clock is wrong.")


DOORS: Mapping[str, Door] = {
    GITHUB: Door(
        source="github",
        event="X-GitHub-Event",
        number="X-GitHub-Delivery",
        unset="Set FLOWBOT_GITHUB_WEBHOOK_SECRETS to take GitHub's webhooks.",
        proven=_of_github,
    ),
    LINEAR: Door(
        source="linear",
        event="Linear-Event",
        number="Linear-Delivery",
        unset="Set FLOWBOT_LINEAR_WEBHOOK_SECRETS to take Linear's webhooks.",
        proven=_of_linear,
        kept=200,  # anything else is a failure to Linear, which sends it again
    ),
}


class Hooks:
    """Answers the deliveries of services, and passes everything else on to the pages.

    It stands before every other layer: a body is read once and checked here, and its meaning is
    a worker's. `secrets` are those of each door, by its path.
    """

    def __init__(
        self,
        intake: Intake,
        secrets: Mapping[str, Sequence[str]],
        pages: ASGIApp,
        clock: Callable[[], datetime],
    ) -> None:
        self._intake = intake
        self._secrets = secrets
        self._pages = pages
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a delivery, or let the pages answer."""
        door = DOORS.get(scope["path"]) if scope["type"] == "http" else None
        if door is None:
            await self._pages(scope, receive, send)
            return
        try:
            is_new = await self._take(door, scope, receive)
        except Refusal as refusal:
            await _answer(send, refusal.status, str(refusal))
        except NoRoom:
            await _answer(send, 503, "Too many deliveries wait already; send this one again.")
        except (OSError, RedisError):
            log.warning("a delivery was refused: the queue does not answer")
            await _answer(send, 503, "The queue is away; send this delivery again.")
        else:
            await _answer(send, door.kept if is_new else 200, "")

    async def _take(self, door: Door, scope: Scope, receive: Receive) -> bool:
        if scope["method"] != "POST":
            raise Refusal(405, "Webhooks are sent with POST.")
        secrets = self._secrets.get(scope["path"])
        if not secrets:
            raise Refusal(503, door.unset)
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"0")
        is_size = length.isdigit() and len(length) <= DIGITS
        if not is_size or int(length) > MOST_BYTES:
            raise Refusal(413, f"A delivery has at most {MOST_BYTES:,} bytes.")
        body = await whole(receive, MOST_BYTES)
        door.proven(secrets, headers, body, self._clock())
        event, number = (
            headers.get(name.lower().encode(), b"") for name in (door.event, door.number)
        )
        if not (NAME.fullmatch(event) and NAME.fullmatch(number)):
            raise Refusal(400, f"{door.event} and {door.number} are needed.")
        return await self._intake.add(Delivery(door.source, event.decode(), number.decode(), body))


async def _answer(send: Send, status: int, why: str) -> None:
    body = why.encode()
    headers = [(b"content-length", str(len(body)).encode()), PLAIN]
    headers += [RETRY] if status == 503 else []  # noqa: PLR2004 - HTTP's own number
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
