"""What the bot knows about itself where flows are played."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.vitals import github_vitals
from flows.engine.tools import Baseline, Vital, Vitals
from integrations.github import GitHubReader
from storage import people, projects, runs
from storage.database import Database


@dataclass
class Knowledge:
    """What the bot tells about itself: its own vitals are given, everything else is measured."""

    database: Database
    github: GitHubReader
    clock: Callable[[], datetime]
    bot: Sequence[Vital]

    async def vitals(self) -> Vitals:
        """Return the vitals that the test gives, and the endpoints of every project."""
        async with self.database.read() as connection:
            every = await projects.every(connection)
        return Vitals(list(self.bot), {each.name: each.endpoints for each in every})

    async def services(self) -> list[Vital]:
        """Ask the emulated GitHub."""
        return await github_vitals(self.github, self.clock())

    async def away(self, logins: list[str], at: datetime) -> dict[str, str]:
        """Return who of them has told the bot so."""
        async with self.database.read() as connection:
            return await people.away(connection, "github", logins, at)

    async def baseline(self, flow: str, project: str, before: datetime) -> Baseline | None:
        """Return the last result before an instant."""
        async with self.database.read() as connection:
            found = await runs.baseline(connection, flow, project, before)
        return Baseline(*found) if found else None
