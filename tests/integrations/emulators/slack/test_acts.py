"""The rest of what an emulated workspace does: homes, links, menus, and blocks that it refuses."""

from collections.abc import AsyncIterator
from contextlib import nullcontext
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from integrations.emulators.server import serve
from integrations.emulators.slack import SlackWorld, acts, slack_app
from integrations.emulators.slack.limits import check_message
from integrations.emulators.slack.model import Json, SlackError

LINE = {"type": "divider"}
HOME = {"type": "home", "blocks": [LINE]}
TASK = {"type": "task_card", "task_id": "1", "title": "Read", "status": "complete"}


@pytest.fixture
async def world() -> AsyncIterator[SlackWorld]:
    """Yield a workspace that answers on loopback."""
    world = SlackWorld()
    async with serve(slack_app(world)) as base:
        world.base_url = base
        yield world
        await world.close()


@pytest.fixture
def client(world: SlackWorld) -> AsyncWebClient:
    """Return a client of it."""
    client = AsyncWebClient(world.bot_token, f"{world.base_url}/api/")
    client.proxy = None
    return client


async def test_a_home_is_one_view_that_changes(world: SlackWorld, client: AsyncWebClient) -> None:
    """It keeps its id; who knows an older state of it is refused."""
    ada = world.user("ada").id
    first = (await client.views_publish(user_id=ada, view=HOME))["view"]
    second = (await client.views_publish(user_id=ada, view=HOME, hash=first["hash"]))["view"]
    assert second["id"] == first["id"]
    with pytest.raises(SlackApiError, match="hash_conflict"):
        await client.views_publish(user_id=ada, view=HOME, hash=first["hash"])
    with pytest.raises(SlackApiError, match="user_not_found"):
        await client.views_publish(user_id="U0NOBODY", view=HOME)
    assert acts.home_text(world, "ada") == "─" * 40


@pytest.mark.parametrize(
    ("blocks", "fits"),
    [
        ([LINE] * 100, True),
        ([LINE] * 101, False),
        ([{"type": "table", "rows": [[{"type": "raw_text", "text": "a"}]]}], True),
        ([{"type": "markdown", "text": "a"}], False),
        ([{"type": "plan", "title": "a", "tasks": []}], False),
    ],
)
async def test_a_home_takes_what_slack_takes_there(
    world: SlackWorld, client: AsyncWebClient, blocks: list[Json], fits: bool
) -> None:
    """A hundred blocks, tables, and none of the kinds that are for messages alone."""
    view = {"type": "home", "blocks": blocks}
    expected = nullcontext() if fits else pytest.raises(SlackApiError, match="invalid_arguments")
    with expected:
        await client.views_publish(user_id=world.user("ada").id, view=view)


async def test_links_are_shown_where_they_stand(world: SlackWorld, client: AsyncWebClient) -> None:
    """Only of the message that has them, while it is there."""
    said = await world.say("ada", "dev", "see https://a.example/1")
    place: dict[str, Any] = {"channel": said.channel, "ts": said.ts}
    shown = {"https://a.example/1": {"blocks": [LINE]}}
    await client.chat_unfurl(**place, unfurls=shown)
    assert world.plain(said).splitlines()[1].startswith("│ ─")

    for arguments, error in (
        ({**place, "unfurls": {}}, "missing_unfurls"),
        ({**place, "unfurls": {"https://b.example": {"blocks": [LINE]}}}, "cannot_unfurl_url"),
        ({**place, "ts": "1.2", "unfurls": shown}, "cannot_find_message"),
        ({**place, "unfurls": {"https://a.example/1": {"blocks": [{}]}}}, "invalid_blocks"),
    ):
        with pytest.raises(SlackApiError, match=error):
            await client.chat_unfurl(**arguments)


async def test_a_workspace_may_not_take_a_kind_yet(
    world: SlackWorld, client: AsyncWebClient
) -> None:
    """It names the block that it does not know."""
    world.unsupported = {"plan"}
    plan = {"type": "plan", "title": "Progress", "tasks": [TASK]}
    with pytest.raises(SlackApiError, match="invalid_blocks") as refused:
        await client.chat_postMessage(channel="#dev", text="x", blocks=[LINE, plan])
    [said] = refused.value.response["response_metadata"]["messages"]
    assert said == "[ERROR] unsupported type: plan [json-pointer:/blocks/1]"
    world.unsupported = set()
    await client.chat_postMessage(channel="#dev", text="x", blocks=[plan, TASK])
    [(head, _)] = world.transcript("dev")
    assert world.plain(head) == "Progress\n  ● Read\n● Read"


@pytest.mark.parametrize(
    "tasks",
    [
        [TASK, TASK],
        [{**TASK, "status": "done"}],
        [{**TASK, "title": ""}],
        [{**TASK, "task_id": ""}],
        [{**TASK, "details": {"type": "rich_text", "elements": []}}],
        [LINE],
        [{**TASK, "task_id": f"{number}"} for number in range(51)],
    ],
)
def test_a_plan_that_is_wrong_is_refused(tasks: list[Json]) -> None:
    """Fifty tasks at most, each with a name, a title and a state that there is."""
    with pytest.raises(SlackError):
        check_message([{"type": "plan", "title": "Progress", "tasks": tasks}])


async def test_links_to_other_places_tell_the_app_nothing(world: SlackWorld) -> None:
    """Slack speaks of the domains of the app alone."""
    said = await world.say("ada", "dev", "https://a.example/1")
    await acts.share_links(world, said, "b.example")
    assert world.delivery.reachable is False
    with pytest.raises(KeyError):
        acts.home(world, "ada")
