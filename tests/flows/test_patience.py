"""Flows that wait are as hard to break as others: a lost process changes nothing, anywhere."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from shutil import copytree

import pytest
from pydantic import Field

from flows import Params, Report, Run, effect
from flows.engine.spec import Flow
from integrations.emulators.github import GitHubWorld
from storage import runs
from tests.flows.pages import page
from tests.flows.play import Play, Played, opened, yes
from tests.flows.test_scenarios import MOST_WRITES, visible

HOUR = timedelta(hours=1)
Stage = Callable[[], AbstractAsyncContextManager[Play]]


class Repo(Params):
    repo: str = Field(description="Repository")


async def tagging(run: Run, params: Repo) -> Report:
    """Tag what a sleep, another flow, a look at the world and a question have found."""
    github, repo = run.github, params.repo
    await run.sleep_until(run.started + HOUR)
    peeked = await run.start("peek", repo=repo)
    there = await run.until(
        "the tag", github.tag, repo, "v9", on="tag", within=HOUR, every=HOUR / 3
    )
    head = await run.step("Pin the commit", github.head, repo)
    do = partial(github.ensure_tag, repo, "v9", head.sha)
    await run.apply(effect("Tag v9", do=do, undo=partial(github.delete_tag, repo, "v9")))
    return Report("Tagged", f"{peeked.title}, {there}")


async def peek(run: Run, params: Repo) -> Report:
    """Return the last release."""
    last = await run.step("Find the last release", run.github.latest_release, params.repo)
    return Report(last.tag if last else "none")


def find(name: str) -> Flow | None:
    """Return one of the two flows of this page."""
    bodies = {"tagging": tagging, "peek": peek}
    if name not in bodies:
        return None
    return page(name, Repo, bodies[name], example=f"{name} acme/api", writes=True)


@pytest.fixture
def stage(tmp_path: Path, empty: Path) -> Stage:
    """Return what opens the same world as often as wanted."""
    built = GitHubWorld(tmp_path / "built")
    built.repo("acme/api", release="v1.2.0", merged=["feat: retry failed calls"])
    built.save()
    built.close()
    numbers = count()

    @asynccontextmanager
    async def open_stage() -> AsyncIterator[Play]:
        root = tmp_path / f"{next(numbers)}"
        copytree(tmp_path / "built", root / "github")
        world = GitHubWorld.load(root / "github")
        try:
            async with opened(world, root, empty, find) as play:
                yield play
        finally:
            world.close()

    return open_stage


async def played(play: Play) -> tuple[Played, object, int]:
    """Play it to its end; return how it stands, what people see of the world, and all runs."""
    run = await play("tagging acme/api", yes("bo"))
    async with play.database.read() as connection:
        every = await runs.page(connection)
    return run, (await visible(play))[0][1:], len(every)  # type: ignore[index] # a tuple


@pytest.mark.parametrize("committed", [False, True])
async def test_a_process_lost_while_it_waits_costs_nothing(
    stage: Stage, *, committed: bool
) -> None:
    """At each write in turn, before or after its commit: one tag, one other run, one report."""
    async with stage() as play:
        play.database.lose(MOST_WRITES, committed=committed)
        expected, world, many = await played(play)
        same = play.database.quiet if committed else set()
        writes = len(play.world.writes)
    assert (expected.state, expected.said, many) == ("done", "v1.2.0, None", 2)

    for at in (each for each in range(1, MOST_WRITES) if each not in same):
        async with stage() as play:
            play.database.lose(at, committed=committed)
            after = await played(play)
            assert (after[0].state, after[0].said) == ("done", expected.said), f"lost at {at}"
            assert (*after[1:], len(play.world.writes)) == (world, many, writes), f"lost at {at}"
        if not play.losses:
            assert at > len(expected.steps)
            return
    pytest.fail("the run never ends")


async def test_a_wait_looks_again_and_goes_on_at_its_deadline(stage: Stage) -> None:
    """The time is the world's: an hour asleep, an hour of looks, and people's patience."""
    async with stage() as play:
        began = play.world.clock
        run, _, _ = await played(play)
        assert 2 * HOUR < play.world.clock - began < 3 * HOUR
    assert [step.title for step in run.steps if step.kind == "wait"] == [
        "Wait for 2026-03-02 13:01:00 UTC",
        "Run peek repo=acme/api",
        "Wait for the tag",
    ]
