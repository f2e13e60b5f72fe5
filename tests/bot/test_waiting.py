"""Waiting runs hold no worker; events and the clock wake them, on both engines."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.chat import Button
from bot.deliveries import Deliveries, waking
from bot.embedded import embedded_valkey
from bot.endings import CHANGED
from bot.events import Events
from bot.intake import Delivery, Intake
from bot.replies import Form, Say
from bot.worker import LEASE, Queue, connect
from flows.engine.run import YES
from flows.report import spoken
from integrations.errors import Transient
from storage.tables import waits
from tests.bot.lab import ADA, BEN, CAT
from tests.bot.patience import DAY, HOUR, PatientLab
from tests.bot.test_dispatch import PRESSED
from tests.bot.test_takeover import Pausing


async def watching(lab: PatientLab) -> str:
    """Return a run that waits for the desk."""
    run_id = await lab.start("watch desk")
    await lab.play(run_id)
    run = await lab.run(run_id)
    assert (run.state, run.line) == (
        "waiting",
        "Waiting for the desk, until 2026-03-05 15:30 UTC at the latest",
    )
    return run_id


async def topics(lab: PatientLab, run_id: str) -> list[str]:
    """Return what a run listens to."""
    async with lab.database.read() as connection:
        query = select(waits.c.topic).where(waits.c.run_id == run_id).order_by(waits.c.topic)
        return list((await connection.execute(query)).scalars())


def later(lab: PatientLab, after: timedelta) -> None:
    """Move the clock."""
    lab.clock.forward(after.total_seconds())


async def test_an_event_wakes_who_waits_for_it(patient: PatientLab) -> None:
    """Nobody else, and nobody plays it before; afterwards nothing is left of the wait."""
    run_id = await watching(patient)
    other = await patient.start("watch chair")
    await patient.play(other)
    assert await topics(patient, run_id) == ["clock", "github:desk"]

    patient.world.things["desk"] = "red"
    assert await patient.events.happened("github:desk", "github:lamp") == 1

    assert [(await patient.run(each)).state for each in (run_id, other)] == ["queued", "waiting"]
    await patient.play(run_id)
    run = await patient.run(run_id)
    assert (run.state, run.line) == ("done", "desk is there")
    assert await topics(patient, run_id) == []
    assert await patient.events.happened("github:desk") == 0


async def test_a_webhook_wakes_who_waits_for_what_it_is_about(patient: PatientLab) -> None:
    """What GitHub tells is a topic; the run looks for itself what has become of it."""
    run_id = await patient.start("watch pull:a/b#12")
    await patient.play(run_id)
    body = b'{"repository": {"full_name": "a/b"}, "pull_request": {"number": 12}}'
    listeners = [waking(patient.events.happened)]
    intake = Intake(patient.queue.redis)
    deliveries = Deliveries(intake, patient.database, listeners, "w1", patient.clock)

    await deliveries.deal(Delivery("github", "pull_request", "d1", body.replace(b"12", b"13")))
    assert (await patient.run(run_id)).state == "waiting"
    await deliveries.deal(Delivery("github", "pull_request", "d2", body))
    assert (await patient.run(run_id)).state == "queued"


async def test_an_event_is_kept_where_the_queue_is_away(
    patient: PatientLab, tmp_path: Path
) -> None:
    """Who waited is queued, so that the sweep finds it."""
    run_id = await watching(patient)
    async with embedded_valkey(tmp_path / "queue") as url:
        away = Queue(await connect(url))
    events = Events(patient.database, away, patient.clock)

    assert await events.happened("github:desk") == 1
    assert (await patient.run(run_id)).state == "queued"
    await away.aclose()


async def test_the_card_shows_what_is_waited_for(patient: PatientLab) -> None:
    """As a step that runs, under a line that says until when."""
    await watching(patient)
    await patient.threads.deliver()

    card = patient.room.card
    assert [(each.title, each.state) for each in card.steps] == [("Wait for the desk", "running")]
    assert card.line == "Waiting for the desk, until 2026-03-05 15:30 UTC at the latest"
    assert card.buttons == ()


async def test_without_an_event_the_clock_wakes_it(patient: PatientLab) -> None:
    """Any worker's sweep does, once; at the deadline it goes on without what it waited for."""
    run_id = await watching(patient)
    patient.clock.forward(60)
    await patient.player("w2").sweep()
    assert (await patient.run(run_id)).state == "waiting"

    later(patient, HOUR)
    await asyncio.gather(*(patient.player(name).sweep() for name in ("w1", "w2", "w3")))
    assert (await patient.run(run_id)).state == "queued"
    await patient.play(run_id)
    assert (await patient.run(run_id)).state == "waiting"

    later(patient, DAY - HOUR)
    await patient.player().sweep()
    await patient.play(run_id)
    run = await patient.run(run_id)
    assert (run.state, run.line) == ("done", "It never came")
    assert patient.world.looks == ["desk"] * 3


