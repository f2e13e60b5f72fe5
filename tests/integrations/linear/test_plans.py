"""Plans, members, webhooks and the past: written once, read in a few calls."""

from datetime import date, timedelta

import pytest

from integrations.emulators.linear import LinearWorld
from integrations.errors import NotFound, Refused
from integrations.linear import IssueFields, Linear, NewProject, Turn

HOOK = "https://bot.acme.example/hooks/linear"
DUE = date(2026, 4, 1)


def mutations(world: LinearWorld) -> list[str]:
    """Return what was changed, in order."""
    return [write.mutation for write in world.writes]


async def test_a_project_is_made_once_and_comes_back(linear: Linear, world: LinearWorld) -> None:
    """What people changed since stays; from the trash it is taken out."""
    lead = world.user("cy").id
    new = NewProject("Search", ("ENG", "OPS"), "Find it", lead, date(2026, 3, 1), DUE)
    made = await linear.ensure_project("init", new)
    world.projects[-1].name = "Find"
    assert (await linear.ensure_project("init", new)).name == "Find"
    for _ in range(2):
        await linear.delete_project(made.id)
    back = await linear.ensure_project("init", new)

    assert (made.lead, made.due_on, made.kind) == ("Cy", DUE, "backlog")
    assert back.id == made.id
    assert mutations(world) == ["projectCreate", "projectDelete", "projectUnarchive"]
    await linear.delete_project("nothing")


async def test_a_project_gets_another_day(linear: Linear, world: LinearWorld) -> None:
    """Or none; the same day is no change."""
    project = world.projects[0].id
    for day in (DUE, DUE, None):
        assert (await linear.ensure_project_due(project, day)).due_on == day
    assert mutations(world) == ["projectUpdate", "projectUpdate"]


async def test_a_milestone_is_known_by_its_name(linear: Linear, world: LinearWorld) -> None:
    """One that is there gets the day that is given, and keeps its own where none is."""
    project = world.projects[0].id
    beta = await linear.ensure_milestone(project, "beta", DUE)
    final = await linear.ensure_milestone(project, "Final", DUE, "All of it")
    again = await linear.ensure_milestone(project, "Final")

    assert (beta.name, beta.due_on) == ("Beta", DUE)
    assert (again.id, again.due_on, again.description) == (final.id, DUE, "All of it")
    for _ in range(2):
        await linear.delete_milestone(beta.id)
    assert [each.name for each in await linear.milestones(project)] == ["Final"]
    assert world["ENG-1"].project_milestone is None


async def test_a_document_is_written_once(linear: Linear, world: LinearWorld) -> None:
    """Its text follows; a deleted one comes back."""
    project = world.projects[0].id
    made = await linear.ensure_document(project, "notes", "Notes", "One")
    same = await linear.ensure_document(project, "notes", "Notes", "One")
    assert same.id == made.id
    edited = await linear.ensure_document(project, "notes", "Notes", "Two")
    for _ in range(2):
        await linear.delete_document(made.id)
    assert await linear.documents(project) == []
    back = await linear.ensure_document(project, "notes", "Notes", "Two")

    assert (edited.content, back.content, back.trashed) == ("Two", "Two", False)
    assert [each.id for each in await linear.documents()] == [made.id]
    assert (back.project, back.creator) == ("Checkout", "Flowbot")
    assert mutations(world) == [
        "documentCreate",
        "documentUpdate",
        "documentDelete",
        "documentUnarchive",
    ]
    with pytest.raises(NotFound):
        await linear.document("nothing")


async def test_people_join_and_leave_a_team(linear: Linear, world: LinearWorld) -> None:
    """Each once."""
    fay = world.user("fay").id
    joined = await linear.ensure_member("ENG", fay)
    assert joined == await linear.ensure_member("ENG", fay)
    assert (joined.user.display_name, joined.is_owner) == ("fay", False)
    assert fay in {member.user.id for member in await linear.members("ENG")}
    for _ in range(2):
        await linear.delete_member("ENG", fay)

    assert fay not in {member.user.id for member in await linear.members("ENG")}
    assert mutations(world) == ["teamMembershipCreate", "teamMembershipDelete"]


async def test_who_has_left_is_shown_on_demand(linear: Linear, world: LinearWorld) -> None:
    """With when somebody was last seen."""
    world.user("eli").active = False
    world.user("bo").last_seen = world.clock
    there = {user.display_name: user for user in await linear.users()}

    assert "eli" not in there
    assert there["bo"].seen_at == world.clock
    assert "eli" in {user.display_name for user in await linear.users(left=True)}


