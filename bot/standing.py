"""How the processes that talk to a chat stand, for whoever asks after the bot's health."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import NamedTuple, Self

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

BEAT = timedelta(seconds=5)
FORGOTTEN = 3 * BEAT


class Trouble(NamedTuple):
    """Something that could not be said: why, and when, in seconds since 1970."""

    why: str
    at: float


class Stand(msgspec.Struct, frozen=True):
    """What one process tells: whether it is `connected`, where it listens at all.

    `trouble` is the last thing that could not be said, and why; `at` when, in seconds since 1970.
    """

    connected: bool | None = None
    trouble: str = ""
    at: float = 0.0

    @classmethod
    def of(cls, connected: bool | None, trouble: Trouble | None) -> Self:
        """Return how a process stands that had this trouble last."""
        return cls(connected, trouble.why, trouble.at) if trouble else cls(connected)


class Standing:
    """Tells how this process stands, every `beat`, and knows it of all that are alive."""

    def __init__(self, redis: Redis, who: str, beat: timedelta = BEAT) -> None:
        self._redis = redis
        self._who = who
        self._beat = beat
        self._looks: dict[str, Callable[[], Awaitable[Stand]]] = {}

    async def keep(self, chat: str, look: Callable[[], Awaitable[Stand]]) -> None:
        """Tell it again and again, for as long as the process lives."""
        self._looks[chat] = look
        while True:
            try:
                await self.tell(chat, await look())
            except (OSError, RedisError):
                log.warning("how %s stands cannot be told; trying again", chat, exc_info=True)
            await asyncio.sleep(self._beat.total_seconds())

    async def tell(self, chat: str, stand: Stand) -> None:
        """Tell it once; it is forgotten unless it is told again soon."""
        body = msgspec.json.encode(stand)
        await self._redis.set(f"{_prefix(chat)}{self._who}", body, px=FORGOTTEN)

    async def every(self, chat: str) -> list[Stand]:
        """Return what the processes tell that are alive; of this one, how it stands right now."""
        own, look = f"{_prefix(chat)}{self._who}".encode(), self._looks.get(chat)
        keys = [key async for key in self._redis.scan_iter(f"{_prefix(chat)}*")]
        others = [key for key in keys if look is None or key != own]
        told = await self._redis.mget(others) if others else []
        stands = [_STAND.decode(each) for each in told if each is not None]
        return [*stands, await look()] if look else stands


_STAND = msgspec.json.Decoder(Stand)


def _prefix(chat: str) -> str:
    return f"flowbot:standing:{chat}:"
