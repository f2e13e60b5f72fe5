"""What goes wrong in Slack while runs go on: each is survived, and told to whoever asked."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import pytest

from bot.chat import Actor, Origin
from bot.processes import standing_of
from bot.replies import Field, Form
from bot.retries import LONGEST_DELAY
from bot.slack import forms
from bot.slack.app import slack_app
from bot.slack.chat import SlackChat, open_chat
from bot.slack.transports import slack_socket
from bot.standing import Standing
from bot.threads import Threads
from bot.vitals import slack_vitals
from flows.engine.run import YES
from integrations.emulators.server import serve
from integrations.emulators.slack import SlackWorld, payloads
from integrations.emulators.slack import slack_app as emulated_slack
from integrations.emulators.slack.model import BOT_USER
from integrations.errors import Refused
from tests.bot.checkup import checkup
from tests.bot.desk import Desk
from tests.bot.lab import ADA, BEN, PATIENCE, RULES, Lab
from tests.bot.slack.desk import Office


@dataclass
class Town:
    """The bot, a workspace, and ada who asks for things in its channel."""

    lab: Lab
    world: SlackWorld
    chat: SlackChat
    threads: Threads

    async def ask(self, command: str, thread: str = "") -> str:
        """Let ada ask for something in #dev; return the run once its card is there."""
        origin = Origin("slash", "slack", self.world.space.channel("dev").id, thread)
        run_id = await self.lab.start(command, ADA, origin=origin)
        await self.told()
        return run_id

    async def told(self) -> None:
        """Say everything that is due, and that only waits for its turn."""
        async with asyncio.timeout(PATIENCE):
            for _ in range(5):
                self.lab.clock.forward(2)
                await self.threads.deliver()

    async def health(self) -> str:
        """Return what the health check reports of Slack, and says to do about it."""
        standing = Standing(self.lab.queue.redis, "one")
        await standing.tell("slack", await standing_of(self.chat, None))
        service = partial(slack_vitals, self.chat, standing, listens=False)
        rows, report = await checkup(self.lab, service)
        assert "Slack: flowbot in Acme" in rows
        return report

    def direct(self) -> list[str]:
        """Return what ada reads in her conversation with the bot."""
        threads = self.world.transcript(self.world.space.direct("ada").id)
        return [self.world.plain(each) for head, replies in threads for each in (head, *replies)]


@pytest.fixture
async def town(lab: Lab) -> AsyncIterator[Town]:
    """Yield the bot with an emulated workspace."""
    async with AsyncExitStack() as stack:
        world = SlackWorld(clock=lab.clock)
        stack.push_async_callback(world.close)
        url = f"{await stack.enter_async_context(serve(emulated_slack(world)))}/api/"
        chat = await stack.enter_async_context(open_chat(world.bot_token, url))
        threads = Threads(lab.database, lab.queue, RULES, lab.clock, {"slack": chat}, lab.find)
        world.user("ada").id = ADA.id
        world.space.users[ADA.id] = world.user("ada")
        yield Town(lab, world, chat, threads)


def delete(world: SlackWorld) -> None:
    """Let the channel be gone."""
    del world.space.channels[world.space.channel("dev").id]


def archive(world: SlackWorld) -> None:
    """Let the channel be closed."""
    world.space.channel("dev").archived = True


def kick(world: SlackWorld) -> None:
    """Let the bot be thrown out of what is a private channel."""
    channel = world.space.channel("dev")
    channel.kind = "private"
    channel.members.remove(BOT_USER)


FORM = Form("dora", "dora", (Field("repo", "Repo", "", "text", (), required=True, value=""),))
WHY: dict[Callable[[SlackWorld], None], str] = {
    delete: "Slack shows me no such channel.",
    archive: "This channel is archived",
    kick: "Slack shows me no such channel.",
}


@pytest.mark.parametrize("lose", [delete, archive, kick])
async def test_a_run_outlives_its_channel(town: Town, lose: Callable[[SlackWorld], None]) -> None:
    """It goes on; who asked reads card and report where nobody else does, each once."""
    run_id = await town.ask("look desk")
    lose(town.world)
    await town.lab.player().play(run_id)
    await town.told()

    assert (await town.lab.run(run_id)).state == "done"
    assert await town.lab.outbox() == []
    card, report = town.direct()
    assert "desk is there" in card
    assert "Number: " in report
    told = await town.health()
    assert "the last failure was" in told
    assert WHY[lose] in told
    before = len(town.world.calls)
    await town.told()
    assert len(town.world.calls) == before


@pytest.mark.parametrize("lose", [delete, archive, kick])
async def test_a_channel_that_is_lost_before_the_report_is_no_loss(
    town: Town, lose: Callable[[SlackWorld], None]
) -> None:
    """The card was still edited there; the report finds who asked."""
    run_id = await town.ask("look desk")
    await town.lab.player().play(run_id)
    row = next(each for each in await town.lab.outbox() if each.kind == "card")
    await town.threads._delivery.delivered(row)
    lose(town.world)
    await town.told()

    [report] = town.direct()
    assert "Number: " in report
    assert await town.lab.outbox() == []


