"""Projects: what the bot may do where, and what it watches."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.engine.tools import ProjectSettings
from storage.insert import insert
from storage.tables import projects


async def save(connection: AsyncConnection, project: ProjectSettings, at: datetime) -> None:
    """Store the settings of a project."""
    settings = msgspec.to_builtins(project)
    statement = insert(connection.dialect.name, projects).values(
        name=project.name, settings=settings, created_at=at
    )
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"settings": settings})
    )


async def find(connection: AsyncConnection, name: str) -> ProjectSettings:
    """Return a project's settings; an unknown one has the defaults."""
    query = select(projects.c.settings).where(projects.c.name == name)
    settings: Any = (await connection.execute(query)).scalar_one_or_none()
    return msgspec.convert(settings, ProjectSettings) if settings else ProjectSettings(name)


async def every(connection: AsyncConnection) -> list[ProjectSettings]:
    """Return all projects by name."""
    query = select(projects.c.settings).order_by(projects.c.name)
    return [
        msgspec.convert(each, ProjectSettings)
        for each in (await connection.execute(query)).scalars()
    ]
