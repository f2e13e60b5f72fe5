"""Projects keep their settings, and an unknown one has the defaults."""

from flows.engine.tools import ProjectSettings
from storage import projects
from storage.database import Database
from tests.storage.rows import LATER, NOW

API = ProjectSettings(
    name="acme/api",
    endpoints=["https://api.acme.example/health"],
    components={"web/**": "web", "ui/**": "web"},
    version_file="pyproject.toml",
    environment="production",
)


async def test_settings_come_back_as_they_were_saved(database: Database) -> None:
    """Lists and tables included; saving again replaces them."""
    async with database.begin() as connection:
        await projects.save(connection, ProjectSettings("acme/api"), NOW)
        await projects.save(connection, API, LATER)

    async with database.read() as connection:
        assert await projects.find(connection, "acme/api") == API
        assert await projects.every(connection) == [API]


async def test_an_unknown_project_has_the_defaults(database: Database) -> None:
    """Nobody has to set a project up before its first run."""
    async with database.read() as connection:
        assert await projects.find(connection, "acme/new") == ProjectSettings("acme/new")
        assert await projects.every(connection) == []


async def test_projects_are_listed_by_name(database: Database) -> None:
    """Whenever they were saved."""
    async with database.begin() as connection:
        for name in ("acme/web", "acme/api", "zoo/app"):
            await projects.save(connection, ProjectSettings(name), NOW)

    async with database.read() as connection:
        names = [each.name for each in await projects.every(connection)]

    assert names == ["acme/api", "acme/web", "zoo/app"]
