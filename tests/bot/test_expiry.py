"""Locks end in time, and who waits for one does not wait for ever."""

import asyncio

from sqlalchemy import update

from storage.tables import runs
from tests.bot.lab import BEN
from tests.bot.yard import LOCKED, SHOP, Yard

HOUR = 3600


async def test_the_lock_of_a_person_ends_in_time(yard: Yard) -> None:
    """The next gets it, and who had it is told."""
    await yard.say(LOCKED)
    run_id = await yard.ship(by=BEN)
    await yard.expiry.look()
    assert (await yard.run(run_id)).state == "waiting"

    yard.clock.forward(2 * HOUR)
    await yard.expiry.look()
    await yard.work(yard.player())

    assert (await yard.run(run_id)).state == "done"
    assert await yard.told() == [("ada", f"Your lock on {SHOP} has ended: its time was over.")]
    assert ("expired", "the expiry of its lock") in await yard.audited()


async def test_the_lock_of_a_run_ends_only_where_somebody_wants_it(yard: Yard) -> None:
    """A run that waits is stopped then, and says why; its asker can play it on."""
    run_id = await yard.ship(ask=True)
    yard.clock.forward(5 * HOUR)
    await yard.expiry.look()
    assert (await yard.run(run_id)).state == "waiting"

    other = await yard.ship(by=BEN)
    await yard.expiry.look()
    await yard.work(yard.player())

    run = await yard.run(run_id)
    assert run.state == "cancelled"
    assert run.line == "Cancelled by the expiry of its lock; nothing was changed."
    assert (await yard.run(other)).state == "done"
    why = f"it held {SHOP} for longer than it may, and ben waits for that"
    assert await yard.told() == [("ada", f"Your run ship acme/shop --ask is stopped: {why}.")]
    assert await yard.line() == []


async def test_a_run_that_is_played_is_told_to_stop_when_its_lock_ends(yard: Yard) -> None:
    """It keeps the lock until it has stopped, and its asker hears of it once."""
    run_id = await yard.start("ship acme/shop --ask")
    playing = await yard.playing(run_id)
    yard.bell.rung.clear()
    other = await yard.ship(by=BEN)
    yard.clock.forward(5 * HOUR)
    await yard.expiry.look()
    await yard.expiry.look()

    assert (await yard.run(run_id)).state == "running"
    assert [each.run_id for each in await yard.line()] == [run_id, other]
    assert len(await yard.told()) == 1
    yard.hold_up.set()
    await asyncio.gather(*playing)
    await yard.work(yard.player())

    assert (await yard.run(run_id)).state == "cancelled"
    assert (await yard.run(other)).state == "done"


async def test_what_a_stopped_run_has_started_is_stopped_with_it(yard: Yard) -> None:
    """What the other held is let go at the next look."""
    parent = await yard.ship(ask=True)
    child = await yard.ship("acme/web", ask=True)
    async with yard.database.begin() as connection:
        await connection.execute(update(runs).where(runs.c.id == child).values(parent=parent))

    await yard.say(f"steal {SHOP} The fix has to go out", BEN)
    await yard.expiry.look()

    assert [(await yard.run(each)).state for each in (parent, child)] == ["cancelled", "cancelled"]
    assert [each.by["name"] for each in await yard.line()] == ["ben"]
    assert await yard.line("deploy:acme/web:production") == []
