"""Posts of one channel of an emulated platform, and who sends them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from bot.chat import Posting
from bot.postings import posting_json
from bot.posts import Posts
from flows.report import Code, Link
from storage import posts
from storage.chat_records import PostRecord
from tests.bot.lab import Lab

NOTIFICATIONS = 100
LONGEST = timedelta(minutes=10)
PULL = "https://github.com/acme/api/pull/1"


@dataclass
class Board:
    """Says what a channel must show, and has any number of senders see to it."""

    lab: Lab
    platform: str
    channel: str
    senders: tuple[Posts, ...]

    async def put(self, key: str, posting: Posting, head: str = "") -> None:
        """Say what a message must show."""
        async with self.lab.database.begin() as connection:
            await posts.put(
                connection,
                key=key,
                platform=self.platform,
                channel=self.channel,
                body=posting_json(posting),
                topic="acme/api#1",
                head=head,
                at=self.lab.clock(),
            )

    async def withdraw(self, key: str) -> None:
        """Say that a message must go."""
        async with self.lab.database.begin() as connection:
            await posts.withdraw(connection, key, self.lab.clock())

    async def rows(self) -> list[PostRecord]:
        """Return every post."""
        async with self.lab.database.read() as connection:
            return await posts.of_topic(connection, "acme/api#1")

    async def settled(self, pass_on: Callable[[float], None] | None = None) -> None:
        """Have everything sent, however often it is put off; time passes as it has to."""
        clock = self.lab.clock
        began = clock()
        while any(row.due_at for row in await self.rows()):
            waits = [await sender.deliver() for sender in self.senders]
            (pass_on or clock.forward)(min(waits).total_seconds())
            assert clock() < began + LONGEST


def pull(*lines: str, why: bool = True) -> Posting:
    """Return what a channel is told about a pull request."""
    return Posting(
        title=(Link("acme/api #1 Add retries", PULL), " by ada"),
        lines=tuple((each,) for each in lines),
        why=("Because this channel follows acme/api prs · stop: ", Code("/flow unsubscribe"))
        if why
        else (),
        mark="running",
    )
