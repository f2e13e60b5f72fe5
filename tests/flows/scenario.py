"""The scenario of a flow: one command on one world, from which its general tests follow."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from flows.engine.registry import catalogue
from flows.engine.spec import Flow
from flows.engine.tools import ProjectSettings
from integrations.emulators.github import GitHubWorld
from tests.flows.play import Decision, Play, Played


def small(world: GitHubWorld) -> None:
    """Build a repository with one release and two merged pull requests."""
    world.repo("acme/api", release="v1.2.0", merged=["feat: retry failed calls", "fix: typo"])


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is typed on which world, what somebody else answers, and what the project has set."""

    command: str
    world: Callable[[GitHubWorld], None] = small
    answer: Decision | None = None
    project: ProjectSettings | None = None

    async def played(self, play: Play) -> Played:
        """Play it on a world that was built for it."""
        if self.project:
            await play.project(self.project)
            await play.start()  # endpoints are read when a process starts
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
