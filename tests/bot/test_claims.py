"""A row of the outbox is sent by one sender: one that was away for too long sends nothing."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.claims import CLAIM, Claim, ClaimLost
from bot.threads import Threads
from storage import outbox
from storage.records import OutboxRecord
from tests.bot.lab import PATIENCE, RULES, Lab

BRIEF = timedelta(milliseconds=300)


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
        while (await the_row(lab)).due_at < begun + 3 * BRIEF:
            claim.check()


async def test_a_claim_that_another_sender_took_ends_the_sending(lab: Lab) -> None:
    """Whatever it was waiting for at that moment."""
    claim = await claimed(lab)
    async with lab.database.begin() as connection:
        assert await outbox.claim(connection, await the_row(lab), clock() + CLAIM)

    with pytest.raises(ClaimLost):
        async with asyncio.timeout(PATIENCE), claim.held():
            await asyncio.Event().wait()