async def test_a_webhook_is_made_once_and_repaired(linear: Linear, world: LinearWorld) -> None:
    """By an admin; one that was switched off is on again, its secret stays until it is rotated."""
    with pytest.raises(Refused, match="Only admins"):
        await linear.ensure_webhook(HOOK, "old")
    world.viewer.admin = True
    made = await linear.ensure_webhook(HOOK, "old", types=["Issue"], label="Flowbot")
    hook = world.courier.hooks[0]
    hook.enabled = False
    again = await linear.ensure_webhook(HOOK, "other", types=["Issue", "Comment"])
    assert again == await linear.ensure_webhook(HOOK, "other", types=["Comment"])

    assert (again.id, again.enabled, again.label) == (made.id, True, "Flowbot")
    assert (again.types, hook.secret) == (("Issue", "Comment"), "old")
    for _ in range(2):
        await linear.ensure_webhook_secret(made.id, "new")
    assert hook.secret == "new"

    of_team = await linear.ensure_webhook(HOOK, "s", team="ENG")
    assert (of_team.team, of_team.id == made.id) == ("ENG", False)
    for _ in range(2):
        await linear.delete_webhook(made.id)
    assert [each.id for each in await linear.webhooks()] == [of_team.id]


async def test_an_issue_has_what_is_given(linear: Linear, world: LinearWorld) -> None:
    """What is not given stays, what is there already is not written, and things are taken away."""
    bo, cy = world.user("bo").id, world.user("cy").id
    kept = await linear.ensure_issue_fields("ENG-1", IssueFields(assignee_id=bo, estimate=3))
    moved = await linear.ensure_issue_fields(
        "ENG-1",
        IssueFields(
            title="Add retries to all calls",
            description="Once is not enough.",
            assignee_id=cy,
            priority=1,
            due_on=DUE,
            parent="ENG-2",
        ),
    )
    bare = await linear.ensure_issue_fields(
        "ENG-1",
        IssueFields(assignee_id="", milestone_id="", cycle_id="", due_on=None, estimate=None),
    )

    assert (kept.assignee, moved.assignee, bare.assignee) == ("Bo", "Cy", "")
    assert (moved.title, moved.priority, moved.parent) == ("Add retries to all calls", 1, "ENG-2")
    assert (bare.milestone, bare.cycle, bare.due_on, bare.estimate) == ("", None, None, None)
    assert (bare.project, bare.title) == ("Checkout", "Add retries to all calls")
    assert mutations(world) == ["issueUpdate", "issueUpdate"]


async def test_the_past_of_an_issue_is_told(linear: Linear, world: LinearWorld) -> None:
    """Who moved it, into what, and when it came into a cycle, a project or a milestone."""
    world.clock += timedelta(days=1)
    search = world.project("Search", "ENG")
    world.change("ENG-1", by="cy", project=search, project_milestone=None, estimate=5.0)
    world.clock += timedelta(days=1)
    world.move("ENG-1", "Done")
    await linear.ensure_issue_labels("ENG-1", add=["customer"], remove=["bug"])

    first, second, third = await linear.history("ENG-1")

    assert (first.by, first.at) == ("Cy", world.clock - timedelta(days=1))
    assert (first.project, first.milestone) == (Turn("Checkout", "Search"), Turn("Beta", ""))
    assert (first.estimate, first.state, first.title) == ((3, 5), None, None)
    assert (second.state, second.kind) == (
        Turn("In Progress", "Done"),
        Turn("started", "completed"),
    )
    assert (third.added_labels, third.removed_labels) == (("customer",), ("bug",))
    assert not third.new_description


async def test_the_past_of_many_issues_costs_one_call(linear: Linear, world: LinearWorld) -> None:
    """And one more for an issue that has a long one."""
    for number in range(16):
        world.clock += timedelta(hours=1)
        world.move("ENG-1", "Todo" if number % 2 else "In Review")
    world.move("ENG-2", "Todo")
    before = world.requests["query"]

    pasts = await linear.histories("ENG")

    assert {name: len(past) for name, past in pasts.items()} == {"ENG-1": 16, "ENG-2": 1}
    assert world.requests["query"] - before == 2
    assert await linear.histories(project_id=world.projects[0].id) == {"ENG-1": pasts["ENG-1"]}
    assert await linear.histories(updated_since=world.clock + timedelta(1)) == {}


async def test_many_issues_are_found_in_a_call(linear: Linear, world: LinearWorld) -> None:
    """By identifiers, of which some may be none, and by what is linked to them."""
    urls = [f"https://github.com/acme/api/pull/{number}" for number in (7, 8)]
    await linear.ensure_attachment("ENG-1", urls[0], "Seven")
    await linear.ensure_attachment("OPS-1", urls[0], "Seven")
    before = world.requests["query"]

    found = await linear.issues_named(["eng-1", "ENG-2", "ENG-2", "ENG-99", "utf-8", "word"])
    linked = await linear.issues_linked_to(urls)

    assert {issue.identifier for issue in found} == {"ENG-1", "ENG-2"}
    assert {url: {each.identifier for each in linked[url]} for url in urls} == {
        urls[0]: {"ENG-1", "OPS-1"},
        urls[1]: set(),
    }
    assert world.requests["query"] - before == 3
    assert await linear.issues_linked_to([]) == {}
