"""Flows that wait: for the world, for a moment, for people, for other flows."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

from pydantic import Field

from bot.decisions import Decisions
from bot.dispatch import Dispatch
from bot.events import Events
from flows.engine.access import Role
from flows.engine.effects import effect
from flows.engine.run import ReadRun, Run
from flows.engine.spec import Flow, Params
from flows.report import Report
from tests.bot.lab import RULES, Lab, Look, Nothing

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PLAYS = 30  # more than any run here takes


class Details(Params):
    color: Literal["red", "blue"] = Field(description="Its color")
    count: int = Field(1, ge=1, le=9, description="How many")


class Deeper(Params):
    left: int = Field(description="How often to go on")


class Gather(Params):
    flow: str = Field(description="What to start")
    name: str = Field("", description="The name to start it with")
    odd: bool = Field(default=False, description="Whether to start it with what it does not take")


class PatientLab(Lab):
    """The bot with flows that wait; `page` is the mark of the page that they are on."""

    page = ""

    def flows(self) -> tuple[Flow, ...]:
        """Return the flows of the lab, and those that wait."""
        waiting: tuple[tuple[str, type[Params], Callable[..., object], bool], ...] = (
            ("watch", Look, self._watch, False),
            ("nap", Nothing, self._nap, False),
            ("vote", Nothing, self._vote, False),
            ("fill", Nothing, self._fill, False),
            ("gather", Gather, self._gather, True),
            ("glance", Gather, self._gather, False),
            ("deeper", Deeper, self._deeper, False),
        )
        like = super().flows()[0]
        more = (
            replace(
                like,
                slug=f"patience-{alias}",
                alias=alias,
                params=params,
                body=body,  # type: ignore[arg-type] # one of those below
                writes=writes,
                examples=(alias,),
            )
            for alias, params, body, writes in waiting
        )
        return tuple(replace(each, code=self.page) for each in (*super().flows(), *more))

    @property
    def events(self) -> Events:
        """What tells that something has happened."""
        return Events(self.database, self.queue, self.clock)

    @property
    def decisions(self) -> Decisions:
        """What takes what people decide."""
        return Decisions(self.database, self.queue, RULES, self.clock, self.find)

    def dispatch_at(self, clock: Callable[[], datetime]) -> Dispatch:
        """Return the way in, by another clock."""
        return Dispatch(self.database, self.queue, RULES, clock, self.find)

    async def play(self, *run_ids: str) -> None:
        """Play these runs once each, whether anybody woke them or not."""
        for run_id in run_ids:
            await self.player().play(run_id)

    async def child(self, run_id: str) -> str:
        """Return the only run that a run has started."""
        async with self.database.read() as connection:
            found = await connection.exec_driver_sql(
                f"SELECT id FROM runs WHERE parent = '{run_id}'"  # noqa: S608 - ours
            )
            [child] = found.scalars()
        return str(child)

    async def _watch(self, run: Run, params: Look) -> Report:
        topic = f"github:{params.name}"
        there = await run.until(
            f"the {params.name}",
            self.world.present,
            params.name,
            on=topic,
            within=DAY,
            every=HOUR,
        )
        return Report("Watched", f"{there.name} is there" if there else "It never came")

    async def _nap(self, run: ReadRun, _: Nothing) -> Report:
        await run.sleep_until(run.started + HOUR)
        return Report("Awake")

    async def _vote(self, run: ReadRun, _: Nothing) -> Report:
        said = await run.ask("Go on?", ("yes", "no"), who=Role.MAINTAINER, within=HOUR)
        return Report("Voted", said)

    async def _fill(self, run: ReadRun, _: Nothing) -> Report:
        given = await run.ask_for("What is it like?", Details, within=HOUR)
        return Report("Filled", f"{given.count} {given.color}")

    async def _gather(self, run: Run, params: Gather) -> Report:
        named = {"name": params.name or None, **({"odd": 1} if params.odd else {})}
        found = await run.start(params.flow, "Run the other", **named)
        if isinstance(run, Run):
            make = partial(self.world.ensure_thing, found.title)
            await run.apply(effect("Keep it", do=make), show=found)
        return Report("Gathered", f"{found.title}: {found.summary}")

    async def _deeper(self, run: ReadRun, params: Deeper) -> Report:
        if not params.left:
            return Report("The bottom")
        found = await run.start("deeper", left=params.left - 1)
        return Report(found.title)
