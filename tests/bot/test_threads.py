"""One thread per run stays current: the card grows, then the plan, then the report."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.chat import Origin, Step, ThreadRef
from bot.delivery import EDIT_EVERY
from bot.retries import LONGEST_DELAY
from bot.worker import Worker, connect
from flows.engine.run import NO, YES
from flows.report import Report
from integrations.errors import Refused, Transient, Unauthorized
from storage import outbox, runs, tables
from tests.bot.lab import ADA, BEN, Lab

MINUTE = 60


async def waiting_for_a_yes(lab: Lab) -> tuple[str, int]:
    """Let ada's run wait for a yes, with its card and plan sent."""
    run_id = await lab.start("make desk")
    await lab.player().play(run_id)
    await lab.threads.deliver()
    return run_id, (await lab.asked(run_id)).id


async def changed(lab: Lab, run_id: str, line: str) -> None:
    """Let the card of a run have something new to say."""
    waiting = update(tables.runs).where(tables.runs.c.id == run_id)
    await lab.database.write(
        (waiting, {"state": "waiting", "line": line}), outbox.card("sqlite", run_id, lab.clock())
    )


async def test_a_card_is_posted_once_and_then_edited(lab: Lab) -> None:
    """Queued, then done, in one message; the report goes into its thread."""
    run_id = await lab.start("look desk")
    await lab.threads.deliver()
    assert (lab.room.kinds, lab.room.card.state) == (["card"], "queued")
    assert lab.room.card.line == "Queued: it starts when a worker is free"

    await lab.player().play(run_id)
    await lab.threads.deliver()

    assert lab.room.kinds == ["card", "edit", "report"]
    card = lab.room.card
    assert (card.state, card.title, card.line) == ("done", "desk is there", "It is well.")
    assert card.steps == (Step("Look at the thing", "done"), Step("Count the names", "done"))
    assert (card.command, card.by, card.buttons) == ("look desk", ADA, ())
    assert card.url == f"https://flowbot.example/runs/{run_id}"
    assert lab.room.places == [ThreadRef("slack", "C1"), ThreadRef("slack", "C1", "m1")]
    assert await lab.outbox() == []


async def test_a_run_that_ended_before_its_card_was_sent_has_card_then_report(lab: Lab) -> None:
    """There is no message for what is over already."""
    await lab.player().play(await lab.start("look desk"))

    await lab.threads.deliver()

    assert lab.room.kinds == ["card", "report"]
    assert lab.room.card.state == "done"


async def test_the_order_is_card_plan_report(lab: Lab) -> None:
    """The plan's details stand in the thread below the buttons; the yes is on the card."""
    run_id, question = await waiting_for_a_yes(lab)

    assert lab.room.kinds == ["card", "report"]
    assert lab.room.reports == [Report("A plan", "One red thing")]
    card = lab.room.card
    assert (card.state, card.question) == ("waiting", "Apply this plan?")
    assert card.note == ("Anybody with the role maintainer other than ada can approve.",)
    assert [(button.label, button.action, button.tone) for button in card.buttons] == [
        ("Approve", f"answer:{question}:{YES}", "good"),
        ("Decline", f"answer:{question}:{NO}", "bad"),
    ]
    assert [(each.title, each.undoable, each.state) for each in card.plan] == [
        ("Make a desk", True, "planned"),
        ("Tell everybody", False, "planned"),
    ]

    await lab.dispatch.answer(question, YES, BEN)
    await lab.player().play(run_id)
    lab.clock.forward(2)
    await lab.threads.deliver()

    assert lab.room.kinds == ["card", "report", "edit", "report"]
    card = lab.room.card
    assert (card.state, card.buttons, card.question) == ("done", (), "")
    assert (card.decided, card.line) == ("Approved by ben", "by ben")
    assert [each.state for each in card.plan] == ["done", "done"]


async def test_a_no_is_on_the_card(lab: Lab) -> None:
    """Buttons vanish when it is decided, the line says who, and the plan promises nothing."""
    run_id, question = await waiting_for_a_yes(lab)
    await lab.dispatch.answer(question, NO, ADA)
    await lab.player().play(run_id)

    lab.clock.forward(2)
    await lab.threads.deliver()

    card = lab.room.card
    assert (card.state, card.decided, card.buttons) == ("stopped", "Declined by ada", ())
    assert card.line == "ada declined the plan; nothing was changed."
    assert [each.undoable for each in card.plan] == [None, None]


async def test_what_was_taken_back_is_on_the_card(lab: Lab) -> None:
    """What could not be taken back is not shown as if it had been."""
    for undo_fails, expected in ((False, ["undone", "failed"]), (True, ["done", "failed"])):
        lab.clock.forward(MINUTE)
        run_id, question = await waiting_for_a_yes(lab)
        await lab.dispatch.answer(question, YES, BEN)
        lab.world.fail("news", Refused("Nobody listens."))
        lab.world.fail("-desk", *([Refused("It is nailed down.")] if undo_fails else []))
        await lab.player().play(run_id)

        lab.clock.forward(2)
        await lab.threads.deliver()

        card = list(lab.room.cards.values())[-1]
        assert [each.state for each in card.plan] == expected


