"""One person over all platforms: found by any id, joined, parted, and forgotten when empty."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from storage import people, teams
from storage.database import Database
from storage.people import Account, Identity, PersonSettings, Queue

NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
BERLIN = PersonSettings(zone="Europe/Berlin", has_hours=True)


async def test_who_is_seen_is_one_person_from_then_on(database: Database) -> None:
    """The same id is the same person; another platform's id is another one."""
    async with database.begin() as connection:
        ada = await people.seen(connection, "slack", "U1", "ada", NOW)
        again = await people.seen(connection, "slack", "U1", "ada", LATER)
        other = await people.seen(connection, "discord", "U1", "ada", NOW)

    assert ada == again
    assert ada.id != other.id
    assert ada.identities == (Identity("slack", "U1", "ada", "seen"),)
    assert ada.on("github") is None


async def test_an_identity_can_be_given_and_taken(database: Database) -> None:
    """It is one person's at a time, and who has none left is forgotten."""
    async with database.begin() as connection:
        ada = await people.seen(connection, "slack", "U1", "ada", NOW)
        ben = await people.seen(connection, "slack", "U2", "ben", NOW)
        await people.give(connection, ada.id, Identity("github", "Ada-L", "Ada-L", "admin"), NOW)
        found = await people.of(connection, "github", "ADA-l")
        assert found is not None
        assert found.id == ada.id
        assert found.on("github") == Identity("github", "ada-l", "Ada-L", "admin")

        await people.give(connection, ada.id, Identity("slack", "U2", "ben", "admin"), NOW)
        assert await people.get(connection, ben.id) is None
        assert (await people.of(connection, "slack", "U2")) is not None

        for platform, name in (("slack", "U1"), ("slack", "U2"), ("github", "ada-l")):
            await people.take(connection, platform, name)
        await people.take(connection, "slack", "nobody")
        assert await people.get(connection, ada.id) is None


async def test_people_are_found_by_name_and_by_address(database: Database) -> None:
    """Whatever the case of the letters; nothing is found for nothing."""
    async with database.begin() as connection:
        ada = await people.seen(connection, "slack", "U1", "Ada", NOW)
        await people.seen(connection, "discord", "77", "ada", NOW)
        await people.save(connection, replace(ada, email="Ada@Acme.example"), None)

        assert [each.id for each in await people.named(connection, "ADA", "slack")] == [ada.id]
        assert len(await people.named(connection, "ada")) == 2
        found = await people.with_email(connection, "ada@acme.EXAMPLE")
        assert found is not None
        assert found.id == ada.id
        assert await people.with_email(connection, "") is None
        everybody = await people.on_platforms(connection, ("slack", "discord"))
        assert len(everybody) == 2


async def test_two_persons_become_one_with_the_settings_of_both(database: Database) -> None:
    """The longer known stays; what both have set is as that one has it, hours are taken whole."""
    first = PersonSettings(zone="Europe/Berlin", mentions=False)
    second = PersonSettings(zone="UTC", has_hours=True, begin=420, quiet=True, queue_at=570)
    async with database.begin() as connection:
        ada = await people.seen(connection, "slack", "U1", "ada", NOW)
        ada = replace(ada, settings=first)
        await people.save(connection, ada, None)
        other = await people.seen(connection, "discord", "77", "ada_l", LATER)
        other = replace(other, settings=second, email="ada@acme.example")
        await people.save(connection, other, LATER)

        joined = await people.merge(connection, other, ada)

        assert joined.id == ada.id
        assert joined.email == "ada@acme.example"
        assert joined.settings == PersonSettings(
            zone="Europe/Berlin",
            has_hours=True,
            begin=420,
            quiet=True,
            queue_at=570,
            mentions=False,
        )
        assert await people.of(connection, "discord", "77") == joined
        assert await people.get(connection, other.id) is None
        assert await people.due(connection, LATER) == [Queue(ada.id, LATER)]


