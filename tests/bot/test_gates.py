"""Runs take their lock and their turn: never two at once, and nobody is forgotten in a line."""

import asyncio

import pytest
from sqlalchemy import update

from bot.worker import LEASE
from flows.engine.policy import PolicySettings
from storage import runs
from storage.tables import runs as table
from tests.bot.lab import ADA, BEN, CAT, PATIENCE
from tests.bot.yard import LOCKED, SHOP, Yard

AFTER_THE_LEASE = LEASE.total_seconds() + 1


async def test_runs_that_want_one_lock_are_played_one_after_the_other(yard: Yard) -> None:
    """Two workers play whatever is woken; the order is that of the line."""
    started = []
    for _ in range(6):
        yard.clock.forward(1)
        started.append(await yard.start("ship acme/shop"))
    other = await yard.start("ship acme/web")

    await yard.work(yard.player("w1"), yard.player("w2"))

    assert [(await yard.run(each)).state for each in (*started, other)] == ["done"] * 7
    assert yard.most == {"acme/shop:production": 1, "acme/web:production": 1}
    assert sorted(yard.order) == sorted([*started, other])
    assert await yard.line() == []


async def test_a_run_in_the_line_rests_and_says_where_it_is(yard: Yard) -> None:
    """On its card too, which changes as the line does."""
    first = await yard.ship(ask=True)
    second, third = await yard.ship(by=BEN), await yard.ship()

    waiting = await yard.run(third)
    assert waiting.state == "waiting"
    assert waiting.line == (
        f"2nd in the line for {SHOP}, which ada's run has held since 15:30 UTC "
        "and keeps until 19:30 UTC: "
        "ship acme/shop --ask"
    )
    await yard.threads.deliver()
    assert sum(SHOP in card.line for card in yard.room.cards.values()) == 2
    assert "lock: It holds" not in await yard.say(f"status {third}")
    assert f"It holds {SHOP} until 19:30 UTC" in await yard.say(f"status {first}")

    yard.clock.forward(5)
    await yard.say(f"cancel {second}", BEN)
    assert (await yard.run(third)).line.startswith(f"Next in the line for {SHOP}")

    await yard.dispatch.answer((await yard.asked(first)).id, "yes", ADA)
    await yard.work(yard.player())
    yard.clock.forward(5)
    await yard.threads.deliver()

    assert (await yard.run(third)).state == "done"
    assert not any(SHOP in card.line for card in yard.room.cards.values())


async def test_a_lost_wake_up_of_the_next_in_line_is_swept_up(yard: Yard) -> None:
    """It has the lock by then, and waits for nobody but a worker."""
    first, second = await yard.ship(ask=True), await yard.ship()
    await yard.dispatch.answer((await yard.asked(first)).id, "yes", ADA)
    yard.bell.deaf = True
    await yard.work(yard.player())
    assert (await yard.run(first)).state == "done"
    assert (await yard.run(second)).state == "queued"

    yard.bell.deaf = False
    yard.clock.forward(60)
    await yard.player().sweep()
    await yard.work(yard.player())

    assert (await yard.run(second)).state == "done"


async def test_a_lock_stays_with_its_run_when_the_worker_is_lost(yard: Yard) -> None:
    """Another takes the run over, which is still the holder; who lost it can let nothing go."""
    run_id = await yard.start("ship acme/shop")
    lost = await yard.playing(run_id)
    [held] = await yard.line()
    yard.bell.rung.clear()
    second = await yard.ship()

    yard.clock.forward(AFTER_THE_LEASE)
    taken = asyncio.create_task(yard.player("w2").play(run_id))
    await asyncio.sleep(0)
    assert (await yard.line())[0] == held
    yard.hold_up.set()
    await asyncio.gather(*lost, taken)
    assert (await yard.run(run_id)).state == "done"
    await yard.work(yard.player())

    assert (await yard.run(second)).state == "done"
    assert await yard.line() == []


async def test_a_worker_that_lost_the_run_takes_no_lock(yard: Yard) -> None:
    """Its lease is looked at in the transaction that would take it."""
    run_id = await yard.start("ship acme/shop")
    now = yard.clock()
    async with yard.database.begin() as connection:
        leased = (await runs.lease(connection, {run_id}, "w1", now, now + LEASE)).get(run_id)
    assert leased
    player = yard.player("w2")
    yard.clock.forward(AFTER_THE_LEASE)
    await player.play(run_id)

    gates = yard.player("w1")._gates
    gate = gates.of(leased.run, await yard.settings())
    assert gate
    with pytest.raises(BaseException, match=run_id):
        await gates.admits(gate, leased)
    assert await yard.line() == []


