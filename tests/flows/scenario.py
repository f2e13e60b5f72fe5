"""The scenario of a flow: one command on one world, from which its general tests follow."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from flows.engine.registry import catalogue
from flows.engine.spec import Flow
from flows.engine.tools import ProjectSettings
from integrations.emulators.github import GitHubWorld
from integrations.emulators.linear import LinearWorld
from tests.flows.play import Decision, Play, Played


def small(world: GitHubWorld) -> None:
    """Build a repository with one release and two merged pull requests."""
    world.repo("acme/api", release="v1.2.0", merged=["feat: retry failed calls", "fix: typo"])


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is typed on which worlds, what somebody else answers, and what the project has set."""

    command: str
    world: Callable[[GitHubWorld], None] = small
    answer: Decision | None = None
    project: ProjectSettings | None = None
    linear: Callable[[LinearWorld], None] | None = None

    async def prepared(self, play: Play) -> None:
        """Set what it needs beside the world that was built for it."""
        if self.linear:
            play.linear = LinearWorld(now=play.world.clock)
            self.linear(play.linear)
        if self.project:
            await play.project(self.project)
        if self.project or self.linear:
            await play.start()  # endpoints are read when a process starts

    async def played(self, play: Play) -> Played:
        """Play it where it was prepared."""
        return await play(self.command, *([self.answer] if self.answer else []))


def scenario_of(flow: Flow) -> Scenario:
    """Return the scenario of a flow's test page; raises AssertionError where it has none."""
    name = f"tests.flows.{flow.family}.test_{flow.slug.replace('-', '_')}"
    try:
        found = getattr(import_module(name), "scenario", None)
    except ModuleNotFoundError:
        found = None
    assert isinstance(found, Scenario), f"{name} needs a scenario = Scenario(...)"
    return found


def slugs() -> list[str]:
    """Return the slugs of all flows, to run a test once for each."""
    return list(catalogue())
