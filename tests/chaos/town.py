"""The place where it happens: emulated services, real worker processes, and people who use them."""

import asyncio
import logging
import os
import random
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, TypeAlias

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot.chat import Actor, Origin
from bot.dispatch import Accepted, Say
from bot.embedded import embedded_valkey
from bot.services import Services, connected, open_services
from bot.settings import Settings
from integrations.emulators.github import TOKEN, GitHubWorld, github_app
from integrations.emulators.server import serve
from integrations.emulators.slack import SlackWorld, slack_app
from storage import outbox, runs
from storage.migrate import migrate
from tests.bench.machine import PYTHON, Child, started
from tests.chaos.flaky import Flaky
from tests.postgres import running_postgres

log = logging.getLogger(__name__)

Mode: TypeAlias = Literal["sqlite", "postgresql"]
WORKERS: dict[Mode, int] = {"sqlite": 1, "postgresql": 2}
CHANNEL = "dev"
RUNS_OF_AN_OWNER = 10  # three writes each: GitHub takes 80 in a minute of what is one owner's
ASKS = Actor("slack", "U0ADA00000", "Ada")
ANSWERS = Actor("slack", "U0BO000000", "Bo")
PRESSED = Origin("button", "slack", "")
LOOK_AGAIN_SECONDS = 0.1
ASK_EVERY_SECONDS = 0.04
RETRY_SECONDS = 0.5


def repo_of(name: str) -> str:
    """Return the repository that a run writes to."""
    return f"acme-{int(name.removeprefix('r')) // RUNS_OF_AN_OWNER}/paper"


@dataclass
class Town:
    """Everything that takes part, and what was promised to people: `accepted` by run name.

    `died` counts the workers that were killed.
    """

    mode: Mode
    folder: Path
    github: GitHubWorld
    slack: SlackWorld
    github_door: Flaky
    slack_door: Flaky
    services: Services
    environment: dict[str, str]
    accepted: dict[str, str] = field(default_factory=dict)
    died: int = 0
    _workers: list[tuple[Child, AsyncExitStack]] = field(default_factory=list)
    _killed: set[int] = field(default_factory=set)

    async def start_worker(self) -> None:
        """Start one more worker process."""
        stack = AsyncExitStack()
        place = self.folder / f"worker-{len(list(self.folder.glob('worker-*')))}"
        words = [PYTHON, "-m", "tests.chaos.work"]
        child = await stack.enter_async_context(started(words, place, self.environment, core=None))
        self._workers.append((child, stack))

    def kill_worker(self, chance: random.Random) -> None:
        """End a worker as the kernel does it; its supervisor starts another one."""
        child, _ = chance.choice(self._workers)
        self._killed.add(child.pid)
        child.kill()
        self.died += 1

    async def pause_worker(self, chance: random.Random, seconds: float) -> None:
        """Stop a worker in the middle of whatever it does, and let it go on later."""
        child, _ = chance.choice(self._workers)
        try:
            with suppress(ProcessLookupError):  # it has ended by itself a moment ago
                os.killpg(child.pid, signal.SIGSTOP)
            await asyncio.sleep(seconds)
        finally:
            with suppress(ProcessLookupError):  # it was killed meanwhile
                os.killpg(child.pid, signal.SIGCONT)

    async def supervise(self) -> None:
        """Start another worker for each that has ended; one that finds no queue ends by itself."""
        while True:
            for worker in [each for each in self._workers if each[0].gone]:
                child, stack = worker
                if child.pid not in self._killed:
                    log.warning("a worker ended by itself: %s", child.tail())
                await self.start_worker()
                self._workers.remove(worker)
                await stack.aclose()
            await asyncio.sleep(LOOK_AGAIN_SECONDS)

    async def stop_workers(self) -> None:
        """Let every worker end as on SIGTERM."""
        while self._workers:
            _, stack = self._workers.pop()
            await stack.aclose()

    async def flush_queue(self) -> None:
        """Forget everything that Valkey knows."""
        await self.services.queue.redis.flushall()

    def kill_queue(self) -> None:
        """End Valkey; it is started again at the same address, with what it had written."""
        words = (self.folder / "valkey" / "valkey.lock").read_text().split()
        os.kill(int(words[0]), signal.SIGKILL)

    async def sever_database(self) -> None:
        """End every other session of the database."""
        async with self.services.database.begin() as connection:
            await connection.execute(_SEVER)

    async def ask(self, count: int) -> None:
        """Ask for runs one after the other; what is not accepted is asked again."""
        for number in range(count):
            name = f"r{number}"
            if not number % RUNS_OF_AN_OWNER:
                self.github.repo(repo_of(name))
            self.accepted[name] = await self._accepted(name)
            await asyncio.sleep(ASK_EVERY_SECONDS)

    async def _accepted(self, name: str) -> str:
        where = Origin("slash", "slack", self.slack.space.channel(CHANNEL).id)
        while True:
            try:
                said = await self.services.dispatch.command(
                    f"trail {repo_of(name)} {name}", ASKS, where, name
                )
            except (OSError, SQLAlchemyError):
                await asyncio.sleep(RETRY_SECONDS)  # a database that a stopped worker has locked
            else:
                if not isinstance(said, Accepted):
                    raise TypeError(f"{name} was not accepted: {said}")
                return said.run_id

    async def approve(self) -> None:
        """Press every Approve button that is shown in the channel, until cancelled."""
        pressed: set[str] = set()
        while True:
            for action in set(self._buttons()) - pressed:
                try:
                    refused = await self.services.dispatch.press(action, ANSWERS, PRESSED, action)
                except (OSError, SQLAlchemyError):
                    continue  # the button is still there
                pressed.add(action)
                if isinstance(refused, Say):
                    log.warning("%s was refused: %s", action, refused.report.summary)
            await asyncio.sleep(LOOK_AGAIN_SECONDS)

    def _buttons(self) -> Iterator[str]:
        channel = self.slack.space.channel(CHANNEL)
        for message in list(self.slack.space.top_level(channel.id)):
            for block in message.blocks:
                if block["type"] == "actions":
                    first = block["elements"][0]["value"]
                    if first.startswith("answer:"):
                        yield first

    async def settled(self) -> None:
        """Wait until every run has ended and every thread was told."""
        while await self._left():  # noqa: ASYNC110 - other processes decide when
            await asyncio.sleep(LOOK_AGAIN_SECONDS)

    async def _left(self) -> int:
        async with self.services.database.read() as connection:
            active = await runs.active(connection)
            messages, _ = await outbox.waiting(connection)
        return messages + sum(active.values())


