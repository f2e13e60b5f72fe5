"""A row of the outbox is sent by one sender: one that was away for too long sends nothing."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.claims import CLAIM, Claim, ClaimLost
from bot.retries import FIRST_DELAY
from bot.threads import Threads
from integrations.meter import permit
from storage import outbox
from storage.records import OutboxRecord
from tests.bot.lab import PATIENCE, RULES, Lab

BRIEF = timedelta(seconds=1.5)


def clock() -> datetime:
    """Return the time: what holds a claim lives by the real one."""
    return datetime.now(UTC)


async def test_a_sender_that_was_stopped_before_it_sent_sends_nothing(lab: Lab) -> None:
    """The last look at the clock comes right before the message; the next sender asks first."""
    await lab.start("look desk")

    def stopped_in_between() -> datetime:
        lab.clock.forward(CLAIM.total_seconds() + 1)
        return lab.clock()

    away = Threads(
        lab.database, lab.queue, RULES, stopped_in_between, {"slack": lab.room}, lab.find
    )
    await away.deliver()
    assert lab.room.sent == []

    lab.clock.forward(CLAIM.total_seconds() + 1)
    await lab.threads.deliver()
    assert [again for _, again in lab.room.keys] == [True]


async def claimed(lab: Lab) -> Claim:
    """Return a claim on the card of a new run that runs out soon."""
    await lab.start("look desk")
    [row] = await lab.outbox()
    claim = Claim(lab.database, clock, row, BRIEF)
    assert await claim.taken()
    return claim


async def the_row(lab: Lab) -> OutboxRecord:
    """Return the only row there is, due or not."""
    async with lab.database.read() as connection:
        [row] = await outbox.due(connection, clock() + timedelta(days=1))
    return row


async def test_a_claim_is_held_for_as_long_as_sending_takes(lab: Lab) -> None:
    """A sender that is slow, and lives, keeps the row."""
    claim = await claimed(lab)
    begun = (await the_row(lab)).due_at

    async with asyncio.timeout(PATIENCE), claim.held():
        while (await the_row(lab)).due_at < begun + BRIEF:
            claim.check()


async def taken_over(lab: Lab) -> None:
    """Let another sender take the row."""
    async with lab.database.begin() as connection:
        assert await outbox.claim(connection, await the_row(lab), clock() + CLAIM)


async def changing_for_ever() -> None:
    """Do what a client does before each call, again and again."""
    while True:
        permit(write=False)
        permit(write=True)
        await asyncio.sleep(0)


async def test_a_claim_that_another_sender_took_ends_before_the_next_change(lab: Lab) -> None:
    """Whatever a client wants to change is asked for right before it is sent."""
    claim = await claimed(lab)
    await taken_over(lab)

    async with asyncio.timeout(PATIENCE), claim.held():
        with pytest.raises(ClaimLost):
            await changing_for_ever()


async def test_a_claim_that_another_sender_took_settles_nothing(lab: Lab) -> None:
    """What became of the row is for the other one to say."""
    claim = await claimed(lab)
    async with claim.ended() as connection:
        pass
    claim = await claimed_again(lab)
    await taken_over(lab)

    with pytest.raises(ClaimLost):
        async with claim.ended() as connection:
            await outbox.postpone(connection, await the_row(lab), clock(), tries=0)


async def claimed_again(lab: Lab) -> Claim:
    """Return a claim on the only row, whoever had it."""
    claim = Claim(lab.database, clock, await the_row(lab), CLAIM)
    assert await claim.taken()
    return claim


async def test_a_database_that_goes_away_while_something_is_sent_loses_no_order(lab: Lab) -> None:
    """The card may have got through: it is looked for, and the report waits until it is there."""
    run_id = await lab.start("look desk")
    await lab.player().play(run_id)
    lab.room.errors.append(ConnectionResetError("the database"))
    await lab.threads.deliver()
    assert lab.room.sent == []

    lab.clock.forward(FIRST_DELAY.total_seconds())
    await lab.threads.deliver()
    assert lab.room.kinds == ["card", "report"]
    assert [again for _, again in lab.room.keys] == [False, True, False]
