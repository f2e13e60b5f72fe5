"""The prompt of the demo: lines go into the emulated chat, what changes there is printed."""

import asyncio
import os
import re
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable

from bot.demo.stage import ANSWERS, ASKS, CHANNEL, Stage
from bot.demo.world import BUTTONS, Demo
from flows.analysis.versions import latest_version

HELP = """\
/flow …          type a slash command as {who}         yes, no     answer the open plan as {other}
@flowbot …       mention the bot in #{channel:<18} as NAME     be somebody else: {people}
!flow …          say it in the last thread             github      what GitHub has by now
fill NAME=VALUE  fill in the form that is open         linear      what Linear has by now
:discord :slack  go on in the other chat               help        this
quit             end the demo (or Ctrl-C)
"""


async def prompt(world: Demo) -> int:
    """Take lines from the terminal until it ends; print what the channel shows as it changes."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopped.set)
    who, chat = ASKS, world.platform.capitalize()
    sys.stdout.write(
        "\nFlowbot runs against an emulated Slack, Discord, GitHub and Linear. "
        f"Its page: {world.page}\n"
        f"You are in {chat}. Type what you would type there, for example:\n\n"
        "    /flow dora acme/shop window=12w\n    /flow release acme/shop\n    /flow help\n\n"
        + _help(world)
        + "\n"
    )
    lines = _lines(loop)
    watching = [asyncio.create_task(_watch(world, stage)) for stage in world.stages.values()]
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
            who = await _react(world, who, line)
    finally:
        ending.cancel()
        for each in watching:
            each.cancel()
        await asyncio.gather(ending, *watching, return_exceptions=True)
    sys.stdout.write("\n")
    return 0


def _help(world: Demo) -> str:
    people = ", ".join(world.stage.people)
    return HELP.format(who=ASKS, other=ANSWERS, channel=CHANNEL, people=people)


async def _react(world: Demo, who: str, line: str) -> str:
    """Do what one line says; return who types the next one."""
    word, _, rest = line.partition(" ")
    if not line:
        return who
    if word in BUTTONS:
        if not await world.stage.press(BUTTONS[word]):
            sys.stdout.write("No plan waits for an answer.\n")
    elif word == "as" and rest in world.stage.people:
        return rest
    elif word[:1] == ":" and word[1:] in world.stages:
        world.platform = word[1:]
        sys.stdout.write(f"You are in {world.platform.capitalize()} now.\n")
        return who if who in world.stage.people else ASKS
    elif word in ("github", "linear"):
        sys.stdout.write(_on_github(world) if word == "github" else _in_linear(world))
    elif re.match(r"[/@!]", line):
        await _type(world, who, line)
    elif word == "fill":
        sys.stdout.write(f"{await world.fill(who, rest)}\n")
    else:
        sys.stdout.write(_help(world))
    return who


def _on_github(world: Demo) -> str:
    lines = []
    for repo in world.github.repositories.values():
        tags = list(world.github.tags(repo.full_name))
        newest = latest_version(tags) or "none"
        lines.append(f"{repo.full_name}: {len(tags)} tags, the newest version is {newest}\n")
    return "".join(lines)


def _in_linear(world: Demo) -> str:
    lines = []
    for team in world.linear.teams:
        counts = Counter(issue.state.name for issue in team.issues if not issue.archived_at)
        told = ", ".join(f"{counts[state.name]} {state.name}" for state in team.states)
        lines.append(f"{team.key}: {told}\n")
    return "".join(lines)


async def _type(world: Demo, who: str, line: str) -> None:
    """Type a line into the chat, and say what the client of this person shows."""
    if said := await world.stage.type(who, line):
        sys.stdout.write(f"{said}\n")
    if form := world.stage.form(who):
        sys.stdout.write(f"{form}\nType: fill name=value …\n")


async def _watch(world: Demo, stage: Stage) -> None:
    """Print messages when they are new, and again when an edit changed what they say."""
    shown = stage.spoken()
    while True:
        await stage.changed()
        before, shown = shown, stage.spoken()
        news = [text for name, text in shown.items() if before.get(name) != text]
        if news:
            where = "" if stage is world.stage else f"In {stage.platform.capitalize()}:\n"
            sys.stdout.write(f"\n{where}" + "\n\n".join(news) + "\n> ")
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
