"""People say how they want to be treated, and hear what follows from it."""

from datetime import timedelta

import pytest

from bot.chat import Actor, Profile
from bot.dispatch import Say
from flows.report import Report
from storage import notices, people
from storage.people import PersonSettings
from tests.bot.lab import ADA, BEN, HERE, Lab
from tests.bot.town import ADA_THERE, ADMIN, Town

HOUR = 3600
# The clock says Wednesday, 15:30 in UTC: 16:30 in Berlin.


@pytest.fixture
def town(lab: Lab) -> Town:
    """Return the bot with its desks about people."""
    return Town(lab)


async def test_me_says_who_i_am_and_what_the_bot_does_now(town: Town) -> None:
    """The platform tells the name, the zone and the address; without it the name has to do."""
    town.outside.profiles["U1"] = Profile("Ada L", "ada@acme.example", "Europe/Berlin")

    told = await town.say("me")

    assert told.startswith("Ada L It is 16:30 in Berlin. Messages come at any time.")
    assert "Slack ada: you are known by it" in told
    assert "GitHub not known yet: /flow link github" in told
    person = await town.who()
    assert (person.email, person.settings.zone) == ("ada@acme.example", "Europe/Berlin")

    town.outside.away.add("slack")
    assert (await town.say("me", BEN)).startswith("ben It is 15:30 in UTC.")
    assert (await town.say("me", ADA_THERE)).startswith("ada_l It is 15:30 in UTC.")


async def test_hours_holidays_and_quiet_say_when_messages_come(town: Town) -> None:
    """Each change is answered with how things stand by it."""
    await town.say("me zone Europe/Berlin")
    told = await town.say("me hours 09:00-17:00 mon-thu")
    assert "It is 16:30 in Berlin, within your hours: messages come at once, until 17:00." in told
    assert "09:00–17:00, Mon–Thu" in told

    town.clock.forward(2 * HOUR + 600)
    told = await town.say("me")
    assert "It is 18:40 in Berlin, outside your hours: messages wait until 09:00 tomorrow." in told
    assert "on: one message at the start of your day" in await town.say("me quiet on")
    await town.say("me quiet off")
    assert "DE-BE" in await town.say("me holidays de-be")
    town.clock.forward(timedelta(days=369, hours=17).total_seconds())
    told = await town.say("me")
    assert "it is Women's Day: messages wait until Tue 09:00" not in told
    assert "none are known" in await town.say("me holidays off")
    assert "at any time" in await town.say("me hours off")
    assert "off: your name is never a ping" in await town.say("me mentions off")


async def test_news_are_told_to_who_is_known_on_github(town: Town) -> None:
    """Who is not yet learns how; off is off."""
    told = await town.say("me news on")
    assert "News on: when something of yours moves" in told
    assert "who you are on GitHub, so nothing of that is told: /flow link github." in told
    assert "link github" not in await town.say("me news off")
    assert not (await town.who()).settings.news
    await town.say("link @ada github:ada-l", ADMIN)
    assert "link github" not in await town.say("me news on")
    async with town.lab.database.read() as connection:
        assert await people.want_news(connection)


async def test_projects_are_pinned(town: Town) -> None:
    """In the order that was said, each once; off is none."""
    assert "Pins acme/web, acme/api" in await town.say("me pins acme/web,acme/api,acme/web")
    assert (await town.who()).settings.pins == ("acme/web", "acme/api")
    assert "Pins none" in await town.say("me pins off")


async def test_a_holiday_is_named(town: Town) -> None:
    """Women's day is one in Berlin."""
    await town.say("me zone Europe/Berlin")
    await town.say("me hours 9-17")
    await town.say("me holidays DE-BE")
    town.clock.forward(timedelta(days=368, hours=20).total_seconds())  # Monday, 8 March 2027

    assert "Women's Day: messages wait until 09:00 tomorrow." in await town.say("me")
    assert "Women's Day" in await town.say("whois @ada", BEN)


