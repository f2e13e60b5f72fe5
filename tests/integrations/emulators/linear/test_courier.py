"""The emulated Linear tells of changes as Linear does: signed, and again where nobody took it."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from graphql import GraphQLSchema, GraphQLUnionType, get_named_type, is_non_null_type
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from integrations.emulators.linear import LinearWorld
from integrations.emulators.server import serve
from integrations.linear import webhooks
from integrations.linear.webhooks import is_timely, verify
from tests.integrations.emulators.linear.caller import asked

SECRET = "lin_wh_emulated"


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
          resourceTypes: ["Comment"], label: "bot"}) { webhook { id label } } }""",
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


async def test_each_body_is_what_the_schema_describes(
    world: LinearWorld, official: GraphQLSchema
) -> None:
    """Of every type that is told."""
    world.courier.hook("http://127.0.0.1:1", SECRET)
    project = world.project("Checkout", "ENG")
    world["ENG-1"].project = project
    world.move("ENG-1", "Done")
    world.comment("ENG-1", "Well done")
    await asked(
        world,
        """mutation($project: String!) {
          attachmentCreate(input: {issueId: "ENG-1", url: "https://x", title: "X"}) { success }
          issueLabelCreate(input: {name: "flaky"}) { success }
          projectUpdateCreate(input: {projectId: $project, body: "Well"}) { success }
          issueDelete(id: "ENG-2") { success }
        }""",
        project=project.id,
    )
    told = [json.loads(delivery.body) for delivery in world.courier.log]

    assert {each["type"] for each in told} == {
        "Issue",
        "Comment",
        "Attachment",
        "IssueLabel",
        "ProjectUpdate",
    }
    for each in told:
        assert misfits(official, "EntityWebhookPayload", each) == []
        assert misfits(official, f"{each['type']}WebhookPayload", each["data"]) == []
        assert misfits(official, "UserActorWebhookPayload", each["actor"]) == []
