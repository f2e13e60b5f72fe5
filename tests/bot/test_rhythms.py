"""A flow brings its rhythm along, where a project lets it start by itself."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete

from bot.clockwork import Clockwork
from bot.rhythms import Rhythms
from flows.engine.access import Role
from flows.engine.spec import Flow, Params
from flows.engine.tools import ProjectSettings
from storage import projects, runs, schedules
from storage.records import ScheduleRecord
from storage.tables import projects as table
from tests.bot.lab import Lab, _flow

API = ProjectSettings(
    "acme/api", channels=["slack:C7"], triggers=["tidy"], roles={"event:github": Role.OPERATOR}
)


class Tidy(Params):
    repo: str = ""


class Town(Lab):
    """A bot with one flow that comes every night."""

    def flows(self) -> tuple[Flow, ...]:
        """Return the flow alone."""
        tidy = _flow("tidying", "tidy", Tidy, self._look, Role.OPERATOR)
        return (replace(tidy, on=("github:push",), every="daily 2:00 UTC"),)


@pytest.fixture
def town(lab: Lab) -> Town:
    """Return the bot around that flow."""
    return Town(lab.database, lab.queue, lab.tools)


async def kept(town: Town, project: ProjectSettings) -> list[ScheduleRecord]:
    """Return the schedules there are after a look at this project, which may be done twice."""
    async with town.database.begin() as connection:
        await projects.save(connection, project, town.clock())
    rhythms = Rhythms(town.database, town.clock, lambda: {each.slug: each for each in town.flows()})
    for _ in range(2):
        await rhythms.keep()
    async with town.database.read() as connection:
        return await schedules.page(connection)


async def test_the_trigger_brings_the_rhythm(town: Town) -> None:
    """Its runs are those of who may start it by an event; without the trigger it goes."""
    [made] = await kept(town, API)
    assert (made.text, made.command, made.project) == (
        "daily 2:00 UTC", "tidy repo=acme/api", "acme/api",
    )  # fmt: skip
    assert made.origin["channel"] == "C7"
    assert made.origin["tells"] == "news"

    town.clock.forward((made.next_at - town.clock()).total_seconds())
    await Clockwork(town.database, town.dispatch, town.clock).tick()
    async with town.database.read() as connection:
        [run] = await runs.page(connection)
    assert (run.command, run.actor["platform"], run.actor["id"]) == (
        "tidy repo=acme/api", "event", "github",
    )  # fmt: skip
    [after] = await kept(town, API)
    assert after.next_at == made.next_at + timedelta(days=1)
    assert await kept(town, ProjectSettings("acme/api")) == []


async def test_one_that_is_paused_stays_so(town: Town) -> None:
    """Whoever does not want it at night keeps its events."""
    [made] = await kept(town, API)
    async with town.database.begin() as connection:
        await schedules.pause(connection, made.id)
    [left] = await kept(town, API)
    assert left.paused


async def test_a_project_that_is_gone_keeps_no_rhythm(town: Town) -> None:
    """It would be given for ever, and refused each time."""
    assert len(await kept(town, API)) == 1
    async with town.database.begin() as connection:
        await connection.execute(delete(table))
    assert await kept(town, ProjectSettings("acme/shop")) == []


async def test_flows_are_left_alone_where_nobody_wants_them(town: Town) -> None:
    """To import all of them takes a worker that only waits a tenth of its memory."""

    def flows() -> dict[str, Flow]:
        raise AssertionError("nobody asked for a flow")

    async with town.database.begin() as connection:
        await projects.save(connection, ProjectSettings("acme/shop"), town.clock())
    await Rhythms(town.database, town.clock, flows).keep()
