"""A service on loopback that a project watches."""

from dataclasses import dataclass, field

from flows.engine.tools import EnvironmentSettings, ProjectSettings
from tests.flows.advanced.shop import REPO
from tests.flows.play import Play


@dataclass
class Service:
    """A service on loopback; it answers what is next, and the last of that for ever."""

    url: str = ""
    answers: list[int] = field(default_factory=lambda: [200])

    def next(self) -> int:
        """Return the status of the next answer."""
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def watched(play: Play, service: Service, *answers: int, canary: bool = False) -> None:
    """Let the project watch this service after a deployment."""
    service.answers = list(answers)
    names = ["canary"] if canary else []
    stages = [EnvironmentSettings("production", health=service.url, canary=names)]
    await play.project(ProjectSettings(REPO, endpoints=[service.url], environments=stages))
    await play.start()
