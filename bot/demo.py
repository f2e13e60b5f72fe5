"""Everything against an emulated Slack and GitHub: the real processes, other addresses."""

import argparse
import asyncio
import os
import re
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from bot.logs import set_up_logs
from bot.processes import running
from bot.services import Services
from bot.settings import Settings
from bot.terminal import run, said
from flows.analysis.versions import latest_version
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
KEPT = Path(".flowbot") / "demo"
PARTS = "cart catalog inventory notifications orders payments pricing web"
SHOP = {
    "name": "acme/shop",
    "version_file": "pyproject.toml",
    "components": {f"shop/{part}": part for part in PARTS.split()} | {"frontend": "frontend"},
}
HELP = """\
/flow …          type a slash command as {who}         yes, no     answer the open plan as {other}
@flowbot …       mention the bot in #{channel:<18} as NAME     be somebody else: {people}
!flow …          say it in the last thread             github      what GitHub has by now
fill NAME=VALUE  fill in the form that is open         help        this
quit             end the demo (or Ctrl-C)
"""


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
        except LookupError as error:
            return f"The form has no field {error}."
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


def demo(options: argparse.Namespace) -> int:
    """Run the demo; returns the exit code."""
    fresh = options.fresh or bool(options.once and not options.data_dir)
    if options.data_dir or not options.once:
        folder = Path(options.data_dir or KEPT).absolute()
        if fresh:
            rmtree(folder, ignore_errors=True)
        return said(lambda: run(_demo(options, folder)))
    with TemporaryDirectory(prefix="flowbot-demo-") as folder_name:
        return said(lambda: run(_demo(options, Path(folder_name))))


async def _demo(options: argparse.Namespace, folder: Path) -> int:
    async with opened(folder, options.repo, port=options.port) as world:
        if options.once:
            return await _once(world, options)
        return await _prompt(world)


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


async def _once(world: Demo, options: argparse.Namespace) -> int:
    every: list[RunRecord] = []
    for line in options.once:
        await world.type(ASKS, line)
        every = await world.settle(options.answer)
    if options.json:
        shown = msgspec.json.encode(await world.report(every))
        sys.stdout.write(msgspec.json.format(shown).decode() + "\n")
    else:
        sys.stdout.write(world.plain() + "\n")
    return 1 if any(each.state == "failed" for each in every) else 0


async def _prompt(world: Demo) -> int:
    """Take lines from the terminal until it ends; print what the channel shows as it changes."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopped.set)
    people = [user.name for user in world.slack.space.users.values() if not user.bot]
    who = ASKS
    sys.stdout.write(
        f"\nFlowbot runs against an emulated Slack and GitHub. Its page: {world.page}\n"
        "Type what you would type in Slack, for example:\n\n    /flow dora acme/shop window=12w\n"
        "    /flow release acme/shop\n    /flow help\n\n"
        + HELP.format(who=ASKS, other=ANSWERS, channel=CHANNEL, people=", ".join(people))
        + "\n"
    )
    lines = _lines(loop)
    watching = asyncio.create_task(_watch(world))
    ending = asyncio.create_task(stopped.wait())
    try:
        while not stopped.is_set():
            sys.stdout.write(f"{who}> ")
            sys.stdout.flush()
            reading = asyncio.create_task(lines.get())
            await asyncio.wait({reading, ending}, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                reading.cancel()
                break
            line = reading.result()
            if line is None or line in ("quit", "exit"):
                await world.settle(None)
                break
            who = await _react(world, who, people, line)
    finally:
        ending.cancel()
        watching.cancel()
        await asyncio.gather(ending, watching, return_exceptions=True)
    sys.stdout.write("\n")
    return 0


async def _react(world: Demo, who: str, people: list[str], line: str) -> str:
    """Do what one line says; return who types the next one."""
    word, _, rest = line.partition(" ")
    if not line:
        return who
    if word in BUTTONS:
        await _press(world, BUTTONS[word])
    elif word == "as" and rest in people:
        return rest
    elif word == "github":
        for repo in world.github.repositories.values():
            tags = list(world.github.tags(repo.full_name))
            newest = latest_version(tags) or "none"
            sys.stdout.write(
                f"{repo.full_name}: {len(tags)} tags, the newest version is {newest}\n"
            )
    elif re.match(r"[/@!]", line):
        await world.type(who, line)
        if form := world.form(who):
            sys.stdout.write(f"{form}\nType: fill name=value …\n")
    elif word == "fill":
        sys.stdout.write(f"{await world.fill(who, rest)}\n")
    else:
        everybody = ", ".join(people)
        sys.stdout.write(HELP.format(who=ASKS, other=ANSWERS, channel=CHANNEL, people=everybody))
    return who


async def _press(world: Demo, button: str) -> None:
    for head, replies in reversed(world.slack.transcript(CHANNEL)):
        for message in (head, *replies):
            if f'"{button}"' in str(message.blocks).replace("'", '"'):
                await world.slack.press(ANSWERS, message, button)
                return
    sys.stdout.write("No plan waits for an answer.\n")


async def _watch(world: Demo) -> None:
    """Print messages when they are new, and again when an edit changed what they say."""
    shown = {message.ts: world.slack.plain(message) for message in world.messages()}
    while True:
        await world.slack.changed()
        news = []
        for message in world.messages():
            text = world.slack.plain(message)
            if shown.get(message.ts) != text:
                shown[message.ts] = text
                news.append(world.spoken(message))
        if news:
            sys.stdout.write("\n" + "\n\n".join(news) + "\n> ")
            sys.stdout.flush()


def _lines(loop: asyncio.AbstractEventLoop) -> "asyncio.Queue[str | None]":
    """Read lines in a thread of their own, which does not keep the process from ending."""
    lines: asyncio.Queue[str | None] = asyncio.Queue()

    def tell(line: str | None) -> None:
        loop.call_soon_threadsafe(lines.put_nowait, line)

    # Not sys.stdin: its lock, held by a thread that waits, would break the end of the process.
    threading.Thread(target=_read, args=(tell,), daemon=True).start()
    return lines


def _read(tell: Callable[[str | None], None]) -> None:
    rest = b""
    while True:
        part = os.read(0, 4096)
        *whole, rest = (rest + part).split(b"\n")
        for line in whole:
            tell(line.decode(errors="replace").strip())
        if not part:
            tell(None)
            return
