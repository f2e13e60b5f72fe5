"""What the pages hear and see of the queue: news that a test spreads, and a line that it fills."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.lines import Presence, QueueLook, WaitsLook
from storage.records import Wake

NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)


class News:
    """The news of runs, spread by the test; counts who listens."""

    def __init__(self) -> None:
        self.listeners: set[asyncio.Queue[str | None]] = set()
        self.heard = asyncio.Event()

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[AsyncIterator[str]]:
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        self.listeners.add(queue)
        self.heard.set()
        try:
            yield self._from(queue)
        finally:
            self.listeners.discard(queue)

    def tell(self, run_id: str | None) -> None:
        """Say that a run changed; None breaks every subscription off."""
        for queue in self.listeners:
            queue.put_nowait(run_id)

    async def _from(self, queue: asyncio.Queue[str | None]) -> AsyncIterator[str]:
        while (told := await queue.get()) is not None:
            yield told


@dataclass
class Line:
    """The queue as the pages see it; `away` makes it fail as a lost server does."""

    looks: dict[str, QueueLook] = field(
        default_factory=lambda: {
            "interactive": QueueLook(3, timedelta(seconds=4), 2),
            "batch": QueueLook(0, timedelta(), 0),
        }
    )
    names: dict[str, Presence] = field(
        default_factory=lambda: {
            "worker-1": Presence(
                queues={"interactive": 50, "delivery": 1},
                playing={"interactive": 2},
                started_at=NOW - timedelta(hours=2),
            )
        }
    )
    away: bool = False

    async def queues(self) -> dict[str, QueueLook]:
        await self.ping()
        return self.looks

    async def waited(self) -> dict[str, WaitsLook]:
        await self.ping()
        return {"interactive": WaitsLook(((0.5, 6), (1.0, 7)), 8, 12.5)}

    async def ping(self) -> None:
        if self.away:
            raise ConnectionError("redis://:hunter2@queue:6379 refused the connection")

    async def workers(self) -> dict[str, Presence]:
        await self.ping()
        return self.names


class Bell:
    """What changes runs tells the news; nobody plays them here."""

    def __init__(self, news: News) -> None:
        self.changed = news.tell

    async def wake(self, wake: Wake, after: timedelta | None = None) -> bool:
        return True

    async def looks(self) -> dict[str, QueueLook]:
        return {}

    async def leave(self, worker: str) -> None:
        """Nobody works here."""

    async def news(self) -> AsyncIterator[str]:
        yield ""

    async def beat(self, worker: str, presence: Presence) -> bool:
        return True
