"""Environments, variables and the names of secrets."""

from functools import partial

import pytest

from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.belongings import Guard, Named
from integrations.errors import NotFound, Refused
from integrations.github import GitHub
from integrations.github.environments import Variable

REPO = "acme/api"


async def test_an_environment_is_made_once(world: GitHubWorld, github: GitHub) -> None:
    """With what protects it; a change is made in place, and it is deleted once."""
    assert await github.environment(REPO, "production") is None
    asked = partial(github.ensure_environment, REPO, "production", reviewers=("ada",))
    made = await asked(wait=30, no_self_review=True)
    assert await asked(wait=30, no_self_review=True) == made
    assert (made.wait, made.reviewers, made.no_self_review) == (30, ("ada",), True)
    assert len(world.writes) == 1
    changed = await github.ensure_environment(REPO, "production", only_protected=True)
    assert (changed.wait, changed.reviewers, changed.branches) == (0, (), "protected")
    assert await github.environments(REPO) == ["production"]
    for _ in range(2):
        await github.delete_environment(REPO, "production")
    assert await github.environments(REPO) == []


async def test_what_an_environment_cannot_have_is_refused(github: GitHub) -> None:
    """A wait of more than a month, or a reviewer whom nobody knows."""
    with pytest.raises(Refused, match="43200"):
        await github.ensure_environment(REPO, "x", wait=50_000)
    with pytest.raises(NotFound, match="nobody called zoe"):
        await github.ensure_environment(REPO, "x", reviewers=("zoe",))


@pytest.mark.parametrize("environment", ["", "staging"])
async def test_a_variable_is_set_once(environment: str, world: GitHubWorld, github: GitHub) -> None:
    """In the repository or in an environment; another value replaces it."""
    await github.ensure_environment(REPO, "staging")
    world.writes.clear()
    made = await github.ensure_variable(REPO, "region", "eu", environment)
    await github.ensure_variable(REPO, "region", "eu", environment)
    assert (made.name, made.value, len(world.writes)) == ("REGION", "eu", 1)
    await github.ensure_variable(REPO, "REGION", "us", environment)
    found = await github.variables(REPO, environment)
    assert [(one.name, one.value) for one in found] == [("REGION", "us")]
    for _ in range(2):
        await github.delete_variable(REPO, "region", environment)
    assert await github.variables(REPO, environment) == []
    with pytest.raises(Refused, match="alphanumeric"):
        await github.ensure_variable(REPO, "no-dash", "x", environment)


async def test_a_variable_that_somebody_else_set_meanwhile_is_brought_into_form(
    world: GitHubWorld, github: GitHub
) -> None:
    """The first look is from before; GitHub says that it is there."""
    await github.ensure_variable(REPO, "A", "1")
    world.fail(status=409, match="/actions/variables", method="POST")
    now = world.clock
    world[REPO].variables["B"] = Named(name="B", value="0", created_at=now, updated_at=now)
    assert await github.ensure_variable(REPO, "B", "1") == Variable("B", "1")
    assert world[REPO].variables["B"].value == "1"


async def test_only_the_names_of_secrets_are_known(world: GitHubWorld, github: GitHub) -> None:
    """Of the repository, and of an environment where there is one."""
    now, repo = world.clock, world[REPO]
    repo.environments["staging"] = now
    held = {"TOKEN": Named(name="TOKEN", created_at=now, updated_at=now)}
    repo.secrets, repo.guards["staging"] = held, Guard(secrets=held)
    for environment in ("", "staging"):
        (found,) = await github.secret_names(REPO, environment)
        assert (found.name, found.updated_at) == ("TOKEN", now)
    with pytest.raises(NotFound, match="no environment nope"):
        await github.secret_names(REPO, "nope")
