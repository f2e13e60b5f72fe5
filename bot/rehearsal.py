"""Plays a command as a dry run with nothing but memory: services are read, nothing is stored."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.console.render import render
from bot.console.trial import FITS, FORBIDDEN, UNFIT, Setting, order_of, setting_of, told, trial
from bot.grammar import Order
from bot.places import PROJECT
from bot.services import open_outside, projects_of, rules_of
from bot.settings import Settings
from flows.engine.errors import FlowError
from flows.engine.journal import Answer, Entry, Question
from flows.engine.outcome import Outcome
from flows.engine.run import open_run, play
from flows.engine.tools import Baseline, Identity, ProjectSettings, Vital, Vitals
from flows.report import Block, Report, bullets, text
from integrations.meter import Meter

PATIENCE = timedelta(minutes=2)  # for services that ask for time
REHEARSED = "rehearsal"


class Memory:
    """A journal that ends with the process."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.asked: list[Question] = []

    def now(self) -> datetime:
        return datetime.now(UTC)

    def entry(self, title: str) -> Entry | None:
        return self.entries.get(title)

    def answer(self, key: str) -> Answer | None:  # noqa: ARG002 - nobody is asked
        return None

    async def write(self, entry: Entry, used: Meter | None = None) -> None:  # noqa: ARG002 - nobody counts
        if entry.state != "running":
            self.entries[entry.title] = entry

    async def ask(self, question: Question) -> None:
        self.asked.append(question)

    async def wait(self, entry: Entry, topics: tuple[str, ...], due: datetime | None) -> None:  # noqa: ARG002 - nobody wakes it
        self.entries[entry.title] = entry


class Ignorance:
    """What the bot knows of itself without its database: the endpoints that are set."""

    def __init__(self, projects: Sequence[ProjectSettings]) -> None:
        self._projects = projects

    async def vitals(self) -> Vitals:
        return Vitals([], {each.name: each.endpoints for each in self._projects if each.endpoints})

    async def services(self) -> list[Vital]:
        return []

    async def away(self, logins: list[str], at: datetime) -> dict[str, str]:  # noqa: ARG002 - nobody is
        """Return nobody: the bot of a rehearsal knows no people."""
        return {}

    async def baseline(self, flow: str, project: str, before: datetime) -> Baseline | None:  # noqa: ARG002 - there is none
        return None


class Alone:
    """Starts no other flow: what they come to is theirs to show."""

    async def start(self, parent: str, title: str, flow: str, inputs: Mapping[str, Any]) -> str:  # noqa: ARG002 - none is started
        raise FlowError(f"Next it would start {flow}: try that on its own.")

    async def report(self, run: str) -> Report | None:  # noqa: ARG002 - none was started
        return None


async def run_rehearsal(settings: Settings, options: argparse.Namespace) -> int:
    """Print what would come of a command, and the plan it comes to; returns the exit code."""
    setting = setting_of(rules_of(settings), projects_of(settings), options)
    if setting is None:
        return UNFIT
    found, order = trial(options.text, setting), order_of(options.text, setting)
    if found.refused or order is None:
        return told(found, as_json=options.json)
    outcome = await rehearsed(order, setting, settings)
    report = outcome.report or Report(outcome.line)
    if options.json:
        told(found, as_json=True, plan=report, ending=outcome.ending)
    else:
        told(found, as_json=False)
        sys.stdout.write(f"\n{render(report)}\n")
    return FITS if outcome.ending in ("done", "waiting") else FORBIDDEN


async def rehearsed(order: Order, setting: Setting, settings: Settings) -> Outcome:
    """Play an order as far as it goes without anybody's answer."""
    project = setting.project(str(getattr(order.params, PROJECT, "")))
    identity = Identity(
        id=REHEARSED,
        flow=order.flow.slug,
        project=project.name,
        actor=setting.by.name,
        url=setting.rules.page_url,
        started=setting.at,
        policy=setting.rules.policy(order.flow, project),
        settings=project,
        dry_run=True,
    )
    memory, until = Memory(), asyncio.get_running_loop().time() + PATIENCE.total_seconds()
    watched = [url for each in setting.projects for url in each.endpoints]
    with tempfile.TemporaryDirectory(prefix="flowbot-") as folder:
        opened = open_outside(settings, Ignorance(setting.projects), watched, Path(folder))
        async with opened as tools:
            while True:
                run = open_run(order.flow, identity, memory, tools, Alone())
                outcome = await play(order.flow, order.params, run)
                pause = outcome.after.total_seconds()
                left = until - asyncio.get_running_loop().time()
                if outcome.ending != "later" or pause > left:
                    return _shown(outcome, memory)
                await asyncio.sleep(pause)


def _shown(outcome: Outcome, memory: Memory) -> Outcome:
    """Return how it ended, with what it did and asked on the way."""
    done = [each.title for each in memory.entries.values() if each.state == "done"]
    blocks: list[Block] = list(outcome.report.blocks) if outcome.report else []
    for each in memory.asked:
        choices = f" ({', '.join(each.choices)})" if each.choices else ""
        blocks.append(text(f"It would ask: {each.text}{choices}"))
    if done:
        blocks.append(bullets(done, "What it looked at"))
    was = outcome.report or Report(outcome.line)
    return replace(outcome, report=Report(was.title, was.summary, was.tone, tuple(blocks)))
