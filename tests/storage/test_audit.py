"""The audit is one chain of hashes: rows that change, vanish or change places are noticed."""

import asyncio

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from storage import audit
from storage.database import Database
from storage.records import AuditRecord
from storage.tables import audit as table
from storage.tables import audit_head
from tests.storage.rows import ADA, BEN, NOW

ROW = AuditRecord(
    number=1,
    at=NOW,
    actor=ADA,
    door="slash",
    action="asked",
    run_id="r1",
    detail="release acme/api",
    before=audit.ORIGIN,
    hash="",
)


async def append(database: Database, detail: str, run_id: str = "r1") -> AuditRecord:
    """Add a row in a transaction of its own."""
    async with database.begin() as connection:
        return await audit.append(
            connection,
            at=NOW,
            actor=BEN,
            door="slack",
            action="decided",
            run_id=run_id,
            detail=detail,
        )


async def every_row(database: Database) -> list[AuditRecord]:
    """Return the whole chain, by number."""
    async with database.read() as connection:
        rows = await connection.execute(select(table).order_by(table.c.number))
        return [AuditRecord(**row._mapping) for row in rows]


async def test_rows_are_chained_from_the_first_on(database: Database) -> None:
    """Each holds the hash of the one before, and its own fits what it says."""
    written = [await append(database, detail) for detail in ("one", "two", "three")]

    assert await every_row(database) == written
    assert [row.number for row in written] == [1, 2, 3]
    assert [row.before for row in written] == [audit.ORIGIN, written[0].hash, written[1].hash]
    assert [audit.digest(row) for row in written] == [row.hash for row in written]


async def test_20_writers_at_once_make_one_unbroken_chain(database: Database) -> None:
    """Nobody overwrites, skips or shares a number."""
    await asyncio.gather(*(append(database, f"by {number}") for number in range(20)))

    rows = await every_row(database)

    assert [row.number for row in rows] == list(range(1, 21))
    assert [row.before for row in rows] == [audit.ORIGIN, *(row.hash for row in rows[:-1])]
    assert {row.detail for row in rows} == {f"by {number}" for number in range(20)}
    assert all(audit.digest(row) == row.hash for row in rows)
    async with database.read() as connection:
        head = (await connection.execute(select(audit_head))).one()
    assert (head.number, head.hash) == (20, rows[-1].hash)


async def test_a_row_that_is_rolled_back_leaves_no_gap(database: Database) -> None:
    """The chain goes on where it was."""
    await append(database, "one")
    async with database.begin() as connection:
        await audit.append(connection, at=NOW, actor=ADA, door="web", action="asked", run_id="r1")
        await connection.rollback()
    await append(database, "two")

    rows = await every_row(database)
    assert [(row.number, row.detail) for row in rows] == [(1, "one"), (2, "two")]
    assert rows[1].before == rows[0].hash


async def test_a_row_altered_in_the_database_no_longer_fits(database: Database) -> None:
    """Whoever rewrites who decided leaves a hash that does not belong to the row."""
    await append(database, "approve")
    async with database.begin() as connection:
        await connection.execute(update(table).values(actor=ADA))

    [row] = await every_row(database)

    assert audit.digest(row) != row.hash


@given(
    name=st.sampled_from([name for name in AuditRecord.__struct_fields__ if name != "hash"]),
    words=st.text(max_size=20),
)
def test_every_field_is_part_of_the_digest(name: str, words: str) -> None:
    """Changing any one of them, to anything else, changes the digest."""
    altered = {"number": len(words) + 2, "at": NOW.replace(year=1999), "actor": ADA | {"x": words}}
    value = altered.get(name, words)
    changed = msgspec.structs.replace(ROW, **{name: value})

    assert (audit.digest(changed) == audit.digest(ROW)) == (changed == ROW)


async def test_a_run_lists_its_own_rows(database: Database) -> None:
    """In order, and nobody else's."""
    await append(database, "asked")
    await append(database, "elsewhere", run_id="r2")
    await append(database, "approve")

    async with database.read() as connection:
        own = await audit.of_run(connection, "r1")

    assert [row.detail for row in own] == ["asked", "approve"]
