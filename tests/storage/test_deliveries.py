"""What services told us is kept once and for a while, on both engines."""

from datetime import timedelta

import msgspec

from storage import deliveries
from storage.database import Database
from storage.records import DeliveryRecord
from tests.storage.rows import LATER, LONG_AGO, NOW

PUSH = DeliveryRecord(
    id="github:d1",
    source="github",
    event="push",
    action="",
    project="acme/api",
    state="received",
    error="",
    body=b"\x00\xff not even text",
    received_at=NOW,
)


async def kept(database: Database, **changes: object) -> DeliveryRecord:
    """Keep a delivery that differs from the usual one."""
    async with database.begin() as connection:
        return await deliveries.add(connection, msgspec.structs.replace(PUSH, **changes))


async def test_a_delivery_is_kept_once(database: Database) -> None:
    """A second one under its id changes nothing, and hears what became of the first."""
    assert await kept(database) == PUSH
    async with database.begin() as connection:
        await deliveries.settle(connection, PUSH.id, "failed", "boom")
    again = await kept(database, event="ping", received_at=NOW + timedelta(hours=1))
    assert again == msgspec.structs.replace(PUSH, state="failed", error="boom")
    async with database.read() as connection:
        assert await deliveries.get(connection, PUSH.id) == again
        assert await deliveries.get(connection, "github:d2") is None


async def test_what_was_told_of_a_repository_is_found(database: Database) -> None:
    """The newest first, from a moment on, and so many at most."""
    for hours in range(4):
        await kept(database, id=f"github:{hours}", received_at=NOW + timedelta(hours=hours))
    await kept(database, id="github:other", project="acme/web")
    async with database.read() as connection:
        since = NOW + timedelta(hours=1)
        found = await deliveries.of_project(connection, "acme/api", since)
        newest = await deliveries.of_project(connection, "acme/api", since, limit=1)
        of_one = await deliveries.newest(connection, 3, "acme/api")
        every = await deliveries.newest(connection, 9)
    assert [each.id for each in found] == ["github:3", "github:2", "github:1"]
    assert newest == found[:1]
    assert of_one == found
    assert [each.id for each in every[-2:]] == ["github:0", "github:other"]


async def test_what_is_old_is_forgotten(database: Database) -> None:
    """The rest stays."""
    await kept(database)
    await kept(database, id="github:d2", received_at=NOW + timedelta(days=1))
    async with database.begin() as connection:
        assert await deliveries.forget(connection, NOW + timedelta(hours=1)) == 1
    async with database.read() as connection:
        assert await deliveries.get(connection, PUSH.id) is None
        assert await deliveries.get(connection, "github:d2")


async def test_deliveries_are_counted_by_service(database: Database) -> None:
    """Those since an instant; the last error is told, and silence is an answer."""
    told = [
        ("1", "github", "", LONG_AGO),
        ("2", "github", "broken", NOW),
        ("3", "github", "no such thing", LATER),
        ("4", "github", "", LATER),
        ("5", "linear", "", NOW),
    ]
    async with database.begin() as connection:
        assert await deliveries.heard(connection, LONG_AGO) == []
        for name, source, error, at in told:
            state = "failed" if error else "done"
            given = {"id": name, "source": source, "state": state, "error": error}
            one = msgspec.structs.replace(PUSH, **given, received_at=at)
            await deliveries.add(connection, one)

    async with database.read() as connection:
        github, linear = await deliveries.heard(connection, NOW)

    assert github == deliveries.Heard("github", 3, LATER, 2, "no such thing")
    assert linear == deliveries.Heard("linear", 1, NOW, 0, "")


async def test_what_waits_to_be_told_again_is_found(database: Database) -> None:
    """The oldest first, from a moment on."""
    for number, state in enumerate(("waiting", "waiting", "done", "waiting")):
        at = NOW - timedelta(hours=number)
        await kept(database, id=f"github:{number}", state=state, received_at=at)
    async with database.read() as connection:
        found = await deliveries.waiting(connection, NOW - timedelta(hours=2))
    assert [each.id for each in found] == ["github:1", "github:0"]
