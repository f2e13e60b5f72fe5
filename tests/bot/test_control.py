"""Runs that are there already can be looked at, stopped, played again and taken back."""

import asyncio

import pytest

from bot.chat import Origin
from bot.dispatch import Accepted, Say
from bot.verbs import VERBS
from flows.engine.access import Role
from flows.engine.run import NO, YES
from integrations.errors import Refused, Transient
from storage import audit
from tests.bot.lab import ADA, BEN, CAT, HERE, PATIENCE, Lab
from tests.bot.test_takeover import Pausing


async def waiting(lab: Lab) -> str:
    """Return a run that waits for a yes."""
    run_id = await lab.start("make desk")
    await lab.player().play(run_id)
    return run_id


async def played(lab: Lab, run_id: str, answer: str = YES) -> None:
    """Answer what the run asks and play it on."""
    await lab.dispatch.answer((await lab.asked(run_id)).id, answer, BEN)
    await lab.player().play(run_id)


async def finished(lab: Lab) -> str:
    """Return a run that has made its changes."""
    run_id = await waiting(lab)
    await played(lab, run_id)
    return run_id


async def told(lab: Lab, command: str, **given: object) -> str:
    """Type something that is answered at once; return the answer as plain words."""
    reply = await lab.type(command, **given)  # type: ignore[arg-type] # by, origin or key
    assert isinstance(reply, Say), reply
    return f"{reply.report.title}{reply.report.summary}{reply.report.blocks!r}"


async def actions(lab: Lab, run_id: str) -> list[str]:
    """Return what the audit says of a run."""
    async with lab.database.read() as connection:
        return [each.action for each in await audit.of_run(connection, run_id)]


async def test_a_queued_run_is_cancelled_at_once(lab: Lab) -> None:
    """Nobody plays it afterwards, and its card says who it was."""
    run_id = await lab.start("look desk")

    assert "Cancelled by ada; nothing was changed." in await told(lab, f"cancel {run_id}")

    await lab.player().play(run_id)
    run = await lab.run(run_id)
    assert (run.state, run.line) == ("cancelled", "Cancelled by ada; nothing was changed.")
    assert run.finished_at == lab.clock()
    assert lab.world.looks == []
    assert await actions(lab, run_id) == ["asked", "cancelled"]


async def test_a_waiting_run_is_cancelled_at_once(lab: Lab) -> None:
    """What it asked is no longer to be answered."""
    run_id = await waiting(lab)

    await told(lab, f"cancel {run_id}", by=BEN)

    assert (await lab.run(run_id)).line == "Cancelled by ben; nothing was changed."
    said = await lab.dispatch.answer((await lab.asked(run_id)).id, YES, BEN)
    assert said is not None
    assert "has ended" in said.report.summary


async def test_a_running_run_stops_at_its_next_step(lab: Lab) -> None:
    """What it had changed by then is recorded and stays; nothing more is changed."""
    lab.world = world = Pausing("+desk")
    run_id = await waiting(lab)
    await lab.dispatch.answer((await lab.asked(run_id)).id, YES, BEN)
    playing = asyncio.create_task(lab.player().play(run_id))
    await asyncio.wait_for(world.reached.wait(), PATIENCE)

    assert "It stops at its next step" in await told(lab, f"cancel {run_id}")
    assert (await lab.run(run_id)).state == "running"
    world.go_on.set()
    await playing

    run = await lab.run(run_id)
    assert (run.state, run.line) == (
        "cancelled",
        "Cancelled by ada, after these changes: Make a desk.",
    )
    assert world.things == {"desk": "red"}
    assert [each.state for each in await lab.steps(run_id)] == ["done", "done"]


async def test_a_run_that_only_looks_stops_after_its_step(lab: Lab) -> None:
    """The next step is not begun."""
    lab.world = world = Pausing("desk")
    run_id = await lab.start("look desk")
    playing = asyncio.create_task(lab.player().play(run_id))
    await asyncio.wait_for(world.reached.wait(), PATIENCE)

    await told(lab, f"cancel {run_id}")
    world.go_on.set()
    await playing

    assert (await lab.run(run_id)).state == "cancelled"
    assert world.looks == ["desk"]


async def test_a_cancelled_run_whose_worker_is_gone_ends_with_the_next_one(lab: Lab) -> None:
    """Nothing of it is played again."""
    lab.world = world = Pausing("desk")
    run_id = await lab.start("look desk")
    gone = asyncio.create_task(lab.player("w1").play(run_id))
    await asyncio.wait_for(world.reached.wait(), PATIENCE)
    await told(lab, f"cancel {run_id}")

    lab.clock.forward(11)
    await lab.player("w2").play(run_id)
    world.go_on.set()
    await gone

    assert (await lab.run(run_id)).state == "cancelled"
    assert world.looks == ["desk"]


