"""Writes can be repeated: the world ends up the same, whoever wrote meanwhile."""

from datetime import date
from uuid import UUID

import pytest

from integrations.emulators.linear import LinearWorld
from integrations.errors import NotFound, Refused, Transient
from integrations.linear import Linear, NewIssue
from integrations.linear.ids import id_of

PULL = "https://github.com/acme/api/pull/7"


def test_ids_follow_from_what_they_are_of() -> None:
    """And are what Linear documents."""
    assert id_of("issue", "a", "b") == id_of("issue", "a", "b")
    assert len({id_of("issue", "a", "b"), id_of("issue", "ab"), id_of("comment", "a", "b")}) == 3
    assert UUID(id_of("issue", "a")).version == 4


async def test_an_issue_is_made_once(linear: Linear, world: LinearWorld) -> None:
    """With everything that was given; what people changed since stays."""
    new = NewIssue(
        "ENG",
        "Retry flaky calls",
        description="They fail once a day.",
        state="Todo",
        labels=("bug", "Customer"),
        assignee_id=world.user("cy").id,
        priority=2,
        estimate=0,
        due_on=date(2026, 3, 9),
        project_id=world.projects[0].id,
        milestone_id=world.projects[0].project_milestones[0].id,
        cycle_id=world.teams[0].cycles[0].id,
        parent="ENG-2",
    )
    made = await linear.ensure_issue("run 1", new)
    world[made.identifier].title = "Retry"
    again = await linear.ensure_issue("run 1", new)

    assert again.identifier == made.identifier == "ENG-3"
    assert (made.state, sorted(made.labels), made.assignee) == ("Todo", ["bug", "customer"], "Cy")
    assert (made.priority, made.estimate, made.due_on) == (2, 0, date(2026, 3, 9))
    assert (made.milestone, made.cycle, made.parent) == ("Beta", 1, "ENG-2")
    assert again.title == "Retry"
    assert [write.mutation for write in world.writes] == ["issueCreate"]


async def test_an_issue_whose_answer_was_lost_is_not_made_twice(
    linear: Linear, world: LinearWorld
) -> None:
    """The repetition finds it by its id."""
    world.fail(status=502, match="issueCreate", late=True)
    new = NewIssue("ENG", "Retry flaky calls")
    with pytest.raises(Transient):
        await linear.ensure_issue("run 1", new)

    made = await linear.ensure_issue("run 1", new)

    assert made.identifier == "ENG-3"
    assert len(world.issues) == 4


async def test_who_was_slower_takes_what_is_there(linear: Linear, world: LinearWorld) -> None:
    """Linear refuses the second one with this id; that is no failure."""
    made = await linear.ensure_issue("run 1", NewIssue("ENG", "Retry"))
    world.fail(status=200, match="found: issue(", code="INPUT_ERROR", message="Entity not found")

    assert (await linear.ensure_issue("run 1", NewIssue("ENG", "Retry"))).id == made.id


async def test_a_deleted_issue_comes_back(linear: Linear, world: LinearWorld) -> None:
    """It lies in the trash; deleting it twice, or one that never was, is fine."""
    made = await linear.ensure_issue("run 1", NewIssue("ENG", "Retry"))
    for _ in range(2):
        await linear.delete_issue(made.id)
    await linear.delete_issue("ENG-99")
    assert (await linear.issue(made.id)).trashed
    assert [issue.identifier for issue in await linear.issues("ENG")] == ["ENG-2", "ENG-1"]

    assert not (await linear.ensure_issue("run 1", NewIssue("ENG", "Retry"))).trashed
    assert len(await linear.issues("ENG")) == 3
    assert [write.mutation for write in world.writes] == [
        "issueCreate",
        "issueDelete",
        "issueUnarchive",
    ]


async def test_an_issue_moves_once(linear: Linear, world: LinearWorld) -> None:
    """By the name of the state, in any case; others are offered."""
    await linear.ensure_issue_state("ENG-1", "in review")
    moved = await linear.ensure_issue_state("ENG-1", "in review")
    assert (moved.state, len(world.writes)) == ("In Review", 1)

    with pytest.raises(NotFound, match="no state Shipped in Linear; there is: Triage, Backlog"):
        await linear.ensure_issue_state("ENG-1", "Shipped")