async def test_who_is_away_is_told_nothing_until_then(town: Town) -> None:
    """And others see until when, and why."""
    await town.say("me zone Europe/Berlin")
    told = await town.say("away until friday On holiday")
    assert "you are away (On holiday): messages wait until Fri 09:00." in told
    assert (await town.who()).settings.away_why == "On holiday"
    assert "Away until Fri 09:00 there (On holiday)." in await town.say("whois @ada", BEN)
    assert "Messages come at any time." in await town.say("away off")
    assert (await town.who()).settings == PersonSettings(zone="Europe/Berlin")
    assert "away: messages wait until 09:00 tomorrow" in await town.say("away tomorrow")
    assert "wait until Mon 9 Mar" not in await town.say("away for 3h")


@pytest.mark.parametrize(
    ("typed", "told", "mark"),
    [
        ("me zone Europe/Berln", "did you mean Europe/Berlin", "Europe/Berln"),
        ("me zone Berln", "did you mean Europe/Berlin? Example: ", "Berln"),
        ("me zone=Berln", "did you mean Europe/Berlin? Example: ", "Berln"),
        ("me days mon-thu", "are said with the hours. Example: /flow me hours", "days"),
        ("me quiet 20-8", "is said with the hours. Example: /flow me hours", "20-8"),
        ("me holidays Germny", "did you mean DE", "Germny"),
        ("away until 31.2.", "There is no day 31.2.", "31.2."),
        ("me zone Mars", "There is no time zone called “Mars”", "Mars"),
        ("me zone", "Say what zone should be: /flow me zone Europe/Berlin", "zone"),
        ("me zone Europe/Berlin now", "one word too many: /flow me zone", "now"),
        ("me hours nine", "“nine” is no span of hours. Example: /flow me hours", "nine"),
        ("me hours 9-25", "There is no time 25", "9-25"),
        ("me hours 9-x", "“x” is no time of the day", "9-x"),
        ("me hours 9-9", "another time than it begins", "9-9"),
        ("me hours 9-17 mon-foo", "“foo” is no day: write mon to sun", "mon-foo"),
        ("me holidays XQ", "I know no holidays of the country “XQ”", "XQ"),
        ("me quiet maybe", "“maybe” is neither on nor off", "maybe"),
        ("me queue soon", "“soon” is no time of the day", "soon"),
        ("me pins shop", "“shop” names no repository with its owner", "shop"),
        ("me pins ,", "Pin at most 10 projects", ","),
        ("me sleep 9", "You have no setting “sleep”", "sleep"),
        ("away", "Say until when you are away. Example: /flow away until friday", ""),
        ("away until", "Say until when you are away", "until"),
        ("away until someday", "“someday” is no time: write 2h, 14:00", "someday"),
        ("away until 2026-02-30", "There is no day 2026-02-30", "2026-02-30"),
        ("away until 2025-01-01", "that is already over", "2025-01-01"),
        ("away until 9999-12-31", "more than a year away", "9999-12-31"),
        ("away until 25:00", "There is no time 25:00", "25:00"),
        ("away until friday " + "x" * 201, "in at most 200 characters", ""),
        ("whois", "Say who: /flow whois @ada", ""),
        ("snooze", "Say until when: 4h", ""),
        ("snooze 12 whenever", "“whenever” is no time", "whenever"),
        ("snooze 2020-01-01", "is not ahead of us", "2020-01-01"),
    ],
)
async def test_what_makes_no_sense_is_marked_and_answered_with_an_example(
    town: Town, typed: str, told: str, mark: str
) -> None:
    """And changes nothing."""
    answer = await town.type(typed)
    assert answer.kind == "misread"
    shown = await town.raw(typed)
    assert told in " ".join(shown.split())
    if mark:
        lines = shown.rstrip().splitlines()
        [under] = [each for each in lines if set(each.strip()) == {"^"}]
        above = lines[lines.index(under) - 1]
        start = under.index("^")
        assert above[start : start + len(under.strip())] == mark
    assert (await town.who()).settings == PersonSettings() if typed != "whois" else True


