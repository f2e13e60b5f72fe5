"""The real client asks an emulated Linear, and gets values that can be stored."""

from datetime import timedelta

import msgspec
import pytest

from integrations.emulators.linear import LinearWorld
from integrations.errors import NotFound, Refused
from integrations.linear import Linear


async def test_an_issue_is_found_by_its_identifier_and_by_its_id(
    linear: Linear, world: LinearWorld
) -> None:
    """Whatever it has is told by name."""
    found = await linear.issue("ENG-1")

    assert found == await linear.issue(world["ENG-1"].id)
    assert (found.identifier, found.team, found.state, found.kind) == (
        "ENG-1",
        "ENG",
        "In Progress",
        "started",
    )
    assert (found.project, found.milestone, found.cycle) == ("Checkout", "Beta", 1)
    assert (found.assignee, found.creator, found.labels) == ("Bo", "Ada", ("bug",))
    assert (found.branch, found.estimate) == ("bo/eng-1-add-retries", 3)
    assert msgspec.json.decode(msgspec.json.encode(found), type=type(found)) == found


async def test_what_is_not_there_is_said_by_name(linear: Linear) -> None:
    """Not as an error of GraphQL."""
    with pytest.raises(NotFound, match="no issue ENG-99"):
        await linear.issue("ENG-99")
    with pytest.raises(NotFound, match="no team SEC"):
        await linear.team("SEC")


async def test_issues_are_narrowed(linear: Linear, world: LinearWorld) -> None:
    """By team, kind of state, label, project, cycle and time."""

    async def found(*args: str, **wanted: object) -> list[str]:
        issues = await linear.issues(*args, **wanted)  # type: ignore[arg-type] # each in its turn
        return [issue.identifier for issue in issues]

    now = world.clock
    assert await found() == ["OPS-1", "ENG-2", "ENG-1"]
    assert await found("ENG") == ["ENG-2", "ENG-1"]
    assert await found(kinds=["completed", "backlog"]) == ["OPS-1", "ENG-2"]
    assert await found(label="BUG") == ["ENG-1"]
    assert await found(project_id=world.projects[0].id) == ["ENG-1"]
    assert await found("ENG", cycle=1) == ["ENG-1"]
    assert await found(updated_since=now + timedelta(hours=1)) == []
    assert await found(completed_since=now - timedelta(hours=1)) == ["ENG-2"]


async def test_long_lists_come_whole(linear: Linear, world: LinearWorld) -> None:
    """Page by page, each thing once."""
    for number in range(230):
        world.issue("OPS", f"Check {number}")
    before = world.requests["query"]

    issues = await linear.issues("OPS")

    assert len({issue.identifier for issue in issues}) == len(issues) == 231
    assert world.requests["query"] - before == 3


async def test_what_hangs_on_an_issue(linear: Linear, world: LinearWorld) -> None:
    """Comments come the oldest first."""
    world.comment("ENG-1", "First", by="cy")
    world.clock += timedelta(minutes=1)
    world.comment("ENG-1", "Second")

    comments = await linear.comments("ENG-1")

    assert [(each.author, each.body) for each in comments] == [("Cy", "First"), ("Ada", "Second")]
    assert await linear.attachments("ENG-1") == []
    assert await linear.relations("ENG-1") == []
    with pytest.raises(NotFound):
        await linear.comments("ENG-99")


async def test_a_branch_and_a_link_lead_to_their_issue(linear: Linear) -> None:
    """By the name that Linear gives branches, and by what was linked."""
    url = "https://github.com/acme/api/pull/7"
    await linear.ensure_attachment("ENG-1", url, "Add retries (#7)")

    found = await linear.issue_of_branch("bo/eng-1-add-retries")

    assert found
    assert found.identifier == "ENG-1"
    assert await linear.issue_of_branch("main") is None
    assert [issue.identifier for issue in await linear.linked_issues(url)] == ["ENG-1"]
    assert await linear.linked_issues("https://github.com/acme/api/pull/8") == []


async def test_teams_and_people(linear: Linear) -> None:
    """And who the bot is."""
    me, organization = await linear.viewer(), await linear.organization()

    assert (me.display_name, me.app, organization.name) == ("flowbot", True, "Acme")
    assert {team.key for team in await linear.teams()} == {"ENG", "OPS"}
    assert (await linear.team("ENG")).has_cycles
    assert {user.display_name for user in await linear.users()} >= {"ada", "bo", "cy"}


async def test_how_work_is_planned(linear: Linear, world: LinearWorld) -> None:
    """States in their order; labels of the team and of the workspace."""
    states = [state.name for state in await linear.states("ENG")]
    (cycle,) = await linear.cycles("ENG")
    (project,) = await linear.projects("ENG")
    (milestone,) = await linear.milestones(project.id)

    assert states[:3] == ["Triage", "Backlog", "Todo"]
    assert {label.name for label in await linear.labels("ENG")} == {"bug", "customer"}
    assert {label.name for label in await linear.labels("OPS")} == {"customer"}
    assert len(await linear.labels()) == 2
    assert (cycle.number, cycle.is_active, cycle.progress) == (1, True, 0)
    assert (project.name, project.kind, project.lead) == ("Checkout", "started", "Ada")
    assert (milestone.name, milestone.project) == ("Beta", "Checkout")
    assert await linear.projects("OPS") == []
    assert len(await linear.projects()) == 1

    world.move("ENG-1", "Done")
    assert (await linear.cycles("ENG"))[0].progress == 1
    assert (await linear.milestones(project.id))[0].progress == 1


async def test_webhooks_are_shown_to_admins(linear: Linear, world: LinearWorld) -> None:
    """Among them one that Linear has switched off."""
    world.courier.hook("https://bot.acme.example/hooks/linear", "secret", "Issue").enabled = False
    with pytest.raises(Refused, match="does not let this bot do that: Only admins"):
        await linear.webhooks()

    world.viewer.admin = True
    (hook,) = await linear.webhooks()

    assert (hook.url, hook.enabled, hook.types) == (
        "https://bot.acme.example/hooks/linear",
        False,
        ("Issue",),
    )