async def test_what_happens_while_it_looks_is_not_missed(patient: PatientLab) -> None:
    """It listens before it looks: then it is queued instead of resting."""
    patient.world = world = Pausing("desk")
    run_id = await patient.start("watch desk")
    playing = asyncio.create_task(patient.player().play(run_id))
    await world.reached.wait()

    assert await patient.events.happened("github:desk") == 1
    world.go_on.set()
    await playing

    assert (await patient.run(run_id)).state == "queued"


async def test_a_wait_survives_the_loss_of_its_worker(patient: PatientLab) -> None:
    """Another one goes on with the same deadline."""
    patient.world = world = Pausing("desk")
    run_id = await patient.start("watch desk")
    lost = asyncio.create_task(patient.player("w1").play(run_id))
    await world.reached.wait()
    patient.clock.forward(LEASE.total_seconds() + 1)

    await patient.player("w2").sweep()
    await patient.player("w2").play(run_id)
    world.go_on.set()
    await lost

    run = await patient.run(run_id)
    assert (run.state, run.line) == (
        "waiting",
        "Waiting for the desk, until 2026-03-05 15:30 UTC at the latest",
    )


async def test_a_busy_service_puts_a_look_off(patient: PatientLab) -> None:
    """The wait goes on afterwards as if nothing had been."""
    patient.world.fail("desk", Transient("Busy."))
    run_id = await patient.start("watch desk")
    await patient.play(run_id)
    assert (await patient.run(run_id)).state == "queued"

    patient.clock.forward(5)
    await patient.play(run_id)
    patient.world.things["desk"] = "red"
    assert await patient.events.happened("github:desk") == 1
    await patient.play(run_id)
    assert (await patient.run(run_id)).state == "done"


async def test_a_run_sleeps_until_its_moment(patient: PatientLab) -> None:
    """The sweep is its alarm clock."""
    run_id = await patient.start("nap")
    await patient.play(run_id)
    assert (await patient.run(run_id)).line == "Waiting for 2026-03-04 16:30 UTC"

    later(patient, HOUR)
    await patient.player().sweep()
    await patient.play(run_id)
    assert (await patient.run(run_id)).state == "done"


async def test_a_cancelled_run_waits_for_nothing(patient: PatientLab) -> None:
    """Whether it rests or is being played."""
    resting = await watching(patient)
    await patient.type(f"cancel {resting}", BEN, key="1")
    assert await topics(patient, resting) == []

    patient.world = world = Pausing("desk")
    run_id = await patient.start("watch desk", BEN)
    playing = asyncio.create_task(patient.player().play(run_id))
    await world.reached.wait()
    await patient.type(f"cancel {run_id}", BEN, key="2")
    world.go_on.set()
    await playing
    await patient.play(run_id)

    assert (await patient.run(run_id)).state == "cancelled"
    assert await topics(patient, run_id) == []


async def test_a_flow_that_changed_while_it_waited_is_not_played_on(patient: PatientLab) -> None:
    """The thread says so, what stays, and offers to start again; nobody sees a traceback."""
    patient.page = "first"
    run_id = await watching(patient)
    assert (await patient.run(run_id)).code == "first"

    patient.page = "second"
    await patient.events.happened("github:desk")
    await patient.play(run_id)
    patient.clock.forward(5)
    await patient.threads.deliver()

    run = await patient.run(run_id)
    assert (run.state, run.line) == (
        "stopped",
        f"{CHANGED} Nothing was changed. Start it again with the same inputs.",
    )
    assert await topics(patient, run_id) == []
    assert patient.room.card.controls == (
        Button("Start again with the same inputs", f"rerun:{run_id}"),
    )


async def test_who_retries_a_run_wants_its_flow_as_it_is_now(patient: PatientLab) -> None:
    """It goes on with what it has, and is by that of the new page."""
    patient.page = "first"
    run_id = await watching(patient)
    patient.page = "second"
    await patient.events.happened("github:desk")
    await patient.play(run_id)

    await patient.type(f"retry {run_id}", ADA, key="again")
    await patient.play(run_id)

    run = await patient.run(run_id)
    assert (run.state, run.code) == ("waiting", "second")


async def test_a_run_that_has_not_begun_is_played_by_the_page_of_then(
    patient: PatientLab,
) -> None:
    """Only what it remembers can be out of date."""
    patient.page = "first"
    run_id = await patient.start("watch desk")
    patient.page = "second"
    await patient.play(run_id)

    run = await patient.run(run_id)
    assert (run.state, run.code) == ("waiting", "second")


async def test_a_changed_flow_names_the_changes_that_stay(patient: PatientLab) -> None:
    """What was made before it changed is still there."""
    patient.page = "first"
    run_id = await patient.start("make desk")
    await patient.play(run_id)
    await patient.dispatch.answer((await patient.asked(run_id)).id, YES, BEN)
    patient.world.fail("news", Transient("Busy."))
    await patient.play(run_id)
    assert patient.world.things == {"desk": "red"}

    patient.page = "second"
    patient.clock.forward(5)
    await patient.play(run_id)

    assert "These changes stay: Make a desk." in (await patient.run(run_id)).line


