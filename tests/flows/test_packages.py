"""A flow that looks at packages: each look is a step, is stored, and outlasts an outage."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from pydantic import Field

from flows import Params, ReadRun, Report
from flows.engine.spec import Flow
from integrations.emulators.github import GitHubWorld
from integrations.osv import Installed
from integrations.registries import Named
from tests.flows.pages import page
from tests.flows.play import Play, opened


class Which(Params):
    repo: str = Field(description="Repository")


async def packages(run: ReadRun, params: Which) -> Report:
    """Look at two packages of a project."""
    installed = [Installed("npm", "vite", "5.0.0"), Installed("PyPI", "flask", "3.0.0")]
    found = await run.step("Ask what is known", run.osv.findings, installed)
    wanted = [Named(each.ecosystem, each.name) for each in installed]  # type: ignore[arg-type] # two of the four
    known = await run.step("Read the versions", run.registries.packages, wanted)
    latest = [f"{each.name} {each.latest}" for each in known if each]
    hits = [str(len(match.hits)) for match in found.matches]
    return Report(params.repo, f"{', '.join(hits)}: {', '.join(latest)}")


async def careless(run: ReadRun, params: Which) -> Report:
    """Look outside of a step."""
    found = await run.osv.findings([])
    return Report(params.repo, str(found))


def find(name: str) -> Flow | None:
    """Return one of the flows of this page."""
    bodies = {"packages": packages, "careless": careless}
    if name not in bodies:
        return None
    return page(name, Which, bodies[name], example=f"{name} acme/api")


@pytest_asyncio.fixture
async def stage(world: GitHubWorld, tmp_path: Path, empty: Path) -> AsyncIterator[Play]:
    """Yield what plays these flows."""
    world.repo("acme/api")
    async with opened(world, tmp_path, empty, find) as play:
        yield play


async def test_what_was_found_is_in_the_report(stage: Play) -> None:
    """Three advisories against one, one against the other; both have newer versions."""
    run = await stage("packages acme/api")
    assert (run.state, run.said) == ("done", "3, 1: vite 6.0.0, flask 3.1.3")
    assert [step.title for step in run.steps] == ["Ask what is known", "Read the versions"]


async def test_an_outage_is_waited_out_and_nothing_is_asked_twice(stage: Play) -> None:
    """What the first step found is stored; only the second is tried again."""
    stage.packages.breaks.fail(status=503, times=2, match="/npm/")
    run = await stage("packages acme/api")
    assert run.state == "done"
    assert [step.attempt for step in run.steps] == [1, 3]
    asked = [each for each in stage.advisories.breaks.requests if "querybatch" in each]
    assert len(asked) == 1


async def test_a_look_outside_of_a_step_is_a_bug_of_the_flow(stage: Play) -> None:
    """A replay would repeat it, even where there is nothing to ask for."""
    run = await stage("careless acme/api")
    assert run.state == "failed"
    assert stage.advisories.breaks.requests == []
