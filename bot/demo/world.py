"""The emulated worlds and the bot that runs against them: the real processes, other addresses."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from bot.logs import set_up_logs
from bot.processes import running
from bot.services import Services
from bot.settings import Settings
from flows.engine.access import Role
from integrations.emulators.github import TOKEN, GitHubWorld, github_app
from integrations.emulators.server import serve
from integrations.emulators.slack import SlackWorld, slack_app
from integrations.emulators.slack.model import Message
from integrations.emulators.worlds import build_acme, import_repository
from storage import messages, outbox, questions, runs
from storage.records import ACTIVE, RunRecord

ASKS, ANSWERS, CHANNEL = "ada", "bo", "dev"
BUTTONS = {"yes": "Approve", "no": "Decline"}
SETTLED_WITHIN = timedelta(minutes=30)
LOOK_AGAIN_SECONDS = 0.02
PARTS = "cart catalog inventory notifications orders payments pricing web"
SHOP = {
    "name": "acme/shop",
    "version_file": "pyproject.toml",
    "components": {f"shop/{part}": part for part in PARTS.split()} | {"frontend": "frontend"},
}


@dataclass
class Demo:
    """One demo: the two emulated worlds, and the bot that talks to them."""

    github: GitHubWorld
    slack: SlackWorld
    services: Services
    page: str
    asked: list[str] = field(default_factory=list)

    async def type(self, who: str, line: str) -> None:
        """Type a line as somebody: a command, a mention, or words in the last thread."""
        if line.startswith("/"):
            await self.slack.slash(who, CHANNEL, line)
        else:
            thread = self._last_thread() if line.startswith("!") else ""
            await self.slack.say(who, CHANNEL, line, thread)

    async def fill(self, who: str, words: str) -> str:
        """Fill in the form that somebody sees, with `name=value` words; return what is wrong."""
        modal = self.slack.modal(who)
        if modal is None:
            return "No form is open: type a command without its required parameter to get one."
        values = dict(word.split("=", 1) for word in words.split() if "=" in word)
        try:
            errors = await self.slack.submit(who, modal, values)
        except (LookupError, ValueError) as error:
            return str(error)
        return " ".join(f"{name}: {error}" for name, error in errors.items())

    def form(self, who: str) -> str:
        """Return the form that somebody sees, as text; empty where none is open."""
        modal = self.slack.modal(who)
        if modal is None:
            return ""
        fields = ", ".join(
            block["label"]["text"] + ("" if block.get("optional") else " (required)")
            for block in modal.content["blocks"]
            if block["type"] == "input"
        )
        return f"A form opens: {modal.content['title']['text']}. It asks for {fields}."

    async def settle(self, answer: str | None) -> list[RunRecord]:
        """Wait until nothing moves any more, answering plans on the way; return all runs."""
        async with asyncio.timeout(SETTLED_WITHIN.total_seconds()):
            while True:
                async with self.services.database.read() as connection:
                    every = await runs.page(connection, limit=200)
                    left, _ = await outbox.waiting(connection)
                if answer and await self._answered(every, answer):
                    continue
                waits = [each for each in every if each.state == "waiting"]
                moving = [each for each in every if each.state in ACTIVE and each not in waits]
                if not moving and not left and not (answer and waits):
                    return every[::-1]
                await asyncio.sleep(LOOK_AGAIN_SECONDS)

    async def _answered(self, every: list[RunRecord], answer: str) -> bool:
        pressed = False
        for each in every:
            if each.state == "waiting":
                async with self.services.database.read() as connection:
                    card = await messages.get(connection, each.id, "card")
                    last = (await questions.of_run(connection, each.id))[-1]
                if card and last.answer is None and f"{last.id}" not in self.asked:
                    shown = self.slack.message(card.message)
                    if BUTTONS[answer] in str(shown.blocks):
                        self.asked.append(f"{last.id}")
                        await self.slack.press(ANSWERS, shown, BUTTONS[answer])
                        pressed = True
        return pressed

    async def report(self, every: list[RunRecord]) -> dict[str, Any]:
        """Return the runs and the threads as JSON."""
        found = []
        for each in every:
            async with self.services.database.read() as connection:
                report = await runs.report(connection, each.id)
            found.append(
                {
                    "id": each.id,
                    "flow": each.flow,
                    "state": each.state,
                    "params": each.params,
                    "report": msgspec.to_builtins(report),
                    "url": self.services.rules.url(each.id),
                }
            )
        return {"runs": found, "threads": self.threads()}

    def threads(self) -> list[dict[str, Any]]:
        """Return what the channel shows, thread by thread, and what was said to one person."""
        threads = [
            {
                "platform": "slack",
                "channel": CHANNEL,
                "messages": [self._message(each) for each in (head, *replies)],
            }
            for head, replies in self.slack.transcript(CHANNEL)
        ]
        for whisper in self.slack.ephemerals:
            shown = self._message(whisper) | {"only_for": self._name(whisper.only_for)}
            threads.append({"platform": "slack", "channel": CHANNEL, "messages": [shown]})
        if form := self.form(ASKS):
            shown = {"text": form, "blocks": [], "files": [], "only_for": self._name(ASKS)}
            threads.append({"platform": "slack", "channel": CHANNEL, "messages": [shown]})
        return threads

    def plain(self) -> str:
        """Return the same as a person reads it."""
        parts = []
        for head, replies in self.slack.transcript(CHANNEL):
            parts.append(self._spoken(head, ""))
            parts += [self._spoken(each, "    ") for each in replies]
        parts += [self.spoken(whisper) for whisper in self.slack.ephemerals]
        return "\n\n".join(filter(None, [*parts, self.form(ASKS)]))

    def spoken(self, message: Message) -> str:
        """Return one message with its author, indented if it is a reply."""
        if message.only_for:
            return self._spoken(message, "", f" (only {self._name(message.only_for)} sees this)")
        is_reply = message.thread and message.thread != message.ts
        return self._spoken(message, "    " if is_reply else "")

    def messages(self) -> list[Message]:
        """Return every message of the channel, and what was said to one person alone."""
        threads = self.slack.transcript(CHANNEL)
        return [
            *(message for head, replies in threads for message in (head, *replies)),
            *self.slack.ephemerals,
        ]

    def _name(self, user: str) -> str:
        return self.slack.user(user).real_name

    def _spoken(self, message: Message, indent: str, note: str = "") -> str:
        known = self.slack.space.users
        author = known[message.user].real_name if message.user in known else "Slack"
        lines = [f"{author}{note}", *self.slack.plain(message).splitlines()]
        return "\n".join(f"{indent}{line}" for line in lines)

    def _message(self, message: Message) -> dict[str, Any]:
        files = [self.slack.space.files[each] for each in message.files]
        return {
            "user": message.user,
            "ts": message.ts,
            "text": message.text,
            "blocks": message.blocks,
            "files": [{"name": each.name, "title": each.title} for each in files],
        }

    def _last_thread(self) -> str:
        heads = self.slack.transcript(CHANNEL)
        return heads[-1][0].ts if heads else ""


@asynccontextmanager
async def opened(folder: Path, repositories: list[str], *, port: int = 0) -> AsyncIterator[Demo]:
    """Build or reload the worlds in `folder`, serve them, and run the bot against them."""
    github = await asyncio.to_thread(_github, folder / "github", repositories)
    slack = SlackWorld(keep=folder / "slack.json")
    try:
        async with serve(github_app(github)) as github_url, serve(slack_app(slack)) as slack_url:
            settings = _settings(folder, github_url, slack_url, slack, port)
            set_up_logs(settings)
            async with running(settings) as (services, page):
                await slack.connected()
                yield Demo(github, slack, services, page)
    finally:
        await slack.close()
        github.close()


def _github(root: Path, repositories: list[str]) -> GitHubWorld:
    root.mkdir(parents=True, exist_ok=True)
    if (root / "world.json").exists():
        world = GitHubWorld.load(root, now=None)
    else:
        world = GitHubWorld(root, now=None)
        build_acme(world)
    for path in repositories:
        name = import_repository(world, Path(path))
        sys.stderr.write(f"{path} is {name} here\n")
    world.save()
    return world


def _settings(
    folder: Path, github_url: str, slack_url: str, slack: SlackWorld, port: int
) -> Settings:
    """Return settings that differ from a real installation by their addresses alone."""
    given: dict[str, Any] = {
        "data_dir": folder,
        "database_url": "",
        "redis_url": "",
        "host": "127.0.0.1",
        "port": port,
        "public_url": "",
        "slack_bot_token": slack.bot_token,
        "slack_app_token": slack.app_token,
        "slack_signing_secret": "",
        "slack_api_url": f"{slack_url}/api/",
        "slack_pace": 1000,  # this workspace takes whatever it is sent
        "github_token": TOKEN,
        "github_app_id": "",
        "github_url": github_url,
        "github_git_url": github_url,
        "admins": frozenset(),
        "maintainers": frozenset(),
        "default_role": Role.MAINTAINER,
        "self_approval": False,
        "projects": [SHOP],
        "log_level": "WARNING",
    }
    return Settings(_env_file=None, **given)
