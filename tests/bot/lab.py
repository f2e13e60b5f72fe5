"""Three small flows, a chat that writes down what it is sent, and the bot around them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Literal

from pydantic import Field

from bot.chat import Actor, Button, Card, Mark, MessageRef, Origin, Posting, ThreadRef
from bot.dispatch import Accepted, Dispatch, Form, Say
from bot.passes import Passes
from bot.player import Player
from bot.rules import Rules
from bot.threads import Threads
from bot.worker import Queue, Worker
from flows.engine.access import Role
from flows.engine.effects import effect
from flows.engine.queues import Weight
from flows.engine.run import ReadRun, Run
from flows.engine.spec import Flow, Params
from flows.engine.tools import Tools
from flows.report import Block, Report, facts
from integrations.meter import permit
from storage import journal, outbox, questions, runs
from storage.database import Database
from storage.records import OutboxRecord, QuestionRecord, RunRecord, StepRecord
from tests.flows.engine.memory import World

ADA = Actor("slack", "U1", "ada")  # a maintainer
BEN = Actor("slack", "U2", "ben")  # a maintainer
CAT = Actor("slack", "U3", "cat")  # a viewer
HERE = Origin("slash", "slack", "C1")
NOBODY_READS = Origin("terminal", "terminal", "")
PATIENCE = 20  # seconds after which a test gives up; nothing here takes a fraction of it
RULES = Rules(
    admins={"slack:U9"},
    maintainers={"slack:U1", "slack:U2"},
    default=Role.VIEWER,
    self_approval=False,
    page_url="https://flowbot.example",
)


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        """Move on."""
        self.now += timedelta(seconds=seconds)


class Look(Params):
    name: str = Field(description="What to look at", examples=["desk"])


class Make(Params):
    name: str = Field(description="What to make", examples=["desk"])
    color: Literal["red", "blue"] = Field("red", description="Its color")
    count: int = Field(1, ge=1, le=9, description="How many")
    big: bool = Field(default=False, description="Whether it is big")


class Nothing(Params):
    pass


class Lab:
    """The bot without a platform: what is typed, played and sent is there to be looked at."""

    def __init__(self, database: Database, queue: Queue, tools: Tools) -> None:
        self.database = database
        self.queue = queue
        self.tools = tools
        self.clock = Clock()
        self.passes = Passes(b"k" * 32, self.clock)
        self.world = World()
        self.room = Room()
        self.hold_up = asyncio.Event()  # what `slow` waits for, once it has asked
        self.held_up = asyncio.Event()
        self.hold_up.set()
        self.about: tuple[Block, ...] = ()  # what `look` has to say besides
        self.quiet = False  # whether `look` has nothing new to say
        self.weight: Weight = "interactive"  # of `look`
        self.dispatch = self.dispatch_with(queue)
        self.threads = Threads(database, queue, RULES, self.clock, {"slack": self.room}, self.find)

    def dispatch_with(self, queue: Queue) -> Dispatch:
        """Return the way in, with a queue of its own."""
        return Dispatch(self.database, queue, RULES, self.clock, self.find, self.passes)

    def player(self, name: str = "w1", queue: Queue | None = None) -> Player:
        """Return a worker's player."""
        line = queue or self.queue
        return Player(name, self.database, line, self.tools, RULES, self.clock, self.find)

    def find(self, name: str) -> Flow | None:
        """Return a flow of these tests, by slug or alias."""
        return next((each for each in self.flows() if name in (each.slug, each.alias)), None)

    def flows(self) -> tuple[Flow, ...]:
        """Return one flow that looks, one that changes things, and one that asks."""
        return (
            _flow("desk-watching", "look", Look, self._look, weight=self.weight),
            _flow("desk-making", "make", Make, self._make, Role.MAINTAINER),
            _flow("color-choosing", "choose", Nothing, self._choose),
        )

    async def type(
        self,
        command: str,
        by: Actor = ADA,
        *,
        origin: Origin = HERE,
        key: str = "trigger",
    ) -> Accepted | Say | Form:
        """Type a command."""
        return await self.dispatch.command(command, by, origin, key)

    async def start(self, command: str, by: Actor = ADA, *, origin: Origin = HERE) -> str:
        """Type a command that is accepted; return the id of its run."""
        reply = await self.type(command, by, origin=origin, key=f"{command} {by.id} {self.clock()}")
        assert isinstance(reply, Accepted), reply
        return reply.run_id

    async def run(self, run_id: str) -> RunRecord:
        """Return a run as it stands."""
        async with self.database.read() as connection:
            record = await runs.get(connection, run_id)
        assert record is not None
        return record

    async def steps(self, run_id: str) -> list[StepRecord]:
        """Return what a run did."""
        async with self.database.read() as connection:
            return await journal.timeline(connection, run_id)

    async def report(self, run_id: str) -> Report | None:
        """Return what a run came to."""
        async with self.database.read() as connection:
            return await runs.report(connection, run_id)

    async def asked(self, run_id: str) -> QuestionRecord:
        """Return the last question of a run."""
        async with self.database.read() as connection:
            return (await questions.of_run(connection, run_id))[-1]

    async def outbox(self) -> list[OutboxRecord]:
        """Return everything that still has to be told, due or not."""
        async with self.database.read() as connection:
            return await outbox.due(connection, self.clock() + timedelta(days=1))

    async def until(self, run_id: str, holds: Callable[[RunRecord], bool]) -> RunRecord:
        """Return the run once this holds, looking whenever there is news."""
        async with asyncio.timeout(PATIENCE), self.queue.listen() as news:
            async for _ in news:
                record = await self.run(run_id)
                if holds(record):
                    return record
        raise AssertionError("news never ends")

    async def _look(self, run: ReadRun, params: Look) -> Report:
        thing = await run.step("Look at the thing", self.world.thing, params.name)
        length = await run.step("Count the names", self.world.names)
        told = facts(number=str(thing.number), others=str(len(length)))
        return Report(
            f"{thing.name} is there",
            "It is well.",
            "good",
            (told, *self.about),
            {"n": thing.number},
            quiet=self.quiet,
        )

    async def _make(self, run: Run, params: Make) -> Report:
        await run.step("Look at the floor", self.world.thing, "floor")
        making = effect(
            f"Make a {params.name}",
            do=partial(self.world.ensure_thing, params.name, params.color),
            undo=partial(self.world.delete_thing, params.name),
        )
        telling = effect("Tell everybody", do=partial(self.world.ensure_thing, "news"))
        done = await run.apply(making, telling, show=Report("A plan", f"One {params.color} thing"))
        return Report(f"{params.name} is made", f"by {done.by}", "good", (facts(by=done.by),))

    async def _choose(self, run: ReadRun, _: Nothing) -> Report:
        try:
            color = await run.ask("Which color?", ("red", "blue"))
        finally:
            self.held_up.set()
            await self.hold_up.wait()
        return Report("Chosen", color)


