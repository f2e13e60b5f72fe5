"""Schedules are made, listed, paused, resumed and removed by what people type."""

import pytest

from bot.chat import Actor, Origin
from bot.console.render import render
from bot.dispatch import Say
from flows.report import Snippet
from storage import audit, people, schedules
from storage.people import PersonSettings
from storage.records import ScheduleRecord
from tests.bot.lab import ADA, BEN, CAT, HERE, Lab

DAN = Actor("slack", "U4", "dan")  # a viewer
WEEKDAYS = 'schedule "weekdays 9:00 Europe/Berlin" look desk'


async def say(lab: Lab, command: str, by: Actor = ADA, key: str = "") -> str:
    """Type something; return the answer as plain text."""
    reply = await lab.type(command, by, key=key or f"{command} {by.id} {lab.clock()}")
    assert isinstance(reply, Say), reply
    return render(reply.report)


async def stored(lab: Lab) -> list[ScheduleRecord]:
    """Return every schedule there is."""
    async with lab.database.read() as connection:
        return await schedules.page(connection)


async def audited(lab: Lab) -> list[tuple[str, str]]:
    """Return what was done, and by whom."""
    async with lab.database.read() as connection:
        rows = await audit.of_run(connection, "")
    return [(row.action, row.actor["name"]) for row in rows]


async def test_a_schedule_is_echoed_with_its_next_five_times(lab: Lab) -> None:
    """In its own zone, with how to stop it."""
    told = await say(lab, WEEKDAYS)

    [record] = await stored(lab)
    assert f"Scheduled as {record.id}" in told
    assert "weekdays 9:00 Europe/Berlin" in told
    assert f"/flow schedule remove {record.id}" in told
    for day in ("Thu 05", "Fri 06", "Mon 09", "Tue 10", "Wed 11"):
        assert f"{day} Mar 2026, 09:00 Europe/Berlin" in told
    assert "Thu 12" not in told
    assert (record.command, record.flow, record.owner["name"]) == (
        "look desk",
        "desk-watching",
        "ada",
    )
    assert record.origin["channel"] == "C1"
    assert await audited(lab) == [("scheduled", "ada")]


@pytest.mark.parametrize(
    "typed",
    [
        "schedule weekdays 9:00 Europe/Berlin look desk",
        "Schedule weekdays at 9:00 europe/berlin look desk",
        "schedule 0 9 * * mon-fri Europe/Berlin look desk",
        "schedule --catch-up once 'weekdays 9:00 Europe/Berlin' look desk",
        "schedule “weekdays 9:00 Europe/Berlin” look name=desk",
    ],
)
async def test_quotes_may_be_left_out(lab: Lab, typed: str) -> None:
    """The first word that names a flow begins the command."""
    assert "Thu 05 Mar 2026, 09:00 Europe/Berlin" in await say(lab, typed)


async def test_options_come_before_the_command(lab: Lab) -> None:
    """Behind its first word they are the flow's own."""
    await say(lab, 'schedule "daily 9:00" --only-news --catch-up=all make desk --dry-run')

    [record] = await stored(lab)
    assert record.catch_up == "all"
    assert record.origin["tells"] == "news"
    assert record.command == "make desk --dry-run"


async def test_a_repeated_delivery_is_one_schedule(lab: Lab) -> None:
    """With the same answer."""
    first, again = [await say(lab, WEEKDAYS, key="event-7") for _ in range(2)]

    assert first == again
    assert len(await stored(lab)) == 1
    assert await audited(lab) == [("scheduled", "ada")]


