"""A bot that is spoken to in comments on an emulated GitHub, whose webhooks reach it."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.chat import Origin
from bot.comments.chat import GitHubChat
from bot.comments.surface import Comments
from bot.deliveries import Deliveries
from bot.dispatch import Dispatch
from bot.intake import Delivery, Intake
from bot.pace import LocalPace
from bot.player import Player
from bot.rules import Rules
from bot.threads import Threads
from bot.worker import Queue, connect
from flows import FlowError, Params, ReadRun, Report
from flows.engine.access import Role
from flows.engine.registry import find as registered
from flows.engine.spec import Flow
from flows.engine.tools import Tools
from integrations.emulators.github import TOKEN, GitHubWorld, github_app
from integrations.emulators.github.records import Comment
from integrations.emulators.server import serve
from integrations.git import Workspaces
from integrations.github import GitHub, GitHubApi, GitHubReader, TokenSignIn
from integrations.github.conversation import Conversation
from integrations.probes import Probes
from storage import audit, deliveries, runs
from storage.database import Database
from storage.records import RunRecord
from tests.bot.lab import Clock, Lab, _flow
from tests.flows.engine.memory import Knowledge
from tests.integrations.emulators.github.receiver import Got, Receiver, receiving
from tests.integrations.sources import nowhere

REPO = "acme/api"
RULES = Rules(
    admins=frozenset({"github:zoe"}),
    maintainers=frozenset({"github:mia"}),
    default=Role.MAINTAINER,
    self_approval=False,
    page_url="https://flowbot.example",
)
SECRET = "spring water"
ROUNDS = 20  # more than any conversation here takes
MARK = re.compile(r"\s*<!-- flowbot:[0-9a-f]{32} -->\s*$")


class Judge(Params):
    repo: str
    pull: int = 0
    words: str = "fine"


class Forum(Lab):
    """The bot with its own flows and real GitHub clients; people comment, and it answers."""

    def __init__(
        self, database: Database, queue: Queue, tools: Tools, world: GitHubWorld, talk: Conversation
    ) -> None:
        super().__init__(database, queue, tools)
        self.github = world
        self.conversation = talk
        self.chat = GitHubChat(talk, LocalPace(self.clock))
        self.hooks = Receiver()
        self.threads = Threads(database, queue, RULES, self.clock, {"github": self.chat}, self.find)
        self.comments = Comments(self.dispatch, self.chat, RULES, database)
        self.deliveries = self.listener(self.clock)

    def listener(self, clock: Clock) -> Deliveries:
        """Return a worker that deals with what webhooks tell."""
        intake = Intake(self.queue.redis)
        return Deliveries(intake, self.database, (self.comments.hear,), "w1", clock)

    def dispatch_with(self, queue: Queue) -> Dispatch:
        """Return the way in, by the rules of these tests."""
        return Dispatch(self.database, queue, RULES, self.clock, self.find, self.passes)

    def player(self, name: str = "w1", queue: Queue | None = None) -> Player:
        """Return a worker's player."""
        line = queue or self.queue
        return Player(name, self.database, line, self.tools, RULES, self.clock, self.find)

    def find(self, name: str) -> Flow | None:
        """Return a flow of these tests, or of the catalogue."""
        return super().find(name) or registered(name)

    def flows(self) -> tuple[Flow, ...]:
        """Return one flow more, about a pull request."""
        return (*super().flows(), _flow("pull-judging", "judge", Judge, self._judge))

    async def _judge(self, _: ReadRun, params: Judge) -> Report:
        if params.words == "nothing":
            raise FlowError("There is nothing to judge.")
        return Report(f"Pull request {params.pull}", params.words, "good")

    async def comment(self, who: str, number: int, text: str, repo: str = REPO) -> int:
        """Comment as somebody, let the bot do all that follows, and return the comment's id."""
        made = await self.github.person(who).comments(repo, number, text)
        await self.settle()
        return made

    async def settle(self) -> list[Got]:
        """Let the bot hear of everything, play what is queued and tell what is new."""
        heard: list[Got] = []
        for _ in range(ROUNDS):
            self.clock.forward(60)
            await self.github.courier.deliver()
            got = self.hooks.all()
            heard += got
            for each in got:
                await self.hear(each)
            queued = [each for each in await self.runs() if each.state == "queued"]
            for run in queued:
                await self.player().play(run.id)
            await self.threads.deliver()
            if not got and not queued and not await self.outbox():
                return heard
        raise AssertionError("this conversation never ends")

    async def hear(self, got: Got, number: str = "") -> None:
        """Deal with one webhook."""
        guid = number or got.headers["x-github-delivery"]
        await self.deliveries.deal(Delivery("github", got.event, guid, got.body))

    async def runs(self) -> list[RunRecord]:
        """Return all runs, the oldest first."""
        async with self.database.read() as connection:
            return (await runs.page(connection, limit=100))[::-1]

    def said(self, number: int, repo: str = REPO) -> list[str]:
        """Return what the bot has said in a thread, without its marks."""
        return [MARK.sub("", each.body) for each in self.written(number, repo)]

    def written(self, number: int, repo: str = REPO) -> list[Comment]:
        """Return the bot's comments in a thread."""
        thread = self.github[repo].issues.get(number) or self.github[repo].pulls[number]
        return [each for each in thread.comments if each.author == "flowbot"]

    def eyes(self, repo: str = REPO) -> list[str]:
        """Return the comments that the bot has looked at."""
        found = self.github[repo].reactions.values()
        return [each.place for each in found if each.content == "eyes"]

    async def audited(self) -> list[tuple[str, str, str]]:
        """Return who did what through which door."""
        async with self.database.read() as connection:
            rows = [row async for row in audit.every(connection)]
        return [(row.actor["name"], row.action, row.door) for row in rows]

    async def kept(self, got: Got) -> str:
        """Return what became of a webhook."""
        number = f"github:{got.headers['x-github-delivery']}"
        async with self.database.read() as connection:
            row = await deliveries.get(connection, number)
        return row.state if row else ""

    def place(self, number: int) -> Origin:
        """Return where a comment in this thread comes from."""
        channel = f"{REPO}#{number}"
        return Origin("comment", "github", channel, channel)


@asynccontextmanager
async def open_forum(database: Database, redis_url: str, folder: Path) -> AsyncIterator[Forum]:
    """Yield the bot on this database; its GitHub has acme/api with a release, and acme/shop."""
    world = GitHubWorld(folder / "github")
    world.repo(REPO, release="v1.2.0", merged=["feat: add retries"])
    world.repo("acme/shop")
    world.account("eve", email="eve@elsewhere.example")
    queue = Queue(await connect(redis_url))
    async with (
        serve(github_app(world)) as base,
        GitHubApi(TokenSignIn(TOKEN), base_url=base) as api,
        receiving() as hooks,
    ):
        tools = Tools(
            GitHub(api),
            GitHubReader(api),
            Workspaces(folder / "work"),
            Probes(set()),
            *nowhere(),
            Knowledge(),
        )
        forum = Forum(database, queue, tools, world, Conversation(api))
        forum.hooks = hooks
        world.hook(REPO, hooks.url, SECRET)
        yield forum
    await queue.aclose()
    await database.aclose()
    world.close()


async def opened(forum: Forum) -> int:
    """Open a pull request, and let the bot hear of it."""
    number = await forum.github.person("bo").opens_pull(REPO, "Try it", {"x.md": "x\n"})
    await forum.settle()
    return number
