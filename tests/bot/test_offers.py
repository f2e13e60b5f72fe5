"""A card offers what makes sense, and a press does it as a command would."""

import asyncio

import pytest

from bot.chat import Button, Origin
from bot.dispatch import Accepted, Form, Say
from flows.engine.run import NO, YES
from integrations.errors import Refused
from storage import audit
from storage.database import Database
from tests.bot.lab import ADA, BEN, CAT, HERE, NOBODY_READS, PATIENCE, Lab
from tests.bot.test_control import finished, played, waiting
from tests.bot.test_takeover import Pausing

HERE_PRESSED = Origin("button", "slack", "C1", "m1")


async def offers(lab: Lab, card: str = "m1") -> list[str]:
    """Return the verbs on a card as it is by now."""
    lab.clock.forward(5)
    await lab.threads.deliver()
    return [each.action.partition(":")[0] for each in lab.room.cards[card].controls]


async def press(lab: Lab, verb: str, run_id: str, key: str = "p1") -> Accepted | Say | Form | None:
    """Press a button of a card as ada."""
    return await lab.dispatch.press(f"{verb}:{run_id}", ADA, HERE_PRESSED, key)


async def test_a_run_that_goes_on_can_be_cancelled(lab: Lab) -> None:
    """In the line and while it waits; the button asks once more."""
    await lab.threads.deliver()
    run_id = await lab.start("make desk")
    assert await offers(lab) == ["cancel"]
    await lab.player().play(run_id)
    assert await offers(lab) == ["cancel", "type"]
    cancel, nudge = lab.room.card.controls
    assert nudge == Button("Remind the approvers", f"type:nudge {run_id}")
    assert cancel == Button(
        "Cancel",
        f"cancel:{run_id}",
        warns="It stops at its next step. What it has changed by then stays.",
    )

    assert await press(lab, "cancel", run_id) is None

    assert (await lab.run(run_id)).state == "cancelled"
    assert await offers(lab) == ["rerun"]


async def test_what_was_changed_can_be_taken_back_from_the_card(lab: Lab) -> None:
    """Its plan comes in the thread; meanwhile, and afterwards, it is not offered again."""
    run_id = await finished(lab)
    assert await offers(lab) == ["undo"]

    reply = await press(lab, "undo", run_id)

    assert isinstance(reply, Accepted)
    assert await offers(lab) == []
    assert lab.room.places[-1].thread == "m1"
    await lab.player().play(reply.run_id)
    await played(lab, reply.run_id, NO)
    assert await offers(lab) == ["undo"]
    again = await press(lab, "undo", run_id, "p2")
    assert isinstance(again, Accepted)
    await lab.player().play(again.run_id)
    await played(lab, again.run_id)
    assert lab.world.things == {"news": ""}
    assert await offers(lab) == []


async def test_a_cancelled_undo_can_be_asked_for_again(lab: Lab) -> None:
    """The card of the run says so at once."""
    run_id = await finished(lab)
    undo = await press(lab, "undo", run_id)
    assert isinstance(undo, Accepted)
    assert await offers(lab) == []

    await press(lab, "cancel", undo.run_id)

    assert await offers(lab) == ["undo"]
    assert await offers(lab, "m2") == []


async def test_what_failed_can_be_retried_and_run_again(lab: Lab) -> None:
    """A retry is no new run, and counts once."""
    lab.world.fail("desk", Refused("There is no desk."))
    run_id = await waiting(lab)
    await played(lab, run_id)
    assert await offers(lab) == ["retry", "rerun"]

    assert await press(lab, "retry", run_id) is None
    second = await press(lab, "retry", run_id)

    assert isinstance(second, Say)
    assert second.report.summary == "There is nothing to retry: this run is queued."
    assert second.kind == "unfit"
    assert await offers(lab) == ["cancel"]


async def test_a_rerun_of_an_undo_is_an_undo(lab: Lab) -> None:
    """So that nothing is taken back twice."""
    run_id = await finished(lab)
    undo = await press(lab, "undo", run_id)
    assert isinstance(undo, Accepted)
    await lab.player().play(undo.run_id)

    reply = await press(lab, "rerun", undo.run_id, "p2")

    assert isinstance(reply, Say)
    assert reply.report.summary == "That is under way."


async def test_a_dry_run_can_be_run_for_real(lab: Lab) -> None:
    """With the same inputs, and a plan that is asked."""
    run_id = await lab.start("make desk --dry-run color=blue")
    await lab.player().play(run_id)
    assert await offers(lab) == ["real"]

    reply = await press(lab, "real", run_id)

    assert isinstance(reply, Accepted)
    real = await lab.run(reply.run_id)
    assert (real.command, real.dry_run) == ("make desk color=blue", False)
    assert real.params["color"] == "blue"
    refused = await press(lab, "real", reply.run_id)
    assert isinstance(refused, Say)
    assert "was no dry run" in refused.report.summary


async def test_a_finding_is_not_retried(lab: Lab) -> None:
    """What is recorded would only be read again; a declined plan can be asked again."""
    run_id = await waiting(lab)
    await played(lab, run_id, NO)
    assert await offers(lab) == ["retry", "rerun"]
    look = await lab.start("look desk")
    await lab.player().play(look)
    assert await offers(lab, "m2") == []