async def test_a_dry_run_takes_no_lock(yard: Yard) -> None:
    """It changes nothing, so it need not wait for anybody."""
    await yard.ship(ask=True)

    run_id = await yard.start("ship acme/shop --dry-run")
    await yard.work(yard.player())

    assert (await yard.run(run_id)).state == "done"


async def test_names_of_locks_are_compared_as_people_read_them(yard: Yard) -> None:
    """Case and spaces tell nothing apart."""
    await yard.ship(ask=True)

    run_id = await yard.ship("ACME/Shop")

    assert (await yard.run(run_id)).state == "waiting"


async def test_what_a_lost_run_held_is_passed_on(yard: Yard) -> None:
    """However it ended: a lock of a run that has ended is nobody's."""
    first, second = await yard.ship(ask=True), await yard.ship()
    async with yard.database.begin() as connection:
        statement, values = runs.settle(first, "failed", "Gone", yard.clock())
        await connection.execute(statement, values)

    await yard.expiry.look()
    await yard.work(yard.player())

    assert (await yard.run(second)).state == "done"
    assert await yard.line() == []


async def test_a_limit_holds_with_two_workers(yard: Yard) -> None:
    """At most two at once; everybody gets a turn without any sweep, the longest waiting first."""
    started = []
    for number in range(8):
        yard.clock.forward(1)
        started.append(await yard.start("batch acme/shop", BEN if number % 2 else ADA))
    yard.bell.rung.clear()
    yard.hold_up.clear()
    workers = [yard.player("w1"), yard.player("w2")]

    pending = {asyncio.create_task(one.play(each)) for each in started for one in workers}
    async with asyncio.timeout(PATIENCE):
        while len(pending) > 2:
            _, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
    assert yard.inside["acme/shop"] == 2
    yard.hold_up.set()
    await asyncio.gather(*pending)
    await yard.work(*workers)

    assert [(await yard.run(each)).state for each in started] == ["done"] * 8
    assert yard.most["acme/shop"] == 2
    assert all(run.turn == "" for run in [await yard.run(each) for each in started])


async def test_a_run_whose_turn_it_is_not_says_so_and_is_left_alone(yard: Yard) -> None:
    """It holds no worker, and no sweep wakes it in vain."""
    playing = await yard.playing(*[await yard.start("batch acme/shop", by) for by in (ADA, BEN)])
    yard.clock.forward(1)
    third = await yard.start("batch acme/shop")
    yard.bell.rung.clear()
    await yard.player().play(third)

    run = await yard.run(third)
    assert (run.state, run.line) == (
        "queued",
        "In the line: acme/shop runs at most 2 batch at a time",
    )
    assert run.attempts == 1
    await yard.threads.deliver()
    assert run.line in [card.line for card in yard.room.cards.values()]
    yard.clock.forward(5)
    for _ in range(3):
        await yard.player().sweep()
    assert yard.bell.rung == []

    yard.hold_up.set()
    await asyncio.gather(*playing)
    await yard.work(yard.player())
    assert (await yard.run(third)).state == "done"


async def test_who_was_not_called_is_called_by_the_sweep(yard: Yard) -> None:
    """As many as there is room for, and not again and again."""
    held = await yard.start("batch acme/shop")
    await yard.playing(held)
    await yard.set(batch=PolicySettings(max_running=1))
    yard.clock.forward(1)
    waiting = []
    for _ in range(3):
        yard.clock.forward(1)
        waiting.append(await yard.start("batch acme/shop"))
        await yard.player().play(waiting[-1])
    async with yard.database.begin() as connection:
        statement, values = runs.settle(held, "failed", "Gone", yard.clock())
        await connection.execute(statement, values)
    yard.bell.rung.clear()

    await yard.player().sweep()
    await yard.player().sweep()

    assert yard.bell.rung == waiting[:1]
    yard.hold_up.set()
    await yard.work(yard.player())
    assert [(await yard.run(each)).state for each in waiting] == ["done"] * 3


