"""A bot whose flows hold locks and take turns; what it is woken for is there to be played."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from arq.connections import ArqRedis
from pydantic import Field

from bot.chat import Actor
from bot.console.render import render
from bot.dispatch import Say
from bot.expiry import Expiry
from bot.notices import Notices
from bot.player import Player
from bot.worker import Queue, connect
from flows.engine.run import ReadRun
from flows.engine.spec import Flow, Params
from flows.engine.tools import ProjectSettings, Tools
from flows.report import Report
from integrations.git import Workspaces
from integrations.github import GitHub, GitHubApi, GitHubReader, TokenSignIn
from integrations.probes import Probes
from storage import audit, locks, projects
from storage.database import Database
from storage.records import LockRecord, Wake
from tests.bot.lab import ADA, PATIENCE, Lab, _flow
from tests.flows.engine.memory import Knowledge
from tests.integrations.sources import nowhere

SHOP = "deploy:acme/shop:production"
LOCKED = f"lock {SHOP} --for 2h We look for the leak"
LOCK_FOR = timedelta(hours=4)


class Ship(Params):
    repo: str = Field(description="What to ship", examples=["acme/shop"])
    environment: str = Field("production", description="Where to")
    ask: bool = Field(default=False, description="Whether to ask somebody in between")


class Batch(Params):
    repo: str = Field(description="What to look at", examples=["acme/shop"])


class Bell(Queue):
    """A queue that is not worked on by itself: a test plays what was woken."""

    def __init__(self, redis: ArqRedis) -> None:
        super().__init__(redis)
        self.rung: list[str] = []
        self.deaf = False

    async def wake(self, wake: Wake, after: timedelta | None = None) -> bool:
        if not self.deaf:
            self.rung.append(wake.run_id)
        return not self.deaf


class Yard(Lab):
    """Ships things, one at a time in each place; looks at batches, a few at a time."""

    def __init__(self, database: Database, queue: Bell, tools: Tools) -> None:
        super().__init__(database, queue, tools)
        self.bell = queue
        self.inside: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.order: list[str] = []
        self.arrived: asyncio.Queue[str] = asyncio.Queue()
        self.expiry = Expiry(database, queue, self.clock)
        self.notices = Notices(database, self.clock, {"slack": self.room})

    def flows(self) -> tuple[Flow, ...]:
        ship = _flow("ship-things", "ship", Ship, self._ship)
        batch = _flow("batch-watching", "batch", Batch, self._batch)
        ship = replaced(ship, lock="deploy:{repo}:{environment}", lock_for=LOCK_FOR)
        return (*super().flows(), ship, replaced(batch, max_running=2))

    async def work(self, *players: Player) -> None:
        """Play what was woken, each by all of these workers at once, until nothing is."""
        while self.bell.rung:
            rung, self.bell.rung = self.bell.rung, []
            await asyncio.gather(*(one.play(run_id) for run_id in rung for one in players))

    async def playing(self, *run_ids: str) -> list[asyncio.Task[None]]:
        """Have workers play these runs, and return once they are inside of their step."""
        self.hold_up.clear()
        workers = [self.player(f"of {each}") for each in run_ids]
        tasks = [
            asyncio.create_task(worker.play(each))
            for worker, each in zip(workers, run_ids, strict=True)
        ]
        async with asyncio.timeout(PATIENCE):
            for _ in run_ids:
                await self.arrived.get()
        return tasks

    async def ship(self, where: str = "acme/shop", by: Actor = ADA, *, ask: bool = False) -> str:
        """Have something shipped, and play that as far as it goes."""
        self.clock.forward(1)
        run_id = await self.start(f"ship {where} --ask" if ask else f"ship {where}", by)
        await self.work(self.player())
        return run_id

    async def say(self, command: str, by: Actor = ADA) -> str:
        """Type something; return the answer as plain text."""
        reply = await self.type(command, by, key=f"{command} {by.id} {self.clock()}")
        assert isinstance(reply, Say), reply
        await self.work(self.player())
        return render(reply.report)

    async def line(self, name: str = SHOP) -> list[LockRecord]:
        """Return the holder of a lock and its line."""
        async with self.database.read() as connection:
            return await locks.line(connection, name)

    async def audited(self) -> list[tuple[str, str]]:
        """Return what was done apart from asking for runs, and by whom."""
        async with self.database.read() as connection:
            rows = [row async for row in audit.every(connection)]
        return [(row.action, row.actor["name"]) for row in rows if row.action != "asked"]

    async def told(self) -> list[tuple[str, str]]:
        """Deliver the notices; return everything that people were told so far."""
        await self.notices.deliver()
        heard = [what for kind, what in self.room.sent if kind == "notice"]
        return [(person.name, report.summary) for person, report in heard]  # type: ignore[misc, has-type] # what the room writes down

    async def set(self, **policies: object) -> None:
        """Set policies of acme/shop."""
        settings = ProjectSettings("acme/shop", policies=policies)  # type: ignore[arg-type] # by alias
        async with self.database.begin() as connection:
            await projects.save(connection, settings, self.clock())

    async def settings(self) -> ProjectSettings:
        """Return what is set for acme/shop."""
        async with self.database.read() as connection:
            return await projects.find(connection, "acme/shop")

    async def _ship(self, run: ReadRun, params: Ship) -> Report:
        place = f"{params.repo}:{params.environment}"
        await run.step("Ship it", self._inside, place, run.identity.id)
        if params.ask:
            await run.ask("Is it well?", ("yes", "no"))
        return Report("Shipped", "It is out.", "good")

    async def _batch(self, run: ReadRun, params: Batch) -> Report:
        await run.step("Look through it", self._inside, params.repo, run.identity.id)
        return Report("Looked through", "It is well.", "good")

    async def _inside(self, place: str, run_id: str) -> str:
        self.inside[place] += 1
        self.most[place] = max(self.most[place], self.inside[place])
        self.order.append(run_id)
        try:
            self.arrived.put_nowait(run_id)
            await self.hold_up.wait()
            await asyncio.sleep(0)  # let the others have their chance to get in as well
        finally:
            self.inside[place] -= 1
        return place


def replaced(flow: Flow, **given: object) -> Flow:
    """Return a flow with some of its words changed."""
    return replace(flow, **given)  # type: ignore[arg-type] # any field


@asynccontextmanager
async def open_yard(database: Database, redis_url: str, folder: Path) -> AsyncIterator[Yard]:
    """Yield the bot on this database."""
    queue = Bell(await connect(redis_url))
    async with GitHubApi(TokenSignIn("secret"), base_url="http://127.0.0.1:9") as api:
        tools = Tools(
            GitHub(api),
            GitHubReader(api),
            Workspaces(folder),
            Probes(set()),
            *nowhere(),
            Knowledge(),
        )
        yield Yard(database, queue, tools)
    await queue.aclose()
    await database.aclose()
