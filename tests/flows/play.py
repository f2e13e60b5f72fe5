"""Play flows from words to results: real grammar, policy, engine, client and database.

Only the queue is replaced, by a list of who is to be woken when. Time is the emulated world's: it
moves when a run asks for patience or waits for it, or when somebody answers, never by itself.
"""

import math
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from inspect import isawaitable
from itertools import count
from pathlib import Path
from shutil import copyfile

import httpx
from sqlalchemy import func, select

from bot.channel_names import ChannelNames
from bot.chat import Actor, Origin
from bot.deliveries import Heard, told_by
from bot.dispatch import Accepted, Dispatch, Form, Say
from bot.intake import Delivery
from bot.lines import Presence, QueueLook
from bot.pairs import StoredPairs
from bot.player import WAKE_LATE, Player
from bot.rules import Rules
from bot.subscriptions.ledger import Ledger
from bot.talk import Talk
from bot.threads import Threads
from bot.triggers import Triggers
from bot.worker import LEASE
from flows.engine.access import Role
from flows.engine.breakers import Breakers
from flows.engine.registry import Find, find
from flows.engine.run import NO, YES
from flows.engine.tools import ProjectSettings, Tools, Vital
from flows.report import Report
from integrations.emulators.github import TOKEN, GitHubWorld, github_app
from integrations.emulators.linear import TOKEN as LINEAR_TOKEN
from integrations.emulators.linear import LinearWorld, linear_app
from integrations.emulators.osv import OsvWorld
from integrations.emulators.packages import PackagesWorld
from integrations.emulators.server import serve
from integrations.git import Workspaces
from integrations.github import GitHub, GitHubReader
from integrations.github.api import GitHubApi
from integrations.github.sign_in import TokenSignIn
from integrations.linear import Linear, LinearReader
from integrations.linear.api import LinearApi
from integrations.linear.sign_in import LinearSignIn
from integrations.osv import OsvReader
from integrations.probes import Probes
from integrations.registries import RegistriesReader
from storage import journal, projects, questions, runs
from storage.records import QuestionRecord, StepRecord, Wake
from storage.tables import waits
from tests.flows.fragile import FragileDatabase, Lost
from tests.flows.room import Room
from tests.flows.self_knowledge import Knowledge
from tests.integrations.sources import osv_api, registries_api