_SEVER = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE pid <> pg_backend_pid() AND datname = current_database()"
)


@asynccontextmanager
async def opened(mode: Mode) -> AsyncIterator[Town]:
    """Build the worlds, start the servers and the first workers; everything ends with the block."""
    async with AsyncExitStack() as stack:
        scratch = TemporaryDirectory(prefix="flowbot-chaos-", ignore_cleanup_errors=True)
        folder = Path(stack.enter_context(scratch))
        github = GitHubWorld(folder / "github", now=None)
        stack.callback(github.close)
        slack = SlackWorld()
        stack.push_async_callback(slack.close)
        doors = Flaky(github_app(github)), Flaky(slack_app(slack))
        github_url = await stack.enter_async_context(serve(doors[0]))
        slack_url = await stack.enter_async_context(serve(doors[1]))
        given = {
            "FLOWBOT_DATA_DIR": str(folder / "data"),
            "FLOWBOT_DATABASE_URL": _database(mode, stack),
            "FLOWBOT_REDIS_URL": await stack.enter_async_context(
                embedded_valkey(folder / "valkey")
            ),
            "FLOWBOT_SLACK_BOT_TOKEN": slack.bot_token,
            "FLOWBOT_SLACK_API_URL": f"{slack_url}/api/",
            "FLOWBOT_SLACK_PACE": "1000",  # all of it is in one channel, and meant to be quick
            "FLOWBOT_GITHUB_TOKEN": TOKEN,
            "FLOWBOT_GITHUB_URL": github_url,
            "FLOWBOT_GITHUB_GIT_URL": github_url,
            "FLOWBOT_LOG_LEVEL": "WARNING",
        }
        values = {name.removeprefix("FLOWBOT_").lower(): value for name, value in given.items()}
        settings = Settings(_env_file=None, **values)  # type: ignore[arg-type] # pydantic reads text
        await _migrated(settings)
        services = await stack.enter_async_context(open_services(settings))
        town = Town(mode, folder, github, slack, *doors, services, given)
        stack.push_async_callback(town.stop_workers)
        for _ in range(WORKERS[mode]):
            await town.start_worker()
        yield town


def _database(mode: Mode, stack: AsyncExitStack) -> str:
    """Return the URL of an empty database; "" is SQLite in the data folder."""
    if mode == "sqlite":
        return ""
    server = stack.enter_context(running_postgres())
    return server.url(stack.enter_context(server.database()))


async def _migrated(settings: Settings) -> None:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = connected(settings)
    try:
        await migrate(database)
    finally:
        await database.aclose()
