"""When an effect fails, what was done before is taken back, and people read what stays."""

from functools import partial

import pytest

from flows.engine.effects import effect
from flows.engine.patience import ATTEMPTS
from flows.engine.run import Run
from flows.report import Report
from integrations.errors import NotFound, Refused, Transient
from tests.flows.engine.memory import Lost
from tests.flows.engine.stage import Body, Stage

NAMES = ("desk", "chair", "lamp")


def furnishing(stage: Stage, final: str = "") -> Body:
    """Return a body that makes three things; the `final` one cannot be taken back."""
    world = stage.world
    stage.approvals = 0

    async def body(run: Run) -> Report:
        await run.apply(
            *(
                effect(
                    f"Make a {name}",
                    do=partial(world.ensure_thing, name),
                    undo=None if name == final else partial(world.delete_thing, name),
                )
                for name in NAMES
            )
        )
        return Report("Furnished")

    return body


async def test_what_was_done_is_taken_back_in_reverse_order(stage: Stage) -> None:
    """The world is as before, and the cause is what people read."""
    stage.world.fail("lamp", Refused("There is no room for a lamp."))

    outcome = await stage.play(furnishing(stage))

    assert outcome.ending == "stopped"
    assert outcome.line == (
        "“Make a lamp” failed: There is no room for a lamp. "
        "What had been done before it was taken back."
    )
    assert stage.world.writes == ["+desk", "+chair", "-chair", "-desk"]
    assert stage.world.things == {}


async def test_the_first_effect_leaves_nothing_to_take_back(stage: Stage) -> None:
    """And people are told so."""
    stage.world.fail("desk", NotFound("There is no floor."))

    outcome = await stage.play(furnishing(stage))

    assert outcome.line == "“Make a desk” failed: There is no floor. Nothing was changed."
    assert stage.world.writes == []


async def test_what_is_final_stays_and_is_named(stage: Stage) -> None:
    """The others are taken back all the same."""
    stage.world.fail("lamp", Refused("No."))

    outcome = await stage.play(furnishing(stage, final="chair"))

    assert "These changes stay and need a hand: Make a chair." in outcome.line
    assert stage.world.writes == ["+desk", "+chair", "-desk"]


@pytest.mark.parametrize("error", [Refused("It is nailed down."), ValueError("a bug")])
async def test_an_undo_that_fails_is_reported(stage: Stage, error: Exception) -> None:
    """Whatever the cause, the rest is taken back, and what stays is named."""
    stage.world.fail("lamp", Refused("No."))
    stage.world.fail("-chair", error)

    outcome = await stage.play(furnishing(stage))

    assert outcome.ending == "stopped"
    assert "These changes stay and need a hand: Make a chair." in outcome.line
    assert stage.world.things == {"chair": ""}
    assert stage.memory.entries["Undo: Make a chair"].state == "failed"
    assert stage.memory.entries["Undo: Make a desk"].state == "done"


async def test_an_undo_waits_for_a_busy_service(stage: Stage) -> None:
    """Taking back is tried as patiently as doing."""
    stage.world.fail("lamp", Refused("No."))
    stage.world.fail("-chair", Transient("Busy."), Transient("Busy."))
    body = furnishing(stage)

    assert [(await stage.play(body)).ending for _ in range(3)] == ["later", "later", "stopped"]
    assert stage.world.things == {}
    assert stage.memory.entries["Undo: Make a chair"].attempt == 3


async def test_an_undo_that_stays_busy_is_reported(stage: Stage) -> None:
    """After the last attempt the change stays, and the others are taken back."""
    stage.world.fail("lamp", Refused("No."))
    stage.world.fail("-chair", *(Transient("Busy.") for _ in range(ATTEMPTS)))

    outcome = await stage.finish(furnishing(stage))

    assert "These changes stay and need a hand: Make a chair." in outcome.line
    assert stage.world.things == {"chair": ""}


async def test_an_effect_that_gives_up_is_taken_back_too(stage: Stage) -> None:
    """A service that stays busy ends the plan as a refusal does."""
    stage.world.fail("lamp", *(Transient("Busy.") for _ in range(ATTEMPTS)))

    outcome = await stage.finish(furnishing(stage))

    assert outcome.line.startswith("“Make a lamp” failed: Busy.")
    assert stage.world.things == {}


