"""Issues with all that is said on them, and changes of many parts in one."""

from datetime import timedelta

from integrations.emulators.linear import LinearWorld
from integrations.linear.threads import Parts
from tests.integrations.linear.conftest import Connect

NEW = "5d1f6f0a-6a5e-4a55-9d5b-7b1d0b9a6c11"
SAID = "6d1f6f0a-6a5e-4a55-9d5b-7b1d0b9a6c12"


async def test_a_team_is_read_with_all_that_is_said(world: LinearWorld, connect: Connect) -> None:
    """Long threads to their end; what nothing happened to since is left out."""
    linear = connect()
    for number in range(30):
        world.comment("ENG-1", f"Word {number}")
    await linear.ensure_linked(world["ENG-1"].id, "https://github.example/acme/api/issues/1", "#1")
    world["ENG-2"].elsewhere.append("github")
    world["OPS-1"].trashed, world["OPS-1"].archived_at = True, world.clock
    two, one = sorted(await linear.threads("ENG"), key=lambda each: each.identifier, reverse=True)

    assert len(one.comments) == 30
    assert (one.links, one.synced_with) == (("https://github.example/acme/api/issues/1",), ())
    assert two.synced_with == ("github",)
    assert [each.identifier for each in await linear.threads("ENG", kinds=["completed"])] == [
        "ENG-2"
    ]
    assert await linear.threads_named([one.id, "gone", world["OPS-1"].id]) == [one]
    assert await linear.thread("ENG-1") == one
    assert await linear.thread("ENG-99") is None

    world.clock += timedelta(hours=1)
    since = world.clock
    assert await linear.threads("ENG", since) == []
    assert await linear.talked("ENG", since) == []
    world.comment("ENG-2", "Late")
    assert await linear.talked("ENG", since) == [world["ENG-2"].id]


async def test_a_twin_is_made_once_and_told_what_it_is_to_be(
    world: LinearWorld, connect: Connect
) -> None:
    """What is not given stays; one that was taken back is taken out of the trash."""
    linear = connect()
    team, bug = world.team("ENG"), world.label("bug", team="ENG")
    parts = Parts(title="Twin", description="Words", priority=2, add_labels=(bug.id,))
    at = world.clock - timedelta(days=3)
    made = await linear.ensure_made(NEW, team.id, parts, at)
    again = await linear.ensure_made(NEW, team.id, Parts(title="Other"), at)
    assert (made.title, made.created_at, made.labels) == ("Twin", at, ("bug",))
    assert again == made
    done = next(each.id for each in team.states if each.name == "Done")
    told = Parts(state_id=done, assignee_id=world.user("bo").id, remove_labels=(bug.id,))
    after = await linear.ensure_parts(made.id, told)
    assert (after.title, after.state, after.assignee, after.labels) == ("Twin", "Done", "Bo", ())
    writes = len(world.writes)
    assert (await linear.ensure_parts(made.id, Parts())).state == "Done"
    assert len(world.writes) == writes
    assert (await linear.ensure_parts(made.id, Parts(assignee_id=""))).assignee == ""
    await linear.delete_issue(made.id)
    assert not (await linear.ensure_made(NEW, team.id, parts, at)).trashed


async def test_a_comment_and_a_link_are_made_once(world: LinearWorld, connect: Connect) -> None:
    """Saying something else under the same id is an edit."""
    linear, issue = connect(), world["ENG-1"]
    for body in ("One", "One", "Two"):
        await linear.ensure_said(issue.id, SAID, body, world.clock)
    for _ in range(2):
        await linear.ensure_linked(issue.id, "https://x.example/issues/1", "#1")
    assert [each.body for each in issue.comments] == ["Two"]
    assert [each.url for each in issue.attachments] == ["https://x.example/issues/1"]
    for _ in range(2):
        await linear.delete_linked(issue.id, "https://x.example/issues/1")
    assert issue.attachments == []
