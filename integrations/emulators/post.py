"""How every emulated service hands a webhook over: one POST, and what came back."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import aiohttp


@dataclass(frozen=True, slots=True)
class Answered:
    """What a receiver answered and after how long; status 0 and why in `failure` if it did not."""

    status: int
    seconds: float
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    failure: str = ""


class Post:
    """Sends bodies for as long as the block lasts; who does not answer in time is left alone."""

    def __init__(self, patience: float) -> None:
        self._limit = aiohttp.ClientTimeout(total=patience)

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=self._limit)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answered:
        """Return the answer, or why there was none."""
        begun = time.perf_counter()
        try:
            async with self._session.post(url, data=body, headers=headers) as answer:
                text = await answer.text(errors="replace")
                took = time.perf_counter() - begun
                return Answered(answer.status, took, dict(answer.headers), text)
        except TimeoutError:
            return Answered(0, time.perf_counter() - begun, failure="timed out")
        except aiohttp.ClientError:
            return Answered(0, time.perf_counter() - begun, failure="failed to connect")
