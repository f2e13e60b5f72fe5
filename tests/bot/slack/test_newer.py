"""Newer kinds of block where the workspace takes them, plain ones where it does not."""

import json
from collections.abc import AsyncIterator

import pytest
from hypothesis import given

from bot.chat import Actor, Card, MessageRef, Step, ThreadRef
from bot.slack.card import card_message
from bot.slack.chat import SlackChat, open_chat
from bot.slack.newer import NEWER, TASKS, newer_in, plainer, progress
from bot.slack.render import report_messages
from flows.report import Code, Link, Report, table
from integrations.emulators.slack import SlackWorld
from integrations.emulators.slack.limits import check_message
from integrations.errors import Refused
from tests.bot import strategies
from tests.bot.slack.desk import Office

STEPS = (Step("Read commits", "done"), Step("Count them", "running"))
CARD = Card("dora", "dora", "running", "Reading …", Actor("slack", "U0ADA00000", "Ada"), "", STEPS)
RUNS = Report(
    "",
    blocks=(
        table(
            ["Run", "State"], [(Link("r1", "https://a.example/r1"), "done"), (Code("r2"), "failed")]
        ),
    ),
)


@pytest.fixture
async def chat(world: SlackWorld) -> AsyncIterator[SlackChat]:
    """Yield the chat."""
    async with open_chat(world.bot_token, f"{world.base_url}/api/") as chat:
        yield chat


def here(world: SlackWorld) -> ThreadRef:
    """Return the channel of these tests."""
    return ThreadRef("slack", world.space.channel("dev").id)


def errors(world: SlackWorld) -> list[str]:
    """Return what calls about messages were answered with, in order."""
    return [call.error for call in world.calls if call.method.startswith("chat.")]


async def test_progress_is_a_plan_where_slack_takes_one(world: SlackWorld, chat: SlackChat) -> None:
    """One call, and it stays at that."""
    sent = await chat.post_card(here(world), CARD, "k1", again=False)
    await chat.edit_card(sent, CARD)
    assert [block["type"] for block in world.message(sent.message).blocks][1] == "plan"
    assert errors(world) == ["", ""]


@pytest.mark.parametrize("kind", ["plan", "table"])
async def test_what_is_refused_is_sent_in_plain_and_remembered(
    world: SlackWorld, chat: SlackChat, kind: str
) -> None:
    """The workspace is asked once; from then on it gets what it takes."""
    world.unsupported = {kind}
    for number in range(2):
        if kind == "plan":
            await chat.post_card(here(world), CARD, f"k{number}", again=False)
        else:
            await chat.post_report(here(world), RUNS, "", f"k{number}", again=False)
    assert errors(world) == ["invalid_blocks", "", ""]
    head, _ = world.transcript("dev")[0]
    shown = world.plain(head)
    wanted = "✓ Read commits\n⏳ Count them" if kind == "plan" else "Run  State\n───  ──────"
    assert wanted in shown


async def test_the_other_kinds_stay(world: SlackWorld, chat: SlackChat) -> None:
    """A workspace without plans may take tables."""
    world.unsupported = {"plan"}
    sent = await chat.post_card(here(world), CARD, "k1", again=False)
    await chat.edit_card(MessageRef("slack", sent.channel, sent.message), CARD)
    await chat.post_report(here(world), RUNS, "", "k2", again=False)
    assert errors(world) == ["invalid_blocks", "", "", ""]
    assert [block["type"] for block in world.transcript("dev")[1][0].blocks] == ["table"]


async def test_a_block_that_is_wrong_otherwise_teaches_nothing(
    world: SlackWorld, chat: SlackChat
) -> None:
    """What is refused in plain as well was no question of its kind."""
    world.fail("chat.postMessage", error="invalid_blocks", times=4)
    with pytest.raises(Refused):
        await chat.post_card(here(world), CARD, "k1", again=False)
    sent = await chat.post_card(here(world), CARD, "k2", again=False)
    assert [block["type"] for block in world.message(sent.message).blocks][1] == "plan"


async def test_an_acknowledgement_holds_only_what_is_surely_taken(office: Office) -> None:
    """Slack says nothing of one that it does not take: a call is made until it has said yes."""
    world = office.world
    first = await world.slash("ada", "dev", "/flow catalogue")
    await world.until(lambda: len(world.whispers("ada")) == 2)
    second = await world.slash("ada", "dev", "/flow catalogue")
    assert first is None
    assert second is not None
    assert "table" in {block["type"] for block in second.blocks}


async def test_an_acknowledgement_is_plain_where_tables_are_refused(office: Office) -> None:
    """Once that is known, the answer comes at once again."""
    world = office.world
    world.unsupported = {*NEWER}
    await world.slash("ada", "dev", "/flow catalogue")
    await world.until(lambda: len(world.whispers("ada")) == 2)
    second = await world.slash("ada", "dev", "/flow catalogue")
    assert second is not None
    assert world.plain(second).splitlines()[2:6] == [
        "Flow     What",
        "───────  ───────────",
        "flow 0   does things",
        "flow 1   does things",
    ]


def test_many_steps_are_counted() -> None:
    """In the plan as in plain blocks, however many there were."""
    steps = [Step(f"Step {number}", "done") for number in range(40)]
    block = progress([*steps, Step("", "failed")])
    assert len(block["tasks"]) == TASKS + 1
    assert block["tasks"][0]["title"] == "29 earlier steps"
    assert block["title"] == "40 steps done, 1 failed"
    assert progress(STEPS)["title"] == "1 step done"
    assert progress(STEPS[1:])["title"] == "No step done yet"
    said = json.dumps(plainer([block]), ensure_ascii=False)
    assert "✓ 38 earlier steps\\n✓ Step 38\\n✓ Step 39\\n✗ …" in said


def test_a_wide_table_is_an_entry_for_each_row() -> None:
    """Columns that do not fit a screen would be torn apart; one cell may have several lines."""
    wide = table(["Change", "Author", "When"], [("Fix it " * 15, "ada", "today"), ("x", "bo", "")])
    [message] = report_messages(Report("", blocks=(wide,)), "")
    said = json.dumps(plainer(message.blocks), ensure_ascii=False)
    assert "— Author: ada · When: today\\n• x — Author: bo · When: —" in said
    narrow = table(["Only"], [("one\ntwo",)])
    [message] = report_messages(Report("", blocks=(narrow,)), "")
    assert "• one\\ntwo" in json.dumps(plainer(message.blocks), ensure_ascii=False)
    [message] = report_messages(Report("", blocks=(table(["A" * 60, "B" * 60], []),)), "")
    assert newer_in(plainer(message.blocks)) == set()


@given(strategies.reports, strategies.cards)
def test_plain_blocks_are_within_all_limits(report: Report, card: Card) -> None:
    """Nothing newer is left, and nothing is too long."""
    for message in (*report_messages(report, "https://a.example"), card_message(card)):
        plain = plainer(message.blocks)
        assert newer_in(plain) == set()
        check_message(plain)