PAGE = "https://flowbot.example"
A_MINUTE = timedelta(minutes=1)
A_MOMENT = timedelta(seconds=2)  # long enough for a card to be edited again
MOST_LOSSES = 100
ORIGIN = Origin("slash", "slack", "dev")
RULES = Rules(
    admins=frozenset(),
    maintainers=frozenset({"slack:ada", "slack:bo"}),
    default=Role.OPERATOR,
    self_approval=False,
    page_url=PAGE,
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody says to the question that is open."""

    by: str
    choice: str


def yes(by: str) -> Decision:
    """Let somebody approve the plan."""
    return Decision(by, YES)


def no(by: str) -> Decision:
    """Let somebody decline the plan."""
    return Decision(by, NO)


@dataclass(frozen=True, slots=True)
class Played:
    """How a run stands: its report, its journal in order, and who was refused an answer."""

    run_id: str
    state: str
    line: str
    report: Report | None
    steps: tuple[StepRecord, ...]
    questions: tuple[QuestionRecord, ...]
    refusals: tuple[str, ...]

    @property
    def said(self) -> str:
        """The summary of the report, "" while there is none."""
        return self.report.summary if self.report else ""

    @property
    def plan(self) -> list[str]:
        """The titles of the last plan that was shown."""
        return [each.title for each in self.questions[-1].question.plan] if self.questions else []


@dataclass(slots=True)
class Bell:
    """The queue: wake-ups in the order in which they were asked for."""

    due: deque[tuple[str, timedelta]] = field(default_factory=deque)
    rung: int = 0
    told: list[str] = field(default_factory=list)
    workers: set[str] = field(default_factory=set)

    async def wake(self, wake: Wake, after: timedelta | None = None) -> bool:
        """Put a run into the line."""
        self.due.append((wake.run_id, after or timedelta()))
        self.rung += 1
        return True

    def changed(self, run_id: str) -> None:
        """Note that a run has news."""
        self.told.append(run_id)

    async def news(self) -> AsyncIterator[str]:
        """Yield what was told so far."""
        for run_id in self.told:
            yield run_id

    async def looks(self) -> dict[str, QueueLook]:
        """Return nothing: nobody waits here for long."""
        return {}

    async def beat(self, worker: str, presence: Presence) -> bool:
        """Note that a worker is alive; nothing is ever forgotten here."""
        self.workers.add(worker)
        return True

    async def leave(self, worker: str) -> None:
        """Note that a worker has ended."""
        self.workers.discard(worker)


class Play:
    """Plays commands against one world: `await play("release acme/api", yes("bo"))`.

    What happens in the world `meanwhile` happens one after the other, each time that a run waits.
    A project has its issues in `linear` once that is a world.
    """

    def __init__(
        self,
        world: GitHubWorld,
        base: str,
        database: FragileDatabase,
        root: Path,
        find: Find = find,
    ) -> None:
        self.world = world
        self.base = base
        self.database = database
        self.room = Room()
        self.advisories = OsvWorld()
        self.packages = PackagesWorld()
        self.losses = 0
        self.moves = 0
        self.bot: Sequence[Vital] = (Vital("Database", ok=True, value="sqlite"),)
        self.meanwhile: deque[Callable[[], object]] = deque()
        self.linear: LinearWorld | None = None
        self._root = root
        self._find = find
        self._bell = Bell()
        self._numbers = count(1)
        self._process = AsyncExitStack()

    async def start(self) -> None:
        """Start a process with nothing in its memory, where the last one is gone."""
        await self._process.aclose()
        api = GitHubApi(TokenSignIn(TOKEN), base_url=self.base)
        self._process.push_async_callback(api.aclose)
        osv, registries = osv_api(self.advisories), registries_api(self.packages)
        self._process.push_async_callback(osv.aclose)
        self._process.push_async_callback(registries.aclose)
        reader = GitHubReader(api)
        async with self.database.read() as connection:
            watched = [url for each in await projects.every(connection) for url in each.endpoints]
        self.tools = Tools(
            GitHub(api),
            reader,
            Workspaces(self._root / "workspaces", server=self.base, token=api.token),
            Probes(watched, private={"127.0.0.1"}),
            OsvReader(osv),
            RegistriesReader(registries),
            Knowledge(self.database, reader, self.clock, self.bot),
            Breakers(self.clock),
            chat=Talk(self.database, {"slack": self.room}, self.clock, self._bell.changed),
            subscriptions=Ledger(
                self.database, self.clock, ChannelNames(self.database, self.clock, {})
            ),
            pairs=StoredPairs(self.database),
        )
        if self.linear:
            transport = httpx.ASGITransport(linear_app(self.linear))
            linear = LinearApi(LinearSignIn(LINEAR_TOKEN), transport=transport)
            self._process.push_async_callback(linear.aclose)
            self.tools = replace(
                self.tools, linear=Linear(linear), linear_reader=LinearReader(linear)
            )
        name = f"worker-{self.losses}"
        self.player = Player(
            name, self.database, self._bell, self.tools, RULES, self.clock, self._find
        )
        self.dispatch = Dispatch(self.database, self._bell, RULES, self.clock, self._find)
        chats = {"slack": self.room}
        self._threads = Threads(self.database, self._bell, RULES, self.clock, chats, self._find)

    async def stop(self) -> None:
        """End the process."""
        await self._process.aclose()

    def clock(self) -> datetime:
        """Return the time of the world, which is Linear's too."""
        if self.linear:
            self.linear.clock = self.world.clock
        return self.world.clock

    def outside(self) -> tuple[int, ...]:
        """Return how often anybody but the database was changed: services, chat, queue."""
        linear = len(self.linear.writes) if self.linear else 0
        github = (len(self.world.writes), self.world.requests["git"])
        return (*github, linear, len(self.room.sent), self._bell.rung)

    async def project(self, settings: ProjectSettings) -> None:
        """Set what is set for a repository."""
        async with self.database.begin() as connection:
            await projects.save(connection, settings, self.clock())

    async def ask(self, typed: str, by: str = "ada") -> Accepted | Say | Form:
        """Type a command and return the answer, without playing anything."""
        self.world.clock += A_MINUTE
        return await self.dispatch.command(typed, _actor(by), ORIGIN, f"{next(self._numbers)}")

    async def __call__(self, typed: str, *decisions: Decision, by: str = "ada") -> Played:
        """Type a command, let people answer, and return how the run stands then."""
        reply = await self.ask(typed, by)
        assert isinstance(reply, Accepted), reply
        await self._rest()
        return await self.answer(reply.run_id, *decisions)

    async def answer(self, run_id: str, *decisions: Decision) -> Played:
        """Let people answer what a run asks, and return how it stands then."""
        refusals = []
        for decision in decisions:
            self.world.clock += A_MINUTE
            asked = (await self._questions(run_id))[-1]
            said = await self.dispatch.answer(asked.id, decision.choice, _actor(decision.by))
            refusals += [said.report.summary] if said else []
            await self._rest()
        return await self._played(run_id, refusals)

    async def hear(self, *told: Delivery) -> list[Played]:
        """Let webhooks arrive at once, and return the runs that they start, as they end."""
        async with self.database.read() as connection:
            known = {each.id for each in await runs.page(connection)}
        triggers = Triggers(self.database, self.dispatch)
        for each in told:
            await triggers.hear(Heard(each, told_by(each), self.clock()))
        async with self.database.read() as connection:
            found = [each.id for each in await runs.page(connection) if each.id not in known]
        await self._rest()
        return [await self._played(each, ()) for each in reversed(found)]

    async def _rest(self) -> None:
        """Play until nothing is to be woken any more, now or at any time; then tell the thread."""
        while self._bell.due or await self._moved_on():
            run_id, after = self._bell.due.popleft()
            self.world.clock += timedelta(seconds=math.ceil(after.total_seconds()))
            try:
                await self.player.play(run_id)
            except Lost:
                await self._recover()
        self.world.clock += A_MOMENT
        await self._threads.deliver()

    async def _moved_on(self) -> bool:
        """Move to the next moment that a run waits for; False where none does."""
        async with self.database.read() as connection:
            query = select(func.min(waits.c.due_at))
            soonest = (await connection.execute(query)).scalar_one()
        if soonest is None:
            return False
        self.moves += 1
        assert self.moves < MOST_LOSSES, "the run never ends"
        self.world.clock = max(self.world.clock, soonest)
        if self.meanwhile:
            happens = self.meanwhile.popleft()()
            if isawaitable(happens):
                await happens
        await self.player.sweep()
        return True

    async def _recover(self) -> None:
        """Start again, and find what the lost process played or had to wake, once that is late."""
        self.losses += 1
        assert self.losses < MOST_LOSSES, "the run never ends"
        await self.start()
        self.world.clock += max(LEASE, WAKE_LATE) + A_MOMENT
        await self.player.sweep()

    async def _questions(self, run_id: str) -> list[QuestionRecord]:
        async with self.database.read() as connection:
            return await questions.of_run(connection, run_id)

    async def _played(self, run_id: str, refusals: Sequence[str]) -> Played:
        async with self.database.read() as connection:
            run = await runs.get(connection, run_id)
            report = await runs.report(connection, run_id)
            steps = await journal.timeline(connection, run_id)
        assert run is not None
        return Played(
            run_id,
            run.state,
            run.line,
            report,
            tuple(sorted(steps, key=lambda step: step.position)),
            tuple(await self._questions(run_id)),
            tuple(refusals),
        )


@asynccontextmanager
async def opened(
    world: GitHubWorld, root: Path, empty: Path, find: Find = find
) -> AsyncIterator[Play]:
    """Serve a world and play on it; `empty` is a migrated database without a single row."""
    copyfile(empty, root / "flowbot.db")
    database = FragileDatabase(f"sqlite+aiosqlite:///{root / 'flowbot.db'}")
    async with serve(github_app(world)) as base:
        play = Play(world, base, database, root, find)
        database.outside = play.outside
        try:
            await play.start()
            yield play
        finally:
            await play.stop()
            await database.aclose()


def _actor(name: str) -> Actor:
    return Actor("slack", name, name)
