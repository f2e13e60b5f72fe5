"""Projects: what the bot may do where, and what it watches."""

from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec
from sqlalchemy import bindparam, select
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
    return (await named(connection, {name}))[name]


async def named(
    connection: AsyncConnection, names: Collection[str]
) -> Mapping[str, ProjectSettings]:
    """Return the settings of several projects; unknown ones have the defaults."""
    rows = await connection.execute(_NAMED, {"names": [*names]})
    known = {name: msgspec.convert(settings, ProjectSettings) for name, settings in rows}
    return {name: known.get(name) or ProjectSettings(name) for name in names}


_NAMED = select(projects.c.name, projects.c.settings).where(
    projects.c.name.in_(bindparam("names", expanding=True))
)


async def every(connection: AsyncConnection) -> list[ProjectSettings]:
    """Return all projects by name."""
    query = select(projects.c.settings).order_by(projects.c.name)
    return [
        msgspec.convert(each, ProjectSettings)
        for each in (await connection.execute(query)).scalars()
    ]
