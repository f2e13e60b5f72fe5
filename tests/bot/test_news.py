"""Who wants news alone is told nothing while nothing is new, and everything else once."""

from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest

from bot.chat import Origin
from bot.vitals import SelfKnowledge
from flows.engine.run import NO
from flows.engine.tools import Vital
from tests.bot.lab import BEN, Lab
from tests.bot.test_clockwork import NINE, scheduled

NEWS = Origin("schedule", "slack", "C1", tells="news")


async def test_a_run_for_news_alone_is_silent_while_it_goes_on(lab: Lab) -> None:
    """Its thread begins with how it ended."""
    run_id = await lab.start("look desk", origin=NEWS)
    await lab.threads.deliver()
    assert (lab.room.kinds, await lab.outbox()) == ([], [])

    await lab.player().play(run_id)
    await lab.threads.deliver()

    assert lab.room.kinds == ["card", "report"]
    assert lab.room.card.state == "done"


@pytest.mark.parametrize("tells", ["news", "everything"])
async def test_a_quiet_report_is_kept_from_those_who_want_news_alone(
    lab: Lab, tells: Literal["news", "everything"]
) -> None:
    """Everybody else gets it as always; on its page it is there for all."""
    lab.quiet = True
    run_id = await lab.start("look desk", origin=replace(NEWS, tells=tells))

    await lab.player().play(run_id)
    await lab.threads.deliver()

    assert lab.room.kinds == ([] if tells == "news" else ["card", "report"])
    assert await lab.outbox() == []
    assert await lab.report(run_id) is not None


async def test_a_question_is_news(lab: Lab) -> None:
    """From then on the card is kept current, whatever comes."""
    run_id = await lab.start("make desk", origin=NEWS)
    await lab.player().play(run_id)
    await lab.threads.deliver()
    assert lab.room.kinds == ["card", "report"]  # the plan is what is to be decided

    await lab.dispatch.answer((await lab.asked(run_id)).id, NO, BEN)
    lab.clock.forward(60)
    await lab.player().play(run_id)
    await lab.threads.deliver()

    assert lab.room.card.state == "stopped"


async def test_a_failure_is_news(lab: Lab) -> None:
    """Nobody has to look at the page to learn of it."""
    lab.world.fail("desk", ValueError("a bug"))
    run_id = await lab.start("look desk", origin=NEWS)
    await lab.player().play(run_id)
    await lab.threads.deliver()

    assert lab.room.card.state == "failed"


async def test_schedules_that_are_late_or_in_trouble_are_unwell(lab: Lab) -> None:
    """Late by more than a minute: nobody is there who starts them."""
    knowledge = SelfKnowledge(lab.database, lab.queue, lab.clock, [])

    async def vital() -> Vital:
        items = (await knowledge.vitals()).items
        return next(each for each in items if each.name == "Schedules")

    assert (await vital()).ok
    await scheduled(lab)
    assert (await vital()).value == "1 active, 0 late, 0 in trouble"
    lab.clock.now = NINE + timedelta(minutes=2)

    late = await vital()

    assert not late.ok
    assert late.value == "1 active, 1 late, 0 in trouble"


async def test_the_bot_knows_who_is_away(lab: Lab) -> None:
    """For those who ask people on GitHub to do something."""
    knowledge = SelfKnowledge(lab.database, lab.queue, lab.clock, [])
    assert await knowledge.away(["ada"], lab.clock()) == {}
