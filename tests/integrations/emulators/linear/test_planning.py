"""Plans and webhooks of an emulated Linear change as Linear lets them, and nonsense is refused."""

import pytest

from integrations.emulators.linear import LinearWorld
from tests.integrations.emulators.linear.caller import asked, called, complaint


@pytest.mark.parametrize(
    ("mutation", "words"),
    [
        ('projectCreate(input: {name: "", teamIds: ["%team"]})', "a name and a team"),
        ('projectCreate(input: {name: "X", teamIds: []})', "a name and a team"),
        ('documentCreate(input: {title: "X"})', "exactly one thing"),
        ('documentCreate(input: {title: "X", teamId: "%team", issueId: "ENG-1"})', "one thing"),
        ('teamMembershipCreate(input: {teamId: "%team", userId: "%user"})', "already a member"),
        ('webhookCreate(input: {url: "https://x", resourceTypes: ["Issue"]})', "allPublicTeams"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    world: LinearWorld, mutation: str, words: str
) -> None:
    """In Linear's way, and nothing is changed."""
    world.viewer.admin = True
    text = mutation.replace("%team", world.teams[0].id).replace("%user", world.user("bo").id)

    status, code, said = complaint(await called(world, f"mutation {{ {text} {{ success }} }}"))

    assert (status, code) == (200, "INPUT_ERROR")
    assert words in said
    assert world.writes == []


async def test_a_project_begins_ends_and_begins_again(world: LinearWorld) -> None:
    """When it did is noted as its status changes; its lead may be nobody."""
    project = world.project("Checkout", "ENG", kind="planned", lead="ada")
    statuses = {each.type: each.id for each in world.project_statuses}
    query = """mutation($id: String!, $status: String!) {
      projectUpdate(id: $id, input: {statusId: $status, leadId: null}) { success } }"""
    times = []
    for kind in ("started", "completed", "canceled", "started"):
        await asked(world, query, id=project.id, status=statuses[kind])
        times.append([project.started_at, project.completed_at, project.canceled_at])
    at = world.clock

    assert times == [[at, None, None], [at, at, None], [at, None, at], [at, None, None]]
    assert project.lead is None


async def test_a_secret_that_linear_draws_is_another_one_each_time(world: LinearWorld) -> None:
    """Also where none was given at the beginning; only an admin may draw one."""
    world.viewer.admin = True
    made = await asked(
        world,
        """mutation { webhookCreate(input: {url: "https://x", resourceTypes: ["Issue"],
          allPublicTeams: true}) { webhook { id secret } } }""",
    )
    hook = made["webhookCreate"]["webhook"]
    query = "mutation($id: String!) { webhookRotateSecret(id: $id) { secret } }"
    drawn = [(await asked(world, query, id=hook["id"]))["webhookRotateSecret"] for _ in range(2)]
    secrets = {hook["secret"], *(each["secret"] for each in drawn)}

    assert len(secrets) == 3
    assert all(secret.startswith("lin_wh_") for secret in secrets)
    world.viewer.admin = False
    assert complaint(await called(world, query, {"id": hook["id"]}))[1] == "FORBIDDEN"


async def test_a_milestone_is_renamed_and_keeps_its_day(world: LinearWorld) -> None:
    """What is not given stays."""
    project = world.project("Checkout", "ENG")
    milestone = world.milestone(project, "Beta", due=world.clock.date())
    query = """mutation($id: String!) {
      projectMilestoneUpdate(id: $id, input: {name: "Final"}) { projectMilestone { name } } }"""

    await asked(world, query, id=milestone.id)

    assert (milestone.name, milestone.target_date) == ("Final", world.clock.date())