async def test_a_failed_effect_is_not_tried_again_after_a_loss(stage: Stage) -> None:
    """A process lost while taking back goes on with that, though the effect would work by now."""
    stage.world.fail("lamp", Refused("There is no room for a lamp."))
    body = furnishing(stage)
    stage.memory.lose = ("after", 6)  # two effects with two writes each, then the failure
    with pytest.raises(Lost):
        await stage.play(body)
    assert stage.world.things == {"desk": "", "chair": ""}

    outcome = await stage.play(body)

    assert outcome.line.startswith("“Make a lamp” failed: There is no room for a lamp.")
    assert stage.world.things == {}
    assert "+lamp" not in stage.world.writes


async def test_a_finished_undo_is_not_repeated_after_a_loss(stage: Stage) -> None:
    """What was taken back is recorded as such."""
    stage.world.fail("lamp", Refused("No."))
    body = furnishing(stage)
    stage.memory.lose = ("after", 8)  # … and the first undo
    with pytest.raises(Lost):
        await stage.play(body)

    await stage.play(body)

    assert stage.world.writes == ["+desk", "+chair", "-chair", "-desk"]


async def test_a_bug_in_an_effect_takes_back_and_apologises(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """People get no traceback; the log does, and the world is as before."""
    stage.world.fail("lamp", ZeroDivisionError("secret detail"))

    outcome = await stage.play(furnishing(stage))

    assert outcome.ending == "failed"
    assert stage.world.things == {}
    assert "secret detail" in caplog.text
    assert "secret detail" not in repr(outcome)
    assert "secret detail" not in stage.memory.entries["Make a lamp"].error


def in_parts(stage: Stage) -> Body:
    """Return a body that lays a floor, and makes two things of each of two rooms."""
    world = stage.world
    stage.approvals = 0

    async def body(run: Run) -> Report:
        done = await run.apply(
            *(
                effect(
                    f"Make a {name}",
                    do=partial(world.ensure_thing, name),
                    undo=partial(world.delete_thing, name),
                    part=part,
                )
                for name, part in (("floor", ""), *PLACES)
            )
        )
        return Report("Furnished", str(dict(done.left)))

    return body


PLACES = (("desk", "study"), ("chair", "study"), ("lamp", "hall"), ("coat", "hall"))


async def test_what_is_refused_costs_its_own_part(stage: Stage) -> None:
    """The other room is furnished, and the report can say why this one is not."""
    stage.world.fail("chair", Refused("There is no room for a chair."))
    outcome = await stage.play(in_parts(stage))

    assert (outcome.ending, outcome.line) == (
        "done",
        "{'study': 'There is no room for a chair.'}",
    )
    assert stage.world.writes == ["+floor", "+desk", "-desk", "+lamp", "+coat"]


async def test_a_plan_without_any_of_its_parts_is_taken_back(stage: Stage) -> None:
    """What belongs to no part goes too: it was there for the parts."""
    stage.world.fail("desk", Refused("No."))
    stage.world.fail("coat", Refused("No hook."))
    outcome = await stage.play(in_parts(stage))

    assert outcome.ending == "stopped"
    assert outcome.line.startswith("“Make a coat” failed: No hook.")
    assert stage.world.things == {}


async def test_what_stays_of_a_part_is_said(stage: Stage) -> None:
    """Where it cannot be taken back, somebody has to lend a hand."""
    stage.approvals = 0
    world = stage.world
    world.fail("chair", Refused("No."))

    async def body(run: Run) -> Report:
        done = await run.apply(
            effect("Make a desk", do=partial(world.ensure_thing, "desk"), part="study"),
            effect("Make a chair", do=partial(world.ensure_thing, "chair"), part="study"),
            effect("Make a lamp", do=partial(world.ensure_thing, "lamp"), part="hall"),
        )
        return Report("Furnished", done.left["study"])

    outcome = await stage.play(body)
    assert outcome.line == "No. These changes stay and need a hand: Make a desk."
