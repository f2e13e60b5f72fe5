"""A bot at whose desks people set things up, with an emulated GitHub behind it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx
from pydantic import Field

from bot.admin.projects import Outside
from bot.chat import Actor, Button, Origin
from bot.console.render import render
from bot.dispatch import Dispatch
from bot.reception import desks_of
from bot.replies import Say
from bot.services import watched
from bot.worker import Queue, connect
from flows import IssueKey, Params, PersonName
from flows.engine.run import ReadRun
from flows.engine.spec import Flow
from flows.engine.tools import ProjectSettings, Tools
from flows.report import Report
from integrations.emulators import linear
from integrations.emulators.github import TOKEN, GitHubWorld, github_app
from integrations.emulators.linear import LinearWorld, linear_app
from integrations.emulators.server import serve
from integrations.git import Workspaces
from integrations.github import GitHub, GitHubApi, GitHubReader, TokenSignIn
from integrations.linear import LinearApi, LinearReader, LinearSignIn
from integrations.probes import Probes
from storage import audit, projects, tables
from storage.database import Database
from tests.bot.homes import household_of
from tests.bot.lab import ADA, HERE, RULES, Lab, _flow
from tests.flows.engine.memory import Knowledge
from tests.integrations.sources import nowhere

NOW = datetime(2026, 3, 4, tzinfo=UTC)
ZOE = Actor("slack", "U9", "zoe")  # the admin


class Ask(Params):
    issue: IssueKey = Field("", description="What for", examples=["ENG-12"])
    who: list[PersonName] = Field([], description="Who is asked", examples=["@ada"])
    owner: PersonName = Field("", description="Who asks", examples=["@ada"])
    boss: PersonName | None = Field(None, description="Who is told", examples=["@ada"])


class Front(Lab):
    """Answers what is typed and pressed as plain text, and keeps the buttons of the last answer."""

    def __init__(
        self,
        database: Database,
        queue: Queue,
        tools: Tools,
        planning: LinearReader,
    ) -> None:
        self.planning = planning
        self.buttons: dict[str, Button] = {}
        self.kind = ""
        self._presses = 0
        super().__init__(database, queue, tools)

    def dispatch_with(self, queue: Queue) -> Dispatch:
        """Return the way in, with all desks."""
        outside = Outside(self.tools.github_reader, self.planning, self.tools.probes)
        desks = desks_of(
            self.database,
            RULES,
            self.clock,
            outside,
            self.tools.system,
            household_of(self),
            self.find,
            self.by_slug,
        )
        return Dispatch(
            self.database, queue, RULES, self.clock, self.find, self.passes, desks=desks
        )

    def flows(self) -> tuple[Flow, ...]:
        """Return one flow more, about people, which an event may start as well."""
        asking = _flow("people-asking", "ask", Ask, self._ask)
        return (*super().flows(), replace(asking, on=("github:pull_request.opened",)))

    def by_slug(self) -> dict[str, Flow]:
        """Return the catalogue of these tests."""
        return {each.slug: each for each in self.flows()}

    async def _ask(self, run: ReadRun, params: Ask) -> Report:
        return Report("Asked", f"{params.issue} {' '.join(params.who)}")

    async def meet(self, *people: Actor) -> None:
        """Know these people by name."""
        async with self.database.begin() as connection:
            for each in people:
                row = {"id": f"of {each.id}", "name": each.name, "email": "", "settings": {}}
                await connection.execute(tables.people.insert().values(**row, created_at=NOW))
                await connection.execute(
                    tables.identities.insert().values(
                        platform=each.platform,
                        id=each.id,
                        person_id=row["id"],
                        name=each.name,
                        proof="seen",
                        at=NOW,
                    )
                )

    async def say(self, command: str, by: Actor = ADA, origin: Origin = HERE) -> str:
        """Type something; return the answer."""
        self.clock.forward(60)
        return self._heard(await self.type(command, by, origin=origin, key=f"{self.clock()}"))

    async def press(self, label: str, by: Actor = ADA, origin: Origin = HERE) -> str:
        """Press a button of the last answer; return what it answers."""
        self.clock.forward(60)
        action = self.buttons[label].action
        return self._heard(await self.dispatch.press(action, by, origin, f"{self.clock()}"))

    def _heard(self, reply: object) -> str:
        assert isinstance(reply, Say), reply
        self.buttons = {each.label: each for each in reply.buttons}
        self.kind = reply.kind
        return " ".join(render(reply.report).split())

    async def settings(self, name: str = "acme/shop") -> ProjectSettings:
        """Return what is set for a project."""
        async with self.database.read() as connection:
            return await projects.find(connection, name)

    async def set(self, *given: ProjectSettings) -> None:
        """Set what the settings of the installation say."""
        async with self.database.begin() as connection:
            for each in given:
                await projects.save(connection, each, self.clock())

    async def audited(self) -> list[tuple[str, str, str]]:
        """Return who did what, in which words."""
        async with self.database.read() as connection:
            rows = [row async for row in audit.every(connection)]
        return [(row.actor["name"], row.action, row.detail) for row in rows]


async def resolve(host: str, port: int) -> list[str]:
    """Know three kinds of names: inner ones, none at all, and public ones."""
    if host.startswith("nowhere."):
        return []
    return ["10.0.0.7"] if host.startswith("inner.") else ["93.184.215.14"]


@asynccontextmanager
async def open_front(database: Database, redis_url: str, folder: Path) -> AsyncIterator[Front]:
    """Yield the bot on this database; its GitHub has acme/api and acme/shop."""
    world, planning = GitHubWorld(folder / "github"), LinearWorld()
    planning.team("ENG")
    for name in ("acme/api", "acme/shop"):
        world.repo(name)
    queue = Queue(await connect(redis_url))
    async with (
        serve(github_app(world)) as base,
        GitHubApi(TokenSignIn(TOKEN), base_url=base) as api,
        LinearApi(
            LinearSignIn(linear.TOKEN), transport=httpx.ASGITransport(linear_app(planning))
        ) as linear_api,
    ):
        tools = Tools(
            GitHub(api),
            GitHubReader(api),
            Workspaces(folder / "work"),
            Probes(listed=partial(watched, database), resolver=resolve),
            *nowhere(),
            Knowledge(),
        )
        yield Front(database, queue, tools, LinearReader(linear_api))
    await queue.aclose()
    await database.aclose()
    world.close()
