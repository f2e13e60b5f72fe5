"""The workspace itself: state that survives, waiting, forms, messages as plain text."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from integrations.emulators.slack import SlackWorld
from integrations.emulators.slack.forms import chosen, filled
from integrations.emulators.slack.model import Json, Message


async def test_a_killed_workspace_comes_back(tmp_path: Path) -> None:
    """What was said before a kill is there afterwards, and new messages sort behind it."""
    place = tmp_path / "slack.json"
    before = SlackWorld(keep=place)
    head = await before.say("ada", "dev", "hello")
    await before.say("bo", "dev", "hi", thread=head.ts)

    after = SlackWorld(keep=place, clock=lambda: datetime(2001, 1, 1, tzinfo=UTC))
    [(same, [reply])] = after.transcript("dev")
    assert (same, reply.text) == (head, "hi")
    assert (await after.say("cy", "dev", "later")).ts > reply.ts


async def test_a_workspace_can_be_saved_and_loaded(tmp_path: Path) -> None:
    """A saved state replaces another."""
    world, other = SlackWorld(), SlackWorld()
    await world.say("ada", "dev", "hello")
    world.save(tmp_path / "state.json")
    other.load(tmp_path / "state.json")
    assert [head.text for head, _ in other.transcript("dev")] == ["hello"]


async def test_timestamps_never_repeat(clock: Callable[[], datetime]) -> None:
    """With a clock that stands still, messages still have an order."""
    world = SlackWorld(clock=clock)
    stamps = [(await world.say("ada", "dev", "x")).ts for _ in range(3)]
    assert stamps == sorted(set(stamps))


async def test_waiting_ends_with_the_change_or_in_time() -> None:
    """A condition that holds returns; one that never does raises."""
    world = SlackWorld()
    await world.say("ada", "dev", "hello")
    await world.until(lambda: bool(world.transcript("dev")))
    with pytest.raises(TimeoutError):
        await world.until(lambda: False, within=0.01)


def test_a_button_must_be_there() -> None:
    """Pressing what is not there says what is."""
    button = {"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "Go"}}
    message = Message("C", "1.1", "U", "", [{"type": "actions", "elements": [button]}])
    assert chosen(message.blocks, "Go")["action_id"] == "a"
    with pytest.raises(LookupError, match="there are: Go"):
        chosen(message.blocks, "Stop")


def test_a_form_is_checked_like_a_client_does() -> None:
    """A required field must be filled, an option must exist, and so must a field."""
    option = {"text": {"type": "plain_text", "text": "Minor"}, "value": "minor"}
    label = {"type": "plain_text", "text": "Level"}

    def field(name: str, kind: str) -> Json:
        element = {"type": kind, "action_id": "v", "options": [option]}
        return {"type": "input", "block_id": name, "label": label, "element": element}

    blocks: list[Json] = [{"type": "divider"}, field("level", "static_select")]
    assert filled(blocks, {"level": "Minor"})["level"]["v"]["selected_option"] == option
    ticked = filled([field("now", "checkboxes")], {"now": "minor"})
    assert ticked["now"]["v"]["selected_options"] == [option]
    with pytest.raises(ValueError, match="required field 'Level'"):
        filled(blocks, {})
    with pytest.raises(LookupError, match="no option"):
        filled(blocks, {"level": "Major"})
    with pytest.raises(LookupError, match="no field extra"):
        filled(blocks, {"level": "minor", "extra": "x"})


async def test_a_message_reads_well_in_a_terminal(
    world: SlackWorld, client: AsyncWebClient
) -> None:
    """Blocks become lines, a table is aligned, markup is resolved as Slack would."""
    rich = [
        {"type": "text", "text": "See "},
        {"type": "link", "url": "https://acme.example/1", "text": "the run"},
        {"type": "text", "text": " of "},
        {"type": "user", "user_id": world.user("ada").id},
        {"type": "text", "text": " at "},
        {"type": "date", "timestamp": 0, "format": "{time}"},
        {"type": "text", "text": ": "},
        {"type": "text", "text": "make", "style": {"code": True}},
        {"type": "emoji", "name": "tada"},
        {"type": "broadcast", "range": "here"},
        {"type": "channel", "channel_id": world.space.channel("dev").id},
    ]
    item = {"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]}
    cells = [[{"type": "raw_text", "text": text} for text in row] for row in ("ab", "cd")]
    cells[1][0] = {"type": "raw_text", "text": "longer"}
    text = {"type": "mrkdwn", "text": "<https://a.example|A> &lt;b&gt; <!date^0^{date_num}|x>"}
    button = {"type": "button", "text": {"type": "plain_text", "text": "Go"}, "action_id": "g"}
    blocks: list[Json] = [
        {"type": "header", "text": {"type": "plain_text", "text": "Title"}},
        {"type": "rich_text", "elements": [
            {"type": "rich_text_section", "elements": rich},
            {"type": "rich_text_list", "style": "ordered", "elements": [item]},
            {"type": "rich_text_list", "style": "bullet", "elements": [item]},
            {"type": "rich_text_quote", "elements": item["elements"]},
        ]},
        {"type": "section", "text": text, "accessory": button},
        {"type": "context", "elements": [text, {"type": "plain_text", "text": "<raw>"}]},
        {"type": "divider"},
        {"type": "image", "image_url": "https://a.example/p.png", "alt_text": "a chart"},
        {"type": "markdown", "text": "**md**"},
        {"type": "actions", "elements": [button]},
        {"type": "table", "rows": cells},
    ]  # fmt: skip
    sent = await client.chat_postMessage(channel="#dev", text="x", blocks=blocks)
    await client.reactions_add(channel=sent["channel"], timestamp=sent["ts"], name="eyes")

    message = world.space.message(sent["channel"], sent["ts"])
    assert world.plain(message).split("\n") == [
        "Title",
        "=====",
        "See the run (https://acme.example/1) of @ada at 00:00: `make`:tada:@here#dev",
        "1. one",
        "• one",
        "> one",
        "A (https://a.example) <b> 1970-01-01",
        "[ Go ]",
        "A (https://a.example) <b> 1970-01-01  <raw>",
        "─" * 40,
        "[picture: a chart]",
        "**md**",
        "[ Go ]",
        "a       b",
        "──────  ─",
        "longer  d",
        ":eyes: 1",
    ]


async def test_text_without_blocks_is_markup(world: SlackWorld) -> None:
    """A message of text alone shows mentions by name, and those of nobody as they are."""
    ada = world.user("ada").id
    dev = world.space.channel("dev").id
    text = f"<@{ada}> <@U9> <#{dev}> <#C9> <!here> <!subteam^S1|@team> &amp; <https://a.example>"
    shown = world.plain(Message(dev, "1.1", ada, text))
    assert shown == "@ada @U9 #dev #C9 @here @@team & https://a.example"
