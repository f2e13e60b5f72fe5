"""Labels and milestones are offered once, in the wanted form."""

from datetime import timedelta

import pytest

from integrations.emulators.github import GitHubWorld
from integrations.errors import NotFound, Refused
from integrations.github import GitHub
from integrations.github.labels import Label

REPO = "acme/api"


async def test_a_label_is_offered_once(world: GitHubWorld, github: GitHub) -> None:
    """Another colour changes it in place, also on the issues that carry it."""
    wanted = Label("needs review", "d73a4a", "Somebody should look")
    for _ in range(2):
        assert await github.ensure_label(REPO, wanted.name, "#D73A4A", wanted.description) == wanted
    assert len(world.writes) == 1
    number = await world.person("ada").opens_issue(REPO, "A bug", labels=[wanted.name])
    changed = await github.ensure_label(REPO, wanted.name, "000000")
    assert await github.labels(REPO) == [changed]
    assert world[REPO].issues[number].labels == [wanted.name]
    for _ in range(2):
        await github.delete_label(REPO, wanted.name)
    assert await github.label(REPO, wanted.name) is None
    assert world[REPO].issues[number].labels == []
    with pytest.raises(NotFound, match="no repository"):
        await github.delete_label("acme/nope", "x")


async def test_a_milestone_is_made_once(world: GitHubWorld, github: GitHub) -> None:
    """Another day is set in place; a closed one stays closed; it is deleted once."""
    due = world.clock + timedelta(days=20)
    made = await github.ensure_milestone(REPO, "1.3", due_on=due, description="Soon")
    assert await github.ensure_milestone(REPO, "1.3", due_on=due, description="Soon") == made
    assert len(world.writes) == 1
    await github.ensure_milestone_closed(REPO, made.number)
    later = await github.ensure_milestone(REPO, "1.3", due_on=due + timedelta(days=1))
    assert (later.number, later.state, later.description) == (made.number, "closed", "")
    for _ in range(2):
        await github.delete_milestone(REPO, made.number)
    assert await github.milestones(REPO) == []


async def test_who_was_faster_has_made_it(world: GitHubWorld, github: GitHub) -> None:
    """A refusal because it is there already is no failure; another one is."""
    world.fail(status=422, match="/labels", method="POST")
    with pytest.raises(Refused):
        await github.ensure_label(REPO, "x")
    world.fail(status=422, match="/milestones", method="POST")
    with pytest.raises(Refused):
        await github.ensure_milestone(REPO, "x")
