"""A run starts other flows, each once and by the rules of any run, and hears of their ends."""

import asyncio

import pytest
from sqlalchemy import delete

from bot.chat import Origin
from bot.children import DEEPEST
from flows.engine.errors import Cancelled, FlowError
from flows.engine.run import NO, YES
from storage import audit, runs
from storage.tables import outbox
from tests.bot.lab import ADA, BEN, CAT
from tests.bot.patience import PLAYS, PatientLab


async def gathering(lab: PatientLab, command: str = "gather look desk") -> tuple[str, str]:
    """Return a run that waits for another one, and that one."""
    run_id = await lab.start(command)
    await lab.play(run_id)
    return run_id, await lab.child(run_id)


async def finished(lab: PatientLab, run_id: str) -> str:
    """Play everything until a run has ended; return its state and line."""
    for _ in range(PLAYS):
        run = await lab.run(run_id)
        if run.ended:
            return f"{run.state}: {run.line}"
        async with lab.database.read() as connection:
            every = await runs.page(connection, state="queued")
        await lab.play(*(each.id for each in every))
    raise AssertionError("the run never ends")


async def test_a_run_waits_for_the_report_of_another(patient: PatientLab) -> None:
    """It rests until the other one's end wakes it, in the transaction that stores the end."""
    run_id, child = await gathering(patient, "glance look desk")
    run = await patient.run(run_id)
    assert (run.state, run.line) == ("waiting", "Waiting for look name=desk")

    await patient.play(child)

    assert (await patient.run(run_id)).state == "queued"
    assert await finished(patient, run_id) == "done: desk is there: It is well."
    assert (await patient.run(child)).command == "look name=desk"


async def test_the_other_run_is_of_the_same_person_and_place(patient: PatientLab) -> None:
    """Its card is in the thread of the first one's, which it waits for."""
    run_id, child = await gathering(patient)
    above, below = await patient.run(run_id), await patient.run(child)
    assert (below.actor, below.origin, below.parent) == (above.actor, above.origin, run_id)

    patient.clock.forward(5)
    await patient.threads.deliver()
    patient.clock.forward(5)
    await patient.threads.deliver()

    assert [place.thread for place in patient.room.places] == ["", "m1"]
    assert patient.room.cards["m2"].command == "look name=desk"
    in_thread = Origin("thread", "slack", "C1", "m1")
    await patient.type("cancel", ADA, origin=in_thread, key="stop")
    assert (await patient.run(run_id)).state == "cancelled"
    async with patient.database.read() as connection:
        assert [row.action for row in await audit.of_run(connection, child)] == [
            "asked",
            "cancelled",
        ]


async def test_a_card_above_that_never_comes_holds_nothing_up(patient: PatientLab) -> None:
    """The other run's card waits for the first one's, until that run has ended without one."""
    run_id, _ = await gathering(patient)
    await patient.type(f"cancel {run_id}", ADA, key="stop")
    async with patient.database.begin() as connection:
        await connection.execute(delete(outbox).where(outbox.c.run_id == run_id))

    patient.clock.forward(5)
    await patient.threads.deliver()

    assert patient.room.card.command == "look name=desk"


async def test_a_child_that_tells_news_needs_no_thread_above(patient: PatientLab) -> None:
    """Where the first one is silent, what the other one asks is a card of its own."""
    quiet = Origin("schedule", "slack", "C1", tells="news")
    run_id = await patient.start("gather make desk", origin=quiet)
    await patient.play(run_id)
    child = await patient.child(run_id)
    await patient.play(child)

    patient.clock.forward(5)
    await patient.threads.deliver()

    assert patient.room.card.command == "make name=desk"
    assert [place.thread for place in patient.room.places][:1] == [""]


