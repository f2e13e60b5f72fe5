"""The outbox names news, not text: changes become one row, and no news is lost while sending."""

import asyncio
from datetime import datetime, timedelta

from storage import messages, outbox
from storage.database import Database
from storage.records import OutboxRecord
from tests.storage.rows import LATER, NOW, accepted
from tests.storage.test_messages import CARD

SECOND = timedelta(seconds=1)


async def due(database: Database, now: datetime = NOW, limit: int = 100) -> list[OutboxRecord]:
    """Return what may be sent at this moment."""
    async with database.read() as connection:
        return await outbox.due(connection, now, limit)


async def claim(database: Database, row: OutboxRecord, until: datetime = LATER) -> bool:
    """Claim a row in a transaction of its own."""
    async with database.begin() as connection:
        return await outbox.claim(connection, row, until)


async def the_card(database: Database) -> OutboxRecord:
    """Say that the card is out of date, and return the row."""
    await database.write(outbox.card(database.dialect, "r1", NOW))
    [row] = await due(database)
    return row


async def test_changes_of_a_card_become_one_row(database: Database) -> None:
    """It keeps its place in the line, and counts the news."""
    await accepted(database)
    first = await the_card(database)

    for seconds in range(1, 6):
        at = NOW + seconds * SECOND
        await database.write(outbox.card(database.dialect, "r1", at))

    [row] = await due(database)
    assert (row.id, row.due_at, row.revision) == (first.id, NOW, 6)


async def test_cards_plans_and_reports_are_rows_of_their_own(database: Database) -> None:
    """They are due in the order in which they were written, each plan by its question."""
    await accepted(database)
    await database.write(
        outbox.card(database.dialect, "r1", NOW),
        outbox.plan(database.dialect, "r1", "c0ffee", NOW),
        outbox.plan(database.dialect, "r1", "decade", NOW),
        outbox.report(database.dialect, "r1", NOW),
    )

    rows = await due(database)

    assert [row.key for row in rows] == [
        "card:r1",
        "plan:r1:c0ffee",
        "plan:r1:decade",
        "report:r1",
    ]
    assert [row.kind for row in rows] == ["card", "plan", "plan", "report"]
    assert rows == sorted(rows, key=lambda row: row.id)
    assert await due(database, limit=2) == rows[:2]


async def test_nothing_is_due_before_its_time(database: Database) -> None:
    """Up to the instant."""
    await accepted(database)
    await database.write(outbox.card(database.dialect, "r1", LATER))

    assert await due(database, LATER - SECOND) == []
    assert len(await due(database, LATER)) == 1


async def test_of_20_senders_one_claims_a_row(database: Database) -> None:
    """The row is out of the others' way until then, and the try is counted."""
    await accepted(database)
    row = await the_card(database)

    claimed = await asyncio.gather(*(claim(database, row) for _ in range(20)))

    assert claimed.count(True) == 1
    assert await due(database) == []
    [again] = await due(database, LATER)
    assert (again.tries, again.due_at) == (1, LATER)


async def test_a_claim_runs_out(database: Database) -> None:
    """Where a sender is lost, the next one finds the row, and that it was tried."""
    await accepted(database)
    await claim(database, await the_card(database))

    [row] = await due(database, LATER)

    assert row.tries == 1
    assert await claim(database, row, LATER + SECOND)


async def test_claims_are_dropped_at_a_start_that_is_alone(database: Database) -> None:
    """Nobody has to wait for the claim of a process that is gone; the try stays counted."""
    await accepted(database)
    await claim(database, await the_card(database))

    async with database.begin() as connection:
        await outbox.drop_claims(connection, NOW)

    [row] = await due(database)
    assert row.tries == 1


async def test_a_row_that_was_sent_is_gone(database: Database) -> None:
    """Nothing waits any more."""
    await accepted(database)
    row = await the_card(database)
    await claim(database, row)

    async with database.begin() as connection:
        await outbox.sent(connection, row, LATER)

    assert await due(database, LATER + SECOND) == []
    async with database.read() as connection:
        assert await outbox.waiting(connection) == (0, None)


async def test_news_that_came_while_sending_is_sent_again(database: Database) -> None:
    """Not at once, but when edits may follow each other; as a new message, untried."""
    await accepted(database)
    row = await the_card(database)
    await claim(database, row)
    await database.write(outbox.card(database.dialect, "r1", NOW))

    async with database.begin() as connection:
        await outbox.sent(connection, row, NOW + SECOND)

    assert await due(database) == []
    [again] = await due(database, NOW + SECOND)
    assert (again.id, again.revision, again.tries) == (row.id, 2, 0)


async def test_a_failure_keeps_the_count_of_tries(database: Database) -> None:
    """So that the next sender knows that an earlier try may have got through."""
    await accepted(database)
    row = await the_card(database)
    await claim(database, row)

    async with database.begin() as connection:
        await outbox.postpone(connection, row, NOW + SECOND, "Slack is busy.", tries=1)

    assert await due(database) == []
    [again] = await due(database, NOW + SECOND)
    assert again.tries == 1


