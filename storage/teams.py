"""Teams of GitHub, and the group of each platform that stands for one."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.insert import insert
from storage.tables import teams


async def save(
    connection: AsyncConnection, name: str, groups: Mapping[str, str], at: datetime
) -> None:
    """Store which group stands for a team, by platform; one without any is forgotten."""
    if not groups:
        await connection.execute(delete(teams).where(teams.c.name == name.lower()))
        return
    row = {"name": name.lower(), "groups": dict(groups), "at": at}
    statement = insert(connection.dialect.name, teams).values(row)
    await connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=row))


async def named(
    connection: AsyncConnection, names: Collection[str]
) -> Mapping[str, Mapping[str, str]]:
    """Return the groups of these teams, by the team's name in small letters."""
    query = select(teams.c.name, teams.c.groups).where(
        teams.c.name.in_([each.lower() for each in names])
    )
    return {name: groups for name, groups in await connection.execute(query)}  # noqa: C416 - rows, not pairs


async def every(connection: AsyncConnection) -> Mapping[str, Mapping[str, str]]:
    """Return all teams that have a group, by name."""
    query = select(teams.c.name, teams.c.groups).order_by(teams.c.name)
    return {name: groups for name, groups in await connection.execute(query)}  # noqa: C416 - as above
