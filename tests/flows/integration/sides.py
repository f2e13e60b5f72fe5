"""Both sides in memory, people who act on them, and syncs that may be torn in the middle."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, Literal, cast

import httpx

from flows.analysis.beside import Ask
from flows.analysis.carrying import effects_of
from flows.analysis.merging import Wins
from flows.analysis.syncing import Look, look
from flows.engine.effects import resolved
from flows.engine.pairs import Pair
from flows.engine.run import Run
from flows.engine.tools import SyncSettings
from integrations.emulators.github import GitHubWorld
from integrations.emulators.linear import TOKEN, LinearWorld, linear_app
from integrations.github import GitHub
from integrations.linear import Linear
from integrations.linear.api import LinearApi
from integrations.linear.sign_in import LinearSignIn
from tests.flows.integration.sync import REPO, TEAM, opened, said, team

Side = Literal["github", "linear"]
PEOPLE = ("ada", "bo")
TITLES = ("Cart", "Empty cart", "Slow")
LABELS = ("bug", "ui", "bug")
STATES = {"open": "Todo", "done": "Done", "canceled": "Canceled"}
REASONS = {"open": "reopened", "done": "completed", "canceled": "not_planned"}
PRIORITIES = {0: "", 1: "priority: urgent", 2: "priority: high"}


class Memory:
    """Pairs that are kept for the length of a test; two people are known on both sides."""

    def __init__(self, people: dict[str, str]) -> None:
        self.kept: dict[int, Pair] = {}
        self._people = people

    async def every(self, project: str) -> list[Pair]:
        return list(self.kept.values())

    async def ensure(self, project: str, pair: Pair) -> None:
        self.kept[pair.number] = pair

    async def delete(self, project: str, number: int) -> None:
        del self.kept[number]

    async def people(self, logins: Collection[str]) -> dict[str, str]:
        return {login: self._people[login] for login in logins if login in self._people}


class Sides:
    """Both sides, the bot between them, and people who change an issue on either side."""

    def __init__(
        self, world: GitHubWorld, linear: LinearWorld, github: GitHub, client: Linear, wins: Wins
    ) -> None:
        self.world, self.linear = world, linear
        self.github, self.client = github, client
        world[REPO].issues.clear()
        team(linear)
        self.issue = opened(world, "Cart", labels=["bug"])
        self.memory = Memory({name: linear.user(name).id for name in PEOPLE})
        self.settings = SyncSettings(create="both", wins=wins)

    @property
    def writes(self) -> int:
        """How often anything was written by way of the clients."""
        return len(self.world.writes) + len(self.linear.writes)

    @property
    def calls(self) -> int:
        """How often anybody asked either side anything."""
        return sum(self.world.requests.values()) + sum(self.linear.requests.values())

    async def look(self, issue: str = "", since: datetime | None = None) -> Look:
        """Return what there is to do."""
        lately = self.world.clock - timedelta(days=30)
        ask = Ask(REPO, TEAM, self.settings, lately, issue, since, 1_000)
        return await look(self.github, self.client, cast("Any", self.memory), ask)

    async def sync(self, issue: str = "", steps: int = 1_000) -> Look:
        """Bring both sides in step, and be lost after so many steps."""
        self.later()
        found = await self.look(issue)
        pairs = self.memory
        hands = SimpleNamespace(github=self.github, linear=self.client, pairs=pairs)
        results: dict[str, Any] = {}
        effects = [
            each
            for work in found.works
            for each in effects_of(cast("Run", hands), REPO, work, found.team_id, work.at)
        ]
        for each in effects[:steps]:
            call = resolved(each.do, results)
            results[each.title] = await call()
        return found

    def act(self, side: Side, what: str, number: int) -> None:
        """Let somebody change one thing on one side; what is not there stays so."""
        self.later()
        if side == "github":
            self._on_github(what, number)
        else:
            self._in_linear(what, number)

    def later(self) -> None:
        """Let a minute go by on both sides."""
        self.world.clock += timedelta(minutes=1)
        self.linear.clock = self.world.clock

    def _on_github(self, what: str, number: int) -> None:
        issue, own = self.issue, [each for each in self.issue.comments if each.author != "flowbot"]
        kept = [each for each in issue.labels if not each.startswith("priority")]
        state, mark = list(STATES)[number], issue.body.partition("<!--")
        parts: dict[str, dict[str, Any]] = {
            "title": {"title": TITLES[number]},
            "body": {"body": f"Text {number} for @ada\n\n{mark[1]}{mark[2]}"},
            "state": {"state": "open" if number == 0 else "closed", "reason": REASONS[state]},
            "person": {"assignees": list(PEOPLE[number : number + 1])},
            "priority": {"labels": [*kept, *filter(None, [PRIORITIES[number]])]},
            "label": {"labels": sorted({*issue.labels} ^ {LABELS[number]})},
        }
        for name, value in parts.get(what, {}).items():
            setattr(issue, name, value)
        if what == "say":
            said(self.world, issue, f"GitHub {self.world.clock:%H:%M}")
        elif own and what == "edit":
            own[0].body = f"Edited {self.world.clock:%H:%M}"
        elif own and what == "unsay":
            issue.comments.remove(own[0])
        issue.updated_at = self.world.clock

    def _in_linear(self, what: str, number: int) -> None:
        twins = [each for each in self.linear.issues if not each.trashed]
        if not twins:
            return
        twin, name = twins[0], list(STATES.values())[number]
        own = [each for each in twin.comments if each.user is not self.linear.viewer]
        label = self.linear.label(LABELS[number], team=TEAM)
        others = [each for each in twin.labels if each is not label]
        person = self.linear.user(PEOPLE[number]) if number < len(PEOPLE) else None
        parts: dict[str, dict[str, Any]] = {
            "title": {"title": TITLES[number]},
            "body": {"description": f"Text {number} for @ada"},
            "state": {"state": next(each for each in twin.team.states if each.name == name)},
            "person": {"assignee": person},
            "priority": {"priority": number},
            "label": {"labels": others if label in twin.labels else [*others, label]},
        }
        if what in parts:
            self.linear.change(twin.identifier, **parts[what])
        elif what == "say":
            self.linear.comment(twin.identifier, f"Linear {self.world.clock:%H:%M}", by="bo")
        elif own and what == "edit":
            own[0].body = f"Edited {self.world.clock:%H:%M}"
        elif own:
            twin.comments.remove(own[0])


@asynccontextmanager
async def sides(world: GitHubWorld, github: GitHub, wins: Wins) -> AsyncIterator[Sides]:
    """Open a team of Linear beside a repository: one issue, and nothing synced yet."""
    linear = LinearWorld(now=world.clock)
    transport = httpx.ASGITransport(linear_app(linear))
    async with LinearApi(LinearSignIn(TOKEN), transport=transport) as api:
        yield Sides(world, linear, github, Linear(api), wins)