async def midway(lab: Lab) -> tuple[Pausing, asyncio.Task[None], str]:
    """Let a run pause right after its first change."""
    lab.world = world = Pausing("+news")
    run_id = await waiting(lab)
    await lab.dispatch.answer((await lab.asked(run_id)).id, YES, BEN)
    playing = asyncio.create_task(lab.player().play(run_id))
    await asyncio.wait_for(world.reached.wait(), PATIENCE)
    return world, playing, run_id


async def test_a_cancelled_run_is_taken_back_once_it_has_ended(lab: Lab) -> None:
    """Both are decided in one breath; the undo waits for the end, and then for a yes."""
    world, playing, run_id = await midway(lab)
    assert await offers(lab) == ["cancel", "cancel-undo"]

    reply = await press(lab, "cancel-undo", run_id)

    assert isinstance(reply, Accepted)
    await lab.player("w2").play(reply.run_id)
    early = await lab.run(reply.run_id)
    assert (early.state, early.line) == ("queued", f"Begins when run {run_id} has ended")
    assert await offers(lab) == []
    assert lab.room.cards["m1"].line == "Stops at its next step: ada has cancelled it"
    assert lab.room.cards["m2"].line == early.line
    world.go_on.set()
    await playing
    assert (await lab.run(run_id)).state == "cancelled"
    lab.clock.forward(2)
    await lab.player("w2").play(reply.run_id)
    await played(lab, reply.run_id)
    assert (await lab.run(reply.run_id)).state == "done"
    assert "desk" not in world.things
    async with lab.database.read() as connection:
        assert (await audit.verify(connection)).fault == ""
        told = [each.action for each in await audit.of_run(connection, run_id)]
    assert told[:3] == ["asked", "decided", "did"]
    assert "cancelled" in told


async def test_many_who_cancel_and_undo_at_once_start_one_of_each(
    lab: Lab, postgres_migrated: str
) -> None:
    """On PostgreSQL, while the run is played: nobody waits for ever, and the audit is one chain."""
    database = Database(postgres_migrated)
    shared = Lab(database, lab.queue, lab.tools)
    world, playing, run_id = await midway(shared)

    replies = await asyncio.gather(
        *(press(shared, "cancel-undo", run_id, f"p{number % 2}") for number in range(10))
    )
    world.go_on.set()
    await playing

    started = {each.run_id for each in replies if isinstance(each, Accepted)}
    assert len(started) == 1
    assert (await shared.run(run_id)).state == "cancelled"
    async with database.read() as connection:
        assert (await audit.verify(connection)).fault == ""
    await database.aclose()


async def test_a_repeated_press_cancels_and_takes_back_once(lab: Lab) -> None:
    """The same trigger is the same run."""
    world, playing, run_id = await midway(lab)

    first = await press(lab, "cancel-undo", run_id)
    second = await press(lab, "cancel-undo", run_id)

    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert (first.run_id, first.new, second.new) == (second.run_id, True, False)
    world.go_on.set()
    await playing


async def test_cancel_undo_is_a_command_too(lab: Lab) -> None:
    """Where nothing was changed there is nothing to take back, and it is a plain cancel."""
    run_id = await waiting(lab)

    reply = await lab.type(f"cancel {run_id} --undo")

    assert isinstance(reply, Say)
    assert reply.report.summary == "Cancelled by ada; nothing was changed."


async def test_who_may_not_cancel_takes_nothing_back(lab: Lab) -> None:
    """The refusal is policy's own, and in the audit."""
    world, playing, run_id = await midway(lab)

    reply = await lab.type(f"cancel {run_id} --undo", CAT)

    assert isinstance(reply, Say)
    assert reply.kind == "forbidden"
    assert "needs the role maintainer" in reply.report.summary
    assert (await lab.run(run_id)).stop_by == ""
    async with lab.database.read() as connection:
        assert (await audit.of_run(connection, run_id))[-1].action == "refused"
    world.go_on.set()
    await playing


async def test_an_undo_of_what_ended_unchanged_says_so(lab: Lab) -> None:
    """The run was called off before it changed anything."""
    lab.world = world = Pausing("floor")
    run_id = await lab.start("make desk")
    playing = asyncio.create_task(lab.player().play(run_id))
    await asyncio.wait_for(world.reached.wait(), PATIENCE)
    undo = await lab.type(f"cancel {run_id} --undo")
    assert isinstance(undo, Accepted)
    world.go_on.set()
    await playing

    await lab.player("w2").play(undo.run_id)

    run = await lab.run(undo.run_id)
    assert (run.state, run.line) == (
        "stopped",
        "Nothing had been changed, so there is nothing to take back.",
    )


@pytest.mark.parametrize("origin", [HERE, NOBODY_READS])
async def test_what_is_asked_elsewhere_is_told_where_the_run_is_read(
    lab: Lab, origin: Origin
) -> None:
    """An undo from the page is planned in the thread of its run; without one, nowhere."""
    run_id = await lab.start("make desk", origin=origin)
    await lab.player().play(run_id)
    await played(lab, run_id)
    await lab.threads.deliver()

    reply = await lab.dispatch.act("undo", run_id, ADA, Origin("web", "web", ""), "p1")

    assert isinstance(reply, Accepted)
    place = (await lab.run(reply.run_id)).origin
    assert place["door"] == "web"
    there = ("slack", "C1", "m1") if origin == HERE else ("web", "", "")
    assert (place["platform"], place["channel"], place["thread"]) == there
