"""The prompt of the demo: lines go into the emulated chat, what changes there is printed."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable

from bot.demo.keyboard import Keyboard
from bot.demo.stage import Stage
from bot.demo.world import Demo


async def prompt(world: Demo) -> int:
    """Take lines from the terminal until it ends; print what the channel shows as it changes."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopped.set)
    keyboard = Keyboard(world)
    sys.stdout.write(
        "\nFlowbot runs against an emulated Slack, Discord, GitHub and Linear. "
        f"Its page: {world.page}\n"
        f"{keyboard.start()}\n"
    )
    lines = _lines(loop)
    watching = [asyncio.create_task(_watch(world, stage)) for stage in world.stages.values()]
    ending = asyncio.create_task(stopped.wait())
    try:
        while not stopped.is_set():
            sys.stdout.write(f"{keyboard.who}> ")
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
            if shown := await keyboard.take(line):
                sys.stdout.write(f"{shown.rstrip()}\n")
    finally:
        ending.cancel()
        for each in watching:
            each.cancel()
        await asyncio.gather(ending, *watching, return_exceptions=True)
    sys.stdout.write("\n")
    return 0


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
