"""Everything against an emulated chat and GitHub: at a prompt, or a few commands and an end."""

import argparse
import sys
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

import msgspec

from bot.demo.keyboard import Keyboard
from bot.demo.prompt import prompt
from bot.demo.world import Demo, opened
from bot.terminal import run, said
from storage.records import RunRecord

KEPT = Path(".flowbot") / "demo"

__all__ = ["Demo", "demo", "opened"]


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
    opening = opened(
        folder, options.repo, port=options.port, platform=options.platform, scale=options.scale
    )
    async with opening as world:
        if options.once:
            return await _once(world, options)
        return await prompt(world)


async def _once(world: Demo, options: argparse.Namespace) -> int:
    every: list[RunRecord] = []
    keyboard = Keyboard(world)
    for line in options.once:
        if said := await keyboard.take(line):
            sys.stderr.write(f"{said}\n")
        every = await world.settle(options.answer)
    if options.json:
        shown = msgspec.json.encode(await world.report(every))
        sys.stdout.write(msgspec.json.format(shown).decode() + "\n")
    else:
        sys.stdout.write(world.plain() + "\n")
    return 1 if any(each.state == "failed" for each in every) else 0
