"""What waits for somebody, over all projects: plans to approve, reviews, and runs that failed."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.chat import Actor
from bot.home import Home, Homes
from bot.people.preferences import next_queue
from bot.rules import Rules
from flows.report import Block, Code, Line, Link, Report, bullets, text
from integrations.errors import OutsideError
from integrations.github import Pull
from storage import notices, people, projects, runs
from storage.database import Database
from storage.people import Person, Queue
from storage.records import Manner, RunRecord

log = logging.getLogger(__name__)

CHATS = ("slack", "discord")
NEWEST = 20  # of somebody's failed runs
NEWS_FOR = timedelta(days=1)
SHOWN = 10
FORGET_AFTER = timedelta(days=30)


class Pulls(Protocol):
    """Reads what is open on GitHub; may raise an `OutsideError`."""

    async def open_pulls(self, repo: str, head: str = "", base: str = "") -> list[Pull]: ...


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
        self._pulls = pulls

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
        to = next((each for each in person.identities if each.platform in CHATS), None)
        report = await self.of(person) if to else None
        async with self._database.begin() as connection:
            following = next_queue(person.settings, now)
            mine = await people.advance(connection, queue, following)
            if mine and to and report:
                whom = {"platform": to.platform, "id": to.id, "name": to.name}
                key = f"queue:{person.id}:{queue.due_at.isoformat()}"
                # They have named the time themselves.
                await notices.add(connection, key, whom, report, now, manner=Manner(urgent=True))
            await notices.forget(connection, now - FORGET_AFTER)

    async def of(self, person: Person) -> Report | None:
        """Return what waits for somebody; None where nothing does."""
        homes = [
            await self._homes.of(Actor(each.platform, each.id, each.name))
            for each in person.identities
            if each.platform in CHATS
        ]
        parts: list[Block] = []
        if plans := _plans(homes):
            parts.append(bullets(_shown(plans), "To approve or answer"))
        reviews, unread = await self._reviews(person)
        if reviews:
            parts.append(bullets(_shown(reviews), "To review"))
        if failed := await self._failed(person):
            parts.append(bullets(_shown(failed), "Your runs that failed"))
        if not parts:
            return None
        if unread:
            parts.append(text(f"Not looked at, since GitHub did not tell: {', '.join(unread)}."))
        parts.append(text("You get this at your time: ", Code("/flow me queue off"), " stops it."))
        count = len(plans) + len(reviews) + len(failed)
        waits = "1 thing waits" if count == 1 else f"{count} things wait"
        return Report("Your queue", f"{waits} for you.", blocks=tuple(parts))

    async def _reviews(self, person: Person) -> tuple[list[Line], list[str]]:
        """Return the pull requests that wait for this person, the oldest first."""
        login = person.on("github")
        if login is None:
            return [], []
        async with self._database.read() as connection:
            every = [each.name for each in await projects.every(connection)]
        found: list[tuple[datetime, Line]] = []
        unread = []
        for repo in every:
            try:
                pulls = await self._pulls.open_pulls(repo)
            except OutsideError as error:
                log.warning("the pull requests of %s cannot be read: %s", repo, error)
                unread.append(repo)
                continue
            for each in pulls:
                asked = {people.account("github", name) for name in each.reviewers}
                if login.id in asked and not each.draft:
                    found.append((each.created_at, self._review(repo, each, person)))
        return [line for _, line in sorted(found, key=lambda each: each[0])], unread

    def _review(self, repo: str, pull: Pull, person: Person) -> Line:
        age = person.settings.work.business_hours(pull.created_at, self._clock())
        hours = int(age / timedelta(hours=1))
        said = f" by {pull.author}, open for {hours} working hour{'' if hours == 1 else 's'}"
        return (Link(f"{repo}#{pull.number} {pull.title}", pull.url), said)

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
    return list(found.values())


def _shown(lines: list[Line]) -> list[Line]:
    more: list[Line] = [(f"… {len(lines) - SHOWN} more",)] if len(lines) > SHOWN else []
    return [*lines[:SHOWN], *more]
