"""The pull requests that wait for somebody, over all projects: to review, and their own."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from bot.followed.pull import listed
from bot.news import pulls as standing
from bot.news.turns import in_words
from flows.report import Code, Line, Link
from integrations.errors import NotFound, OutsideError
from integrations.github import Pull, PullState
from storage import projects
from storage.database import Database
from storage.people import Person, account

log = logging.getLogger(__name__)


class Pulls(Protocol):
    """Reads what is open on GitHub; may raise an `OutsideError`."""

    async def open_pulls(self, repo: str, head: str = "", base: str = "") -> list[Pull]: ...
    async def pull_state(self, repo: str, number: int) -> PullState: ...
    async def team_members(self, org: str, team: str) -> list[str]: ...


@dataclass
class Found:
    """What waits for a review, and what of their own waits for them, each with its age.

    `unread` is what GitHub did not tell of.
    """

    reviews: list[tuple[datetime, Line]] = field(default_factory=list)
    own: list[tuple[datetime, Line]] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


class OpenPulls:
    """Reads one list of each project, and how each of those stands that may concern somebody."""

    def __init__(self, database: Database, clock: Callable[[], datetime], pulls: Pulls) -> None:
        self._database = database
        self._clock = clock
        self._pulls = pulls

    async def of(self, person: Person) -> Found:
        """Return what waits for somebody; nothing for who is not known on GitHub."""
        found, login = Found(), person.on("github")
        if login is None:
            return found
        async with self._database.read() as connection:
            every = [each.name for each in await projects.every(connection)]
        teams: dict[str, bool] = {}
        for repo in every:
            try:
                await self._read(repo, person, login.id, teams, found)
            except OutsideError as error:
                log.warning("the pull requests of %s cannot be read: %s", repo, error)
                found.unread.append(repo)
        return found

    async def _read(
        self, repo: str, person: Person, login: str, teams: dict[str, bool], found: Found
    ) -> None:
        owner = repo.partition("/")[0]
        for pull in await self._pulls.open_pulls(repo):
            if pull.draft:
                continue
            if account("github", pull.author) == login:
                state = await self._pulls.pull_state(repo, pull.number)
                if why := _waits(state):
                    line = (*_named(repo, pull), ": ", *why, ", ", self._age(pull, person))
                    found.own.append((pull.created_at, line))
                continue
            asked = login in {account("github", each) for each in pull.reviewers}
            for team in () if asked else pull.teams:
                name = f"{owner}/{team}"
                if name not in teams:
                    teams[name] = await self._has(owner, team, login)
                asked = asked or teams[name]
            if not asked:
                continue
            state = await self._pulls.pull_state(repo, pull.number)
            if state.state == "open" and not standing.is_approved_by_rules(state):
                line = (*_named(repo, pull), f" by {pull.author}, ", self._age(pull, person))
                found.reviews.append((pull.created_at, line))

    async def _has(self, owner: str, team: str, login: str) -> bool:
        """Say whether somebody is in a team; one that the bot may not see has nobody in it."""
        try:
            members = await self._pulls.team_members(owner, team)
        except NotFound:
            return False
        return login in {account("github", each) for each in members}

    def _age(self, pull: Pull, person: Person) -> str:
        age = person.settings.work.business_hours(pull.created_at, self._clock())
        hours = int(age / timedelta(hours=1))
        return f"open for {hours} working hour{'' if hours == 1 else 's'}"


def _named(repo: str, pull: Pull) -> Line:
    return (Link(f"{repo}#{pull.number} {pull.title}", pull.url),)


def _waits(state: PullState) -> Line:
    """Return why a pull request waits for its author; nothing where it does not."""
    if standing.is_ready(state):
        return ("ready to merge",)
    if state.state != "open":
        return ()
    against = standing.asking(state)
    reasons: list[Line] = []
    if against:
        verb = "asks" if len(against) == 1 else "ask"
        reasons.append((f"{in_words([e.author for e in against])} {verb} for changes",))
    if state.mergeable == "conflicts":
        reasons.append(("conflicts with ", Code(state.base_ref)))
    if state.checks == "failure":
        reasons.append(("checks fail",))
    return listed(reasons)