async def test_who_may_answer_and_until_when_is_on_the_card(patient: PatientLab) -> None:
    """And is held to: the safe choice counts after that."""
    run_id = await patient.start("vote")
    await patient.play(run_id)
    await patient.threads.deliver()
    question = (await patient.asked(run_id)).id
    assert "".join(map(spoken, patient.room.card.note)) == (
        "Anybody with the role maintainer can answer, until 2026-03-04 16:30 UTC; "
        "then the answer is no."
    )
    assert "needs the role maintainer" in why(await patient.decisions.answer(question, "yes", CAT))

    later(patient, HOUR)
    late = why(await patient.decisions.answer(question, "yes", BEN))
    assert late == "Nobody answered this in time; then the answer is no."
    await patient.decisions.expire()
    await patient.play(run_id)
    await patient.threads.deliver()

    assert (await patient.run(run_id)).line == "no"
    assert patient.room.card.decided == "no because nobody answered in time"


def why(reply: object) -> str:
    """Return why an answer does not count, or nothing."""
    return reply.report.summary if isinstance(reply, Say) else ""


async def filling(lab: PatientLab) -> tuple[str, int]:
    """Return a run that asks for a form, and the number of its question."""
    run_id = await lab.start("fill")
    await lab.play(run_id)
    return run_id, (await lab.asked(run_id)).id


async def test_a_form_is_filled_in(patient: PatientLab) -> None:
    """Field by field it is said what does not fit; the flow gets what was meant."""
    run_id, question = await filling(patient)
    await patient.threads.deliver()
    [button] = patient.room.card.buttons
    assert (button.label, button.action) == ("Answer", f"form:{question}")

    answer = patient.dispatch.answer_form
    form = await patient.dispatch.press(button.action, CAT, PRESSED, "p1")
    assert isinstance(form, Form)
    assert [(each.name, each.kind, each.required) for each in form.fields] == [
        ("color", "choice", True),
        ("count", "number", False),
    ]
    wrong = await answer(question, {"count": "12", "color": " "}, CAT)
    assert wrong is not None
    assert wrong.errors == {"color": "This is needed."}  # type: ignore[union-attr] # FormErrors
    wrong = await answer(question, {"count": "12", "color": "red"}, CAT)
    assert "count cannot be “12”" in wrong.errors["count"]  # type: ignore[union-attr] # as above
    assert await answer(question, {"count": "3", "color": "red"}, CAT) is None

    await patient.play(run_id)
    patient.clock.forward(5)
    await patient.threads.deliver()
    assert (await patient.run(run_id)).line == "3 red"
    assert patient.room.card.decided == "Answered by cat"


async def test_a_form_is_refused_like_any_answer(patient: PatientLab) -> None:
    """Twice, with a choice, after the deadline, after the end, where nothing is asked."""
    run_id, question = await filling(patient)
    give = patient.decisions.answer_form
    assert why(await patient.decisions.answer(question, "red", BEN)) == (
        "This question has a form to fill in."
    )
    assert why(await give(question, {"color": "red"}, BEN)) == ""
    assert why(await give(question, {"color": "blue"}, ADA)) == "ben was faster."

    patient.clock.forward(1)
    run_id, question = await filling(patient)
    later(patient, HOUR)
    late = why(await give(question, {"color": "red"}, BEN))
    assert late == "Nobody answered this in time; then the run stops."
    await patient.decisions.expire()
    await patient.play(run_id)
    assert (await patient.run(run_id)).line == "Nobody answered “What is it like?” in time."
    await patient.threads.deliver()
    cards = {card.url.rpartition("/")[2]: card for card in patient.room.cards.values()}
    assert cards[run_id].decided == "Because nobody answered in time"
    assert "has ended" in (why(await give(question, {"color": "red"}, BEN)))

    await patient.type(f"retry {run_id}", ADA, key="again")
    await patient.play(run_id)
    assert (await patient.asked(run_id)).answer is None
    assert (await patient.run(run_id)).state == "waiting"

    run_id = await patient.start("vote")
    await patient.play(run_id)
    no_form = await patient.dispatch.press(
        f"form:{(await patient.asked(run_id)).id}", BEN, PRESSED, "p2"
    )
    assert "no longer there" in repr(no_form)


@pytest.mark.parametrize("answer", ["yes", "twice", "cancelled"])
async def test_an_answer_counts_once_and_only_while_it_is_waited_for(
    patient: PatientLab, answer: str
) -> None:
    """The first one does; a second one, or one to a run that was called off, is told why not."""
    run_id = await patient.start("vote")
    await patient.play(run_id)
    question = (await patient.asked(run_id)).id
    if answer == "cancelled":
        await patient.type(f"cancel {run_id}", key="stop")
        assert "has ended" in why(await patient.decisions.answer(question, "yes", BEN))
        return
    assert why(await patient.decisions.answer(question, "yes", BEN)) == ""
    if answer == "twice":
        said = why(await patient.decisions.answer(question, "no", ADA))
        assert said == "ben was faster: the answer is yes."
    await patient.play(run_id)
    assert (await patient.run(run_id)).line == "yes"
