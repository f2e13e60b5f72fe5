"""When this bot may call GitHub: one write at a time for each owner, and never too fast."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Protocol


class Lane(Protocol):
    """Where calls for one installation (`owner`, empty for nobody's) wait for their turn.

    Raises `Limited` where the turn is too far away to wait for.
    """

    async def read(self, owner: str) -> None:
        """Wait until one more read may be made."""
        ...

    def write(self, owner: str, call: str) -> AbstractAsyncContextManager[None]:
        """Hold the one place of those who write; `call` is the same when it is tried again."""
        ...

    async def bar(self, owner: str, span: timedelta) -> None:
        """Hear that GitHub wants no calls for that long."""
        ...


class OwnLane:
    """The lane of one process alone, which keeps the order and knows no budgets."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}

    async def read(self, owner: str) -> None:
        """Let every read pass."""

    @asynccontextmanager
    async def write(self, owner: str, call: str) -> AsyncIterator[None]:  # noqa: ARG002 - whatever it is
        """Let one write after the other pass."""
        async with self._locks.setdefault(owner, asyncio.Lock()):
            yield

    async def bar(self, owner: str, span: timedelta) -> None:
        """Leave it to the engine, which tries again when GitHub asks for it."""
