"""Threads on an emulated Slack: each message once and in order, as fast as Slack allows."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.chat import Card, Origin, State, ThreadRef
from bot.claims import CLAIM
from bot.dispatch import Say
from bot.pace import SharedPace, Short
from bot.slack.chat import SlackChat, open_chat
from bot.threads import Threads
from flows.engine.run import NO, YES
from flows.report import Figure, Report, table, text
from integrations.emulators.server import serve
from integrations.emulators.slack import SlackWorld, slack_app
from integrations.emulators.slack.model import Message
from integrations.errors import Transient
from storage import outbox
from tests.bot.lab import ADA, BEN, PATIENCE, RULES, Lab

AWAY = CLAIM.total_seconds() + 1
NOTIFICATIONS = 40


class Gate:
    """Holds up the next call of one method, as a stopped sender or a slow network does."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._held = ""
        self.arrived = asyncio.Event()
        self.open = asyncio.Event()

    def hold(self, method: str) -> None:
        """Let the next call of this method wait until the gate is open."""
        self._held = f"/api/{method}"
        self.arrived.clear()
        self.open.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, at once or later."""
        if scope.get("path") == self._held:
            self._held = ""
            self.arrived.set()
            await self.open.wait()
        await self._app(scope, receive, send)


@dataclass
class Post:
    """Two senders of one outbox, each with a connection to Slack of its own."""

    lab: Lab
    slack: SlackWorld
    gate: Gate
    chats: tuple[SlackChat, SlackChat]
    senders: tuple[Threads, Threads]
    origin: Origin

    def told(self) -> list[list[Message]]:
        """Return the threads of the channel: each a card, and what was said below it."""
        return [[head, *replies] for head, replies in self.slack.transcript("dev")]

    def keys(self) -> list[list[str]]:
        """Return the same by the keys that the messages were sent under."""
        return [
            [(each.metadata or {})["event_payload"]["key"].partition(":")[0] for each in thread]
            for thread in self.told()
        ]

    async def deliver(self) -> None:
        """Let the first sender say what is left, however often it is put off."""
        async with asyncio.timeout(PATIENCE):
            while await self.lab.outbox():
                await self.senders[0].deliver()
                self.lab.clock.forward(0.5)

    async def late(self, method: str) -> None:
        """Let the first sender's next call arrive after it lost its claim, and the second's."""
        first, second = self.senders
        self.gate.hold(method)
        sending = asyncio.create_task(first.deliver())
        async with asyncio.timeout(PATIENCE):
            await self.gate.arrived.wait()
        self.lab.clock.forward(AWAY)
        await second.deliver()
        self.gate.open.set()
        async with asyncio.timeout(PATIENCE):
            await sending


@pytest.fixture
async def post(lab: Lab) -> AsyncIterator[Post]:
    """Yield two senders and an emulated workspace on one clock."""
    async with AsyncExitStack() as stack:
        world = SlackWorld(clock=lab.clock)
        stack.push_async_callback(world.close)
        gate = Gate(slack_app(world))
        url = f"{await stack.enter_async_context(serve(gate))}/api/"
        paces = [SharedPace(lab.queue.redis, lab.clock) for _ in range(2)]
        chats = [
            await stack.enter_async_context(open_chat(world.bot_token, url, pace)) for pace in paces
        ]
        senders = [
            Threads(lab.database, lab.queue, RULES, lab.clock, {"slack": chat}, lab.find)
            for chat in chats
        ]
        origin = Origin("slash", "slack", world.space.channel("dev").id)
        yield Post(lab, world, gate, (chats[0], chats[1]), (senders[0], senders[1]), origin)


async def test_a_card_that_arrives_late_is_there_once(post: Post) -> None:
    """Two are there when the stopped sender is back; then only the one that is known."""
    run_id = await post.lab.start("look desk", origin=post.origin)
    await post.late("chat.postMessage")
    assert post.keys() == [["card"], ["card"]]
    [known], _ = post.told()

    await post.lab.player().play(run_id)
    await post.deliver()

    assert post.keys() == [["card", "report"]]
    assert post.told()[0][0].ts == known.ts


async def test_a_plan_and_a_report_that_arrive_late_are_there_once(post: Post) -> None:
    """In the thread, in order."""
    lab = post.lab
    run_id = await lab.start("make desk", origin=post.origin)
    await post.deliver()
    await lab.player().play(run_id)
    await post.late("chat.postMessage")
    assert post.keys() == [["card", "plan", "plan"]]
    await post.deliver()
    assert post.keys() == [["card", "plan"]]

    await lab.dispatch.answer((await lab.asked(run_id)).id, YES, BEN)
    await lab.player().play(run_id)
    await post.late("chat.postMessage")
    assert post.keys() == [["card", "plan", "report", "report"]]
    await post.deliver()
    assert post.keys() == [["card", "plan", "report"]]


async def test_a_run_that_is_played_on_asks_and_ends_once_more(post: Post) -> None:
    """The second plan is no copy of the first, whatever becomes of the try to send it."""
    lab = post.lab
    run_id = await lab.start("make desk", origin=post.origin)
    await lab.player().play(run_id)
    await post.deliver()
    await lab.dispatch.answer((await lab.asked(run_id)).id, NO, BEN)
    await lab.player().play(run_id)
    await post.deliver()
    lab.clock.forward(2)
    assert isinstance(await lab.type(f"retry {run_id}", key="retry"), Say)
    await lab.player().play(run_id)
    post.slack.fail("chat.postMessage", status=503)
    await post.deliver()

    assert post.keys() == [["card", "plan", "plan"]]
    await lab.dispatch.answer((await lab.asked(run_id)).id, YES, BEN)
    await lab.player().play(run_id)
    await post.deliver()
    assert post.keys() == [["card", "plan", "plan", "report"]]


async def test_an_edit_that_arrives_late_is_put_right(post: Post) -> None:
    """It says what was true when its sender was stopped; the next edit says what is."""
    lab = post.lab
    run_id = await lab.start("look desk", origin=post.origin)
    await post.deliver()
    lab.clock.forward(2)
    await lab.player().play(run_id)
    post.gate.hold("chat.update")
    stale = asyncio.create_task(post.senders[0].deliver())
    async with asyncio.timeout(PATIENCE):
        await post.gate.arrived.wait()
    lab.clock.forward(AWAY)
    await post.senders[1].deliver()
    [[card, *_]] = post.told()
    card.blocks = []  # whatever else it says by then
    post.gate.open.set()
    await stale

    assert outbox.LATE in [row.error for row in await lab.outbox()]
    before = len(post.slack.called("chat.update"))
    await post.deliver()
    assert len(post.slack.called("chat.update")) > before
    assert post.keys() == [["card", "report"]]


async def test_a_sender_that_was_stopped_while_it_looked_sends_nothing(post: Post) -> None:
    """The last look at the claim comes after everything else that takes time."""
    await post.lab.start("look desk", origin=post.origin)
    post.slack.fail("chat.postMessage", status=503)
    await post.senders[0].deliver()
    post.lab.clock.forward(2)

    await post.late("conversations.history")

    assert post.keys() == [["card"]]
    assert len(post.slack.called("chat.postMessage")) == 2
    await post.deliver()
    assert post.keys() == [["card"]]


async def test_a_burst_keeps_to_what_slack_allows(post: Post) -> None:
    """Two senders, one channel: nothing is refused, nothing twice, each report below its card."""
    post.slack.enforce_limits = True
    lab, limit = post.lab, timedelta(seconds=2 * NOTIFICATIONS)
    for _ in range(NOTIFICATIONS // 2):
        lab.clock.forward(0.001)
        await lab.player().play(await lab.start("look desk", origin=post.origin))
    began = lab.clock()
    while await lab.outbox():
        assert lab.clock() < began + limit
        waits = await asyncio.gather(*(sender.deliver() for sender in post.senders))
        lab.clock.forward(min(waits).total_seconds())

    assert [call.method for call in post.slack.calls if call.error] == []
    assert len(post.slack.called("chat.postMessage")) == NOTIFICATIONS
    assert post.keys() == [["card", "report"]] * (NOTIFICATIONS // 2)
    assert lab.clock() - began >= timedelta(seconds=NOTIFICATIONS - 5)


def card(post: Post, state: State = "running", question: str = "") -> Card:
    """Return a card with something new to say."""
    line = f"Edit {len(post.slack.calls)}"
    return Card("look", "look", state, line, ADA, "https://x.example", question=question)


async def test_without_a_pace_slack_refuses_a_burst(post: Post) -> None:
    """So that nothing refused means something."""
    post.slack.enforce_limits = True
    where = ThreadRef("slack", post.origin.channel)
    chat = SlackChat(post.chats[0].client)
    for number in range(3):
        await chat.post_card(where, card(post), f"card:{number}", again=False)
    with pytest.raises(Transient, match="slow down"):
        await chat.post_card(where, card(post), "card:3", again=False)


async def test_progress_leaves_room_for_what_somebody_waits_for(post: Post) -> None:
    """Buttons and ends are shown while mere progress has to wait."""
    post.slack.enforce_limits = True
    chat = post.chats[0]
    where = ThreadRef("slack", post.origin.channel)
    ref = await chat.post_card(where, card(post), "card:1", again=False)
    with suppress(Short):
        while True:
            await chat.edit_card(ref, card(post))
    edits = len(post.slack.called("chat.update"))

    await chat.edit_card(ref, card(post, "waiting", "Apply this plan?"))
    await chat.edit_card(ref, replace(card(post, "done"), seconds=2.0))
    assert 0 < edits < 50
    assert len(post.slack.called("chat.update")) == edits + 2
    assert [call.error for call in post.slack.calls if call.error] == []


async def test_a_wait_that_slack_asks_for_is_kept_by_everybody(post: Post) -> None:
    """The other sender does not even ask, until the time has passed."""
    one, two = post.chats
    where = ThreadRef("slack", post.origin.channel)
    ref = await one.post_card(where, card(post), "card:1", again=False)
    post.slack.fail("chat.update", status=429, retry_after=7)
    with pytest.raises(Transient):
        await one.edit_card(ref, card(post))
    with pytest.raises(Short) as short:
        await two.edit_card(ref, card(post))

    assert short.value.retry_after == timedelta(seconds=7)
    assert len(post.slack.called("chat.update")) == 1
    post.lab.clock.forward(7)
    await two.edit_card(ref, card(post))


async def test_a_report_with_many_parts_is_completed_as_there_is_room(post: Post) -> None:
    """What was sent before it had to wait is found again, also its files."""
    post.slack.enforce_limits = True
    chat, where = post.chats[0], ThreadRef("slack", post.origin.channel)
    head = await chat.post_card(where, card(post), "card:1", again=False)
    thread = replace(where, thread=head.message)
    rows = table(["A"], [("x",)], "Table")
    parts = (text("One"), Figure("Trend", "It rises.", b"1"), rows, Figure("Next", "Up", b"2"))
    report, tries = Report("Long", blocks=(*parts, rows, Figure("Last", "Up", b"3"), rows)), 0
    while True:
        try:
            await chat.post_report(thread, report, "https://x.example", "report:1", again=tries > 0)
        except Short as short:
            tries += 1
            post.lab.clock.forward((short.retry_after or timedelta()).total_seconds())
        else:
            break

    assert tries > 0
    [[_, *replies]] = post.told()
    assert [len(reply.files) for reply in replies] == [0, 1, 0, 1, 0, 1, 0]
    assert [call.error for call in post.slack.calls if call.error] == []


async def test_a_file_that_is_there_twice_is_deleted_once(post: Post) -> None:
    """Files carry no key, but a name of their own in each report."""
    chat, where = post.chats[0], ThreadRef("slack", post.origin.channel)
    head = await chat.post_card(where, card(post), "card:1", again=False)
    thread = replace(where, thread=head.message)
    report = Report("Picture", blocks=(Figure("Trend", "It rises.", b"1"),))
    for _ in range(2):
        await chat.post_report(thread, report, "https://x.example", "report:1", again=False)
    await chat.tidy(thread, "report:1", post.lab.clock())

    [[_, *replies]] = post.told()
    assert [len(reply.files) for reply in replies] == [0, 1]
