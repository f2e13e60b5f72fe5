"""A yes belongs to the world it was given in: when that has moved, the plan is asked again."""

import json
from datetime import timedelta
from functools import partial

import pytest

from flows.engine.effects import effect
from flows.engine.moved import differences
from flows.engine.run import Run
from flows.report import Report
from integrations.errors import Barred, Transient
from tests.flows.engine.memory import NOW
from tests.flows.engine.stage import Body, Stage


def body_of(stage: Stage) -> Body:
    """Return a body whose one change relies on which things there are."""
    world = stage.world

    async def body(run: Run) -> Report:
        making = effect(
            "Make a desk", do=partial(world.ensure_thing, "desk"), still=partial(world.names)
        )
        telling = effect("Tell everybody", do=partial(world.ensure_thing, "news"))
        done = await run.apply(making, telling)
        return Report("Made", done.by)

    return body


async def test_where_nothing_has_moved_the_yes_holds(stage: Stage) -> None:
    """It is looked at before the plan and again after the yes."""
    body = body_of(stage)
    assert (await stage.play(body)).ending == "waiting"
    stage.memory.say("approve")

    assert (await stage.play(body)).ending == "done"

    assert stage.world.looks == ["names", "names"]
    assert len(stage.memory.asked) == 1


async def test_a_plan_whose_world_moved_is_asked_again(stage: Stage) -> None:
    """Nothing is applied by the old yes, and the question says what changed."""
    body = body_of(stage)
    await stage.play(body)
    stage.memory.say("approve")
    stage.world.things["chair"] = "somebody else's"

    assert (await stage.play(body)).ending == "waiting"

    assert stage.world.writes == []
    first, second = stage.memory.asked.values()
    assert first.key != second.key
    assert second.text == ("What “Make a desk” relies on has changed since. Apply the plan anyway?")
    assert second.show is not None
    assert "chair" in str(second.show.blocks[0])
    assert (await stage.play(body)).ending == "waiting"
    stage.memory.say("approve", by="cleo")
    outcome = await stage.play(body)
    assert (outcome.ending, outcome.line) == ("done", "cleo")
    assert stage.world.writes == ["+desk", "+news"]


async def test_a_plan_that_was_only_put_off_is_asked_again_as_well(stage: Stage) -> None:
    """The service was left alone when it was to be applied: until then the world can move."""
    body = body_of(stage)
    await stage.play(body)
    stage.memory.say("approve")
    stage.world.fail("desk", Barred("The world has been failing.", timedelta(seconds=5)))
    assert (await stage.play(body)).ending == "later"
    stage.world.things["chair"] = "somebody else's"

    assert (await stage.play(body)).ending == "waiting"

    assert stage.world.writes == []
    assert len(stage.memory.asked) == 2


async def test_a_no_to_the_moved_world_changes_nothing(stage: Stage) -> None:
    """The earlier yes is no way around it."""
    body = body_of(stage)
    await stage.play(body)
    stage.memory.say("approve")
    stage.world.things["chair"] = "somebody else's"
    await stage.play(body)
    stage.memory.say("decline")

    assert (await stage.play(body)).ending == "stopped"
    assert stage.world.writes == []


async def test_what_has_begun_is_finished_although_it_moves_the_world_itself(stage: Stage) -> None:
    """After the first change the plan is carried on, not asked again."""
    body = body_of(stage)
    stage.world.fail("news", Transient("Busy."))
    await stage.play(body)
    stage.memory.say("approve")
    assert (await stage.play(body)).ending == "later"

    assert (await stage.play(body)).ending == "done"

    assert stage.world.writes == ["+desk", "+news"]
    assert len(stage.memory.asked) == 1


SHA, OTHER = "a" * 40, "b" * 40


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            {"sha": SHA, "message": "One"},
            {"sha": OTHER, "message": "Two"},
            ["sha was aaaaaaa, is bbbbbbb now"],
        ),
        (
            {"state": "open", "draft": False},
            {"state": "closed", "draft": False},
            ["state was open, is closed now"],
        ),
        (None, {"name": "v1.2.0"}, ["it was not there, and is now: v1.2.0"]),
        ({"name": "v1.2.0"}, None, ["it is gone: v1.2.0"]),
        (["a", "b"], ["b", "c"], ["c is new", "a is gone"]),
        (["a", "b"], ["b", "a"], ["the order is another"]),
        (1, 2, ["was 1, is 2 now"]),
        ({"title": ""}, {"title": "x" * 99}, [f"title was nothing, is {'x' * 59}… now"]),
        ([], list("abcdefg"), [*(f"{each} is new" for each in "abcde"), "2 more"]),
    ],
)
def test_what_has_changed_is_said_in_few_words(
    before: object, after: object, said: list[str]
) -> None:
    """By field, by element or as a whole, and never more than a few of them."""
    assert differences(json.dumps(before).encode(), json.dumps(after).encode()) == said


async def test_a_service_that_stays_away_ends_the_run_in_the_end(stage: Stage) -> None:
    """Putting off uses up no attempt, but after a day nobody waits for it any more."""
    body = body_of(stage)
    await stage.play(body)
    stage.memory.say("approve")
    away = Barred("The world has been failing.", timedelta(minutes=5))
    for hours in (0, 12, 24):
        stage.memory.clock = NOW + timedelta(hours=hours)
        stage.world.fail("desk", away)
        assert (await stage.play(body)).ending == "later"

    stage.memory.clock = NOW + timedelta(hours=25)
    stage.world.fail("desk", away)
    outcome = await stage.play(body)

    assert outcome.ending == "stopped"
    assert "has been failing" in outcome.line
    assert stage.world.writes == []