async def test_a_choice_has_a_button_for_each_answer(lab: Lab) -> None:
    """By their own words."""
    run_id = await lab.start("choose")
    await lab.player().play(run_id)
    await lab.threads.deliver()
    question = (await lab.asked(run_id)).id

    assert [button.label for button in lab.room.card.buttons] == ["red", "blue"]
    assert lab.room.card.note == ("Anybody with the role viewer can answer.",)

    await lab.dispatch.answer(question, "red", ADA)
    lab.clock.forward(2)
    await lab.threads.deliver()
    assert lab.room.card.decided == "red by ada"


async def test_edits_keep_their_distance(lab: Lab) -> None:
    """Changes in between become one edit, no earlier than 1.2 seconds after the last one."""
    run_id = await lab.start("look desk")
    await lab.threads.deliver()
    for line in "abcd":
        await changed(lab, run_id, line)
        await lab.threads.deliver()
    await changed(lab, run_id, "the last")
    wait = await lab.threads.deliver()
    assert lab.room.kinds == ["card"]
    assert timedelta() < wait <= EDIT_EVERY

    lab.clock.forward(EDIT_EVERY.total_seconds() - 0.1)
    await lab.threads.deliver()
    assert lab.room.kinds == ["card"]
    lab.clock.forward(0.1)
    await lab.threads.deliver()

    assert lab.room.kinds == ["card", "edit"]
    assert lab.room.card.line == "the last"
    assert await lab.outbox() == []


async def test_a_card_that_says_what_it_said_is_not_edited(lab: Lab) -> None:
    """Unless the answer to the last edit was lost: then nobody knows what it says."""
    run_id = await lab.start("look desk")
    await lab.threads.deliver()
    lab.clock.forward(MINUTE)

    await lab.database.write(outbox.card("sqlite", run_id, lab.clock()))
    await lab.threads.deliver()
    assert (lab.room.kinds, await lab.outbox()) == (["card"], [])

    await changed(lab, run_id, "said and not heard")
    lab.room.errors.append(Transient("Slack hung up."))
    await lab.threads.deliver()
    await lab.database.write(runs.settle(run_id, "queued", "", None))
    lab.clock.forward(MINUTE)
    await lab.threads.deliver()
    assert lab.room.kinds == ["card", "edit"]
    assert lab.room.card.line == "Queued: it starts when a worker is free"


async def test_an_end_does_not_wait_for_the_distance(lab: Lab) -> None:
    """Nor do buttons: people wait for them."""
    run_id = await lab.start("make desk")
    await lab.threads.deliver()
    await lab.player().play(run_id)
    await lab.threads.deliver()
    assert lab.room.card.buttons

    await lab.database.write(runs.settle(run_id, "cancelled", "", lab.clock()))
    await lab.database.write(outbox.card("sqlite", run_id, lab.clock()))
    lab.clock.forward(EDIT_EVERY.total_seconds())
    await lab.threads.deliver()

    assert lab.room.card.state == "cancelled"
    assert lab.room.card.buttons == ()


async def test_a_busy_platform_is_asked_again_when_it_says(lab: Lab) -> None:
    """Meanwhile nothing overtakes the card; the next try knows of the first."""
    await lab.player().play(await lab.start("look desk"))
    lab.room.errors.append(Transient("Slack is busy.", timedelta(seconds=30)))

    await lab.threads.deliver()
    lab.clock.forward(29)
    await lab.threads.deliver()
    assert lab.room.sent == []
    lab.clock.forward(1)
    await lab.threads.deliver()
    lab.clock.forward(2)
    await lab.threads.deliver()

    assert lab.room.kinds == ["card", "report"]
    key = lab.room.keys[0][0]
    assert lab.room.keys[:2] == [(key, False), (key, True)]


async def test_a_platform_that_names_no_time_gets_longer_and_longer(lab: Lab) -> None:
    """Up to five minutes between two tries."""
    await lab.start("look desk")
    lab.room.errors.extend(Transient("Slack is away.") for _ in range(11))
    waits = []
    for _ in range(11):
        wait = await lab.threads.deliver()
        [row] = await lab.outbox()
        waits.append((row.due_at - lab.clock()).total_seconds())
        assert wait <= timedelta(seconds=1)
        lab.clock.now = row.due_at

    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    await lab.threads.deliver()
    assert lab.room.kinds == ["card"]


