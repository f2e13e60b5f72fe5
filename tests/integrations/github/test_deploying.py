"""Deployments are asked for once and reported on once."""

import pytest

from integrations.emulators.github import GitHubWorld
from integrations.errors import NotFound, Refused
from integrations.github import GitHub

REPO = "acme/api"


async def test_a_deployment_is_asked_for_once(world: GitHubWorld, github: GitHub) -> None:
    """The one of a key is found again; another key is another deployment."""
    sha = world.head(REPO)
    first = await github.ensure_deployment(REPO, sha, "staging", "run-1")
    assert await github.ensure_deployment(REPO, sha, "staging", "run-1") == first
    other = await github.ensure_deployment(REPO, sha, "staging", "run-2")
    assert len({first.id, other.id}) == len(world.writes) == 2
    for _ in range(2):
        await github.ensure_deployment_state(REPO, first.id, "in_progress")
        await github.ensure_deployment_state(REPO, first.id, "in_progress")
    said = await github.ensure_deployment_state(
        REPO, first.id, "success", url="https://x.example", log_url="https://log.example"
    )
    assert (said.state, len(world.writes)) == ("success", 4)
    assert (await github.deployment_state(REPO, first.id)).state == "success"
    for _ in range(2):
        await github.delete_deployment(REPO, first.id)
    with pytest.raises(NotFound, match="no deployment"):
        await github.ensure_deployment_state(REPO, first.id, "failure")


async def test_a_red_commit_is_deployed_only_on_purpose(world: GitHubWorld, github: GitHub) -> None:
    """GitHub looks at the checks first, unless it is told not to."""
    world.check(REPO, "failure")
    sha = world.head(REPO)
    with pytest.raises(Refused, match="checks failed"):
        await github.ensure_deployment(REPO, sha, "staging", "run-1")
    await github.ensure_deployment(REPO, sha, "staging", "run-1", check_first=False)


async def test_payloads_of_others_are_left_alone(world: GitHubWorld, github: GitHub) -> None:
    """Whatever they put there."""
    ada = world.person("ada")
    made = await ada.deploys(REPO, "staging")
    world[REPO].deployments[made].payload = '"a text"'
    sha = world.head(REPO)
    assert (await github.ensure_deployment(REPO, sha, "staging", "k")).id != made
