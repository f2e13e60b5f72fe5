"""Releases: the number, what stands against one, the plan and who may approve it."""

from integrations.emulators.github import GitHubWorld
from tests.flows.play import Play, yes
from tests.flows.scenario import Scenario

scenario = Scenario("release acme/api", answer=yes("bo"))


async def test_a_yes_tags_and_publishes(world: GitHubWorld, play: Play) -> None:
    """The tag is at the commit that was shown, and the release has the notes."""
    world.repo("acme/api", release="v1.2.0", merged=["feat: add retries"])
    run = await play("release acme/api", yes("bo"))

    assert run.state == "done"
    assert world.tags("acme/api")["v1.3.0"] == world.head("acme/api")
