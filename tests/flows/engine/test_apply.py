"""A plan is shown before anything changes, and a yes belongs to exactly one plan."""

from functools import partial

import pytest

from flows.engine.effects import effect
from flows.engine.journal import Change
from flows.engine.run import NO, YES, Run
from flows.report import Report, Text
from integrations.errors import Refused
from tests.flows.engine.memory import Thing
from tests.flows.engine.stage import Body, Stage

SHOWN = Report("Two things", "A desk and a chair", data={"n": 2})


def furnishing(stage: Stage, color: str = "red", seen: list[object] | None = None) -> Body:
    """Return a body that makes a desk, and a chair that is named after it."""
    world = stage.world

    async def body(run: Run) -> Report:
        desk = effect(
            "Make a desk",
            do=partial(world.ensure_thing, "desk", color),
            undo=partial(world.delete_thing, "desk"),
        )
        chair = effect(
            "Make a chair", do=partial(world.ensure_thing, "chair", value=desk.result.number)
        )
        done = await run.apply(desk, chair, show=SHOWN)
        if seen is not None:
            seen.extend([done[desk], done[chair]])
        return Report("Furnished", f"approved by {done.by}")

    return body


async def test_nothing_changes_before_the_yes(stage: Stage) -> None:
    """The run waits; what it asks shows every change, and which of them are final."""
    outcome = await stage.play(furnishing(stage))

    assert (outcome.ending, outcome.line) == ("waiting", "Waiting for a yes to the plan")
    assert stage.world.writes == []
    [asked] = stage.memory.asked.values()
    assert asked.choices == (YES, NO)
    assert asked.plan == (
        Change("Make a desk", undoable=True),
        Change("Make a chair", undoable=False),
    )
    assert asked.show == SHOWN


async def test_a_replay_asks_the_same_question(stage: Stage) -> None:
    """However often the run is woken while it waits."""
    for _ in range(3):
        await stage.play(furnishing(stage))

    assert len(stage.memory.asked) == 1


async def test_a_yes_carries_out_the_plan(stage: Stage) -> None:
    """In its order; the report knows who said it."""
    await stage.play(furnishing(stage))
    stage.memory.say(YES)

    outcome = await stage.play(furnishing(stage))

    assert outcome.report == Report("Furnished", "approved by ben")
    assert stage.world.writes == ["+desk", "+chair"]


async def test_a_no_changes_nothing(stage: Stage) -> None:
    """People read who declined."""
    await stage.play(furnishing(stage))
    stage.memory.say(NO)

    outcome = await stage.play(furnishing(stage))

    assert outcome.ending == "stopped"
    assert outcome.line == "ben declined the plan; nothing was changed."
    assert stage.world.writes == []


async def test_where_policy_wants_no_yes_nobody_is_asked(stage: Stage) -> None:
    """Whoever asked for the run is who approved it."""
    stage.approvals = 0

    outcome = await stage.play(furnishing(stage))

    assert outcome.report == Report("Furnished", "approved by ada")
    assert stage.memory.asked == {}


async def test_a_changed_plan_is_asked_again(stage: Stage) -> None:
    """A yes to the red desk is none to the blue one, though they are called the same."""
    await stage.play(furnishing(stage, "red"))
    stage.memory.say(YES)

    outcome = await stage.play(furnishing(stage, "blue"))

    assert outcome.ending == "waiting"
    assert len(stage.memory.asked) == 2
    assert stage.world.writes == []


async def test_a_later_effect_takes_the_result_of_an_earlier_one(stage: Stage) -> None:
    """The value itself reaches the world, not its placeholder."""
    stage.approvals = 0

    await stage.play(furnishing(stage))

    assert stage.world.things == {"desk": "red", "chair": "4"}


async def test_results_survive_a_replay(stage: Stage) -> None:
    """They are equal, of the same type, and nothing is done again."""
    stage.approvals = 0
    seen: list[object] = []
    await stage.play(furnishing(stage, seen=seen))
    stage.world.things.clear()

    await stage.play(furnishing(stage, seen=seen))

    assert seen[:2] == seen[2:] == [Thing("desk", 4), Thing("chair", 5)]
    assert stage.world.writes == ["+desk", "+chair"]


async def test_a_reference_survives_a_replay_between_the_two_effects(stage: Stage) -> None:
    """The second effect gets what the first returned, in an attempt before."""
    stage.approvals = 0
    stage.memory.lose = ("after", 2)  # the desk is recorded, the chair not begun

    outcome = await stage.finish(furnishing(stage))

    assert outcome.ending == "done"
    assert stage.world.things == {"desk": "red", "chair": "4"}
    assert stage.world.writes == ["+desk", "+chair"]


async def test_intent_is_recorded_before_and_the_result_after(stage: Stage) -> None:
    """So that whoever looks sees what was under way when a process was lost."""
    stage.approvals = 0

    await stage.play(furnishing(stage))

    assert stage.memory.log == [
        ("Make a desk", "running"),
        ("Make a desk", "done"),
        ("Make a chair", "running"),
        ("Make a chair", "done"),
    ]


async def test_a_dry_run_ends_with_its_plan(stage: Stage) -> None:
    """It asks nobody, changes nothing, and says what is final and how to go on."""
    stage.dry_run = True

    outcome = await stage.play(furnishing(stage))

    assert (outcome.ending, outcome.line) == ("done", "Dry run: nothing was changed.")
    assert stage.memory.asked == {}
    assert stage.world.writes == []
    report = outcome.report
    assert report is not None
    assert (report.title, report.data) == ("Two things", {"n": 2})
    words = repr(report.blocks)
    assert "Make a desk" in words
    assert "final: cannot be taken back" in words
    assert "--dry-run" in repr([block for block in report.blocks if isinstance(block, Text)])


