"""What waits for somebody, over all projects: plans to approve, reviews, and runs that failed."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from bot.chat import Actor
from bot.home import Home, Homes
from bot.people.preferences import next_queue
from bot.people.pulls import OpenPulls, Pulls
from bot.rules import Rules
from flows.report import Block, Code, Line, Link, Report, bullets, text
from storage import notices, people, runs
from storage.database import Database
from storage.people import Person, Queue
from storage.records import Manner, RunRecord

log = logging.getLogger(__name__)

NEWEST = 20  # of somebody's failed runs
NEWS_FOR = timedelta(days=1)


class Waiting:
    """Sends each person their queue at the time that they have set; an empty one is not sent."""

    def __init__(
        self,
        database: Database,
        rules: Rules,
        clock: Callable[[], datetime],
        homes: Homes,
        pulls: Pulls,
    ) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock
        self._homes = homes
        self._pulls = OpenPulls(database, clock, pulls)

    async def look(self) -> None:
        """Send what is due, and set when it is next; one process does it."""
        now = self._clock()
        async with self._database.read() as connection:
            due = await people.due(connection, now)
        for queue in due:
            await self._send(queue, now)

    async def _send(self, queue: Queue, now: datetime) -> None:
        async with self._database.read() as connection:
            person = await people.get(connection, queue.person_id)
        if person is None:
            return
        to = person.chat
        count, report = await self._found(person) if to else (0, None)
        async with self._database.begin() as connection:
            following = next_queue(person.settings, now)
            mine = await people.advance(connection, queue, following)
            if mine and to and report and count:
                whom = {"platform": to.platform, "id": to.id, "name": to.name}
                key = f"queue:{person.id}:{queue.due_at.isoformat()}"
                # They have named the time themselves.
                await notices.add(connection, key, whom, report, now, manner=Manner(urgent=True))

    async def of(self, person: Person) -> Report | None:
        """Return what waits for somebody; None where nothing does, as far as can be seen."""
        return (await self._found(person))[1]

    async def _found(self, person: Person) -> tuple[int, Report | None]:
        """Return how many things wait for somebody, and what is said of them."""
        homes = [
            await self._homes.of(Actor(each.platform, each.id, each.name))
            for each in person.identities
            if each.platform in people.CHATS
        ]
        pulls = await self._pulls.of(person)
        lists = {
            "To approve or answer": _plans(homes),
            "Yours, and your turn": _by_age(pulls.own),
            "To review": _by_age(pulls.reviews),
            "Your runs that failed": await self._failed(person),
        }
        parts: list[Block] = [bullets(some, name) for name, some in lists.items() if some]
        unlisted = max(map(_more, homes), default=0)
        count = sum(map(len, lists.values())) + max(unlisted - 1, 0)  # they have one line
        if pulls.unread:
            unread = ", ".join(pulls.unread)
            parts.append(text(f"Not looked at, since GitHub did not tell: {unread}."))
        if not parts:
            return 0, None
        if not count:
            return 0, Report("", "Nothing waits for you, as far as I can see.", blocks=tuple(parts))
        parts.append(text("You get this at your time: ", Code("/flow me queue off"), " stops it."))
        waits = "1 thing waits" if count == 1 else f"{count} things wait"
        return count, Report("Your queue", f"{waits} for you.", blocks=tuple(parts))

    async def _failed(self, person: Person) -> list[Line]:
        """Return what failed since yesterday, and was not tried again with success."""
        since = self._clock() - NEWS_FOR
        mine: list[RunRecord] = []
        async with self._database.read() as connection:
            for address in sorted(person.addresses):
                mine += await runs.page(connection, limit=NEWEST, asker=address)
        newest = sorted(mine, key=lambda each: each.created_at, reverse=True)
        seen: set[str] = set()
        lines: list[Line] = []
        for each in newest:
            if each.command not in seen and each.state == "failed" and each.created_at >= since:
                lines.append((Link(each.command, self._rules.url(each.id)), f": {each.line}"))
            seen.add(each.command)
        return lines


def _plans(homes: Sequence[Home]) -> list[Line]:
    """Return what waits for a decision; the same from two platforms is there once."""
    found: dict[str, Line] = {}
    for home in homes:
        for each in home.decisions:
            asked = f": {each.question} Asked by {each.asker}."
            found.setdefault(each.run.url, (Link(each.run.title, each.run.url), asked))
    fullest = max(homes, key=_more, default=None)
    if fullest is None or not _more(fullest):
        return list(found.values())
    return [*found.values(), ("… ", Link(f"{_more(fullest)} more", fullest.url))]


def _more(home: Home) -> int:
    return home.more_decisions


def _by_age(lines: list[tuple[datetime, Line]]) -> list[Line]:
    """Return lines, the oldest first."""
    return [line for _, line in sorted(lines, key=lambda each: each[0])]
