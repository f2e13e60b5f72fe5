"""Runs are woken, played by exactly one worker, and played on by another when it is lost."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from bot.worker import INTERACTIVE, LEASE, Worker, connect
from flows.engine.run import YES
from integrations.errors import Refused, Transient
from storage import runs
from storage.records import RunRecord
from tests.bot.lab import ADA, BEN, NOBODY_READS, PATIENCE, Lab, at_work
from tests.flows.engine.memory import Lost

AFTER_THE_LEASE = LEASE.total_seconds() + 1


def ended(run: RunRecord) -> bool:
    """Say whether the run has ended."""
    return run.ended


async def test_a_run_is_played_to_its_end(lab: Lab) -> None:
    """Steps, report and times are stored; the thread has its card and its report to come."""
    run_id = await lab.start("look desk")

    await lab.player().play(run_id)

    run = await lab.run(run_id)
    assert (run.state, run.line, run.attempts) == ("done", "It is well.", 1)
    assert (run.started_at, run.finished_at) == (lab.clock(), lab.clock())
    report = await lab.report(run_id)
    assert report is not None
    assert (report.title, report.data) == ("desk is there", {"n": 4})
    assert [step.title for step in await lab.steps(run_id)] == [
        "Look at the thing",
        "Count the names",
    ]
    assert [row.kind for row in await lab.outbox()] == ["card", "report"]


async def test_without_a_thread_nothing_waits_to_be_told(lab: Lab) -> None:
    """A run from the terminal leaves the outbox alone."""
    run_id = await lab.start("look desk", origin=NOBODY_READS)

    await lab.player().play(run_id)

    assert (await lab.run(run_id)).state == "done"
    assert await lab.outbox() == []


async def test_a_run_that_has_ended_is_not_played_again(lab: Lab) -> None:
    """However often it is woken."""
    run_id = await lab.start("look desk")
    for _ in range(3):
        await lab.player().play(run_id)

    assert lab.world.looks == ["desk", "names"]
    assert (await lab.run(run_id)).attempts == 1


async def test_of_ten_workers_one_plays(lab: Lab) -> None:
    """A wake-up that all of them hear is played once."""
    run_id = await lab.start("look desk")

    await asyncio.gather(*(lab.player(f"w{number}").play(run_id) for number in range(10)))

    assert lab.world.looks == ["desk", "names"]


async def test_from_words_to_a_result_over_the_real_queue(lab: Lab, redis_url: str) -> None:
    """Typed, woken, played, asked, answered, woken again, changed, reported."""
    worker = Worker(await connect(redis_url), lab.player().play, concurrency={"interactive": 5})
    async with at_work(worker):
        run_id = await lab.start("make desk")
        await lab.until(run_id, lambda run: run.state == "waiting")
        assert lab.world.writes == []
        assert await lab.dispatch.answer((await lab.asked(run_id)).id, YES, BEN) is None
        run = await lab.until(run_id, ended)

    assert (run.state, run.line, run.attempts) == ("done", "by ben", 2)
    assert lab.world.writes == ["+desk", "+news"]
    assert lab.world.looks == ["floor"]


async def test_50_runs_at_once_all_end(lab: Lab, redis_url: str) -> None:
    """On two workers; each is played once."""
    workers = [
        Worker(
            await connect(redis_url), lab.player(f"w{number}").play, concurrency={"interactive": 20}
        )
        for number in range(2)
    ]
    async with at_work(workers[0]), at_work(workers[1]):
        started = [await lab.start(f"look thing-{number}") for number in range(50)]
        for run_id in started:
            await lab.until(run_id, ended)

    assert sorted(lab.world.looks) == sorted(
        [f"thing-{number}" for number in range(50)] + ["names"] * 50
    )


async def test_a_lost_worker_is_replaced_and_repeats_no_step(lab: Lab) -> None:
    """Its lease runs out, the sweep wakes the run, another worker plays on from there."""
    run_id = await lab.start("make desk")
    await lab.player().play(run_id)
    await lab.dispatch.answer((await lab.asked(run_id)).id, YES, BEN)
    lab.world.lose_at = 1  # the desk is there, and nobody wrote it down
    with pytest.raises(Lost):
        await lab.player("w1").play(run_id)

    other = lab.player("w2")
    await other.sweep()
    await other.play(run_id)
    assert (await lab.run(run_id)).state == "running"

    lab.clock.forward(AFTER_THE_LEASE)
    await other.sweep()
    assert await lab.queue.redis.zscore(INTERACTIVE, f"{run_id}:3") is not None
    await other.play(run_id)

    assert (await lab.run(run_id)).state == "done"
    assert lab.world.looks == ["floor"]
    assert lab.world.writes == ["+desk", "+desk", "+news"]
    assert lab.world.things == {"desk": "red", "news": ""}


async def test_a_held_run_is_not_taken_however_long_it_takes(lab: Lab) -> None:
    """Its worker renews the lease while it plays."""
    lab.hold_up.clear()
    run_id = await lab.start("choose")
    player = lab.player("w1")
    playing = asyncio.create_task(player.play(run_id))
    await asyncio.wait_for(lab.held_up.wait(), PATIENCE)

    for _ in range(3):
        lab.clock.forward(LEASE.total_seconds() - 1)
        await player._hold()
        await lab.player("w2").sweep()
        await lab.player("w2").play(run_id)

    assert (await lab.run(run_id)).attempts == 1
    lab.hold_up.set()
    await playing


async def test_an_answer_given_while_the_run_goes_to_rest_is_not_lost(lab: Lab) -> None:
    """The run does not wait for what is there already: it goes back into the line."""
    lab.hold_up.clear()
    run_id = await lab.start("choose")
    player = lab.player()
    playing = asyncio.create_task(player.play(run_id))
    await asyncio.wait_for(lab.held_up.wait(), PATIENCE)

    assert await lab.dispatch.answer((await lab.asked(run_id)).id, "blue", ADA) is None
    lab.hold_up.set()
    await playing

    assert (await lab.run(run_id)).state == "queued"
    assert await lab.queue.redis.zscore(INTERACTIVE, f"{run_id}:3") is not None
    await player.play(run_id)
    assert (await lab.run(run_id)).line == "blue"


async def test_two_wake_ups_for_one_run_at_once_play_it_once(lab: Lab) -> None:
    """They are taken in one transaction, and still one of them has nothing to do."""
    run_id = await lab.start("look desk")
    player = lab.player()

    await asyncio.gather(*(player.play(run_id) for _ in range(3)))

    run = await lab.run(run_id)
    assert (run.state, run.attempts) == ("done", 1)


@pytest.mark.parametrize("turns", range(8))
async def test_who_stops_while_it_takes_a_run_does_not_keep_it(lab: Lab, turns: int) -> None:
    """However far it has come: the run is in the line again, or was never taken out of it."""
    run_id = await lab.start("look desk")
    lab.hold_up.clear()
    playing = asyncio.create_task(lab.player().play(run_id))
    for _ in range(turns):
        await asyncio.sleep(0)

    playing.cancel()
    await asyncio.wait([playing])

    assert playing.cancelled()
    assert (await lab.run(run_id)).state == "queued"
    lab.hold_up.set()
    await lab.player("w2").play(run_id)
    assert (await lab.run(run_id)).state == "done"


async def test_a_worker_that_stops_hands_its_runs_back(lab: Lab) -> None:
    """Nobody has to wait for its lease to run out."""
    lab.hold_up.clear()
    run_id = await lab.start("choose")
    playing = asyncio.create_task(lab.player("w1").play(run_id))
    await asyncio.wait_for(lab.held_up.wait(), PATIENCE)

    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing

    assert (await lab.run(run_id)).state == "queued"
    lab.hold_up.set()
    await lab.player("w2").play(run_id)
    assert (await lab.run(run_id)).state == "waiting"


async def test_a_busy_service_puts_the_run_off(lab: Lab) -> None:
    """It is queued, kept from everybody until then, and woken when the time has come."""
    lab.world.fail("desk", Transient("The world is busy.", timedelta(minutes=3)))
    run_id = await lab.start("look desk")
    player = lab.player()
    await player.play(run_id)

    run = await lab.run(run_id)
    assert (run.state, run.line) == ("queued", "Trying again soon: The world is busy.")
    first = await lab.queue.redis.zscore(INTERACTIVE, f"{run_id}:1")
    second = await lab.queue.redis.zscore(INTERACTIVE, f"{run_id}:2")
    assert first is not None
    assert second is not None
    assert second - first >= timedelta(minutes=3) / timedelta(milliseconds=1)
    lab.clock.forward(179)
    await player.play(run_id)
    assert (await lab.run(run_id)).state == "queued"

    lab.clock.forward(10)
    await player.play(run_id)

    assert (await lab.run(run_id)).state == "done"
    assert [step.attempt for step in await lab.steps(run_id)] == [2, 1]


async def test_a_put_off_run_whose_wake_up_was_lost_is_swept(lab: Lab) -> None:
    """Redis may forget; the database does not."""
    lab.world.fail("desk", Transient("Busy.", timedelta(minutes=3)))
    run_id = await lab.start("look desk")
    await lab.player().play(run_id)
    await lab.queue.redis.flushall()

    lab.clock.forward(60)
    await lab.player().sweep()
    assert await lab.queue.redis.zcard(INTERACTIVE) == 0
    lab.clock.forward(151)  # until then and, should the wake-up only be late, half a minute more
    await lab.player().sweep()

    assert await lab.queue.redis.zcard(INTERACTIVE) == 1


async def test_a_stopped_run_says_why(lab: Lab) -> None:
    """In its line and in its report."""
    lab.world.fail("desk", Refused("There is no desk."))
    run_id = await lab.start("look desk")

    await lab.player().play(run_id)

    run = await lab.run(run_id)
    assert (run.state, run.line) == ("stopped", "There is no desk.")
    report = await lab.report(run_id)
    assert report is not None
    assert report.tone == "warn"


async def test_a_flow_that_is_gone_stops_its_runs(lab: Lab) -> None:
    """So does one that takes other inputs by now; people are told to start again."""
    for name, changed in (("gone", {"flow": "no-such-flow"}), ("other", {"params": {"size": 3}})):
        record = msgspec.structs.replace(
            await lab.run(await lab.start("look desk")), id=name, **changed
        )
        async with lab.database.begin() as connection:
            await runs.add(connection, record)
        lab.clock.forward(1)
        await lab.player().play(name)

    assert (await lab.run("gone")).line == "There is no flow called no-such-flow any more."
    assert (await lab.run("other")).line == "look takes other inputs by now: start it again."
    assert (await lab.run("other")).state == "stopped"


async def test_the_report_of_a_dry_run_is_its_plan(lab: Lab) -> None:
    """Nobody is asked and nothing is written."""
    run_id = await lab.start("make desk --dry-run")

    await lab.player().play(run_id)

    report = await lab.report(run_id)
    assert report is not None
    assert "Make a desk" in repr(report.blocks)
    assert (await lab.run(run_id)).state == "done"
    assert lab.world.writes == []