async def test_times_are_those_of_who_says_them(lab: Lab) -> None:
    """Where no zone is named, and theirs is known; a zone that is named counts."""
    async with lab.database.begin() as connection:
        ada = await people.seen(connection, ADA.platform, ADA.id, ADA.name, lab.clock())
        await people.save(connection, people.changed(ada, PersonSettings(zone="Asia/Tokyo")), None)
    await say(lab, "schedule '0 9 * * mon' look desk")
    await say(lab, "schedule 'daily 9:00 Europe/Berlin' look desk", key="other")
    texts = {each.text for each in await stored(lab)}
    assert any(each.endswith("Asia/Tokyo") for each in texts)
    assert any(each.endswith("Europe/Berlin") for each in texts)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("schedule soon look desk", "I cannot read “soon” as a schedule."),
        ("schedule 0 0 31 2 * look desk", "never happens"),
        ('schedule "daily 9:00 Europe/Berln" look desk', "did you mean Europe/Berlin"),
        ("schedule daily 9:00", "Say when and what"),
        ("schedule look desk", "Say when and what"),
        ('schedule "daily 9:00" lok desk', "I know no flow called “lok”"),
        ("schedule daily 9:00 look", "look needs name"),
        ('schedule "daily 9:00" schedules', "Only a flow can be scheduled"),
        ("schedule daily 9:00 make desk color=green", "color cannot be “green”"),
        ("schedule --quietly daily 9:00 look desk", "schedule has no option “--quietly”"),
        ("schedule --catch-up never daily 9:00 look desk", "--catch-up cannot be “never”"),
        ("schedule --catch-up", "--catch-up cannot be “”"),
        ("schedule pause 77", "I know no schedule “77”"),
    ],
)
async def test_what_cannot_be_scheduled_is_answered_with_one_sentence(
    lab: Lab, typed: str, why: str
) -> None:
    """And nothing is stored."""
    assert why in await say(lab, typed)
    assert await stored(lab) == []
    assert await audited(lab) == []


async def test_nobody_schedules_what_they_may_not_run(lab: Lab) -> None:
    """The refusal is audited."""
    told = await say(lab, "schedule daily 9:00 make desk", CAT)

    assert "`make` needs the role maintainer; yours is viewer." in told
    assert await stored(lab) == []
    assert await audited(lab) == [("refused", "cat")]


async def test_the_list_names_every_schedule_with_its_next_time(lab: Lab) -> None:
    """With its owner, and what is wrong with it."""
    assert "Nothing is scheduled." in await say(lab, "schedules")
    await say(lab, WEEKDAYS)
    await say(lab, "schedule daily 18:30 look lamp", BEN)
    [one] = [each for each in await stored(lab) if each.command == "look desk"]
    async with lab.database.begin() as connection:
        await schedules.pause(connection, one.id, "No such desk.")

    told = await say(lab, "schedules", CAT)

    assert "paused: No such desk." in told
    assert "18:30 UTC" in told
    assert "ben" in told
    assert "https://flowbot.example/schedules" in told


async def test_pause_resume_and_remove(lab: Lab) -> None:
    """What is resumed goes on from its next time, not from where it was left."""
    await say(lab, WEEKDAYS)
    [record] = await stored(lab)

    assert "Paused: look desk" in await say(lab, f"schedule pause {record.id}")
    [paused] = await stored(lab)
    lab.clock.forward(7 * 24 * 3600)
    told = await say(lab, f"schedule resume {record.id.upper()}")
    [resumed] = await stored(lab)
    assert "Removed: look desk" in await say(lab, f"schedule remove {record.id}")

    assert paused.paused
    assert not resumed.paused
    assert "next Thu 12 Mar 2026, 09:00 Europe/Berlin" in told
    assert resumed.next_at > lab.clock()
    assert await stored(lab) == []
    done = [action for action, _ in await audited(lab)]
    assert done == ["scheduled", "paused", "resumed", "removed"]


@pytest.mark.parametrize(("who", "allowed"), [(CAT, True), (DAN, False), (BEN, True)])
async def test_a_schedule_is_its_owners_and_the_maintainers(
    lab: Lab, who: Actor, allowed: bool
) -> None:
    """Everybody else is told whose it is."""
    await say(lab, WEEKDAYS, CAT)
    [record] = await stored(lab)

    told = await say(lab, f"schedule remove {record.id}", who)

    assert ("Only cat or a maintainer may remove" in told) is not allowed
    assert len(await stored(lab)) == (0 if allowed else 1)
    assert (await audited(lab))[-1] == ("removed" if allowed else "refused", who.name)