@pytest.mark.parametrize("verb", ["cancel", "retry", "undo"])
async def test_what_makes_no_sense_is_said(lab: Lab, verb: str) -> None:
    """A run that looked, and is done, has nothing to stop, retry or take back."""
    run_id = await lab.start("look desk")
    await lab.player().play(run_id)
    before = await lab.run(run_id)

    said = await told(lab, f"{verb} {run_id}")

    assert {
        "cancel": "This run has ended already: it is done.",
        "retry": "There is nothing to retry: this run is done.",
        "undo": "This run has changed nothing that could be taken back.",
    }[verb] in said
    assert await lab.run(run_id) == before


async def test_policy_is_asked_for_each_verb(lab: Lab) -> None:
    """A viewer stops nobody else's run and takes nothing back; the refusal is audited."""
    run_id = await waiting(lab)

    assert "needs the role maintainer" in await told(lab, f"cancel {run_id}", by=CAT)
    assert (await lab.run(run_id)).state == "waiting"
    await played(lab, run_id)
    assert "needs the role maintainer" in await told(lab, f"undo {run_id}", by=CAT)
    assert "needs the role maintainer" in await told(lab, f"rerun {run_id}", by=CAT)
    assert "refused" in await actions(lab, run_id)


async def test_a_run_is_named_by_its_thread(lab: Lab) -> None:
    """`!flow cancel` in a thread means the run of that thread, whoever's card heads it."""
    run_id = await waiting(lab)
    await lab.threads.deliver()
    in_thread = Origin("thread", "slack", "C1", "m1", "m7")

    status = await told(lab, "status", origin=in_thread)
    assert f"/runs/{run_id}" in status
    assert "1 call, 100 B" in status
    await told(lab, "cancel", origin=in_thread)

    assert (await lab.run(run_id)).state == "cancelled"


async def test_a_run_that_nobody_knows_is_not_guessed(lab: Lab) -> None:
    """One sentence says how to name it."""
    assert "I know no run “nonsense”" in await told(lab, "cancel nonsense")
    assert "Say which run: " in await told(lab, "cancel")


@pytest.mark.parametrize("verb", VERBS)
async def test_each_verb_has_its_help(lab: Lab, verb: str) -> None:
    """In the list of all, for those who may say it, and a message of its own."""
    is_listed = f"code='{verb}'" in await told(lab, "help")

    assert is_listed == Role.MAINTAINER.covers(VERBS[verb].role)
    assert f"/flow {verb}" in await told(lab, f"help {verb}")


async def test_runs_lists_the_newest(lab: Lab) -> None:
    """With what was asked, how it stands, and by whom; so does a status of nothing at all."""
    assert "There is none." in await told(lab, "runs")
    run_id = await lab.start("look desk")

    for command in ("runs", "status"):
        said = await told(lab, command, origin=HERE)
        assert f"/runs/{run_id}" in said
        assert "look desk" in said


async def test_a_failed_run_is_retried_from_the_failed_step(lab: Lab) -> None:
    """What worked is not done again; the report is the second one."""
    lab.world.fail("desk", Refused("There is no desk."))
    run_id = await waiting(lab)
    await played(lab, run_id)
    assert (await lab.run(run_id)).state == "stopped"

    assert "It goes on from where it failed" in await told(lab, f"retry {run_id}")
    await lab.player().play(run_id)

    run = await lab.run(run_id)
    assert (run.state, run.line) == ("done", "by ben")
    assert lab.world.looks == ["floor"]
    assert lab.world.writes == ["+desk", "+news"]
    assert await actions(lab, run_id) == ["asked", "decided", "failed", "retried", "did", "did"]


async def test_what_was_taken_back_is_asked_again(lab: Lab) -> None:
    """The yes was for that one time."""
    lab.world.fail("news", Refused("No news."))
    run_id = await waiting(lab)
    await played(lab, run_id)
    assert lab.world.writes == ["+desk", "-desk"]

    await told(lab, f"retry {run_id}")
    await lab.player().play(run_id)
    assert (await lab.run(run_id)).state == "waiting"
    await played(lab, run_id)

    assert (await lab.run(run_id)).state == "done"
    assert lab.world.things == {"desk": "red", "news": ""}


async def test_a_declined_plan_is_asked_again(lab: Lab) -> None:
    """A retry is no way around a no."""
    run_id = await waiting(lab)
    await played(lab, run_id, NO)
    assert (await lab.run(run_id)).state == "stopped"

    await told(lab, f"retry {run_id}")
    await lab.player().play(run_id)

    assert (await lab.run(run_id)).state == "waiting"
    assert lab.world.writes == []


