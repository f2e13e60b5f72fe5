"""The audit is one chain of hashes: rows that change, vanish or change places are noticed."""

import asyncio

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import ColumnElement, delete, select, update

from storage import audit
from storage.database import Database
from storage.records import AuditRecord
from storage.tables import audit as table
from storage.tables import audit_head
from tests.storage.rows import ADA, BEN, LATER, NOW

ROW = AuditRecord(
    number=1,
    at=NOW,
    actor=ADA,
    door="slash",
    action="asked",
    run_id="r1",
    effect="",
    detail="release acme/api",
    before=audit.ORIGIN,
    hash="",
)


async def append(database: Database, detail: str, run_id: str = "r1") -> AuditRecord:
    """Add a row in a transaction of its own, and return it."""
    async with database.begin() as connection:
        await audit.append(
            connection,
            at=NOW,
            actor=BEN,
            door="slack",
            action="decided",
            run_id=run_id,
            detail=detail,
        )
        newest = select(table).order_by(table.c.number.desc()).limit(1)
        return AuditRecord(**(await connection.execute(newest)).one()._mapping)


async def every_row(database: Database) -> list[AuditRecord]:
    """Return the whole chain, by number."""
    async with database.read() as connection:
        rows = await connection.execute(select(table).order_by(table.c.number))
        return [AuditRecord(**row._mapping) for row in rows]


async def verified(database: Database) -> audit.Verdict:
    """Follow the chain."""
    async with database.read() as connection:
        return await audit.verify(connection)


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


async def test_effects_are_chained_with_what_else_is_committed(database: Database) -> None:
    """Writes of 30 runs share commits with people's decisions, and it is still one chain."""
    sign = audit.Sign(ADA, "slash")

    async def does(number: int) -> None:
        effect = f"Tag v{number}"
        await database.write(audit.appending(sign, NOW, "did", f"r{number}", effect=effect))

    await asyncio.gather(*map(does, range(30)), *(append(database, str(n)) for n in range(10)))

    verdict = await verified(database)
    assert (verdict.last, verdict.fault) == (40, "")
    async with database.read() as connection:
        [row] = await audit.of_run(connection, "r7")
        tags = [row.effect async for row in audit.every(connection)]
    assert (row.actor, row.door, row.action, row.effect) == (ADA, "slash", "did", "Tag v7")
    assert {tag for tag in tags if tag} == {f"Tag v{number}" for number in range(30)}


async def test_writers_of_several_processes_make_one_chain(
    database: Database, database_url: str
) -> None:
    """Each holds the end of it for as long as it takes to add to it."""
    other = Database(database_url)
    sign = audit.Sign(ADA, "slash")
    try:
        await asyncio.gather(
            *(
                each.write(audit.appending(sign, NOW, "did", f"r{number}"))
                for number in range(40)
                for each in (database, other)
            )
        )
    finally:
        await other.aclose()

    assert await verified(database) == audit.Verdict(80, (await every_row(database))[-1].hash)


async def test_an_audit_without_rows_is_whole(database: Database) -> None:
    """Nothing was done, and nothing is missing."""
    assert await verified(database) == audit.Verdict(0, audit.ORIGIN)


@pytest.mark.parametrize("portion", [1, 2, 3, 4, 1000])
async def test_the_chain_is_followed_in_portions(
    database: Database, portion: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the memory: the same verdict."""
    monkeypatch.setattr(audit, "PORTION", portion)
    written = [await append(database, str(number)) for number in range(4)]

    assert await verified(database) == audit.Verdict(4, written[-1].hash)
    async with database.begin() as connection:
        await connection.execute(update(table).where(table.c.number == 3).values(detail="never"))
    verdict = await verified(database)
    assert (verdict.last, verdict.fault.split(":")[0]) == (2, "Row 3 was altered or inserted")


async def forged(database: Database, number: int, before: str) -> None:
    """Put a row there that fits its own hash, as somebody would who knows how they are made."""
    row = msgspec.structs.replace(ROW, number=number, before=before, detail="forged")
    row = msgspec.structs.replace(row, hash=audit.digest(row))
    async with database.begin() as connection:
        await connection.execute(delete(table).where(table.c.number == number))
        await connection.execute(table.insert().values(**msgspec.structs.asdict(row)))


@pytest.mark.parametrize(
    ("gone", "fault"),
    [
        (table.c.number == 3, "Row 3 was removed: the next one there is 4."),
        (table.c.number == 1, "Row 1 was removed: the next one there is 2."),
        (table.c.number.in_([2, 3]), "Row 2 was removed: the next one there is 4."),
        (table.c.number > 2, "Row 3 was removed, with all after it: there were 4."),
        (table.c.number > 0, "Row 1 was removed, with all after it: there were 4."),
    ],
)
async def test_a_row_that_was_removed_is_named(
    database: Database, gone: ColumnElement[bool], fault: str
) -> None:
    """In the middle, at the beginning, and at the end of the chain."""
    for number in range(4):
        await append(database, str(number))
    async with database.begin() as connection:
        await connection.execute(delete(table).where(gone))

    assert (await verified(database)).fault == fault


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        (2, "Row 2 was inserted, or row 1 replaced: they are not chained."),
        (5, "Row 5 was inserted, or row 4 replaced: they are not chained."),
    ],
)
async def test_a_forged_row_is_named(database: Database, number: int, fault: str) -> None:
    """Its own hash fits, but nothing leads to it."""
    for detail in range(4):
        await append(database, str(detail))
    await forged(database, number, "f" * 64)

    assert (await verified(database)).fault == fault


async def test_a_forged_row_that_is_chained_is_named(database: Database) -> None:
    """The rest does not follow on it; at the end, the head knows better."""
    written = [await append(database, str(detail)) for detail in range(4)]

    await forged(database, 5, written[3].hash)
    assert (await verified(database)).fault == "Row 5 was inserted: the chain ended at row 4."
    async with database.begin() as connection:
        await connection.execute(delete(table).where(table.c.number == 5))
    await forged(database, 4, written[2].hash)
    assert (await verified(database)).fault == (
        "Row 4 was replaced: the end of the chain has another hash."
    )
    await forged(database, 3, written[1].hash)
    assert (await verified(database)).fault == (
        "Row 4 was inserted, or row 3 replaced: they are not chained."
    )


async def test_rows_are_listed_from_an_instant_on_or_of_one_run(database: Database) -> None:
    """In order, a few in memory at a time."""
    early = await append(database, "early", run_id="r2")
    async with database.begin() as connection:
        await audit.append(
            connection, at=LATER, actor=ADA, door="web", action="asked", run_id="r1", detail="late"
        )

    async with database.read() as connection:
        since = [row.detail async for row in audit.every(connection, since=LATER)]
        of_run = [row async for row in audit.every(connection, run_id="r2")]

    assert since == ["late"]
    assert of_run == [early]


async def test_a_run_lists_its_own_rows(database: Database) -> None:
    """In order, and nobody else's."""
    await append(database, "asked")
    await append(database, "elsewhere", run_id="r2")
    await append(database, "approve")

    async with database.read() as connection:
        own = await audit.of_run(connection, "r1")

    assert [row.detail for row in own] == ["asked", "approve"]
