"""Changes are kept with how it was before, and with who took them back."""

from storage import changes
from storage.database import Database
from tests.storage.rows import ADA, BEN, LATER, NOW

WHAT = "project acme/api environment"


async def test_a_change_is_kept_with_both_states(database: Database) -> None:
    """None is a state as well: nothing was set."""
    async with database.begin() as connection:
        number = await changes.add(
            connection, WHAT, ADA, "environment: none → live", None, "live", NOW
        )

    async with database.read() as connection:
        found = await changes.get(connection, number)
        assert await changes.get(connection, number + 1) is None

    assert found is not None
    assert (found.what, found.by, found.before, found.after) == (WHAT, ADA, None, "live")
    assert (found.said, found.at, found.undone_at) == ("environment: none → live", NOW, None)


async def test_the_newest_is_the_last_that_still_counts(database: Database) -> None:
    """What was taken back does not, and neither do changes of other things."""
    async with database.begin() as connection:
        first = await changes.add(connection, WHAT, ADA, "a", None, {"a": 1}, NOW)
        second = await changes.add(connection, WHAT, ADA, "b", {"a": 1}, ["b"], NOW)
        await changes.add(connection, "project acme/web environment", ADA, "c", None, "c", NOW)
        assert getattr(await changes.newest(connection, WHAT), "id", 0) == second
        await changes.undone(connection, second, BEN, LATER)

    async with database.read() as connection:
        assert getattr(await changes.newest(connection, WHAT), "id", 0) == first
        assert await changes.newest(connection, "role acme/api slack:U1") is None
        assert [each.said for each in await changes.recent(connection, 5)] == ["c", "a"]
        assert [each.said for each in await changes.recent(connection, 1)] == ["c"]
        found = await changes.get(connection, second)

    assert found is not None
    assert (found.undone_by, found.undone_at) == (BEN, LATER)