async def test_a_rerun_is_a_new_run_with_the_same_inputs(lab: Lab) -> None:
    """Everything is done again, by whoever asked for it now."""
    run_id = await lab.start("look desk")
    await lab.player().play(run_id)

    reply = await lab.type(f"rerun {run_id}", BEN)
    assert isinstance(reply, Accepted)
    await lab.player().play(reply.run_id)

    again = await lab.run(reply.run_id)
    assert (again.state, again.command, again.actor["name"]) == ("done", "look desk", "ben")
    assert lab.world.looks == ["desk", "names"] * 2


async def taking_back(lab: Lab, run_id: str) -> str:
    """Ask for a run to be taken back; return the run that does it, as it waits for a yes."""
    reply = await lab.type(f"undo {run_id}", key=f"undo {run_id} {lab.clock()}")
    assert isinstance(reply, Accepted), reply
    await lab.player().play(reply.run_id)
    return reply.run_id


async def test_an_undo_is_a_plan_that_needs_a_yes(lab: Lab) -> None:
    """It says what it takes back and what stays; nothing happens before."""
    run_id = await finished(lab)

    undo = await taking_back(lab, run_id)

    assert (await lab.run(undo)).state == "waiting"
    question = (await lab.asked(undo)).question
    assert [each.title for each in question.plan] == ["Undo: Make a desk"]
    assert question.show is not None
    assert "Tell everybody" in repr(question.show.blocks)
    assert lab.world.things == {"desk": "red", "news": ""}
    said = await lab.dispatch.answer((await lab.asked(undo)).id, YES, ADA)
    assert said is not None  # ada asked for it


async def test_an_undo_takes_back_and_says_what_stays(lab: Lab) -> None:
    """Each of it is journaled and audited; the run itself stays as it was."""
    run_id = await finished(lab)
    undo = await taking_back(lab, run_id)

    await played(lab, undo)

    run = await lab.run(undo)
    assert (run.state, run.line) == ("done", "1 of 2 changes are taken back.")
    assert lab.world.things == {"news": ""}
    assert [(each.title, each.kind, each.state) for each in await lab.steps(undo)] == [
        ("Undo: Make a desk", "undo", "done")
    ]
    assert await actions(lab, undo) == ["asked", "decided", "undone"]
    assert (await lab.run(run_id)).state == "done"
    assert lab.world.looks == ["floor"]  # nothing was looked up to find out what to take back


async def test_what_is_taken_back_is_not_taken_back_twice(lab: Lab) -> None:
    """Nor retried; while it is under way that is said."""
    run_id = await finished(lab)
    undo = await taking_back(lab, run_id)
    assert "That is under way." in await told(lab, f"undo {run_id}")
    await played(lab, undo)

    assert "It is taken back already." in await told(lab, f"undo {run_id}")
    assert f"/runs/{undo}" in await told(lab, f"status {run_id}")


async def test_a_declined_undo_changes_nothing_and_can_be_asked_for_again(lab: Lab) -> None:
    """The world stays as it is."""
    run_id = await finished(lab)
    undo = await taking_back(lab, run_id)
    await played(lab, undo, NO)
    assert lab.world.writes == ["+desk", "+news"]
    lab.clock.forward(1)

    again = await taking_back(lab, run_id)

    assert again != undo
    assert (await lab.run(again)).state == "waiting"


async def test_an_undo_that_fails_says_what_stays(lab: Lab) -> None:
    """And a busy world is waited for, as everywhere."""
    run_id = await finished(lab)
    lab.world.fail("-desk", Transient("Busy."), Refused("It is nailed down."))
    undo = await taking_back(lab, run_id)
    await played(lab, undo)
    assert (await lab.run(undo)).state == "queued"
    lab.clock.forward(10)

    await lab.player().play(undo)

    report = await lab.report(undo)
    assert report is not None
    assert (report.summary, report.tone) == ("0 of 2 changes are taken back.", "warn")
    assert lab.world.things == {"desk": "red", "news": ""}


async def test_a_cancelled_run_can_be_taken_back(lab: Lab) -> None:
    """As far as it had come."""
    lab.world = world = Pausing("+desk")
    run_id = await waiting(lab)
    await lab.dispatch.answer((await lab.asked(run_id)).id, YES, BEN)
    playing = asyncio.create_task(lab.player().play(run_id))
    await asyncio.wait_for(world.reached.wait(), PATIENCE)
    assert "cancel it first" in await told(lab, f"undo {run_id}")
    await told(lab, f"cancel {run_id}")
    world.go_on.set()
    await playing

    undo = await taking_back(lab, run_id)
    await played(lab, undo)

    assert (await lab.run(undo)).line == "1 of 1 changes are taken back."
    assert world.things == {}
