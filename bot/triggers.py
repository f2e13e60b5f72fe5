"""Starts flows on events: those that say so on their page, where a project wants it."""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from bot.chat import Actor, Origin
from bot.deliveries import Heard
from bot.doors import Dispatch
from bot.intake import Delivery
from bot.replies import Accepted, Say, sentence
from bot.words import PLATFORMS, joined
from flows.engine.registry import catalogue
from flows.engine.spec import Flow
from flows.engine.tools import ProjectSettings
from flows.engine.triggers import inputs_of, is_started, team_of
from integrations.told import Told
from storage import projects, runs
from storage.database import Database

log = logging.getLogger(__name__)

PLATFORM = "event"  # of the actor: a project gives `event:github` a role, as it does people
PLACES = frozenset({"repo", "team", "branch"})


class Wanted(NamedTuple):
    """A flow that an event starts in a project, and the command that does."""

    flow: Flow
    project: ProjectSettings
    command: str

    @property
    def key(self) -> str:
        """What it is known by among all that one event starts."""
        return f"{self.project.name}:{self.flow.slug}"


class Triggers:
    """Listens to deliveries; the same delivery is the same run, however often it comes.

    An event that a run which has not begun will see as well starts no other one.
    """

    def __init__(
        self,
        database: Database,
        dispatch: Dispatch,
        flows: Callable[[], Mapping[str, Flow]] = catalogue,
    ) -> None:
        self._database = database
        self._dispatch = dispatch
        self._flows = flows

    async def hear(self, heard: Heard) -> None:
        """Start what this event starts, in each project that it is about."""
        delivery, told = heard.delivery, heard.told
        flows = started_by(self._flows().values(), delivery, told)
        if not flows:
            return
        async with self._database.read() as connection:
            every = await projects.every(connection)
        for each in wanted_by(flows, every, delivery, told):
            await self._start(each, heard)

    async def _start(self, wanted: Wanted, heard: Heard) -> None:
        delivery, told = heard.delivery, heard.told
        flow, project, command = wanted
        by = Actor(PLATFORM, delivery.source, PLATFORMS.get(delivery.source, delivery.source))
        asker = f"{by.platform}:{by.id}"
        async with self._database.read() as connection:
            # What has yet to look finds this, too: of a burst of events one run is enough.
            if await runs.is_coming(connection, flow.slug, project.name, command, asker):
                return
        platform, _, channel = next(iter(project.channels), "").partition(":")
        reply = await self._dispatch.command(
            command,
            by,
            Origin("event", platform or PLATFORM, channel, tells="news", about=about(told.topics)),
            f"event:{delivery.source}:{delivery.id}:{wanted.key}",
        )
        if isinstance(reply, Accepted):
            return
        why = sentence(reply.report) if isinstance(reply, Say) else "it needs more than it says"
        log.warning("%s did not start %r: %s", delivery.event, command, why)


def started_by(flows: Iterable[Flow], delivery: Delivery, told: Told) -> list[Flow]:
    """Return the flows that an event starts where a project wants it."""
    source, event = delivery.source, delivery.event
    return [each for each in flows if is_started(each.on, source, event, told.action)]


def wanted_by(
    flows: Iterable[Flow], every: Iterable[ProjectSettings], delivery: Delivery, told: Told
) -> list[Wanted]:
    """Return what an event starts, in each project that it is about and that wants it."""
    ready = started_by(flows, delivery, told)
    return [
        Wanted(each, project, _command(each, project, told))
        for project in concerned(every, told)
        for each in ready
        if each.alias in project.triggers
    ]


def _command(flow: Flow, project: ProjectSettings, told: Told) -> str:
    given = inputs_of(project.name, told.topics, flow.params.model_fields)
    return joined([flow.alias, *(f"{name}={value}" for name, value in given.items())])


def about(topics: Iterable[str]) -> str:
    """Return the topics of the things that an event is about, without where they are."""
    things = (each for each in topics if each.split(":")[1] not in PLACES)
    return " ".join(each for each in things if " " not in each)


def concerned(every: Iterable[ProjectSettings], told: Told) -> list[ProjectSettings]:
    """Return the projects that an event is about: by their repository, or their team in Linear."""
    repo, team = told.repo.casefold(), team_of(told.topics)
    return [
        each
        for each in every
        if (repo and each.name.casefold() == repo) or (team and each.linear_team == team)
    ]