async def test_what_the_platform_refuses_is_dropped(
    lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says why; the run does not wait for it, and other threads are told."""
    lab.room.errors.append(Refused("The channel is archived."))
    await lab.start("look desk")
    await lab.threads.deliver()

    assert lab.room.sent == []
    assert await lab.outbox() == []
    assert "The channel is archived." in caplog.text


async def test_what_the_platform_does_not_let_us_say_waits(lab: Lab) -> None:
    """A revoked token is renewed one day: nothing is dropped, and the run does not wait for it."""
    run_id = await lab.start("look desk")
    lab.room.errors.append(Unauthorized("Slack does not accept my token (token_revoked)."))
    await lab.threads.deliver()
    await lab.player().play(run_id)
    assert (await lab.run(run_id)).state == "done"
    await lab.threads.deliver()
    assert lab.room.sent == []

    lab.clock.forward(LONGEST_DELAY.total_seconds())
    await lab.threads.deliver()
    assert lab.room.kinds == ["card", "report"]


async def test_a_message_that_breaks_us_silences_nobody_else(
    lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    """It is tried again later; the other threads are told now."""
    lab.room.errors.append(ZeroDivisionError("a bug in a renderer"))
    await lab.start("look desk")
    lab.clock.forward(1)
    await lab.start("look chair")

    await lab.threads.deliver()

    assert lab.room.kinds == ["card"]
    assert "a bug in a renderer" in caplog.text
    lab.clock.forward(LONGEST_DELAY.total_seconds() + 1)
    await lab.threads.deliver()
    assert lab.room.kinds == ["card", "card"]


async def test_a_sender_that_was_lost_is_followed_by_another(lab: Lab) -> None:
    """Once its claim has run out, and the platform is asked whether the first got through."""
    await lab.start("look desk")
    [row] = await lab.outbox()
    async with lab.database.begin() as connection:
        await outbox.claim(connection, row, lab.clock() + timedelta(seconds=60))

    await lab.threads.deliver()
    assert lab.room.sent == []
    lab.clock.forward(60)
    await lab.threads.deliver()

    assert lab.room.keys == [(row.key, True)]


async def test_two_senders_send_once(lab: Lab) -> None:
    """However many processes deliver."""
    await lab.start("look desk")

    await asyncio.gather(*(lab.threads.deliver() for _ in range(5)))

    assert lab.room.kinds == ["card"]


async def test_a_platform_that_is_not_connected_here_waits(lab: Lab) -> None:
    """Another process may be; nothing is lost."""
    await lab.start("look desk", origin=Origin("slash", "discord", "C1"))

    await lab.threads.deliver()

    assert lab.room.sent == []
    [row] = await lab.outbox()
    assert row.due_at == lab.clock() + LONGEST_DELAY


async def test_a_card_goes_into_the_thread_it_was_asked_for_in(lab: Lab) -> None:
    """And so do its plan and its report."""
    run_id = await lab.start("look desk", origin=Origin("thread", "slack", "C1", "17.4"))
    await lab.player().play(run_id)

    await lab.threads.deliver()

    assert lab.room.places == [ThreadRef("slack", "C1", "17.4")] * 2


async def test_a_step_that_is_tried_again_says_so(lab: Lab) -> None:
    """The card knows what it waits for."""
    lab.world.fail("desk", Transient("The world is busy."))
    run_id = await lab.start("look desk")
    await lab.player().play(run_id)

    await lab.threads.deliver()

    assert lab.room.card.line == "Trying again soon: The world is busy."
    assert lab.room.card.steps == (Step("Look at the thing", "running"),)


async def test_everything_together_needs_no_push(lab: Lab, redis_url: str) -> None:
    """With a worker and the threads at work, words become a card, a plan, a yes and a report."""
    worker = Worker(await connect(redis_url), lab.player().play, concurrency={"interactive": 5})
    at_work = [asyncio.create_task(worker.main()), asyncio.create_task(lab.threads.run())]
    try:
        run_id = await lab.start("make desk")
        await lab.room.until("report")
        lab.clock.forward(MINUTE)
        assert await lab.dispatch.answer((await lab.asked(run_id)).id, YES, BEN) is None
        await lab.until(run_id, lambda run: run.ended)
        lab.clock.forward(MINUTE)
        lab.queue.changed(run_id)
        await lab.room.until("report", 2)
    finally:
        await worker.drain(timedelta(seconds=5))
        for task in at_work:
            task.cancel()
        results = await asyncio.gather(*at_work, return_exceptions=True)
        await worker.aclose()

    assert all(isinstance(result, asyncio.CancelledError) for result in results)
    assert lab.room.kinds[0] == "card"
    assert lab.room.reports == [
        Report("A plan", "One red thing"),
        await lab.report(run_id),
    ]
    lab.clock.forward(MINUTE)
    await lab.threads.deliver()
    assert lab.room.card.state == "done"
    assert await lab.outbox() == []


async def test_a_plan_is_told_once_however_often_it_is_asked_for(lab: Lab) -> None:
    """A worker that is lost between asking and resting is followed by one that asks again."""
    run_id, _ = await waiting_for_a_yes(lab)
    lost = update(tables.runs).values(state="running", lease_owner="w1", lease_until=lab.clock())
    async with lab.database.begin() as connection:
        await connection.execute(lost)
    lab.clock.forward(MINUTE)

    await lab.player("w2").play(run_id)
    key = (await lab.asked(run_id)).question.key
    await lab.database.write(outbox.plan("sqlite", run_id, key, lab.clock()))  # a commit repeated
    await lab.threads.deliver()

    assert lab.room.reports == [Report("A plan", "One red thing")]
    assert await lab.outbox() == []