async def test_words_for_days_and_times_are_understood(town: Town) -> None:
    """However they are written."""
    await town.say("me zone europe/berlin")
    assert (await town.who()).settings.zone == "Europe/Berlin"
    await town.say("me hours 22–6 sat-mon,wed")
    settings = (await town.who()).settings
    assert (settings.begin, settings.end, settings.days) == (22 * 60, 6 * 60, (0, 2, 5, 6))
    assert "22:00–06:00, Mon, Wed, Sat, Sun" in await town.say("me")
    await town.say("me hours 8:30-16:00")
    assert (await town.who()).settings.days == (0, 2, 5, 6)
    await town.say("me zone utc")
    assert (await town.who()).settings.zone == "UTC"
    for words, hours in (("14:00", 22.5), ("18:00", 2.5), ("2h", 2), ("wed", 161)):
        await town.say(f"away until {words}")
        until = (await town.who()).settings.away_until
        assert until == town.clock() + timedelta(hours=hours), words


async def test_settings_are_taken_as_people_write_them(town: Town) -> None:
    """With an equals sign, a city for its zone, a country for its code, and hours in German."""
    for typed, told in (
        ("me zone=Berlin", "It is 16:30 in Berlin"),
        ("me hours 9 bis 17.30 Uhr Mo-Do", "09:00–17:30, Mon–Thu"),
        ("me hours from 8am to 4pm mon - fri", "08:00–16:00, Mon–Fri"),
        ("me hours=9-17", "09:00–17:00, Mon–Fri"),
        ("me holidays Germany Berlin", "DE-BE"),
        ("me holidays=austria", "AT"),
        ("me hours 9-5", "09:00–17:00, Mon–Fri"),
        ("me holidays Österreich", "AT"),
        ("me news ein", "on: when something of yours moves"),
        ("me queue daily at 9 Uhr", "at 09:00"),
    ):
        assert told in await town.say(typed), typed
    assert "Nothing waits for you." in await town.say("me queue")
    settings = (await town.who()).settings
    assert (settings.zone, settings.holidays, settings.queue_at) == ("Europe/Berlin", "AT", 540)


@pytest.mark.parametrize(
    ("words", "day", "why"),
    [
        ("until 24.12.2026", "2026-12-24", ""),
        ("24.12.", "2026-12-24", ""),
        ("bis 24. Dezember wir feiern", "2026-12-24", "wir feiern"),
        ("until December 24, 2026", "2026-12-24", ""),
        ("1.3.", "2027-03-01", ""),
        ("bis Montag", "2026-03-09", ""),
        ("until next Friday, on holiday", "2026-03-06", "on holiday"),
        ("until next week", "2026-03-09", ""),
        ("bis morgen", "2026-03-05", ""),
        ("for 3 days", "2026-03-07", ""),
        ("two weeks", "2026-03-18", ""),
        ("für 3 Tage", "2026-03-07", ""),
        ("a week skiing", "2026-03-11", "skiing"),
        ("for 1 week with the kids", "2026-03-11", "with the kids"),
    ],
)
async def test_days_are_taken_as_people_write_them(
    town: Town, words: str, day: str, why: str
) -> None:
    """In English and in German, before and after why."""
    await town.say(f"away {words}")
    settings = (await town.who()).settings
    assert settings.away_until is not None
    assert (f"{settings.away_until:%Y-%m-%d}", settings.away_why) == (day, why)


async def test_who_has_a_namesake_elsewhere_is_meant_here(town: Town) -> None:
    """A name is first that of somebody in this chat."""
    await town.say("me", BEN)
    await town.say("me", Actor("discord", "99", "ben"))
    assert (await town.say("whois ben")).startswith("ben Their time zone is not known.")