@pytest.mark.parametrize("moment", ["accepted", "noted"])
async def test_a_loss_while_it_starts_another_starts_no_second(
    patient: PatientLab, moment: str
) -> None:
    """Whether the other run was stored or the wait too: there is one, and its report counts."""
    run_id = await patient.start("glance look desk")
    if moment == "noted":
        await patient.play(run_id)
    else:
        children = patient.player()._children
        await children.start(run_id, "Run the other", "look", {"name": "desk"})
    child = await patient.child(run_id)
    await patient.play(child)

    assert await finished(patient, run_id) == "done: desk is there: It is well."
    assert await patient.child(run_id) == child


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("gather lok desk", "There is no flow called “lok” to start."),
        ("gather look", "look cannot be started: name is needed."),
        ("gather look desk odd=yes", "look cannot be started: odd cannot be “1”"),
    ],
)
async def test_what_cannot_be_started_says_why(
    patient: PatientLab, command: str, says: str
) -> None:
    """Which flow, which input."""
    run_id = await patient.start(command)
    assert (await finished(patient, run_id)).startswith(f"stopped: {says}")


async def test_who_may_not_run_it_cannot_start_it(patient: PatientLab) -> None:
    """Policy is asked as for any run, and the audit says so."""
    run_id = await patient.start("gather make desk", CAT)

    said = await finished(patient, run_id)

    assert said == "stopped: `make` needs the role maintainer; yours is viewer."
    async with patient.database.read() as connection:
        refused = [row for row in await audit.of_run(connection, "") if row.action == "refused"]
    assert [row.actor["name"] for row in refused] == ["cat"]


async def test_a_run_that_looks_starts_none_that_writes(
    patient: PatientLab, caplog: pytest.LogCaptureFixture
) -> None:
    """Its author is told, and nothing is started."""
    run_id = await patient.start("glance make desk")

    assert (await finished(patient, run_id)).startswith("failed: ")
    assert "patience-glance only looks, so it cannot start desk-making" in caplog.text


async def test_flows_start_each_other_only_so_deep(patient: PatientLab) -> None:
    """One that starts itself again and again comes to an end that says so."""
    bottom = await patient.start(f"deeper {DEEPEST - 1}")
    assert (await finished(patient, bottom)).startswith("done")

    run_id = await patient.start("deeper 99")
    said = await finished(patient, run_id)
    assert said.startswith("stopped: ")
    assert "Flows start each other at most 5 deep." in said


@pytest.mark.parametrize("how", ["declined", "cancelled", "busy"])
async def test_a_child_without_a_result_stops_the_run(patient: PatientLab, how: str) -> None:
    """With what the other one said; retrying the first plays the other one on as well."""
    run_id, child = await gathering(patient, "gather make desk")
    await patient.play(child)
    if how == "declined":
        await patient.dispatch.answer((await patient.asked(child)).id, NO, BEN)
        said = "is stopped: ben declined the plan; nothing was changed."
    elif how == "cancelled":
        await patient.type(f"cancel {child}", BEN, key="stop")
        said = "is cancelled: Cancelled by ben; nothing was changed."
        assert (await patient.run(run_id)).state == "queued"
    else:
        patient.world.fail("desk", ZeroDivisionError())
        await patient.dispatch.answer((await patient.asked(child)).id, YES, BEN)
        said = "is failed: Something broke on our side; nothing more will happen in this run."
    assert await finished(patient, run_id) == f"stopped: `make name=desk` {said}"

    await patient.type(f"retry {run_id}", ADA, key="again")
    await patient.play(run_id)
    assert (await patient.run(child)).state == "queued"
    await patient.play(child)
    if how != "busy":
        await patient.dispatch.answer((await patient.asked(child)).id, YES, BEN)
    await patient.play(child, run_id)
    await patient.dispatch.answer((await patient.asked(run_id)).id, YES, BEN)

    assert (await finished(patient, run_id)).startswith("done: desk is made")
    assert "desk is made" in patient.world.things


