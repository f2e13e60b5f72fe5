"""What Discord itself has sent is taken, and what we send is as Discord describes it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bot.chat import Actor, Button, Card, MessageRef, ThreadRef
from flows.report import Attachment, Figure, Report, table, text
from integrations.emulators.discord import DiscordWorld
from integrations.emulators.discord.model import APPLICATION, BOT_USER, GUILD
from tests.bot.discord.office import CALLBACK, Office, place, whispered
from tests.integrations.emulators.discord.contract import Contract

CLICKS = ("buttonClickHello", "buttonClickGoodbye", "buttonClickInfo", "dmButtonClick")
EVENTS = (
    "gatewayAIMention",
    "gatewayBotWelcome",
    "gatewayDMRequest",
    "gatewayMention",
    "gatewayReactionAdd",
    "gatewayRoleMention",
    "gatewayThreadCreate",
    "gatewayThreadNice",
)
HIDDEN = re.compile(r'"(\w*id)": "([A-Z][A-Z_0-9]+)"')
NEW = ("AUTO_MODERATION_RULE_CREATE", "GUILD_SOUNDBOARD_SOUND_UPDATE", "SOMETHING_OF_NEXT_YEAR")


@pytest.fixture(params=["gateway", "http"])
def transport(request: pytest.FixtureRequest) -> str:
    """Return how interactions come: each way in turn."""
    return str(request.param)


def sample(contracts: Path, name: str, world: DiscordWorld) -> dict[str, Any]:
    """Return a recording, as if it had happened to our bot in our server."""
    folder = contracts / "discord/recorded"
    about = json.loads((folder / "metadata.json").read_text())
    told = (folder / f"{name}.json").read_text()
    ours = {
        about["botId"]: BOT_USER,
        about["guildId"]: GUILD,
        about["channelId"]: place(world),
        about["userId"]: world.user("ada").id,
    }
    for theirs, own in ours.items():
        told = told.replace(theirs, own)
    found: dict[str, Any] = json.loads(HIDDEN.sub(_number, told))
    return found


def _number(hidden: re.Match[str]) -> str:
    """Return an id for one that whoever published the recording has hidden."""
    return f'"{hidden[1]}": "{1457540000000000000 + sum(map(ord, hidden[2]))}"'


async def deliver(office: Office, payload: dict[str, Any]) -> None:
    """Send an interaction the way that this server has chosen."""
    if office.world.endpoint.url:
        assert await office.world.endpoint.takes(payload)
    else:
        office.world.gateway.dispatch("INTERACTION_CREATE", payload)


async def test_recorded_clicks_are_answered(office: Office, contracts: Path) -> None:
    """Each of Discord's own recordings of a button is answered, in servers and conversations."""
    for count, name in enumerate(CLICKS, 1):
        await deliver(office, sample(contracts, name, office.world))
        await office.world.until(lambda count=count: len(office.world.called(CALLBACK)) == count)  # type: ignore[misc] # bound to this turn
    await office.world.slash("ada", "dev", "/flow dora")
    assert office.desk.asked[-1].text == "dora"


async def test_a_command_that_is_not_ours_is_answered(office: Office, contracts: Path) -> None:
    """One that an older application has registered is no request of ours, and no silence."""
    path = contracts / "discord/gateway-minimal/interaction_create_slash.json"
    payload = json.loads(path.read_text())["d"] | {"application_id": APPLICATION}
    await deliver(office, payload)
    await office.world.until(lambda: len(office.world.called(CALLBACK)) == 1)
    assert [asked.text for asked in office.desk.asked] == [""]


async def test_recorded_events_are_taken(office: Office, contracts: Path) -> None:
    """Mentions are requests; talk, reactions, threads and events that are new do no harm."""
    world = office.world
    for name in EVENTS:
        event = sample(contracts, name, world)
        kind = event["type"].removeprefix("GATEWAY_")
        world.gateway.dispatch(kind, event["data"])
    for kind in NEW:
        world.gateway.dispatch(kind, {"id": "1", "guild_id": GUILD, "of": "no interest"})
    world.say("ada", "dev", "!flow last")
    await world.until(lambda: bool(office.desk.asked) and office.desk.asked[-1].text == "last")
    assert len(office.desk.asked) > 1
    assert {asked.origin.platform for asked in office.desk.asked} == {"discord"}
    assert world.gateway.identified == 1


async def test_all_that_we_send_is_as_discord_describes_it(
    office: Office, contract: Contract
) -> None:
    """A conversation with everything in it; each body is checked by the official description."""
    world, chat = office.world, office.chat
    by, dev = Actor("discord", world.user("ada").id, "Ada"), ThreadRef("discord", place(world))
    await world.slash("ada", "dev", "/flow help")
    await world.slash("ada", "dev", "/flow story")
    await world.complete("ada", "dev", "/flow do")
    made = await world.slash("ada", "dev", "/flow mine")
    assert made.message
    await world.press("ada", made.message, "Dora")
    await world.slash("ada", "dev", "/flow release")
    if modal := world.modal("ada"):
        await world.submit("ada", modal, {"Repository": "nowhere"})
    said = world.say("bo", "dev", "@flowbot release")
    await whispered(office, "bo")
    await world.use("cy", said, "Create bug")

    buttons = tuple(Button(f"v{number}", f"answer:7:v{number}") for number in range(9))
    controls = (Button("Undo", "undo:r1", warns="Think!"), Button("dora", "type:dora"))
    card = Card("ask", "Ask", "waiting", "", by, "https://a.example", question="Which?")
    sent = await chat.post_card(dev, card, "card:1")
    full = Card("", "", "waiting", "", by, "", question="?", buttons=buttons, controls=controls)
    await chat.edit_card(sent, full)
    await world.choose("bo", sent.message, "v3")
    await world.press("bo", sent.message, "Undo")
    blocks = (
        text("One."),
        table(["a", "b"], [("1", "2")]),
        Figure("Trend", "It falls.", b"png"),
        Attachment("a.txt", "text/plain", b"x"),
    )
    thread = ThreadRef("discord", dev.channel, sent.message)
    await chat.post_report(thread, Report("All", "of it", blocks=blocks), "", "report:1")
    await chat.tell(by, Report("", "Your turn."), "notice:1")
    await chat.react(MessageRef("discord", dev.channel, sent.message), "seen")

    checked = 0
    for call in world.calls:
        method = call.route.partition(" ")[0]
        body = call.body.get("list", call.body)
        if method in ("POST", "PUT", "PATCH") and body:
            contract.check_request(method, call.path.removeprefix("/api/v10"), body)
            checked += 1
    assert checked >= 15
    assert {call.status for call in world.calls} <= {200, 201, 204, 404}  # no thread yet