async def test_who_tells_what_others_may_know(town: Town) -> None:
    """By mention, by name, by login, by address; and asks which of several is meant."""
    town.outside.profiles["U7"] = Profile("Dan", zone="Europe/Berlin")
    assert "Dan" in await town.say("whois <@U7>", BEN)
    assert "They have not said when they work." not in await town.say("whois @ada", BEN)
    await town.say("me zone America/New_York")
    assert "It is 10:30 in New York. They have not said when they work." in await town.say(
        "whois @U1", BEN
    )
    await town.say("me hours 9-17")
    assert "It is 10:30 in New York: at work until 17:00 there." in await town.say("whois ada", BEN)
    assert "It is 10:30 in New York" in await town.say("whois <@U1>", BEN)
    assert "It is 10:30 in New York" in await town.say("whois slack:U1", BEN)
    await town.say("me zone Europe/Berlin", BEN)
    assert "at work until 23:00 your time." in await town.say("whois ada", BEN)
    town.clock.forward(8 * HOUR)
    assert "not at work until 15:00 your time." in await town.say("whois ada", BEN)
    assert "I know nobody called “eve” yet." in await town.say("whois eve", BEN)
    await town.say("me", Actor("slack", "U5", "ada"))
    told = await town.say("whois ada", BEN)
    assert "Several people are called “ada”: /flow whois slack:U" in told
    await town.say("me", Actor("discord", "8", "ada"))
    assert "Their time zone is not known" in await town.say("whois @8", ADA_THERE)


async def asked(town: Town, key: str = "k", by: Actor = ADA) -> int:
    """Have somebody been asked something by direct message; return its number."""
    whom = {"platform": by.platform, "id": by.id, "name": by.name}
    async with town.lab.database.begin() as connection:
        said = Report("", f"Ben asks for a yes: {key}.")
        await notices.add(connection, key, whom, said, town.clock(), topic=f"question:9{len(key)}")
    await town.notices.deliver()
    async with town.lab.database.read() as connection:
        found = await notices.last_asking(connection, f"{by.platform}:{by.id}")
    assert found is not None
    return found.id


async def test_a_message_that_asks_can_be_put_off(town: Town) -> None:
    """By its buttons or by words; it comes again, once, and says so until then."""
    lab = town.lab
    number = await asked(town)
    [first] = lab.room.pressable.values()
    assert [each.action for each in first] == [
        f"type:snooze {number} 1h",
        f"type:snooze {number} tomorrow",
    ]
    assert "I remind you at 16:30 UTC." in await town.say(f"snooze {number} 1h")
    await town.notices.deliver()
    assert lab.room.sent[-1][0] == "edited"
    assert "Later, at 16:30 UTC: Ben asks for a yes: k" in str(lab.room.sent[-1][1])
    assert "no message of mine to you that still asks" in await town.say(f"snooze {number} 1h")

    town.clock.forward(HOUR)
    await town.notices.deliver()
    assert [kind for kind, _ in lab.room.sent] == ["notice", "edited", "notice"]
    await town.say("me zone Europe/Berlin")
    assert "I remind you at 09:00 tomorrow." in await town.say("snooze next business day")
    assert "no message of mine" in await town.say("snooze 4h", BEN)


async def test_a_message_of_somebody_else_is_not_put_off(town: Town) -> None:
    """Nor one that there is not."""
    number = await asked(town)
    assert "no message of mine to you" in await town.say(f"snooze {number} 4h", BEN)
    assert "no message of mine to you" in await town.say("snooze 999 4h", BEN)
    assert "I remind you" in await town.say(f"snooze {number} friday")


async def test_several_of_one_message_are_put_off_together(town: Town) -> None:
    """They come again together."""
    await town.say("me hours 09:00-15:00")
    whom = {"platform": "slack", "id": "U1", "name": "ada"}
    async with town.lab.database.begin() as connection:
        for key in ("one", "three"):
            said = Report("", f"About {key}.")
            await notices.add(connection, key, whom, said, town.clock(), topic=f"question:{key}")
    await town.notices.deliver()
    town.clock.forward(18 * HOUR)
    await town.notices.deliver()
    [first] = town.lab.room.pressable.values()

    reply = await town.dispatch.press(first[0].action, ADA, HERE, "pressed")
    assert isinstance(reply, Say)
    await town.notices.deliver()
    kind, what = town.lab.room.sent[-1]
    assert kind == "edited"
    assert "Nothing of this waits for you any more." in str(what)
    town.clock.forward(HOUR)
    await town.notices.deliver()
    assert [kind for kind, _ in town.lab.room.sent][-2:] == ["notice", "notice"]
