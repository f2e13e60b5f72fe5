"""A shop that is deployed to three environments, and what was deployed there."""

from datetime import timedelta

from flows.engine.tools import EnvironmentSettings
from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.records import Deployment
from integrations.emulators.github.rollouts import deployer
from integrations.emulators.github.story import Story

REPO = "acme/shop"
COMMAND = f"deploy {REPO} production"
STAGED = [EnvironmentSettings("staging"), EnvironmentSettings("production")]
CANARY = [EnvironmentSettings("staging"), EnvironmentSettings("production", canary=["canary"])]


def shop(world: GitHubWorld) -> None:
    """Build a shop: v1.0 is everywhere, two pull requests later staging is ahead."""
    start = world.clock - timedelta(days=9)
    story = Story(world, REPO, created_at=start)
    first = story.commit("ada", start, "Begin", {"README.md": "# Shop\n"})
    story.checks(first, start)
    story.issue("Orders get lost", "cy", start)
    for place in ("staging", "canary", "production"):
        story.deploy(place, start + timedelta(hours=1), by="ada")
    for number, title in enumerate(("fix: keep orders, closes #1", "feat: pay by card")):
        merged = world.clock - timedelta(hours=5 - number)
        opened = merged - timedelta(hours=20)
        story.pull(title, "bo", {f"{number}.md": title}, opened=opened, merged=merged)
    story.deploy("staging", world.clock - timedelta(hours=3), by="ada")
    story.tell()
    for place in ("staging", "canary", "production"):
        deployer(world, REPO, place, "success")


def went(world: GitHubWorld, place: str = "production") -> list[tuple[str, str]]:
    """Return what was deployed to a place since the beginning: commit and last outcome."""
    found = [each for each in world[REPO].deployments.values() if each.environment == place]
    return [(each.sha, outcome(each)) for each in found]


def outcome(found: Deployment) -> str:
    """Return what a deployment came to; being replaced is no outcome."""
    states = [each.state for each in found.statuses if each.state != "inactive"]
    return states[-1] if states else "nothing"


def first(world: GitHubWorld) -> str:
    """Return the commit that production began with."""
    return went(world)[0][0]
