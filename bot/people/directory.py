"""Who the people of a report are on the platform that shows it, so that they are mentioned."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat import Posting
from flows.report import Inline, Person, Report, line_with, people_of, with_people
from storage import people, teams
from storage.database import Database

GITHUB = "github"


class Directory:
    """Looks people and teams up right before something is shown; who wants no mention gets none."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def report(self, report: Report, platform: str) -> Report:
        """Return a report whose people are known on a platform, as far as they are."""
        named = people_of(report)
        return with_people(report, await self._known(named, platform)) if named else report

    async def posting(self, posting: Posting, platform: str) -> Posting:
        """Return a message about something whose people are known on a platform."""
        lines = (posting.title, *posting.lines, posting.why)
        named = [part for line in lines for part in line if isinstance(part, Person)]
        if not named:
            return posting
        known = await self._known(named, platform)
        title, *rest, why = (line_with(line, known) for line in lines)
        return replace(posting, title=title, lines=tuple(rest), why=why)

    async def _known(self, named: Iterable[Person], platform: str) -> Callable[[Person], Inline]:
        logins = {each.login.lower() for each in named}
        async with self._database.read() as connection:
            ids = await _ids(connection, logins, platform)

        def known(person: Person) -> Inline:
            return Person(person.login, ids.get(person.login.lower(), ""))

        return known


async def _ids(connection: AsyncConnection, logins: Iterable[str], platform: str) -> dict[str, str]:
    """Return the ids of logins and of teams on a platform, of those who may be mentioned."""
    every = set(logins)
    groups = {each for each in every if "/" in each}
    found = await people.accounts(connection, GITHUB, every - groups, platform)
    ids = {login: account.id for login, account in found.items() if account.mentions}
    for name, places in (await teams.named(connection, groups) if groups else {}).items():
        ids[name] = places.get(platform, "")
    return ids