async def test_labels_come_and_go(linear: Linear, world: LinearWorld) -> None:
    """Only those that are named; a label that is not there is said."""
    await linear.ensure_issue_labels("ENG-1", add=["customer"], remove=["Bug"])
    issue = await linear.ensure_issue_labels("ENG-1", add=["customer"], remove=["Bug"])
    assert (issue.labels, len(world.writes)) == (("customer",), 1)

    with pytest.raises(NotFound, match="no label urgent"):
        await linear.ensure_issue_labels("ENG-1", add=["urgent"])


async def test_a_label_is_made_once(linear: Linear) -> None:
    """The workspace's own label of that name will do."""
    made = await linear.ensure_label("ENG", "flaky", "#eb5757")

    assert made == await linear.ensure_label("ENG", "Flaky")
    assert (made.team, made.color) == ("ENG", "#eb5757")
    assert (await linear.ensure_label("ENG", "customer")).team == ""
    for _ in range(2):
        await linear.delete_label(made.id)
    assert len(await linear.labels("ENG")) == 2


async def test_a_comment_is_made_once_and_kept_current(linear: Linear, world: LinearWorld) -> None:
    """One for each key and issue."""
    first = await linear.ensure_comment("ENG-1", "report", "Red")
    same = await linear.ensure_comment("ENG-1", "report", "Red")
    edited = await linear.ensure_comment("ENG-1", "report", "Green")
    other = await linear.ensure_comment("ENG-2", "report", "Green")

    assert first == same
    assert (edited.id, edited.body) == (first.id, "Green")
    assert other.id != first.id
    assert len(world.writes) == 3
    for _ in range(2):
        await linear.delete_comment(first.id)
    assert await linear.comments("ENG-1") == []


async def test_a_pull_request_is_linked_once(linear: Linear, world: LinearWorld) -> None:
    """Also where somebody else linked it; its title is kept current."""
    made = await linear.ensure_attachment("ENG-1", PULL, "Add retries (#7)", "open")
    assert made == await linear.ensure_attachment("ENG-1", PULL, "Add retries (#7)", "open")
    merged = await linear.ensure_attachment("ENG-1", PULL, "Add retries (#7)", "merged")

    assert (merged.id, merged.subtitle, merged.issue) == (made.id, "merged", "ENG-1")
    assert len(world.writes) == 2
    for _ in range(2):
        await linear.delete_attachment(made.id)
    assert await linear.attachments("ENG-1") == []


async def test_a_relation_is_made_once(linear: Linear, world: LinearWorld) -> None:
    """Being related has no direction, blocking has."""
    blocks = await linear.ensure_relation("ENG-1", "blocks", "OPS-1")
    related = await linear.ensure_relation("ENG-1", "related", "ENG-2")

    assert blocks == await linear.ensure_relation("ENG-1", "blocks", "OPS-1")
    assert related == await linear.ensure_relation("ENG-2", "related", "ENG-1")
    assert (blocks.kind, blocks.issue, blocks.other) == ("blocks", "ENG-1", "OPS-1")
    assert (await linear.ensure_relation("OPS-1", "blocks", "ENG-1")).id != blocks.id
    assert len(world.writes) == 3
    for _ in range(2):
        await linear.delete_relation(blocks.id)
    assert len(await linear.relations("ENG-1")) == 2
    with pytest.raises(Refused, match="itself"):
        await linear.ensure_relation("ENG-1", "blocks", "ENG-1")


async def test_a_project_is_told_about_once_for_each_key(
    linear: Linear, world: LinearWorld
) -> None:
    """A text that changed is corrected, one that was taken back comes back."""
    project = world.projects[0].id
    told = await linear.ensure_project_update(project, "week 10", "On track.", "onTrack")
    assert told == await linear.ensure_project_update(project, "week 10", "On track.", "onTrack")
    late = await linear.ensure_project_update(project, "week 10", "Late.", "atRisk")

    assert (late.id, late.body, late.health) == (told.id, "Late.", "atRisk")
    assert (await linear.projects("ENG"))[0].health == "atRisk"
    for _ in range(2):
        await linear.delete_project_update(told.id)
    await linear.delete_project_update(id_of("project update", "none"))
    assert await linear.project_updates(project) == []

    await linear.ensure_project_update(project, "week 10", "Late.", "atRisk")
    assert [each.body for each in await linear.project_updates(project)] == ["Late."]


async def test_what_linear_does_not_want_is_said_in_its_words(
    linear: Linear, world: LinearWorld
) -> None:
    """A write that failed did nothing."""
    with pytest.raises(Refused, match="Linear refused: title has 1 to 255 characters"):
        await linear.ensure_issue("run 1", NewIssue("ENG", "x" * 256))
    assert len(world.issues) == 3
