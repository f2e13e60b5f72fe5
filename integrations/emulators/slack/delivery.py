"""How an emulated Slack reaches the bot: Socket Mode if it is connected, else signed HTTP."""

import asyncio
import hashlib
import hmac
import json
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias
from urllib.parse import urlencode

import aiohttp
from starlette.websockets import WebSocket, WebSocketDisconnect

from integrations.emulators.slack.model import APP, Json

Kind: TypeAlias = Literal["events_api", "slash_commands", "interactive"]
Reason: TypeAlias = Literal["", "http_timeout", "http_error", "connection_failed", "timeout"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bot acknowledged with; `failed` says why it did not, and is empty if it did."""

    body: Json
    failed: Reason = ""
    status: int = 200


class Delivery:
    """Sends payloads to the bot; `patience` is how long an acknowledgement may take, in seconds."""

    def __init__(self, secret: str, clock: Callable[[], datetime], patience: float) -> None:
        self.secret = secret
        self.url = ""
        self.patience = patience
        self.sockets: list[WebSocket] = []
        self._clock = clock
        self._waiting: dict[str, asyncio.Future[Json]] = {}

    @property
    def reachable(self) -> bool:
        return bool(self.sockets or self.url)

    async def send(self, kind: Kind, payload: Json, attempt: int = 0, why: Reason = "") -> Answer:
        """Deliver one payload once, and return how it was acknowledged."""
        if self.sockets:
            return await self._over_socket(kind, payload, attempt, why)
        if self.url:
            return await self._over_http(kind, payload, attempt, why)
        return Answer({}, "connection_failed", 0)

    async def _over_socket(self, kind: Kind, payload: Json, attempt: int, why: Reason) -> Answer:
        socket, envelope = self.sockets[-1], str(uuid.uuid4())
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[envelope] = answer
        extra: Json = {"accepts_response_payload": kind != "events_api"}
        if kind == "events_api":
            extra |= {"retry_attempt": attempt, "retry_reason": why}
        try:
            await socket.send_json(
                {"type": kind, "envelope_id": envelope, "payload": payload, **extra}
            )
            return Answer(await asyncio.wait_for(answer, self.patience))
        except TimeoutError:
            return Answer({}, "timeout")
        except (WebSocketDisconnect, RuntimeError):
            return Answer({}, "connection_failed", 0)
        finally:
            del self._waiting[envelope]

    async def _over_http(self, kind: Kind, payload: Json, attempt: int, why: Reason) -> Answer:
        body, media = encoded(kind, payload)
        headers = {"Content-Type": media, **self.signature(body)}
        if attempt:
            headers |= {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": why}
        limit = aiohttp.ClientTimeout(total=self.patience)
        try:
            async with (
                aiohttp.ClientSession(timeout=limit) as session,
                session.post(self.url, data=body, headers=headers) as response,
            ):
                text = await response.text()
        except TimeoutError:
            return Answer({}, "http_timeout", 0)
        except aiohttp.ClientError:
            return Answer({}, "connection_failed", 0)
        failed: Reason = "" if response.ok else "http_error"
        return Answer(_body(text, response.content_type), failed, response.status)

    def signature(self, body: bytes) -> dict[str, str]:
        """Return the headers that prove that `body` comes from Slack."""
        moment = str(int(self._clock().timestamp()))
        signed = hmac.new(
            self.secret.encode(), b"v0:" + moment.encode() + b":" + body, hashlib.sha256
        )
        return {
            "X-Slack-Request-Timestamp": moment,
            "X-Slack-Signature": f"v0={signed.hexdigest()}",
        }

    async def attend(self, socket: WebSocket, greeted: Callable[[], None]) -> None:
        """Serve one Socket Mode connection until it ends; `greeted` is called once it is up."""
        await socket.accept()
        self.sockets.append(socket)
        await socket.send_json(
            {
                "type": "hello",
                "num_connections": len(self.sockets),
                "connection_info": {"app_id": APP},
                "debug_info": {"host": "emulated", "approximate_connection_time": 18060},
            }
        )
        greeted()
        try:
            while True:
                answer: Json = json.loads(await socket.receive_text())
                waiting = self._waiting.get(answer.get("envelope_id", ""))
                if waiting and not waiting.done():
                    waiting.set_result(answer.get("payload") or {})
        except WebSocketDisconnect:
            pass
        finally:
            self._forget(socket)

    async def refresh(self) -> None:
        """Ask every connection to come back, as Slack does from time to time."""
        for socket in list(self.sockets):
            self._forget(socket)
            with suppress(WebSocketDisconnect, RuntimeError):
                await socket.send_json({"type": "disconnect", "reason": "refresh_requested"})
                await socket.close()

    async def cut(self) -> None:
        """Lose every connection without a word, as a network does."""
        for socket in list(self.sockets):
            self._forget(socket)
            with suppress(WebSocketDisconnect, RuntimeError):
                await socket.close(1011)

    def _forget(self, socket: WebSocket) -> None:
        if socket in self.sockets:
            self.sockets.remove(socket)


def encoded(kind: Kind, payload: Json) -> tuple[bytes, str]:
    """Return the body that Slack sends over HTTP, and its media type."""
    form = "application/x-www-form-urlencoded"
    match kind:
        case "events_api":
            return json.dumps(payload).encode(), "application/json"
        case "slash_commands":
            return urlencode(payload).encode(), form
        case "interactive":
            return urlencode({"payload": json.dumps(payload)}).encode(), form


def _body(text: str, media: str) -> Json:
    if media != "application/json":
        return {"text": text} if text else {}
    body: Any = json.loads(text or "{}")
    return body if isinstance(body, dict) else {}
