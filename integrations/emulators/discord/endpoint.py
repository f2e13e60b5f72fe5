"""How an emulated Discord calls an application that wants its interactions over HTTP."""

import json
from collections.abc import Callable
from secrets import token_bytes

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from integrations.emulators.discord.model import APPLICATION, Json

PING, PONG = {"type": 1}, {"type": 1}
OK, TAKEN, UNAUTHORIZED = 200, 202, 401


class NotVerified(Exception):
    """An address that Discord does not take; the text says why."""


class Endpoint:
    """The address of the application, "" where interactions go over the gateway; and the key."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.url = ""
        self._clock = clock
        self._key = Ed25519PrivateKey.generate()

    @property
    def public_key(self) -> str:
        return self._key.public_key().public_bytes_raw().hex()

    async def listen_at(self, url: str) -> None:
        """Send interactions there from now on; raise NotVerified unless signatures are checked."""
        ping = PING | {"application_id": APPLICATION, "version": 1}
        status, answer = await self.post(url, ping)
        if status != OK or answer != PONG:
            raise NotVerified(f"A ping was answered with {status}.")
        status, _ = await self.post(url, ping, signature=token_bytes(64).hex())
        if status != UNAUTHORIZED:
            raise NotVerified(f"A ping that somebody else has signed was answered with {status}.")
        self.url = url

    async def takes(self, payload: Json) -> bool:
        """Send an interaction; say whether the application means to answer it."""
        status, _ = await self.post(self.url, payload)
        return status == TAKEN

    async def post(
        self, url: str, payload: Json, *, signature: str = "", age: float = 0
    ) -> tuple[int, object]:
        """Send a signed body; return the status and the JSON of the answer, if it has any."""
        body, at = json.dumps(payload).encode(), f"{int(self._clock() - age)}"
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Discord-Interactions/1.0 (+https://discord.com)",
            "X-Signature-Ed25519": signature or self._key.sign(at.encode() + body).hex(),
            "X-Signature-Timestamp": at,
        }
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, data=body, headers=headers) as response,
        ):
            is_json = response.content_type == "application/json"
            return response.status, await response.json() if is_json else None