async def test_a_plan_is_decided_although_its_channel_is_gone(town: Town) -> None:
    """The buttons are in the conversation by then, and no second plan is sent."""
    run_id = await town.ask("make desk")
    await town.lab.player().play(run_id)
    delete(town.world)
    await town.told()
    assert "[ Approve ] [ Decline ]" in town.direct()[0]

    question = (await town.lab.asked(run_id)).id
    assert await town.lab.dispatch.answer(question, YES, BEN) is None
    await town.lab.player().play(run_id)
    await town.told()
    assert (await town.lab.run(run_id)).state == "done"
    assert "desk is made" in town.direct()[0]


async def test_a_card_that_was_deleted_comes_once_more(town: Town) -> None:
    """Its channel is there, so it is where people expect it."""
    run_id = await town.ask("look desk")
    [(card, _)] = town.world.transcript("dev")
    town.world.space.delete(card)
    await town.lab.player().play(run_id)
    await town.told()

    [(again, [report])] = town.world.transcript("dev")
    assert "desk is there" in town.world.plain(again)
    assert "Number: " in town.world.plain(report)
    assert town.direct() == []


async def test_the_head_of_a_thread_may_be_deleted(town: Town) -> None:
    """What was to be told there is told to who asked."""
    head = await town.world.say("ada", "dev", "The build is red")
    run_id = await town.ask("look desk", head.ts)
    for each in town.world.space.thread(head.channel, head.ts):
        town.world.space.delete(each)
    await town.lab.player().play(run_id)
    await town.told()
    assert len(town.direct()) == 2
    assert await town.lab.outbox() == []


@pytest.mark.parametrize("code", ["invalid_auth", "token_revoked", "account_inactive"])
async def test_a_revoked_token_loses_nothing_and_asks_rarely(town: Town, code: str) -> None:
    """Until it is renewed there is one call in minutes; then everything is said."""
    run_id = await town.ask("look desk")
    await town.lab.player().play(run_id)
    for method in ("chat.update", "chat.postMessage"):
        town.world.fail(method, error=code, times=2)
    before = len(town.world.calls)
    await town.told()
    assert [call.error for call in town.world.calls[before:]] == [code, code]
    assert (await town.lab.run(run_id)).state == "done"

    for _ in range(2):
        town.lab.clock.forward(LONGEST_DELAY.total_seconds())
        await town.told()
    [(card, [report])] = town.world.transcript("dev")
    assert "desk is there" in town.world.plain(card)
    assert "Number: " in town.world.plain(report)
    assert f"Slack does not accept my token ({code})" in await town.health()


async def test_a_form_that_opens_too_late_is_told(town: Town) -> None:
    """What opens a form is good for three seconds: whoever asked is told to type it again."""
    town.world.fail("views.open", error="expired_trigger_id")
    with pytest.raises(Refused, match="Type the command again"):
        await town.chat.open_form("1.2.expired", forms.modal(FORM, Origin("slash", "slack", "C1")))
    assert "The form took too long to open." in await town.health()


async def test_slack_is_obeyed_when_it_asks_for_patience(town: Town) -> None:
    """Nothing is tried before the time that it names is over."""
    town.world.fail("chat.postMessage", status=429, retry_after=60)
    origin = Origin("slash", "slack", town.world.space.channel("dev").id)
    await town.lab.start("look desk", ADA, origin=origin)
    await town.told()
    assert len(town.world.called("chat.postMessage")) == 1
    town.lab.clock.forward(timedelta(minutes=1).total_seconds())
    await town.told()
    assert len(town.world.transcript("dev")) == 1


async def test_events_may_come_in_any_order_and_again(office: Office) -> None:
    """The message first or the mention, an older one later, all of them twice: one run each."""
    world = office.world
    dev = world.space.channel("dev")
    posts = [await world.say("bo", "dev", f"hello {number}") for number in range(2)]
    for post in posts:
        post.text = f"<@{BOT_USER}> dora"
    for attempt in range(2):
        for post in reversed(posts):
            for kind in ("message", "app_mention"):
                event = payloads.event(world.space, dev, post, kind, f"Ev{kind}{post.ts}")
                answer = await world.delivery.send("events_api", event, attempt, "http_timeout")
                assert not answer.failed
    assert len(office.desk.runs) == 2


async def test_a_cut_connection_comes_back(world: SlackWorld) -> None:
    """Slack says nothing of it; what was said meanwhile arrives."""
    desk = Desk()
    async with (
        open_chat(world.bot_token, f"{world.base_url}/api/") as chat,
        slack_socket(slack_app(desk, chat), world.app_token),
    ):
        await world.connected()
        await world.delivery.cut()
        await world.say("ada", "dev", "!flow dora")
        await world.connected()
        await world.until(lambda: bool(desk.asked))
        await world.slash("ada", "dev", "/flow health")
    assert [asked.text for asked in desk.asked] == ["dora", "health"]


async def test_what_nobody_of_this_chat_asked_for_has_nobody_to_be_told(lab: Lab) -> None:
    """The report of somebody who is elsewhere is on the page of the run alone."""
    elsewhere = Actor("github", "7", "octo")
    run_id = await lab.start("look desk", elsewhere)
    await lab.threads.deliver()
    await lab.player().play(run_id)
    lab.room.errors = [Refused("The channel is archived.")] * 3
    await lab.threads.deliver()
    assert lab.room.kinds == ["card"]
    assert await lab.outbox() == []
