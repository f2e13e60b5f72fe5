"""Wherever the process is lost, the run ends the same and so does the world."""

from functools import partial
from typing import Literal

import pytest

from flows.engine.effects import effect
from flows.engine.outcome import Outcome
from flows.engine.run import Run
from flows.engine.tools import Tools
from flows.report import Report
from integrations.errors import Refused, Transient
from tests.flows.engine.stage import Body, Stage

ENDINGS = ("works", "is refused", "is final and refused", "is busy twice")
MOST_WRITES = 30


def body_of(stage: Stage, ending: str) -> Body:
    """Return a body with two steps, a question and a plan of three effects that ends so."""
    world = stage.world
    if ending in ("is refused", "is final and refused"):
        world.fail("lamp", *(Refused("There is no room.") for _ in range(2)))
    if ending == "is busy twice":
        world.fail("chair", Transient("Busy."), Transient("Busy."))

    async def body(run: Run) -> Report:
        floor = await run.step("Look at the floor", world.thing, "floor")
        walls = await run.step("Look at the walls", world.thing, "walls")
        color = await run.ask("Which color?", ("approve", "blue"))
        desk = effect(
            "Make a desk",
            do=partial(world.ensure_thing, "desk", color),
            undo=None if ending == "is final and refused" else partial(world.delete_thing, "desk"),
        )
        chair = effect(
            "Make a chair",
            do=partial(world.ensure_thing, "chair", desk.result.number),
            undo=partial(world.delete_thing, "chair"),
        )
        lamp = effect("Make a lamp", do=partial(world.ensure_thing, "lamp", chair.result.name))
        done = await run.apply(desk, chair, lamp)
        return Report(f"{floor.name} {walls.name}", f"{done[lamp].name} by {done.by}")

    return body


async def undisturbed(tools: Tools, ending: str) -> tuple[Outcome, dict[str, str], int]:
    """Return how the run ends when nothing is lost, with its world and its number of writes."""
    stage = Stage(tools)
    outcome = await stage.finish(body_of(stage, ending))
    writes = len(stage.memory.log) + len(stage.memory.asked)
    assert 10 <= writes <= MOST_WRITES
    return outcome, stage.world.things, writes


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_loss_at_any_write_of_the_journal_changes_nothing(
    tools: Tools, ending: str, moment: Literal["before", "after"]
) -> None:
    """Just before it is stored, or just after: the outcome and the world are the same."""
    outcome, things, writes = await undisturbed(tools, ending)

    for write in range(1, writes + 1):
        stage = Stage(tools)
        stage.memory.lose = (moment, write)
        body = body_of(stage, ending)
        assert await stage.finish(body) == outcome, f"lost {moment} write {write}"
        assert stage.memory.lose[1] <= 0, "the loss was never reached"
        assert stage.world.things == things, f"lost {moment} write {write}"


@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_loss_right_after_any_change_of_the_world_changes_nothing(
    tools: Tools, ending: str
) -> None:
    """The change is there, nobody wrote it down, and making it again is harmless."""
    outcome, things, _ = await undisturbed(tools, ending)
    changes = 3 if ending in ("works", "is busy twice") else 2

    for change in range(1, changes + 1):
        stage = Stage(tools)
        stage.world.lose_at = change
        assert await stage.finish(body_of(stage, ending)) == outcome
        assert stage.world.lose_at <= 0
        assert stage.world.things == things


async def test_recorded_steps_are_not_repeated_by_a_loss(tools: Tools) -> None:
    """At most the one step that was under way is done again."""
    _, _, writes = await undisturbed(tools, "works")

    for write in range(1, writes + 1):
        stage = Stage(tools)
        stage.memory.lose = ("before", write)
        await stage.finish(body_of(stage, "works"))
        done_twice = len(stage.world.looks) - 2 + len(stage.world.writes) - 3
        assert done_twice in (0, 1)


async def test_two_losses_in_one_run_change_nothing(tools: Tools) -> None:
    """Also while it is recovering from the first."""
    outcome, things, writes = await undisturbed(tools, "is refused")

    for first in range(1, writes + 1, 2):
        for second in (1, 2, 3):
            stage = Stage(tools)
            body = body_of(stage, "is refused")
            stage.memory.lose = ("after", first)
            stage.world.lose_at = second
            assert await stage.finish(body) == outcome
            assert stage.world.things == things
