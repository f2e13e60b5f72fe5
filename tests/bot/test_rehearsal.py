"""A command is tried with its plan: read from the real services, stored nowhere."""

import argparse
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field

from bot.console.render import render
from bot.console.trial import Setting
from bot.grammar import Order
from bot.rehearsal import Alone, Ignorance, Memory, rehearsed, run_rehearsal
from bot.settings import Settings
from flows.engine.access import Role
from flows.engine.errors import FlowError
from flows.engine.run import ReadRun
from flows.engine.spec import Flow, Params
from flows.engine.tools import ProjectSettings
from flows.report import Report
from integrations.emulators.github import TOKEN, GitHubWorld, github_app
from integrations.emulators.server import serve
from integrations.errors import Transient
from tests.bot.console.test_trial import NOW
from tests.bot.lab import ADA, RULES, _flow


class Town:
    """A GitHub with one repository, and the settings that lead to it."""

    def __init__(self, world: GitHubWorld, folder: Path, base: str) -> None:
        self.world = world
        self.folder = folder
        self.settings = Settings(
            _env_file=None,
            data_dir=folder,
            github_url=base,
            github_token=TOKEN,
            projects=[{"name": "acme/api", "endpoints": ["https://api.acme.example/"]}],
        )

    async def tries(self, text: str, **more: Any) -> int:  # noqa: ANN401 - any option
        """Try a command with its plan; return the exit code."""
        options = {"text": text, "person": "", "channel": "", "json": False, "plan": True}
        return await run_rehearsal(self.settings, argparse.Namespace(**(options | more)))


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """Yield the town; nothing is ever written there, nor in the data folder."""
    world = GitHubWorld(tmp_path / "github")
    world.repo("acme/api", release="v1.2.0", merged=["feat: add retries"])
    async with serve(github_app(world)) as base:
        yield Town(world, tmp_path / "data", base)
    assert world.writes == []
    assert not (tmp_path / "data").exists()
    world.close()


async def test_a_plan_is_shown(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    """Below what was understood; with what was looked at."""
    assert await town.tries("/flow release acme/api") == 0
    shown = capsys.readouterr().out
    assert "It would run. Nothing was run or stored." in shown
    assert "This would happen" in shown
    assert "Tag v1.3.0 at" in shown
    assert "What it looked at" in shown
    assert "Find what is to be released" in shown


async def test_plain_words_have_a_plan_too(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON, with how it ended."""
    assert await town.tries("ship acme/api", json=True) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["understood"], shown["flow"]) == ("form", "release-management")
    assert shown["ending"] == "done"
    assert shown["plan"]["title"] == "acme/api v1.3.0"


async def test_what_is_forbidden_or_unfit_is_not_played(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    """The answer is the one of a trial without a plan."""
    assert await town.tries("release") == 2
    assert await town.tries("release acme/api --nothing") == 2
    assert await town.tries("release acme/api", person="nobody") == 2
    viewers = town.settings.model_copy(update={"default_role": Role.VIEWER})
    town.settings = viewers
    assert await town.tries("release acme/api", person="slack:U5") == 1
    shown = capsys.readouterr()
    assert "This would happen" not in shown.out
    assert "Say who it is as PLATFORM:ID" in shown.err


async def test_a_flow_that_stops_says_why(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    """Such as a repository that is not there."""
    assert await town.tries("release acme/nothing") == 1
    assert "release stopped" in capsys.readouterr().out


async def test_a_question_is_shown(town: Town) -> None:
    """With its choices; nobody is there to answer."""
    outcome = await played(town, ask)
    assert outcome.ending == "waiting"
    assert "It would ask: Which color? (red, blue)" in shown(outcome.report)


async def test_another_flow_is_not_started(town: Town) -> None:
    """What it would be is named."""
    with pytest.raises(FlowError, match="Next it would start look: try that on its own"):
        await Alone().start("run", "Look", "look", {})
    assert await Alone().report("run") is None


async def test_what_is_not_known_without_a_database_is_left_out() -> None:
    """The endpoints are set, the rest is measured by nobody."""
    bare = Ignorance([ProjectSettings("acme/api", endpoints=["https://a.example/"])])
    assert (await bare.vitals()).endpoints == {"acme/api": ["https://a.example/"]}
    assert await bare.services() == []
    assert await bare.baseline("dora", "acme/api", NOW) is None


async def test_a_wait_ends_the_rehearsal(town: Town) -> None:
    """It says what is waited for."""
    outcome = await played(town, wait)
    assert outcome.ending == "waiting"
    assert outcome.line.startswith("Waiting for the tide, until ")


async def test_a_service_that_asks_for_a_long_time_is_not_waited_for(town: Town) -> None:
    """It says why."""
    outcome = await played(town, busy)
    assert outcome.ending == "later"
    assert "The tide table is being printed." in outcome.line


class Nothing(Params):
    note: str = Field("", description="Nothing")


async def ask(run: ReadRun, params: Nothing) -> Report:
    """Ask something."""
    return Report(await run.ask("Which color?", ("red", "blue")) + params.note)


async def wait(run: ReadRun, params: Nothing) -> Report:
    """Wait for something that does not come."""
    await run.until("the tide", _tide, within=timedelta(days=1))
    return Report(params.note)


async def busy(run: ReadRun, params: Nothing) -> Report:
    """Read something that is not there yet."""
    return Report(await run.step("Read the tide", _printing) + params.note)


async def _printing() -> str:
    raise Transient("The tide table is being printed.", timedelta(hours=1))


async def _tide() -> str | None:
    return None


async def played(town: Town, body: Any) -> Any:  # noqa: ANN401 - a flow, an outcome
    """Rehearse a flow of this page."""
    flow: Flow = _flow("asking-things", "asks", Nothing, body)
    order = Order(flow, Nothing(), dry_run=False, command="asks")
    return await rehearsed(order, Setting(RULES, [], ADA, NOW), town.settings)


def shown(report: Report | None) -> str:
    """Return a report as text."""
    assert report is not None
    return render(report)


def test_memory_keeps_the_last_word() -> None:
    """And knows no answers."""
    memory = Memory()
    assert memory.entry("A step") is None
    assert memory.answer("key") is None
    assert memory.now() > NOW
