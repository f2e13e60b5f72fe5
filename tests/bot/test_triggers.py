"""Events start the flows that say so, where a project wants it, each delivery once."""

from dataclasses import replace

import pytest
from pydantic import Field

from bot.chat import Actor
from bot.deliveries import Heard, told_by
from bot.intake import Delivery
from bot.triggers import Triggers
from flows.engine.access import Role
from flows.engine.spec import Flow, Params
from flows.engine.tools import ProjectSettings
from storage import projects, runs
from storage.records import RunRecord
from tests.bot.lab import Lab, _flow

OPENED = Delivery(
    "github",
    "pull_request",
    "d1",
    b'{"action": "opened", "repository": {"full_name": "Acme/api"}, "pull_request": {"number": 7}}',
)
CHANGED = Delivery(
    "linear",
    "Issue",
    "d2",
    b'{"action": "update", "type": "Issue", '
    b'"data": {"id": "1f", "identifier": "ENG-12", "team": {"key": "ENG"}}}',
)
API = ProjectSettings(
    "acme/api", channels=["slack:C7", "slack:C8"], triggers=["greet"], roles={"*": Role.OPERATOR}
)


class Greet(Params):
    name: str = Field("desk", description="What to look at")
    repo: str = Field("", description="Where")
    pull: int = Field(0, description="Which pull request")
    issue: str = Field("", description="Which issue")


class Town(Lab):
    """A bot with one flow that two events start."""

    role = Role.OPERATOR

    def flows(self) -> tuple[Flow, ...]:
        """Return the flow alone."""
        on = ("github:pull_request.opened", "linear:Issue.update")
        return (replace(_flow("greeting", "greet", Greet, self._look, self.role), on=on),)


@pytest.fixture
def town(lab: Lab) -> Town:
    """Return the bot around that flow."""
    return Town(lab.database, lab.queue, lab.tools)


async def heard(town: Town, delivery: Delivery, *known: ProjectSettings) -> list[RunRecord]:
    """Return the runs after a delivery in an installation with these projects."""
    async with town.database.begin() as connection:
        for each in known:
            await projects.save(connection, each, town.clock())
    triggers = Triggers(
        town.database, town.dispatch, lambda: {each.slug: each for each in town.flows()}
    )
    await triggers.hear(Heard(delivery, told_by(delivery), town.clock()))
    async with town.database.read() as connection:
        return await runs.page(connection)


async def test_an_event_starts_a_flow_once(town: Town) -> None:
    """In the first channel of the project, for news only, and a repeat is the same run."""
    [run] = await heard(town, OPENED, API)

    assert run.command == "greet repo=acme/api pull=7"
    assert run.project == "acme/api"
    assert Actor(**run.actor) == Actor("event", "github", "GitHub")
    place = [run.origin[name] for name in ("door", "platform", "channel", "tells")]
    assert place == ["event", "slack", "C7", "news"]
    assert await heard(town, OPENED) == [run]


async def test_a_burst_of_events_is_one_run(town: Town) -> None:
    """The one that has not looked yet sees them all; once it has, an event starts another."""
    [run] = await heard(town, OPENED, API)
    assert await heard(town, OPENED._replace(id="d3")) == [run]

    await town.player().play(run.id)
    assert len(await heard(town, OPENED._replace(id="d4"))) == 2


async def test_projects_have_to_want_it(town: Town) -> None:
    """Nothing starts by itself unless somebody said so, nor on another event."""
    assert not await heard(town, OPENED, replace_triggers([]))
    assert not await heard(town, OPENED, ProjectSettings("acme/shop", triggers=["greet"]))
    assert not await heard(town, OPENED._replace(event="push"), API)


async def test_an_event_of_linear_is_about_the_projects_of_its_team(town: Town) -> None:
    """Without a channel the run has its page alone."""
    project = ProjectSettings(
        "acme/shop", linear_team="ENG", triggers=["greet"], roles={"event:linear": Role.OPERATOR}
    )
    [run] = await heard(town, CHANGED, project)

    assert run.command == "greet repo=acme/shop issue=ENG-12"
    assert run.actor["name"] == "Linear"
    await town.player().play(run.id)
    await town.threads.deliver()
    assert town.room.sent == []
    assert await town.outbox() == []


async def test_an_event_may_do_what_everybody_may(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    """What it may not start is in the log, and in the audit."""
    town.role = Role.ADMIN

    assert not await heard(town, OPENED, API)
    assert "pull_request did not start 'greet repo=acme/api pull=7'" in caplog.text


async def test_what_it_finds_is_told_in_the_channel(town: Town) -> None:
    """Its card heads a thread of its own, and says that GitHub began it."""
    [run] = await heard(town, OPENED, API)
    await town.player().play(run.id)
    await town.threads.deliver()

    assert town.room.kinds == ["card", "report"]
    assert town.room.places[0].channel == "C7"
    assert (town.room.card.state, town.room.card.by.name) == ("done", "GitHub")


def replace_triggers(triggers: list[str]) -> ProjectSettings:
    """Return the project with other triggers."""
    return ProjectSettings("acme/api", channels=API.channels, triggers=triggers, roles=API.roles)