@asynccontextmanager
async def at_work(worker: Worker) -> AsyncIterator[None]:
    """Let a worker take jobs for as long as the block lasts."""
    main = asyncio.create_task(worker.main())
    try:
        yield
    finally:
        await worker.drain(timedelta(seconds=PATIENCE))
        main.cancel()
        await asyncio.gather(main, return_exceptions=True)
        await worker.aclose()


class Room:
    """A chat of one platform; fails where it is told to."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, object]] = []
        self.keys: list[tuple[str, bool]] = []
        self.cards: dict[str, Card] = {}
        self.posts: dict[str, Posting] = {}
        self.answered: set[str] = set()
        self.notes: dict[str, str] = {}
        self.pressable: dict[str, tuple[Button, ...]] = {}
        self.places: list[ThreadRef] = []
        self.tidied: list[tuple[str, str]] = []
        self.errors: list[Exception] = []
        self.heard = asyncio.Condition()

    @property
    def kinds(self) -> list[str]:
        """Return what was sent, in order: "card", "edit" or "report"."""
        return [kind for kind, _ in self.sent]

    @property
    def card(self) -> Card:
        """Return the only card as it now is."""
        [card] = self.cards.values()
        return card

    @property
    def reports(self) -> list[object]:
        """Return what was posted into threads."""
        return [what for kind, what in self.sent if kind == "report"]

    async def post_card(self, where: ThreadRef, card: Card, key: str, *, again: bool) -> MessageRef:
        self._may_fail(key, again=again)
        message = f"m{len(self.cards) + 1}"
        self.cards[message] = card
        await self._wrote("card", card, where)
        return MessageRef(where.platform, where.channel, message)

    async def edit_card(self, message: MessageRef, card: Card) -> None:
        self._may_fail("", again=False)
        self.cards[message.message] = card
        await self._wrote("edit", card)

    async def post_report(
        self, where: ThreadRef, report: Report, url: str, key: str, *, again: bool
    ) -> None:
        self._may_fail(key, again=again)
        await self._wrote("report", report, where)

    async def tell(
        self,
        person: Actor,
        report: Report,
        key: str,
        *,
        again: bool,
        buttons: Sequence[Button] = (),
    ) -> MessageRef:
        self._may_fail(key, again=again)
        message = self.notes.setdefault(key, f"n{len(self.notes) + 1}")
        self.pressable[message] = tuple(buttons)
        await self._wrote("notice", (person, report))
        return MessageRef("slack", f"D{person.id}", message)

    async def retell(
        self, message: MessageRef, report: Report, key: str, buttons: Sequence[Button] = ()
    ) -> None:
        self._may_fail("", again=False)
        self.pressable[message.message] = tuple(buttons)
        await self._wrote("edited", (message, report))

    async def tidy(self, where: ThreadRef, key: str, since: datetime, keep: str = "") -> None:
        self._may_fail(key, again=True)
        self.tidied.append((key, keep))

    async def react(self, message: MessageRef, name: Literal["seen"]) -> None:
        await self._wrote(name, message)

    async def whisper(self, channel: str, to: Actor, report: Report, thread: str = "") -> None:
        await self._wrote("whisper", report)

    async def post(
        self, where: ThreadRef, posting: Posting, key: str, *, again: bool, since: datetime
    ) -> MessageRef:
        self._may_fail(name := _name(key), again=again)
        self.posts[name] = posting
        await self._wrote("post", posting, where)
        return MessageRef(where.platform, where.channel, name)

    async def find(self, where: ThreadRef, key: str, since: datetime) -> MessageRef | None:
        self._may_fail(name := _name(key), again=True)
        return MessageRef(where.platform, where.channel, name) if name in self.posts else None

    async def edit(self, message: MessageRef, posting: Posting) -> None:
        self._may_fail("", again=False)
        self.posts[message.message] = posting
        await self._wrote("edit", posting)

    async def remove(self, message: MessageRef) -> bool:
        self._may_fail("", again=False)
        if message.message in self.answered:
            return False
        del self.posts[message.message]
        await self._wrote("remove", message.message)
        return True

    async def mark(self, message: MessageRef, mark: Mark, before: Mark) -> None:
        self._may_fail("", again=False)
        await self._wrote("mark", (message.message, before, mark))

    async def until(self, kind: str, count: int = 1) -> None:
        """Wait until so many of this kind were sent."""
        async with asyncio.timeout(PATIENCE), self.heard:
            await self.heard.wait_for(lambda: self.kinds.count(kind) >= count)

    async def _wrote(self, kind: str, what: object, where: ThreadRef | None = None) -> None:
        self.sent.append((kind, what))
        if where:
            self.places.append(where)
        async with self.heard:
            self.heard.notify_all()

    def _may_fail(self, key: str, *, again: bool) -> None:
        permit(write=True)  # as every client asks right before it changes something
        self.keys.append((key, again))
        if self.errors:
            raise self.errors.pop(0)


def _name(key: str) -> str:
    """Return the name of a post, from the key that its message bears."""
    return key.rpartition("#")[0]


def _flow(
    slug: str,
    alias: str,
    params: type[Params],
    body: Callable[..., object],
    role: Role = Role.VIEWER,
    weight: Weight = "interactive",
) -> Flow:
    return Flow(
        slug=slug,
        alias=alias,
        family="development",
        summary=f"Try {alias}.",
        params=params,
        writes=alias == "make",
        role=role,
        approvals=1,
        examples=(f"{alias} desk",),
        body=body,  # type: ignore[arg-type] # one of the three above
        weight=weight,
    )