async def test_waiting_for_an_edit_is_no_failure(database: Database) -> None:
    """The tries begin at nothing again."""
    await accepted(database)
    row = await the_card(database)
    await claim(database, row)

    async with database.begin() as connection:
        await outbox.postpone(connection, row, NOW + SECOND, tries=0)

    [again] = await due(database, NOW + SECOND)
    assert again.tries == 0


async def test_a_card_that_is_not_there_yet_holds_up_the_rest(database: Database) -> None:
    """Once it is there, an edit that is put off holds up nothing."""
    await accepted(database)
    row = await the_card(database)
    await database.write(outbox.report(database.dialect, "r1", NOW))
    async with database.begin() as connection:
        await outbox.postpone(connection, row, LATER, "Slack is busy.", tries=1)

    assert await due(database) == []
    assert [each.kind for each in await due(database, LATER)] == ["card", "report"]
    async with database.begin() as connection:
        await messages.add(connection, CARD)
    assert [each.kind for each in await due(database)] == ["report"]


async def test_a_plan_that_is_not_sent_yet_holds_up_the_report(database: Database) -> None:
    """Of its own run, whether it is being sent or put off; the card may change meanwhile."""
    await accepted(database)
    await accepted(database, id="r2")
    await database.write(
        outbox.plan(database.dialect, "r1", "c0ffee", NOW),
        outbox.card(database.dialect, "r1", NOW),
        outbox.report(database.dialect, "r1", NOW),
        outbox.report(database.dialect, "r2", NOW),
    )
    async with database.begin() as connection:
        await messages.add(connection, CARD)
    plan, card, report, other = await due(database)
    await claim(database, plan)
    await claim(database, card)

    assert await due(database) == [other]
    async with database.begin() as connection:
        await outbox.sent(connection, plan, LATER)
    assert await due(database) == [report, other]


async def test_a_plan_that_breaks_its_sender_holds_up_nobody(database: Database) -> None:
    """It would do so for ever."""
    await accepted(database)
    await database.write(
        outbox.plan(database.dialect, "r1", "c0ffee", NOW),
        outbox.report(database.dialect, "r1", NOW),
    )
    plan, report = await due(database)
    await claim(database, plan)
    async with database.begin() as connection:
        await outbox.postpone(connection, plan, LATER, outbox.BROKEN, tries=1)

    assert await due(database) == [report]


async def test_a_claim_is_prolonged_by_its_holder_alone(database: Database) -> None:
    """Whoever let it run out, and was followed by another, is told so."""
    await accepted(database)
    row = await the_card(database)
    await claim(database, row, NOW + SECOND)
    [late] = await due(database, NOW + SECOND)
    await claim(database, late, LATER)

    async with database.begin() as connection:
        assert not await outbox.renew(connection, row.id, NOW + SECOND, LATER + SECOND)
        assert await outbox.renew(connection, row.id, LATER, LATER + SECOND)

    assert await due(database, LATER) == []


async def test_what_was_sent_late_stays_doubtful_until_somebody_has_looked(
    database: Database,
) -> None:
    """Whether another sender has the row or has forgotten it; a failure changes nothing."""
    await accepted(database)
    row = await the_card(database)
    for is_gone in (False, True):
        async with database.begin() as connection:
            if is_gone:
                [row] = await outbox.due(connection, NOW)
                await outbox.sent(connection, row, NOW)
            await outbox.doubt(connection, row, NOW)
        [doubted] = await due(database)
        assert (doubted.key, doubted.error) == (row.key, outbox.LATE)

        async with database.begin() as connection:
            await outbox.postpone(connection, doubted, NOW, "Slack is busy.", tries=1)
        [doubted] = await due(database)
        assert (doubted.error, doubted.tries) == (outbox.LATE, 1)


async def test_waiting_counts_everything_and_names_the_oldest(database: Database) -> None:
    """Due or not."""
    await accepted(database)
    await database.write(
        outbox.card(database.dialect, "r1", LATER), outbox.report(database.dialect, "r1", NOW)
    )

    async with database.read() as connection:
        count, oldest = await outbox.waiting(connection)

    assert count == 2
    assert oldest == NOW


async def test_news_is_as_old_as_it_is_however_often_it_was_put_off(database: Database) -> None:
    """What comes after it was sent is new."""
    await accepted(database)
    row = await the_card(database)
    async with database.begin() as connection:
        await outbox.postpone(connection, row, LATER, "Slack is busy.", tries=1)
        assert await outbox.waiting(connection) == (1, NOW)
    await database.write(outbox.card(database.dialect, "r1", LATER))
    async with database.begin() as connection:
        await outbox.sent(connection, row, LATER)
        assert await outbox.waiting(connection) == (1, LATER)


async def test_what_cannot_be_sent_is_counted_with_its_reason(database: Database) -> None:
    """What only waits is not."""
    await accepted(database)
    row = await the_card(database)
    async with database.begin() as connection:
        await outbox.doubt(connection, row, NOW)
        assert await outbox.failing(connection) == (0, "")
        await outbox.sent(connection, row, NOW)
        await outbox.postpone(connection, row, LATER, outbox.BROKEN, tries=1)
        assert await outbox.failing(connection) == (1, outbox.BROKEN)
