"""The Slack surface on the real way in: a plan is approved at home, a link and a menu are used."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from bot.chat import Origin
from bot.slack.app import slack_app
from bot.slack.chat import open_chat
from bot.slack.transports import slack_socket
from bot.threads import Threads
from flows.engine.run import YES
from integrations.emulators.server import serve
from integrations.emulators.slack import SlackWorld, acts
from integrations.emulators.slack import slack_app as emulated_slack
from tests.bot.lab import ADA, BEN, RULES, Lab

HOST = "flowbot.example"


@pytest.fixture
async def world(lab: Lab) -> AsyncIterator[SlackWorld]:
    """Yield a workspace in which the lab's ada and ben are, with the bot connected to it."""
    async with AsyncExitStack() as stack:
        world = SlackWorld()
        stack.push_async_callback(world.close)
        for name, actor in (("ada", ADA), ("bo", BEN)):
            world.user(name).id = actor.id
            world.space.users[actor.id] = world.user(name)
        base = await stack.enter_async_context(serve(emulated_slack(world)))
        world.base_url = base
        chat = await stack.enter_async_context(open_chat(world.bot_token, f"{base}/api/"))
        app = slack_app(lab.dispatch, chat, page_url=f"https://{HOST}")
        await stack.enter_async_context(slack_socket(app, world.app_token))
        await world.connected()
        lab.threads = Threads(lab.database, lab.queue, RULES, lab.clock, {"slack": chat}, lab.find)
        yield world


async def planned(lab: Lab, world: SlackWorld) -> str:
    """Let ada's run wait for a yes, in #dev."""
    origin = Origin("slash", "slack", world.space.channel("dev").id)
    run_id = await lab.start("make desk", ADA, origin=origin)
    await lab.player().play(run_id)
    await lab.threads.deliver()
    return run_id


async def test_a_plan_is_approved_at_home(lab: Lab, world: SlackWorld) -> None:
    """It waits there for ben, not for ada, and is gone once he has said yes."""
    run_id = await planned(lab, world)
    for name in ("ada", "bo"):
        await acts.open_home(world, name)
    await world.until(lambda: len(world.homes) == 2)
    assert "Nothing waits for you." in acts.home_text(world, "ada")
    assert "• ✋ make desk" in acts.home_text(world, "ada")
    [(card, _)] = world.transcript("dev")
    assert f"archives/{card.channel}/p{card.ts.replace('.', '')}" in acts.home_text(world, "bo")

    await acts.press_at_home(world, "bo", "Approve")
    await world.until(lambda: "Nothing waits for you." in acts.home_text(world, "bo"))

    assert (await lab.asked(run_id)).answer == YES


async def test_a_link_says_how_the_run_stands(lab: Lab, world: SlackWorld) -> None:
    """As its card does, without its buttons."""
    run_id = await planned(lab, world)
    said = await world.say("ada", "general", f"please look: https://{HOST}/runs/{run_id}")
    await acts.share_links(world, said, HOST)
    await world.until(lambda: bool(said.unfurls))
    shown = world.plain(said)
    assert "│ ✋ `make desk`" in shown
    assert "[ Approve ]" not in shown


async def test_home_can_be_asked_for_anywhere(lab: Lab, world: SlackWorld) -> None:
    """The answer is for one person, with the same buttons."""
    run_id = await planned(lab, world)
    answer = await world.slash("bo", "general", "/flow home")
    assert answer is not None
    assert world.plain(answer).splitlines()[2:4] == [
        "Waits for you",
        (
            f"• make desk (https://{HOST}/runs/{run_id}) — Apply this plan? Asked by ada. "
            "Anybody with the role maintainer other than ada can approve."
        ),
    ]
    await world.press("bo", answer, "Approve")
    assert (await lab.asked(run_id)).answer == YES