async def test_a_plan_without_details_can_be_rehearsed_too(stage: Stage) -> None:
    """The list of changes is the report."""
    stage.dry_run = True

    async def body(run: Run) -> Report:
        await run.apply(effect("Make a desk", do=partial(stage.world.ensure_thing, "desk")))
        return Report("Never")

    outcome = await stage.play(body)

    assert outcome.report is not None
    assert outcome.report.title == "The plan"


async def not_annotated(name: str):  # type: ignore[no-untyped-def] # noqa: ANN201 - that is the point
    """Change something, and return what nobody could read back."""
    raise AssertionError(name)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("empty", "needs at least one effect"),
        ("twice", "titles are unique"),
        ("as a step", "titles are unique"),
        ("long", "longer than 60 characters"),
        ("not annotated", "needs a return type"),
    ],
)
async def test_a_broken_plan_is_refused_before_it_is_shown(
    stage: Stage, caplog: pytest.LogCaptureFixture, wrong: str, says: str
) -> None:
    """Nobody is asked for a yes to something that cannot be carried out and replayed."""
    do = partial(stage.world.ensure_thing, "desk")

    async def body(run: Run) -> Report:
        match wrong:
            case "empty":
                await run.apply()
            case "twice":
                await run.apply(effect("Same", do=do), effect("Same", do=do))
            case "as a step":
                await run.step("Same", stage.world.thing, "desk")
                await run.apply(effect("Same", do=do))
            case "long":
                await run.apply(effect("x" * 61, do=do))
            case _:
                await run.apply(effect("Guess", do=partial(not_annotated, "desk")))
        return Report("Never")

    outcome = await stage.play(body)

    assert outcome.ending == "failed"
    assert says in caplog.text
    assert stage.memory.asked == {}
    assert stage.world.writes == []


async def test_a_choice_is_asked_for_and_remembered(stage: Stage) -> None:
    """The run waits without a worker, and goes on with what somebody chose."""

    async def body(run: Run) -> Report:
        color = await run.ask("Which color?", ("red", "blue"))
        size = await run.ask("Which size?", ("s", "l"))
        return Report(f"{color} {size}")

    outcome = await stage.play(body)
    assert (outcome.ending, outcome.line) == ("waiting", "Waiting for an answer")
    assert list(stage.memory.asked) == ["Which color?"]
    stage.memory.say("blue")
    assert (await stage.play(body)).ending == "waiting"
    stage.memory.say("l")

    assert (await stage.play(body)).report == Report("blue l")
    assert stage.memory.asked["Which size?"].choices == ("s", "l")
    assert stage.memory.asked["Which size?"].plan == ()


def careful(stage: Stage, color: str = "red", *, needed: bool = True) -> Body:
    """Return a body whose plan covers a chair, which is made where it is needed."""
    world = stage.world

    async def body(run: Run) -> Report:
        desk = effect("Make a desk", do=partial(world.ensure_thing, "desk"))
        covered = effect("Make a chair if needed", do=partial(world.ensure_thing, "chair", "red"))
        chair = effect("Make a chair if needed", do=partial(world.ensure_thing, "chair", color))
        await run.apply(desk, covers=[covered])
        done = await run.apply(chair) if needed else None
        return Report("Furnished", f"approved by {done.by}" if done else "")

    return body


async def test_a_yes_covers_what_the_plan_has_shown_for_later(stage: Stage) -> None:
    """Nobody is asked again, also not after a crash; who said yes to it is known."""
    outcome = await stage.finish(careful(stage))

    assert outcome.line == "approved by ben"
    [asked] = stage.memory.asked.values()
    assert [each.title for each in asked.plan] == ["Make a desk", "Make a chair if needed"]
    assert stage.world.writes == ["+desk", "+chair"]


async def test_what_is_covered_is_made_only_where_it_is_needed(stage: Stage) -> None:
    """It was shown, and stays a possibility."""
    await stage.finish(careful(stage, needed=False))

    assert stage.world.writes == ["+desk"]


async def test_a_yes_does_not_cover_another_change_of_the_same_name(stage: Stage) -> None:
    """A covered change is its title, its function and its arguments."""
    await stage.finish(careful(stage, "blue"))

    assert len(stage.memory.asked) == 2


async def test_a_covered_change_that_fails_leaves_what_was_done_before(stage: Stage) -> None:
    """And says so: that nothing was changed would be wrong."""

    async def refuse() -> None:
        raise Refused("No.")

    async def body(run: Run) -> Report:
        desk = effect("Make a desk", do=partial(stage.world.ensure_thing, "desk"))
        later = effect("Refuse", do=partial(refuse))
        await run.apply(desk, covers=[later])
        await run.apply(later)
        return Report("Furnished")

    outcome = await stage.finish(body)

    assert outcome.line == "“Refuse” failed: No. What the same plan had changed before it stays."
    assert stage.world.writes == ["+desk"]


async def test_a_dry_run_shows_what_a_yes_would_cover(stage: Stage) -> None:
    """As a part of the plan."""
    stage.dry_run = True
    outcome = await stage.play(careful(stage))

    assert "Make a chair if needed" in str(outcome.report)
    assert stage.world.writes == []
