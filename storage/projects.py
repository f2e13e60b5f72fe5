"""Projects: what the bot may do where, and what it watches.

What the settings of the installation say is the base; what people chose in chat lies over it, in a
column of its own, so that neither overwrites the other. A choice is a value in the place of one of
the base; in a table or a list it is the entries, where null leaves one of the base out.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.engine.tools import ProjectSettings
from storage.insert import insert
from storage.tables import projects

REMOVED, ENDPOINTS = "removed", "endpoints"
PRIVATE = "private"  # an endpoint that was chosen although it is on a private network


async def save(connection: AsyncConnection, project: ProjectSettings, at: datetime) -> None:
    """Store what the settings of the installation say of a project; what people chose stays."""
    settings = msgspec.to_builtins(project)
    statement = insert(connection.dialect.name, projects).values(
        name=project.name, settings=settings, changes={}, created_at=at
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
    """Return the settings of several projects; unknown ones have the defaults.

    GitHub knows `ACME/api` as `acme/api`, so both are the project that one of them is called.
    """
    rows = await connection.execute(_NAMED, {"names": [*{each.lower() for each in names}]})
    spelt = {name: _settings(settings, chosen) for name, settings, chosen in rows}
    alike = {name.lower(): found for name, found in spelt.items()}
    known = {each: spelt.get(each, alike.get(each.lower())) for each in names}
    return {name: found or ProjectSettings(name) for name, found in known.items()}


async def every(connection: AsyncConnection) -> list[ProjectSettings]:
    """Return all projects by name."""
    found = [_settings(base, chosen) for base, chosen in await connection.execute(_EVERY)]
    return [each for each in found if each]


class Watched(NamedTuple):
    """The hosts that may be probed, and those of them that may be on a private network."""

    hosts: frozenset[str]
    private: frozenset[str]


async def watched(connection: AsyncConnection) -> Watched:
    """Return where endpoints are.

    Whoever has set one means it, also on a private network; whoever chose one in chat was asked.
    """
    hosts, private = set(), set()
    for base, chosen in await connection.execute(_EVERY):
        settings = _settings(base, chosen)
        marks = chosen.get(ENDPOINTS, {})
        for url in settings.endpoints if settings else ():
            host = urlsplit(url).netloc.lower()
            hosts.add(host)
            if marks.get(url, PRIVATE) == PRIVATE:
                private.add(host)
    return Watched(frozenset(hosts), frozenset(private))


async def chosen(connection: AsyncConnection, name: str) -> Mapping[str, Any]:
    """Return what people chose for a project."""
    found = await connection.execute(select(projects.c.changes).where(projects.c.name == name))
    return found.scalar_one_or_none() or {}


async def alone(connection: AsyncConnection, name: str) -> ProjectSettings:
    """Return a project's settings, and let nobody else change them before the transaction ends.

    SQLite has one writer anyway.
    """
    query = select(projects.c.name).where(projects.c.name == name).with_for_update()
    await connection.execute(query)
    return await find(connection, name)


async def choose(
    connection: AsyncConnection,
    name: str,
    path: Sequence[str],
    choice: Sequence[Any],
    at: datetime,
) -> list[Any]:
    """Choose the value in a place, or none where `choice` is empty; return the choice before.

    An unknown project is known from then on. Nobody else changes it before the transaction ends.
    """
    settings = msgspec.to_builtins(ProjectSettings(name))
    statement = insert(connection.dialect.name, projects).values(
        name=name, settings=settings, changes={}, created_at=at
    )
    await connection.execute(statement.on_conflict_do_nothing(index_elements=["name"]))
    here = projects.c.name == name
    query = select(projects.c.changes).where(here).with_for_update()
    changes: dict[str, Any] = (await connection.execute(query)).scalar_one()
    before = _placed(changes, path, choice)
    await connection.execute(update(projects).where(here).values(changes=changes))
    return before


_NAMED = select(projects.c.name, projects.c.settings, projects.c.changes).where(
    func.lower(projects.c.name).in_(bindparam("names", expanding=True))
)
_EVERY = select(projects.c.settings, projects.c.changes).order_by(projects.c.name)


def _settings(base: dict[str, Any], chosen: Mapping[str, Any]) -> ProjectSettings | None:
    """Return what holds; None for a project that was removed."""
    if chosen:
        if chosen.get(REMOVED):
            return None
        over = {name: _over(base.get(name), each) for name, each in chosen.items()}
        base = {**base, **over}
    return msgspec.convert(base, ProjectSettings)


def _over(base: Any, chosen: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a value with what was chosen over it."""
    if not isinstance(chosen, dict):
        return chosen
    if isinstance(base, list):
        kept = [each for each in base if chosen.get(each, True)]
        return kept + [each for each, mark in chosen.items() if mark and each not in base]
    known = base or {}
    merged = {**known, **{name: _over(known.get(name), each) for name, each in chosen.items()}}
    return {name: each for name, each in merged.items() if each is not None}


def _placed(changes: dict[str, Any], path: Sequence[str], choice: Sequence[Any]) -> list[Any]:
    """Put a choice into its place, and return the one that was there; empty tables go."""
    name, *rest = path
    if rest:
        inner = changes.get(name)
        table = inner if isinstance(inner, dict) else {}
        before = _placed(table, rest, choice)
        changes[name] = table
        if not table:
            del changes[name]
        return before
    before = [changes.pop(name)] if name in changes else []
    if choice:
        changes[name] = choice[0]
    return before
