"""What flows keep of issues that are synced: the engine's `Pairs` on the database."""

from collections.abc import Collection
from datetime import datetime

from flows.engine.pairs import Pair
from integrations.meter import permit
from storage import pairs, people, projects
from storage.database import Database, answering


class StoredPairs:
    """Keeps pairs in rows; where the database does not answer, the step is tried again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begun(self, project: str) -> bool:
        with answering():
            async with self._database.read() as connection:
                return await pairs.begun(connection, project) is not None

    async def ensure_begun(self, project: str, at: datetime) -> None:
        permit(write=True)
        with answering():
            async with self._database.begin() as connection:
                await pairs.begin(connection, project, at)

    async def delete_begun(self, project: str) -> None:
        permit(write=True)
        with answering():
            async with self._database.begin() as connection:
                await pairs.end(connection, project)

    async def every(self, project: str) -> list[Pair]:
        with answering():
            async with self._database.read() as connection:
                return await pairs.every(connection, project)

    async def ensure(self, project: str, pair: Pair) -> None:
        permit(write=True)
        with answering():
            async with self._database.begin() as connection:
                await pairs.save(connection, project, pair)

    async def delete(self, project: str, number: int) -> None:
        permit(write=True)
        with answering():
            async with self._database.begin() as connection:
                await pairs.forget(connection, project, number)

    async def people(self, logins: Collection[str]) -> dict[str, str]:
        with answering():
            async with self._database.read() as connection:
                found = await people.accounts(connection, "github", logins, "linear")
        return {login: account.id for login, account in found.items()}

    async def sharing(self, team: str) -> list[str]:
        with answering():
            async with self._database.read() as connection:
                every = await projects.every(connection)
        return [each.name for each in every if each.linear_team == team]
