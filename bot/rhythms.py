"""Keeps the schedules that flows bring along, in the projects that let them start by themselves."""

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from bot.chat import Actor, Origin
from bot.schedules import schedule_id_of
from bot.triggers import PLATFORM
from bot.words import PLATFORMS, joined
from flows.engine.phrase import parse
from flows.engine.registry import catalogue
from flows.engine.spec import Flow
from flows.engine.tools import ProjectSettings
from flows.engine.triggers import inputs_of
from storage import projects, schedules
from storage.database import Database
from storage.records import ScheduleRecord


class Rhythms:
    """What events may start, its own rhythm starts as well: that finds what no event told.

    One that somebody pauses stays so; it goes when the project takes the trigger back.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        flows: Callable[[], Mapping[str, Flow]] = catalogue,
    ) -> None:
        self._database = database
        self._clock = clock
        self._flows = flows

    async def keep(self) -> None:
        """Add what projects want and do not have, and remove what they want no more."""
        now = self._clock()
        async with self._database.begin() as connection:
            every = await projects.every(connection)
            kept = await schedules.of_owner(connection, PLATFORM)
            wanted = {each.id: each for project in every for each in self._wanted(project, now)}
            for record in wanted.values():
                await schedules.add(connection, record)
            for schedule_id in kept - wanted.keys():
                await schedules.remove(connection, schedule_id)

    def _wanted(self, project: ProjectSettings, now: datetime) -> list[ScheduleRecord]:
        """Return what a project wants; where it wants nothing, no flow has to be imported."""
        if not project.triggers:
            return []
        recurring = (each for each in self._flows().values() if each.every)
        return [
            _schedule(each, project, now) for each in recurring if each.alias in project.triggers
        ]


def _schedule(flow: Flow, project: ProjectSettings, now: datetime) -> ScheduleRecord:
    schedule = parse(flow.every, now)
    source = flow.on[0].partition(":")[0]  # whoever may start it by events may do it by the clock
    by = Actor(PLATFORM, source, PLATFORMS.get(source, source))
    platform, _, channel = next(iter(project.channels), "").partition(":")
    given = inputs_of(project.name, (), flow.params.model_fields)
    return ScheduleRecord(
        id=schedule_id_of(f"{flow.slug} of {project.name}"),
        text=schedule.said(),
        command=joined([flow.alias, *(f"{name}={value}" for name, value in given.items())]),
        flow=flow.slug,
        project=project.name,
        owner=msgspec.to_builtins(by),
        origin=msgspec.to_builtins(Origin("schedule", platform or PLATFORM, channel, tells="news")),
        catch_up="once",
        next_at=schedule.upcoming(now)[0],
        created_at=now,
    )
