"""Labels and milestones are offered once, in the wanted form."""

from datetime import date, timedelta

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


async def test_issues_belong_to_milestones(world: GitHubWorld, github: GitHub) -> None:
    """An issue moves once, and out again; pull requests of a milestone are left out."""
    made = await github.ensure_milestone(REPO, "1.3")
    number = await world.person("ada").opens_issue(REPO, "A bug")
    writes = len(world.writes)
    await github.ensure_issue_milestone(REPO, number, made.number)
    moved = await github.ensure_issue_milestone(REPO, number, made.number)
    assert (moved.milestone, len(world.writes)) == ("1.3", writes + 1)
    found = await github.milestone_issues(REPO, made.number, "open")
    assert [each.number for each in found] == [number]
    gone = await github.ensure_issue_milestone(REPO, number, None)
    assert gone.milestone == ""
    assert await github.milestone_issues(REPO, made.number) == []
    with pytest.raises(NotFound, match="no issue #999"):
        await github.ensure_issue_milestone(REPO, 999, made.number)


async def test_a_milestone_is_due_on_a_day_or_none(world: GitHubWorld, github: GitHub) -> None:
    """The day is kept whatever the hour, and goes again."""
    made = await github.ensure_milestone(REPO, "1.3")
    writes = len(world.writes)
    await github.ensure_milestone_due(REPO, made.number, date(2026, 5, 29))
    due = await github.ensure_milestone_due(REPO, made.number, date(2026, 5, 29))
    assert due.due_on
    assert (due.due_on.date(), len(world.writes)) == (date(2026, 5, 29), writes + 1)
    assert (await github.ensure_milestone_due(REPO, made.number, None)).due_on is None
    with pytest.raises(NotFound, match="no milestone 9"):
        await github.ensure_milestone_due(REPO, 9, None)
