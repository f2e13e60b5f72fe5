"""A street with an emulated GitHub at one end and an emulated chat at the other."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

from bot.admin.projects import Outside
from bot.chat import Actor, Button, Chat, Origin
from bot.deliveries import Deliveries
from bot.dispatch import Dispatch
from bot.intake import Delivery, Intake
from bot.news.looks import News
from bot.posts import Posts
from bot.reception import desks_of
from bot.replies import Say
from bot.subscriptions.follower import TOGETHER, Follower
from bot.subscriptions.looks import Eyes
from integrations.emulators.discord import DiscordWorld
from integrations.emulators.github import GitHubWorld
from integrations.emulators.slack import SlackWorld
from integrations.github import GitHubReader
from storage import posts, sightings
from tests.bot.homes import household_of
from tests.bot.lab import RULES, Lab
from tests.integrations.emulators.github.receiver import Got, Receiver

REPO = "acme/api"
ADA = Actor("slack", "U1", "ada")
MARKS = {
    "hourglass_flowing_sand": "running",
    "⏳": "running",
    "x": "bad",
    "❌": "bad",
    "thumbsup": "approved",
    "👍": "approved",
    "large_purple_circle": "merged",
    "🟣": "merged",
}
ROUNDS = 50
SOON = timedelta(seconds=5)
_NUMBERS = count(1)


@dataclass
class Message:
    """A message as people see it: its text, its reactions, and the texts below it."""

    text: str
    marks: tuple[str, ...]
    replies: tuple[str, ...]


@dataclass
class Street:
    """Carries what happens on GitHub to the chat, one whole round at a time."""

    lab: Lab
    github: GitHubWorld
    reader: GitHubReader
    receiver: Receiver
    chat: SlackWorld | DiscordWorld
    sender: Posts
    told: list[Got] = field(default_factory=list)
    port: Chat | None = None

    def __post_init__(self) -> None:
        lab = self.lab
        outside = Outside(self.reader, None, lab.tools.probes)
        desks = desks_of(
            lab.database, RULES, lab.clock, outside, lab.tools.system, household_of(lab)
        )
        self.dispatch = Dispatch(lab.database, lab.queue, RULES, lab.clock, lab.find, desks=desks)
        self.follower = self.another_follower()
        self.platform = "slack" if isinstance(self.chat, SlackWorld) else "discord"
        if isinstance(self.chat, SlackWorld):
            self.channel = self.chat.space.channel("dev").id
        else:
            self.channel = self.chat.guild.channel("dev").id

    def another_follower(self) -> Follower:
        """Return another worker that follows."""
        news = News(self.lab.database, self.reader)
        return Follower(self.lab.database, Eyes(self.reader, None), self.lab.clock, news)

    async def say(self, typed: str, by: Actor = ADA, thread: str = "", key: str = "") -> Say:
        """Say something to the bot in the channel."""
        origin = Origin("thread" if thread else "slash", self.platform, self.channel, thread)
        said = await self.dispatch.command(typed, by, origin, key or f"key {next(_NUMBERS)}")
        assert isinstance(said, Say), said
        return said

    async def press(self, button: Button, by: Actor = ADA) -> Say:
        """Press a button of an answer."""
        origin = Origin("button", self.platform, self.channel)
        said = await self.dispatch.press(button.action, by, origin, f"key {next(_NUMBERS)}")
        assert isinstance(said, Say), said
        return said

    async def forward(self, seconds: float) -> None:
        """Let time pass in both worlds."""
        self.lab.clock.forward(seconds)
        self.github.clock = self.lab.clock()

    async def hear(self, reorder: Callable[[list[Got]], list[Got]] = list) -> list[Got]:
        """Hand what GitHub tells to a worker, in whatever order."""
        await self.github.courier.deliver()
        got = reorder(self.receiver.all())
        for each in got:
            await self.deal(each)
        self.told += got
        return got

    async def deal(self, got: Got, name: str = "") -> None:
        """Have a worker deal with a delivery."""
        lab = self.lab
        delivery = Delivery("github", got.event, name or got.headers["x-github-delivery"], got.body)
        listeners = (self.follower.hear,)
        work = Deliveries(Intake(lab.queue.redis), lab.database, listeners, "w1", lab.clock)
        await work.deal(delivery)

    async def look(self) -> None:
        """Let the hints of this moment lead to looks, and these to others."""
        for _ in range(ROUNDS):
            async with self.lab.database.read() as connection:
                due = await sightings.soonest(connection)
            if due is None or due > self.lab.clock() + TOGETHER:
                return
            await self.forward(TOGETHER.total_seconds())
            await self.follower.look()
        raise AssertionError("looks lead to looks without an end")

    async def send(self) -> None:
        """Send everything that is due."""
        for _ in range(ROUNDS):
            wait = await self.sender.deliver()
            soon = self.lab.clock() + SOON
            async with self.lab.database.read() as connection:
                if not await posts.due(connection, soon, [self.platform]):
                    return
            await self.forward(max(wait.total_seconds(), 0.1))
        raise AssertionError("something is never sent")

    async def settle(self) -> None:
        """Carry everything to the chat that has happened by now."""
        await self.hear()
        await self.look()
        await self.send()

    def shown(self) -> list[Message]:
        """Return what the channel shows."""
        if isinstance(self.chat, SlackWorld):
            slack = self.chat
            return [
                Message(
                    slack.plain(head),
                    tuple(sorted(name for name, who in head.reactions.items() if who)),
                    tuple(map(slack.plain, replies)),
                )
                for head, replies in slack.transcript("dev")
            ]
        discord = self.chat
        return [
            Message(
                discord.plain(head),
                tuple(sorted(name for name, who in head.reactions.items() if who)),
                tuple(map(discord.plain, replies)),
            )
            for head, replies in discord.transcript("dev")
        ]

    async def card(self) -> tuple[str, str, int]:
        """Settle; return how the one card stands, its mark, and how many replies it has."""
        await self.settle()
        [card] = self.shown()
        standing = card.text.split("\n")[1]
        marks = [MARKS.get(name, name) for name in card.marks]
        return standing, " ".join(marks), len(card.replies)

    def newest(self) -> str:
        """Return the id of the newest message of the channel."""
        if isinstance(self.chat, SlackWorld):
            return self.chat.transcript("dev")[-1][0].ts
        return self.chat.transcript("dev")[-1][0].id

    def link(self) -> str:
        """Return the link to the newest message that people copy."""
        if isinstance(self.chat, SlackWorld):
            ts = self.newest().replace(".", "")
            return f"https://acme.slack.com/archives/{self.channel}/p{ts}"
        return f"https://discord.com/channels/1/{self.channel}/{self.newest()}"
