"""People are found by their names on a platform, and named by their ids."""

from storage import names
from storage.database import Database
from storage.tables import identities, people
from tests.storage.rows import NOW

WHO = [
    ("slack", "U1", "Ada"),
    ("slack", "U2", "Bo"),
    ("slack", "U3", "ada"),
    ("discord", "7", "Ada"),
]


async def known(database: Database) -> None:
    """Store four identities."""
    async with database.begin() as connection:
        for number, (platform, account, name) in enumerate(WHO):
            person = {"id": f"p{number}", "name": name, "email": "", "settings": {}}
            await connection.execute(people.insert().values(**person, created_at=NOW))
            await connection.execute(
                identities.insert().values(
                    platform=platform,
                    id=account,
                    person_id=f"p{number}",
                    name=name,
                    proof="seen",
                    at=NOW,
                )
            )


async def test_names_are_found_by_ids(database: Database) -> None:
    """Unknown ones are left out."""
    await known(database)
    async with database.read() as connection:
        found = await names.of(connection, ["slack:U1", "discord:7", "discord:U1", "slack:U9"])
        assert await names.of(connection, []) == {}
    assert found == {"slack:U1": "Ada", "discord:7": "Ada"}


async def test_ids_are_found_by_names(database: Database) -> None:
    """However they are written; on this platform alone."""
    await known(database)
    async with database.read() as connection:
        assert await names.called(connection, "ADA", "slack") == ["slack:U1", "slack:U3"]
        assert await names.called(connection, "ada", "discord") == ["discord:7"]
        assert await names.called(connection, "bo", "discord") == []