async def test_a_limit_for_all_counts_every_run_of_the_project(yard: Yard) -> None:
    """Whatever flow it is of; other projects are not counted."""
    await yard.set(**{"*": PolicySettings(max_running=1)})
    playing = await yard.playing(await yard.start("batch acme/shop"))
    yard.clock.forward(1)
    second, other = await yard.start("ship acme/shop"), await yard.start("look desk")
    yard.bell.rung.clear()

    await yard.player().play(second)
    await yard.player().play(other)

    assert (await yard.run(other)).state == "done"
    run = await yard.run(second)
    assert (run.state, run.line) == ("queued", "In the line: acme/shop runs at most 1 at a time")
    assert [each.run_id for each in await yard.line()] == [second]

    await yard.set()  # the limit is gone, and with it the line
    await yard.player().sweep()
    yard.hold_up.set()
    await asyncio.gather(*playing, yard.work(yard.player()))
    assert (await yard.run(second)).state == "done"


async def test_who_is_cancelled_in_a_line_makes_room(yard: Yard) -> None:
    """In the line of a limit, and in that of a lock."""
    first, second, third = await yard.ship(ask=True), await yard.ship(), await yard.ship()

    told = await yard.say(f"cancel {first}")
    await yard.work(yard.player())

    assert "Cancelled by ada" in told
    assert [(await yard.run(each)).state for each in (first, second, third)] == [
        "cancelled",
        "done",
        "done",
    ]


async def test_a_run_that_was_retried_stands_in_line_again(yard: Yard) -> None:
    """What it held was let go when it ended."""
    first = await yard.ship(ask=True)
    await yard.say(f"cancel {first}")
    second = await yard.ship(ask=True)

    await yard.say(f"retry {first}")

    assert [each.run_id for each in await yard.line()] == [second, first]


async def changed(yard: Yard, run_id: str, **values: object) -> None:
    """Change a run behind everybody's back."""
    async with yard.database.begin() as connection:
        await connection.execute(update(table).where(table.c.id == run_id).values(values))


async def test_a_run_works_under_the_lock_of_the_one_that_started_it(yard: Yard) -> None:
    """However many are between them; else they would wait for each other."""
    parent = await yard.ship(ask=True)
    child, grandchild = await yard.start("ship acme/shop"), await yard.start("ship acme/shop", BEN)
    await changed(yard, child, parent=parent)
    await changed(yard, grandchild, parent=child)

    await yard.work(yard.player())

    assert [(await yard.run(each)).state for each in (child, grandchild)] == ["done", "done"]
    assert [each.run_id for each in await yard.line()] == [parent]
    await changed(yard, stranger := await yard.start("ship acme/shop", CAT), parent="gone")
    await yard.work(yard.player())
    assert (await yard.run(stranger)).state == "waiting"


async def test_who_was_told_to_stop_before_the_gate_takes_nothing(yard: Yard) -> None:
    """It has only to end, so it need not wait for that."""
    await yard.say(LOCKED, BEN)
    run_id = await yard.start("ship acme/shop")
    now = yard.clock()
    async with yard.database.begin() as connection:
        leased = (await runs.lease(connection, {run_id}, "w1", now, now + LEASE)).get(run_id)
    assert leased
    assert "It stops at its next step" in await yard.say(f"cancel {run_id}")

    gates = yard.player("w1")._gates
    gate = gates.of(leased.run, await yard.settings())
    assert gate
    assert await gates.admits(gate, leased)
    assert len(await yard.line()) == 1


async def test_a_run_that_cannot_be_played_takes_no_lock(yard: Yard) -> None:
    """It ends, and says why."""
    first, second = await yard.start("ship acme/shop"), await yard.start("ship acme/shop", BEN)
    await changed(yard, first, params={"what": "else"})
    await changed(yard, second, flow="gone")

    await yard.work(yard.player())

    assert [(await yard.run(each)).state for each in (first, second)] == ["stopped", "stopped"]
    assert await yard.line() == []


async def test_who_has_ended_in_the_line_is_passed_over(yard: Yard) -> None:
    """Also where nobody has looked in between."""
    first, second, third = await yard.ship(ask=True), await yard.ship(), await yard.ship()
    await changed(yard, second, state="failed")

    await yard.say(f"cancel {first}")

    assert (await yard.run(third)).state == "done"
    assert await yard.line() == []


async def test_a_line_whose_flow_is_gone_does_not_wait_for_ever(yard: Yard) -> None:
    """Nobody counts it any more, so everybody in it is called."""
    run_id = await yard.start("batch acme/shop")
    yard.bell.rung.clear()
    await changed(yard, run_id, flow="gone", turn="acme/shop:gone")

    await yard.player().sweep()
    assert yard.bell.rung == []
    yard.clock.forward(60)
    await yard.player().sweep()
    await yard.work(yard.player())

    assert (await yard.run(run_id)).state == "stopped"