async def test_cancelling_a_run_cancels_what_it_has_started(patient: PatientLab) -> None:
    """All the way down; what is played is told to stop."""
    run_id = await patient.start("deeper 3")
    family = [run_id]
    for _ in range(3):
        await patient.play(family[-1])
        family.append(await patient.child(family[-1]))
    await patient.type(f"cancel {run_id}", BEN, key="stop")

    await patient.play(*reversed(family))

    assert [(await patient.run(each)).state for each in family] == ["cancelled"] * 4
    assert {(await patient.run(each)).line for each in family} == {
        "Cancelled by ben; nothing was changed."
    }

    await patient.type(f"retry {run_id}", ADA, key="again")
    assert (await finished(patient, run_id)).startswith("done")
    assert [(await patient.run(each)).state for each in family] == ["done"] * 4


async def test_a_run_that_is_to_stop_starts_nothing_more(patient: PatientLab) -> None:
    """Nor does one that has ended, played by whoever has lost it."""
    children = patient.player()._children
    run_id = await patient.start("glance look desk")
    async with patient.database.begin() as connection:
        leased = await runs.lease(connection, {run_id}, "w1", patient.clock(), patient.clock())
    assert leased
    await patient.type(f"cancel {run_id}", ADA, key="stop")
    with pytest.raises(Cancelled, match="ada"):
        await children.start(run_id, "Run", "look", {"name": "desk"})
    patient.clock.forward(1)
    await patient.play(run_id)

    assert (await patient.run(run_id)).state == "cancelled"
    for parent in (run_id, "nobody"):
        with pytest.raises(BaseException, match=parent):
            await children.start(parent, "Run", "look", {"name": "desk"})
    with pytest.raises(FlowError, match="no longer there"):
        await children.report("nobody")


async def test_a_dry_run_starts_dry_runs(patient: PatientLab) -> None:
    """The plan of the other one is its report; nothing is changed anywhere."""
    run_id, child = await gathering(patient, "gather make desk --dry-run")

    assert (await patient.run(child)).dry_run
    assert await finished(patient, run_id) == "done: Dry run: nothing was changed."
    assert patient.world.things == {}


async def test_an_undo_of_a_run_starts_nothing(patient: PatientLab) -> None:
    """What the other one said is in the journal; where it is not, there is nothing to undo."""
    run_id, _ = await gathering(patient)
    await patient.play(await patient.child(run_id))
    await patient.play(run_id)
    await patient.dispatch.answer((await patient.asked(run_id)).id, YES, BEN)
    await finished(patient, run_id)
    assert patient.world.things == {"desk is there": ""}

    async with patient.database.read() as connection:
        before = len(await runs.page(connection))
    patient.clock.forward(1)
    undo = await patient.start(f"undo {run_id}")
    assert await finished(patient, undo) == ("stopped: Nothing of it can be taken back: Keep it.")
    async with patient.database.read() as connection:
        assert len(await runs.page(connection)) == before + 1


async def test_ten_starts_at_once_are_one_run(patient: PatientLab) -> None:
    """Also where two workers believe that the run is theirs."""
    run_id = await patient.start("glance look desk")
    players = [patient.player(f"w{number}") for number in range(10)]

    started = await asyncio.gather(
        *(
            each._children.start(run_id, "Run the other", "look", {"name": "desk"})
            for each in players
        )
    )

    assert set(started) == {await patient.child(run_id)}


async def test_ends_from_both_sides_at_once_hold_nobody_up(patient: PatientLab) -> None:
    """While children end and tell their parents, these are cancelled and cancel their children."""
    families = [await gathering(patient, f"glance look desk-{number}") for number in range(8)]

    await asyncio.gather(
        *(patient.play(child) for _, child in families),
        *(patient.type(f"cancel {run_id}", key=f"stop {run_id}") for run_id, _ in families),
    )

    assert {(await patient.run(run_id)).state for run_id, _ in families} == {"cancelled"}
    assert {(await patient.run(child)).state for _, child in families} <= {"done", "cancelled"}