@pytest.mark.parametrize(
    "typed", ["schedule", "schedule --help", "help schedule", "help schedules", "schedules help"]
)
async def test_help_shows_how_to_schedule(lab: Lab, typed: str) -> None:
    """With examples that work."""
    told = await say(lab, typed)

    assert '/flow schedule "weekdays 9:00 Europe/Berlin" dora acme/shop' in told
    assert "--only-news" in told


async def test_a_mistyped_verb_is_suggested(lab: Lab) -> None:
    """Like a mistyped flow."""
    assert "Did you mean /flow schedules?" in await say(lab, "shedules")


async def test_a_schedule_made_in_a_thread_posts_to_its_channel(lab: Lab) -> None:
    """Each run heads a thread of its own."""
    there = Origin("thread", "slack", "C1", "1.1", "1.2")
    await lab.type(WEEKDAYS, origin=there)

    [record] = await stored(lab)
    assert (record.origin["thread"], record.origin["message"]) == ("", "")


async def test_who_names_no_schedule_is_asked_which(lab: Lab) -> None:
    """And where their ids are; the list has another name."""
    told = await say(lab, "schedule remove")
    assert "Say which: /flow schedule remove 1a2b3c4d. /flow schedules has" in told
    assert "Nothing is scheduled" in await say(lab, "schedule list")


@pytest.mark.parametrize(
    ("typed", "mark"),
    [
        ("schedule weekdays 25:00 Europe/Berlin look desk", "25:00"),
        ("schedule 'daily 9:00 Europe/Berln' look desk", "Europe/Berln"),
        ("schedule daily 9:00 Berln look desk", "Berln"),
        ("schedule 0 99 * * mon look desk", "99"),
        ("schedule 0 9 * mon look desk", "0 9 * mon"),
        ("schedule 0 0 31 2 * look desk", "0 0 31 2 *"),
        ("schedule every 7 minutes look desk", "every 7 minutes"),
        ("schedule every 99 weeks on Monday 9:00 look desk", "99 weeks"),
        ("schedule daily 9:00 from tomorrow look desk", "tomorrow"),
        ("schedule weekdays look desk", "weekdays"),
        ("schedule --catch-up never daily 9:00 look desk", "never"),
        ("schedule --catch-up=never daily 9:00 look desk", "--catch-up=never"),
        ("schedule --onli-news daily 9:00 look desk", "--onli-news"),
    ],
)
async def test_what_cannot_be_read_is_marked(lab: Lab, typed: str, mark: str) -> None:
    """With an example that works."""
    reply = await lab.type(typed)

    assert isinstance(reply, Say)
    assert reply.kind == "misread"
    [shown] = [each for each in reply.report.blocks if isinstance(each, Snippet)]
    command, pointer = shown.lines.splitlines()
    at = pointer.index("^")
    assert command[at : at + pointer.count("^")] == mark
    assert "Example: " in render(reply.report) or "it takes" in render(reply.report)
    assert await stored(lab) == []


async def test_what_says_nothing_has_no_mark(lab: Lab) -> None:
    """The whole of it is meant."""
    assert "I cannot read" in await say(lab, "schedule soon look desk")
    assert "Say when and what" in await say(lab, "schedule soon")


async def test_every_change_has_its_way_back(lab: Lab) -> None:
    """A button that types what undoes it; what was removed is made again as it was."""

    async def pressed(said: str) -> list[str]:
        lab.clock.forward(1)
        reply = await lab.dispatch.press(f"type:{said}", ADA, HERE, f"{lab.clock()}")
        assert isinstance(reply, Say)
        return [each.action.removeprefix("type:") for each in reply.buttons]

    [remove] = await pressed("schedule --only-news --catch-up skip 'daily 9:00' look desk")
    [before] = await stored(lab)
    assert remove == f"schedule remove {before.id}"
    assert await pressed(f"schedule pause {before.id}") == [f"schedule resume {before.id}"]
    assert await pressed(f"schedule resume {before.id}") == [f"schedule pause {before.id}"]

    [again] = await pressed(remove)
    assert await stored(lab) == []
    await pressed(again)

    [after] = await stored(lab)
    assert (after.text, after.command, after.catch_up) == ("daily 9:00 UTC", "look desk", "skip")
    assert after.origin == before.origin
