"""The emulated Linear tells of changes as Linear does: signed, and again where nobody took it."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSchema, GraphQLUnionType, get_named_type, is_non_null_type
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from integrations.emulators.linear import LinearWorld
from integrations.emulators.linear.courier import AGAIN_AFTER, OFF_AFTER
from integrations.emulators.linear.payloads import KINDS
from integrations.emulators.server import serve
from integrations.linear import webhooks
from integrations.linear.webhooks import is_timely, verify
from tests.integrations.emulators.linear.caller import asked

SECRET = "lin_wh_emulated"
# People comment on a passage of a document there, and only on issues here.
NOT_HERE = frozenset({"documentContent", "documentContentId", "quotedText"})


class Receiver:
    """Takes deliveries, and answers with what it is told to."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 200
        self.taken: list[tuple[dict[str, str], bytes]] = []

    async def answer(self, request: Request) -> Response:
        self.taken.append((dict(request.headers), await request.body()))
        return Response(status_code=self.status)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Yield a receiver on loopback."""
    made = Receiver()
    app = Starlette(routes=[Route("/hooks/linear", made.answer, methods=["POST"])])
    async with serve(app) as url:
        made.url = f"{url}/hooks/linear"
        yield made


async def test_a_change_is_told_once_the_answer_is_out(
    world: LinearWorld, receiver: Receiver
) -> None:
    """Signed, timely, and about the issue that changed; with what it was before."""
    world.courier.hook(receiver.url, SECRET)
    state = next(state for state in world.teams[0].states if state.name == "Todo")
    before = world["ENG-1"].state.id
    query = """mutation($state: String!) {
      issueUpdate(id: "ENG-1", input: {stateId: $state}) { success } }"""

    await asked(world, query, state=state.id)

    ((headers, body),) = receiver.taken
    told = json.loads(body)
    assert verify(["old", SECRET], body, headers["linear-signature"])
    assert is_timely(body, headers["linear-timestamp"], world.clock)
    assert headers["linear-event"] == told["type"] == "Issue"
    assert len(headers["linear-delivery"]) == 36
    assert (told["action"], told["updatedFrom"]["stateId"]) == ("update", before)
    assert told["actor"]["name"] == "Flowbot"
    assert "linear:issue:ENG-1" in webhooks.told(body).topics


async def test_what_is_not_taken_comes_again(world: LinearWorld, receiver: Receiver) -> None:
    """After a minute, an hour and six hours, with the same number and body; then never."""
    world.courier.hook(receiver.url, SECRET, "Issue")
    receiver.status = 500
    world.move("ENG-1", "Todo")
    for later in (timedelta(0), timedelta(minutes=1), timedelta(hours=1), timedelta(hours=6)):
        world.clock += later
        await world.courier.deliver()
        await world.courier.deliver()

    assert len({body for _, body in receiver.taken}) == 1
    assert len({headers["linear-delivery"] for headers, _ in receiver.taken}) == 1
    assert world.courier.log[0].statuses == [500] * 4
    assert world.courier.waiting == []
    headers, body = receiver.taken[-1]
    assert is_timely(body, headers["linear-timestamp"], world.clock)


async def test_nobody_at_home_is_tried_again(world: LinearWorld) -> None:
    """A receiver that is down costs a delivery nothing but time."""
    world.courier.hook("http://127.0.0.1:1/hooks/linear", SECRET)
    world.comment("ENG-1", "Hello")

    await world.courier.deliver()

    assert [each.statuses for each in world.courier.waiting] == [[0]]


async def test_a_webhook_hears_what_it_asked_for(world: LinearWorld, receiver: Receiver) -> None:
    """Only its types, and nothing once it is off or gone."""
    world.viewer.admin = True
    made = await asked(
        world,
        """mutation($url: String!) { webhookCreate(input: {url: $url, secret: "s",
          resourceTypes: ["Comment"], label: "bot", allPublicTeams: true}
        ) { webhook { id label } } }""",
        url=receiver.url,
    )
    world.move("ENG-1", "Todo")
    world.comment("ENG-1", "One")
    world.courier.hooks[0].enabled = False
    world.comment("ENG-1", "Two")
    await world.courier.deliver()
    assert [headers["linear-event"] for headers, _ in receiver.taken] == ["Comment"]

    hook = made["webhookCreate"]["webhook"]
    await asked(
        world, "mutation($id: String!) { webhookDelete(id: $id) { entityId } }", id=hook["id"]
    )
    assert (hook["label"], world.courier.hooks) == ("bot", [])


def misfits(official: GraphQLSchema, kind: str, value: dict[str, Any]) -> list[str]:
    """Return where an object is not what a type of the schema describes."""
    fields: Any = official.type_map[kind].fields  # type: ignore[attr-defined] # an object's type
    wrong = [f"{kind}.{name} is unknown" for name in value if name not in fields]
    for name, field in fields.items():
        inner = get_named_type(field.type)
        if value.get(name) is None:
            if is_non_null_type(field.type):
                wrong.append(f"{kind}.{name} is missing")
        elif hasattr(inner, "fields"):
            items = value[name] if isinstance(value[name], list) else [value[name]]
            wrong += [each for item in items for each in misfits(official, inner.name, item)]
        elif not isinstance(inner, GraphQLUnionType) and inner.name == "String":
            texts = value[name] if isinstance(value[name], list) else [value[name]]
            wrong += [f"{kind}.{name} is no text" for t in texts if not isinstance(t, str)]
    return wrong


async def test_a_webhook_of_a_team_hears_of_its_team(
    world: LinearWorld, receiver: Receiver
) -> None:
    """Of what belongs to an issue or a project of the team, too, and of nothing else."""
    hook = world.courier.hook(receiver.url, SECRET)
    hook.team = world.teams[0]
    world.team("OPS")
    world.issue("OPS", "Renew the certificate")
    world.project("Data centre", "OPS")
    world.label("everywhere")

    world.project("Checkout", "ENG")
    world.comment("ENG-1", "Hello")
    await world.courier.deliver()

    assert [headers["linear-event"] for headers, _ in receiver.taken] == ["Project", "Comment"]


async def test_a_webhook_that_never_answers_is_switched_off(
    world: LinearWorld, receiver: Receiver
) -> None:
    """After some deliveries that nobody took; the admins see why, and may switch it on again."""
    hook = world.courier.hook(receiver.url, SECRET, "Comment")
    receiver.status = 503
    for number in range(OFF_AFTER):
        world.comment("ENG-1", f"Hello {number}")
    for later in (timedelta(0), *AGAIN_AFTER):
        world.clock += later
        await world.courier.deliver()
    world.comment("ENG-1", "Is anybody there?")

    assert not hook.enabled
    assert world.courier.waiting == []
    assert {failure.http_status for failure in hook.failures} == {503}

    world.viewer.admin = True
    query = "mutation($id: String!) { webhookUpdate(id: $id, input: {enabled: true}) { success } }"
    await asked(world, query, id=hook.id)
    receiver.status = 200
    world.comment("ENG-1", "Hello again")
    await world.courier.deliver()
    assert world.courier.hooks[0].enabled
    assert world.courier.log[-1].statuses == [200]


async def everything_told(world: LinearWorld) -> list[dict[str, Any]]:
    """Change something of every kind, and return what a webhook hears of it."""
    world.courier.hook("http://127.0.0.1:1", SECRET)
    project = world.project("Checkout", "ENG", due=world.clock.date())
    milestone = world.milestone(project, "Beta")
    cycle = world.cycle("ENG", world.clock - timedelta(days=3))
    world.user("fay")
    world.document("Plan", "First this, then that.", project=project)
    world.change("ENG-1", project=project, project_milestone=milestone, cycle=cycle)
    world["ENG-1"].description = "Once is not enough."
    world.move("ENG-1", "Done")
    world.comment("ENG-1", "Well done")
    await asked(
        world,
        """mutation($project: String!, $lead: String!) {
          attachmentCreate(input: {issueId: "ENG-1", url: "https://x", title: "X"}) { success }
          issueLabelCreate(input: {name: "flaky"}) { success }
          projectUpdate(id: $project, input: {leadId: $lead}) { success }
          projectUpdateCreate(input: {projectId: $project, body: "Well"}) { success }
          issueDelete(id: "ENG-2") { success }
        }""",
        project=project.id,
        lead=world.user("fay").id,
    )
    return [json.loads(delivery.body) for delivery in world.courier.log]


async def test_each_body_is_what_the_schema_describes(
    world: LinearWorld, official: GraphQLSchema
) -> None:
    """Of every type that is told."""
    told = await everything_told(world)

    assert {each["type"] for each in told} == set(KINDS.values())
    for each in told:
        assert misfits(official, "EntityWebhookPayload", each) == []
        assert misfits(official, f"{each['type']}WebhookPayload", each["data"]) == []
        assert misfits(official, "UserActorWebhookPayload", each["actor"]) == []


async def test_only_what_changed_is_told_of_before(world: LinearWorld) -> None:
    """By the schema's names; things are told by their ids."""
    told = await everything_told(world)
    moved, led = (
        next(each for each in told if each["type"] == kind and each["action"] == "update")
        for kind in ("Issue", "Project")
    )

    assert set(moved["updatedFrom"]) == {"cycleId", "projectId", "projectMilestoneId", "updatedAt"}
    assert set(led["updatedFrom"]) == {"leadId", "updatedAt"}
    assert led["updatedFrom"]["leadId"] is None


async def test_bodies_have_what_real_ones_have(
    world: LinearWorld, official: GraphQLSchema, contracts: Path
) -> None:
    """Whatever Linear was seen to fill in, as far as its schema knows it."""
    told = {each["type"]: each for each in await everything_told(world)}
    recorded = sorted((contracts / "linear" / "webhooks").glob("*.json"))
    assert recorded
    for file in recorded:
        real = json.loads(file.read_bytes())
        kind: Any = official.type_map[f"{real['type']}WebhookPayload"]
        ours = told[real["type"]]
        filled = {name for name, value in real["data"].items() if value not in (None, [], "", {})}
        assert real.keys() - ours.keys() - {"updatedFrom", "isFullPayload"} == set(), file.name
        missing = (filled & kind.fields.keys()) - ours["data"].keys()
        assert missing - NOT_HERE == set(), file.name
