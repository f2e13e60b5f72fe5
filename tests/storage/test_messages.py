"""Which message shows what of a run is remembered by the platform's own ids."""

import msgspec

from storage import messages
from storage.database import Database
from storage.records import MessageRecord
from tests.storage.rows import LATER, NOW, accepted

CARD = MessageRecord(
    run_id="r1",
    kind="card",
    platform="slack",
    channel="C1",
    thread="",
    message="1741102200.000100",
    sent_at=NOW,
)


async def test_a_message_is_found_by_its_run_and_kind(database: Database) -> None:
    """What was never sent is None."""
    await accepted(database)
    async with database.begin() as connection:
        await messages.add(connection, CARD)

    async with database.read() as connection:
        assert await messages.get(connection, "r1", "card") == CARD
        assert await messages.get(connection, "r1", "report") is None
        assert await messages.get(connection, "r2", "card") is None


async def test_a_second_message_takes_the_place_of_the_first(database: Database) -> None:
    """There is one card, and its last edit has a moment."""
    await accepted(database)
    edited = msgspec.structs.replace(CARD, message="2.0", sent_at=LATER)
    async with database.begin() as connection:
        await messages.add(connection, CARD)
        await messages.add(connection, edited)

    async with database.read() as connection:
        assert await messages.get(connection, "r1", "card") == edited


async def test_what_a_run_was_told_is_found_at_once(database: Database) -> None:
    """By kind; what a card says can be forgotten, where it is stays known."""
    await accepted(database)
    card = msgspec.structs.replace(CARD, shown="c0ffee")
    plan = msgspec.structs.replace(CARD, kind="plan:1", message="")
    async with database.begin() as connection:
        await messages.add(connection, card)
        await messages.add(connection, plan)
        assert await messages.of_run(connection, "r1") == {"card": card, "plan:1": plan}

        await messages.doubt(connection, "r1", "card")
        assert await messages.of_run(connection, "r1") == {"card": CARD, "plan:1": plan}
        assert await messages.of_run(connection, "r2") == {}
