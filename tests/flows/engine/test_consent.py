"""Plans are applied only with the consent that policy asks for, and not in a freeze."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from flows.engine.effects import effect
from flows.engine.freezes import freeze
from flows.engine.journal import Answer
from flows.engine.run import Run
from flows.report import Report
from tests.flows.engine.memory import NOW, Lost
from tests.flows.engine.stage import Stage

SATURDAY = datetime(2026, 3, 7, 12, 0, tzinfo=UTC)
MONDAY = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
WEEKENDS = (freeze("Fri 16:00 - Mon 08:00 Europe/Berlin"),)


async def body_of(stage: Stage, run: Run) -> Report:
    """Make a desk and a lamp."""
    made = [
        effect(f"Make a {name}", do=partial(stage.world.ensure_thing, name))
        for name in ("desk", "lamp")
    ]
    done = await run.apply(*made)
    return Report("Made", done.by)


def frozen(stage: Stage, at: datetime = SATURDAY) -> None:
    """Let weekends be frozen, and the clock show this time."""
    stage.policy = replace(stage.policy, freezes=WEEKENDS)
    stage.memory.clock = at


async def test_a_plan_that_nobody_answers_in_time_changes_nothing(stage: Stage) -> None:
    """The deadline goes with the question, and its answer is the safe one."""
    stage.policy = replace(stage.policy, deadline=timedelta(hours=4))
    body = partial(body_of, stage)

    assert (await stage.play(body)).ending == "waiting"
    [question] = stage.memory.asked.values()
    assert question.within == timedelta(hours=4)
    stage.memory.answers[question.key] = Answer("decline", "", NOW)
    outcome = await stage.play(body)

    assert outcome.ending == "stopped"
    assert outcome.line == "Nobody approved the plan in time; nothing was changed."
    assert stage.world.writes == []


@pytest.mark.parametrize(
    ("globs", "ending"), [(("Make a *",), "done"), (("Make a d*",), "waiting"), ((), "waiting")]
)
async def test_a_plan_of_named_changes_is_applied_at_once(
    stage: Stage, globs: tuple[str, ...], ending: str
) -> None:
    """If all of it is named; the one who asked is the one who said so."""
    stage.policy = replace(stage.policy, auto_approve=globs)

    outcome = await stage.play(partial(body_of, stage))

    assert outcome.ending == ending
    assert stage.world.writes == (["+desk", "+lamp"] if ending == "done" else [])


@pytest.mark.parametrize(("approvals", "globs"), [(0, ()), (1, ("*",))])
async def test_in_a_freeze_nothing_is_approved_by_itself(
    stage: Stage, approvals: int, globs: tuple[str, ...]
) -> None:
    """Somebody is asked; when it is over, the plan needs nobody again."""
    stage.approvals = approvals
    stage.policy = replace(stage.policy, auto_approve=globs)
    frozen(stage)
    body = partial(body_of, stage)

    assert (await stage.play(body)).ending == "waiting"
    assert stage.world.writes == []
    stage.memory.clock = MONDAY
    assert (await stage.play(body)).ending == "done"


async def test_what_was_approved_before_a_freeze_waits_for_its_end(stage: Stage) -> None:
    """Or for an admin who lifts it."""
    body = partial(body_of, stage)
    await stage.play(body)
    stage.memory.say("approve")
    frozen(stage)

    outcome = await stage.play(body)

    assert (outcome.ending, outcome.after) == ("later", timedelta(hours=43))
    assert outcome.line == "Approved, and frozen until Mon 9 Mar 08:00 (Europe/Berlin)"
    assert stage.world.writes == []
    [(key, answer)] = stage.memory.answers.items()
    stage.memory.answers[key] = replace(answer, lifted=True)
    assert (await stage.play(body)).ending == "done"


async def test_what_has_begun_is_brought_to_its_end_in_a_freeze(stage: Stage) -> None:
    """Half a plan is worse than one that took a minute too long."""
    body = partial(body_of, stage)
    await stage.play(body)
    stage.memory.say("approve")
    stage.world.lose_at = 1
    with pytest.raises(Lost):
        await stage.play(body)
    frozen(stage)

    assert (await stage.play(body)).ending == "done"
    assert stage.world.things.keys() == {"desk", "lamp"}


async def test_a_plan_that_was_declined_is_not_applied_when_it_needs_nobody_any_more(
    stage: Stage,
) -> None:
    """A no stays a no, whatever the policy becomes."""
    body = partial(body_of, stage)
    await stage.play(body)
    stage.memory.say("decline")
    stage.approvals = 0

    assert (await stage.play(body)).ending == "stopped"
    assert stage.world.writes == []
