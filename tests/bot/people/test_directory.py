"""People of a report are looked up for the platform that shows it."""

from typing import cast

from msgspec.structs import replace

from bot.chat import Posting
from bot.people.directory import Directory
from bot.postings import posting_json
from bot.posts import Posts
from flows.report import (
    Attachment,
    Figure,
    Person,
    Report,
    Snippet,
    bullets,
    facts,
    people_of,
    table,
    text,
)
from storage import notices, people, posts, teams
from storage.people import Identity
from tests.bot.lab import ADA, HERE, Lab
from tests.bot.yard import Yard

NAMED = Report(
    "Review",
    blocks=(
        text("For ", Person("Ada-L")),
        facts(team=Person("acme/Platform")),
        bullets([Person("ben")]),
        table(["Who"], [(Person("ada-l"),)]),
        Snippet("ada-l"),
        Figure("f", "f", b""),
        Attachment("a", "text/plain", b""),
    ),
)


async def known(lab: Lab, *, mentions: bool = True) -> Directory:
    """Know Ada's login and the platform team."""
    now = lab.clock()
    async with lab.database.begin() as connection:
        ada = await people.seen(connection, "slack", "U1", "ada", now)
        await people.give(connection, ada.id, Identity("github", "ada-l", "Ada-L", "admin"), now)
        settings = replace(ada.settings, mentions=mentions)
        await people.save(connection, people.changed(ada, settings), None)
        await teams.save(connection, "acme/platform", {"slack": "S1"}, now)
    return Directory(lab.database)


async def test_people_and_teams_are_known_where_they_are(lab: Lab) -> None:
    """On a platform where nobody knows them they stay logins."""
    directory = await known(lab)
    shown = people_of(await directory.report(NAMED, "slack"))
    assert shown == (
        Person("Ada-L", "U1"),
        Person("acme/Platform", "S1"),
        Person("ben"),
        Person("ada-l", "U1"),
    )
    elsewhere = people_of(await directory.report(NAMED, "discord"))
    assert {each.id for each in elsewhere} == {""}
    plain = Report("Nobody")
    assert await directory.report(plain, "slack") is plain


async def test_who_wants_no_mention_is_named_only(lab: Lab) -> None:
    """The link to what it is about stays."""
    shown = people_of(await (await known(lab, mentions=False)).report(NAMED, "slack"))
    assert {each.id for each in shown} == {"", "S1"}


async def test_a_posting_has_its_people_too(lab: Lab) -> None:
    """In its title, its lines and its reason."""
    directory = await known(lab)
    posting = Posting((Person("ada-l"),), lines=((Person("ada-l"),), ("x",)), why=("y",))
    ada = Person("ada-l", "U1")
    assert await directory.posting(posting, "slack") == Posting(
        (ada,), lines=((ada,), ("x",)), why=("y",)
    )
    plain = Posting(("x",))
    assert await directory.posting(plain, "slack") is plain


async def test_what_threads_and_people_are_told_is_looked_up(yard: Yard) -> None:
    """Right before it is sent."""
    await known(yard)
    whom = {"platform": "slack", "id": "U2", "name": "ben"}
    async with yard.database.begin() as connection:
        await notices.add(connection, "k", whom, NAMED, yard.clock())
    await yard.notices.deliver()

    [report] = [what[1] for kind, what in yard.room.sent if kind == "notice"]  # type: ignore[index] # as the room writes it down
    assert Person("ada-l", "U1") in people_of(cast("Report", report))


async def test_a_report_in_a_thread_mentions_people(lab: Lab) -> None:
    """The stored one does not know who they are anywhere."""
    await known(lab)
    lab.about = NAMED.blocks
    run_id = await lab.start("look desk", ADA, origin=HERE)
    await lab.player().play(run_id)
    await lab.threads.deliver()

    [told] = lab.room.reports
    assert Person("ada-l", "U1") in people_of(cast("Report", told))
    stored = await lab.report(run_id)
    assert stored is not None
    assert {each.id for each in people_of(stored)} == {""}


async def test_a_post_mentions_people_when_it_is_sent_and_when_it_changes(lab: Lab) -> None:
    """What is stored names them by their logins alone."""
    await known(lab)
    sender = Posts(lab.database, lab.queue, lab.clock, {"slack": lab.room})
    for state in ("open", "merged"):
        async with lab.database.begin() as connection:
            await posts.put(
                connection,
                key="pr:1",
                platform="slack",
                channel="C1",
                body=posting_json(Posting((Person("ada-l"), f" has it {state}"))),
                source="s1",
                at=lab.clock(),
            )
        await sender.deliver()
        lab.clock.forward(60)
        [shown] = lab.room.posts.values()
        assert shown.title == (Person("ada-l", "U1"), f" has it {state}")
