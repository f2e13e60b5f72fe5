"""The door for webhooks: verify, keep, answer; everything else happens in a worker."""

import logging
import re
from collections.abc import Sequence

from redis.exceptions import RedisError
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.intake import Delivery, Intake, NoRoom
from integrations.github.webhooks import verify

log = logging.getLogger(__name__)

GITHUB = "/hooks/github"
MOST_BYTES = 25 * 1024 * 1024  # GitHub sends no more
NAME = re.compile(rb"[\w.:-]{1,100}")
PLAIN = (b"content-type", b"text/plain; charset=utf-8")
RETRY = (b"retry-after", b"60")


class Refusal(Exception):
    """What is not taken: the status, and why in one sentence."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Hooks:
    """Answers GitHub's deliveries, and passes everything else on to the pages.

    It stands before every other layer: a body is read once, checked, and never parsed here.
    """

    def __init__(self, intake: Intake, secrets: Sequence[str], pages: ASGIApp) -> None:
        self._intake = intake
        self._secrets = secrets
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a delivery, or let the pages answer."""
        if scope["type"] != "http" or scope["path"] != GITHUB:
            await self._pages(scope, receive, send)
            return
        try:
            is_new = await self._take(scope, receive)
        except Refusal as refusal:
            await _answer(send, refusal.status, str(refusal))
        except NoRoom:
            await _answer(send, 503, "Too many deliveries wait already; send this one again.")
        except (OSError, RedisError):
            log.warning("a delivery was refused: the queue does not answer")
            await _answer(send, 503, "The queue is away; send this delivery again.")
        else:
            await _answer(send, 202 if is_new else 200, "")

    async def _take(self, scope: Scope, receive: Receive) -> bool:
        if scope["method"] != "POST":
            raise Refusal(405, "Webhooks are sent with POST.")
        if not self._secrets:
            raise Refusal(503, "Set FLOWBOT_GITHUB_WEBHOOK_SECRETS to take GitHub's webhooks.")
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > MOST_BYTES:
            raise Refusal(413, f"A delivery has at most {MOST_BYTES} bytes.")
        body = await _body(receive)
        signature = headers.get(b"x-hub-signature-256", b"").decode("latin-1")
        if not verify(self._secrets, body, signature):
            raise Refusal(401, "The signature does not fit the body and the secret.")
        event, number = headers.get(b"x-github-event", b""), headers.get(b"x-github-delivery", b"")
        if not (NAME.fullmatch(event) and NAME.fullmatch(number)):
            raise Refusal(400, "X-GitHub-Event and X-GitHub-Delivery are needed.")
        return await self._intake.add(Delivery("github", event.decode(), number.decode(), body))


async def _body(receive: Receive) -> bytes:
    """Return the whole body; refuse it as soon as it is too long."""
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return body
    parts, size = [body], len(body)
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refusal(400, "The sender hung up before the end.")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MOST_BYTES:
            raise Refusal(413, f"A delivery has at most {MOST_BYTES} bytes.")
    return b"".join(parts)


async def _answer(send: Send, status: int, why: str) -> None:
    body = why.encode()
    headers = [(b"content-length", str(len(body)).encode()), PLAIN]
    headers += [RETRY] if status == 503 else []  # noqa: PLR2004 - HTTP's own number
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
