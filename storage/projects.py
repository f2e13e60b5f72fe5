"""Projects: what the bot may do where, and what it watches."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.insert import insert
from storage.tables import projects


class Project(msgspec.Struct, frozen=True):
    """One repository's settings; endpoints are the URLs that health checks may probe."""

    name: str
    endpoints: list[str] = []
    components: dict[str, list[str]] = {}
    version_file: str = ""
    environment: str = "production"


async def save(connection: AsyncConnection, project: Project, at: datetime) -> None:
    """Store the settings of a project."""
    settings = msgspec.to_builtins(project)
    statement = insert(connection.dialect.name, projects).values(
        name=project.name, settings=settings, created_at=at
    )
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"settings": settings})
    )


async def find(connection: AsyncConnection, name: str) -> Project:
    """Return a project's settings; an unknown one has the defaults."""
    query = select(projects.c.settings).where(projects.c.name == name)
    settings: Any = (await connection.execute(query)).scalar_one_or_none()
    return msgspec.convert(settings, Project) if settings else Project(name)


async def every(connection: AsyncConnection) -> list[Project]:
    """Return all projects by name."""
    query = select(projects.c.settings).order_by(projects.c.name)
    return [msgspec.convert(each, Project) for each in (await connection.execute(query)).scalars()]