async def test_logins_are_resolved_to_another_platform(database: Database) -> None:
    """With whether the person wants to be pinged; who is not known there is left out."""
    async with database.begin() as connection:
        ada = await people.seen(connection, "slack", "U1", "ada", NOW)
        await people.give(connection, ada.id, Identity("github", "ada-l", "ada-l", "link"), NOW)
        settings = PersonSettings(mentions=False)
        await people.save(connection, replace(ada, settings=settings), None)
        await people.seen(connection, "github", "ben", "ben", NOW)

        found = await people.accounts(connection, "github", ("Ada-L", "ben", "eve"), "slack")
        assert found == {"ada-l": Account("U1", mentions=False)}


async def test_a_queue_is_sent_by_one_process(database: Database) -> None:
    """Who advances it first sends it."""
    async with database.begin() as connection:
        ada = await people.seen(connection, "slack", "U1", "ada", NOW)
        await people.save(connection, ada, NOW)
        assert await people.due(connection, NOW - timedelta(seconds=1)) == []
        [queue] = await people.due(connection, NOW)
        assert await people.advance(connection, queue, LATER)
        assert not await people.advance(connection, queue, LATER)
        assert await people.due(connection, NOW) == []


async def test_a_team_has_a_group_on_each_platform(database: Database) -> None:
    """Names of teams do not tell letters' case apart; a team without groups is gone."""
    async with database.begin() as connection:
        await teams.save(connection, "Acme/Platform", {"slack": "S1"}, NOW)
        await teams.save(connection, "acme/platform", {"slack": "S1", "discord": "5"}, NOW)
        found = await teams.named(connection, ["ACME/platform", "acme/web"])
        assert found == {"acme/platform": {"slack": "S1", "discord": "5"}}
        assert await teams.every(connection) == found
        await teams.save(connection, "acme/platform", {}, NOW)
        assert await teams.every(connection) == {}


@pytest.mark.parametrize(
    ("settings", "made", "now", "free"),
    [
        (PersonSettings(), "04 23:00", "04 23:00", "04 23:00"),
        (BERLIN, "04 10:00", "04 10:00", "04 10:00"),
        (BERLIN, "04 17:40", "04 17:40", "05 08:00"),
        (BERLIN, "04 10:00", "04 17:40", "05 08:00"),  # it could not be sent in time
        (BERLIN, "06 17:40", "07 12:00", "09 08:00"),  # a weekend
        (replace(BERLIN, quiet=True), "04 10:00", "04 10:00", "05 08:00"),
        (replace(BERLIN, quiet=True), "04 10:00", "05 09:00", "05 09:00"),
        (PersonSettings(quiet=True), "04 10:00", "04 10:00", "05 09:00"),
        (PersonSettings(away_until=NOW), "04 10:00", "04 10:00", "04 15:30"),
        (PersonSettings(away_until=NOW), "04 16:00", "04 16:00", "04 16:00"),
        (replace(BERLIN, away_until=NOW + timedelta(hours=5)), "04 10:00", "04 10:00", "05 08:00"),
    ],
)
def test_somebody_is_told_when_they_are_free(
    settings: PersonSettings, made: str, now: str, free: str
) -> None:
    """Within their hours, when they are back, and in the morning where they want quiet."""
    told = settings.free_at(_at(made), _at(now))
    assert told == _at(free)


def _at(words: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{words}").replace(tzinfo=UTC)


async def test_who_is_away_is_known_by_any_spelling(database: Database) -> None:
    """With the day until which; who has not said so, is back, or is unknown is there."""
    async with database.begin() as connection:
        for name, until in (("Ada-L", LATER), ("ben", NOW), ("cat", None)):
            person = await people.seen(connection, "github", name, name, NOW)
            told = people.changed(person, PersonSettings(away_until=until))
            await people.save(connection, told, None)
        found = await people.away(connection, "github", ["ADA-l", "ben", "cat", "dan"], NOW)
        assert found == {"ADA-l": "2026-03-04"}
        assert await people.away(connection, "github", [], NOW) == {}
