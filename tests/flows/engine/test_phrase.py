"""Schedules are read as people write them, and say themselves so that they can be read again."""

import re
from contextlib import suppress
from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.engine.phrase import EXAMPLES, WEEKDAYS, parse
from flows.engine.schedule import BadSchedule

NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)  # a Wednesday


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("weekdays 9:00 Europe/Berlin", "weekdays 9:00 Europe/Berlin"),
        ("Weekdays at 09:00 europe/berlin", "weekdays 9:00 Europe/Berlin"),
        ("mon-fri 9am", "weekdays 9:00 UTC"),
        ("every weekday at 9 am", "weekdays 9:00 UTC"),
        ("weekends noon", "weekends 12:00 UTC"),
        ("fri-mon 9:00", "every Monday, Friday, Saturday, Sunday 9:00 UTC"),
        ("daily 18:30", "daily 18:30 UTC"),
        ("every day at 17:30 and 9:00 and 9:00", "daily 9:00, 17:30 UTC"),
        ("daily midnight, 12 pm, 12am", "daily 0:00, 12:00 UTC"),
        ("every day 9:00 from 2026-05-01", "daily 9:00 from 2026-05-01 UTC"),
        ("Mondays and Thursdays 9:00", "every Monday, Thursday 9:00 UTC"),
        ("weekly on tue, 9:00", "every Tuesday 9:00 UTC"),
        ("every 2 weeks on Monday 10:00", "every 2 weeks on Monday 10:00 from 2026-03-09 UTC"),
        ("every other week on Wed 9:00", "every 2 weeks on Wednesday 9:00 from 2026-03-11 UTC"),
        ("every other week on Wed 16:00", "every 2 weeks on Wednesday 16:00 from 2026-03-04 UTC"),
        ("9:00", "daily 9:00 UTC"),
        ("every monday at 9", "every Monday 9:00 UTC"),
        ("weekdays 9.30 Uhr", "weekdays 9:30 UTC"),
        ("weekdays um 9 Uhr Berlin", "weekdays 9:00 Europe/Berlin"),
        ("every 3 days 9:00", "every 3 days 9:00 from 2026-03-05 UTC"),
        ("every 1 day 9:00", "daily 9:00 UTC"),
        ("first Monday of the month 9:00", "monthly on the first Monday 9:00 UTC"),
        ("every last friday of the month 5pm", "monthly on the last Friday 17:00 UTC"),
        ("monthly on the 1st and 15th at 9:00", "monthly on the 1st, 15th 9:00 UTC"),
        ("every month on the 22nd 9:00", "monthly on the 22nd 9:00 UTC"),
        ("day 3 of the month 9:00", "monthly on the 3rd 9:00 UTC"),
        ("last day of the month 18:00", "monthly on the last day 18:00 UTC"),
        ("every 15 minutes", "every 15 minutes UTC"),
        ("every minute", "every minute UTC"),
        ("every 2 hours Asia/Kathmandu", "every 2 hours Asia/Kathmandu"),
        ("every hour", "hourly UTC"),
        ("0 9 * * MON-FRI Europe/Berlin", "0 9 * * MON-FRI Europe/Berlin"),
        ("0 9 1, 15 * *", "0 9 1,15 * * UTC"),
        ("@weekly", "0 0 * * 0 UTC"),
    ],
)
def test_a_schedule_says_itself_in_its_own_words(typed: str, said: str) -> None:
    """Whoever reads it back gets the same schedule, also years later."""
    schedule = parse(typed, NOW)

    assert schedule.said() == said
    assert parse(said, NOW.replace(year=2031)) == schedule


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_in_the_help_works(example: str) -> None:
    """Nobody is sent into the next error."""
    assert len(parse(example, NOW).upcoming(NOW)) == 5


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "Say when. Try “weekdays 9:00 Europe/Berlin”"),
        ("soon", "I cannot read “soon” as a schedule."),
        ("weekdays", "Say at what time: “weekdays 9:00”."),
        ("every", "I cannot read"),
        ("daily 9", "I cannot read"),
        ("daily 25:00", "“25:00” is no time of the day"),
        ("daily 13pm", "“13pm” is no time of the day"),
        ("daily 9:75", "“9:75” is no time of the day"),
        ("Monday and Funday 9:00", "I cannot read"),
        ("monthly on the 32nd 9:00", "A month has the days 1 to 31."),
        ("monthly on the blue 9:00", "I cannot read"),
        ("monthly 9:00", "I cannot read"),
        ("every 7 minutes", "Every 7 minutes does not come out even in a day"),
        ("every 0 minutes", "Every 0 minutes does not come out even in a day"),
        ("every 0 weeks on Monday 9:00", "Every 0 weeks is out of reach: take 1 to 52."),
        ("every 400 days 9:00", "Every 400 days is out of reach: take 1 to 366."),
        ("daily 9:00 from tomorrow", "“tomorrow” is no date to begin with"),
        ("daily 9:00 from 9999-12-31", "“9999-12-31” is no date to begin with"),
        ("daily 9:00 Europe/Berln", "no time zone “Europe/Berln”: did you mean Europe/Berlin"),
        ("daily 9:00 Mars/Olympus_Mons", "I know no time zone “Mars/Olympus_Mons”."),
        ("daily 9:00 Berln", "“berln” is no time zone: did you mean Europe/Berlin?"),
        ("0 0 31 2 *", "“0 0 31 2 *” never happens: no such month has a day 31."),
        ("0 0 30,31 feb *", "never happens"),
        ("0 0 * *", "A cron line has five fields, this one has 4"),
        ("0 0 * * * *", "A cron line has five fields, this one has 6"),
    ],
)
def test_what_cannot_be_read_is_answered_with_what_could(typed: str, why: str) -> None:
    """One sentence that helps, to the one who typed it."""
    with pytest.raises(BadSchedule, match=re.escape(why)):
        parse(typed, NOW)


@given(
    st.text(max_size=300)
    | st.lists(
        st.sampled_from(
            [
                "every",
                "2",
                "weeks",
                "on",
                "monday",
                "first",
                "last",
                "day",
                "month",
                "9:00",
                "*",
                "0",
                "from",
                "2026-05-01",
                "Europe/Berlin",
                "15",
                "minutes",
                "of",
                "daily",
                ",",
                "@weekly",
            ]
        )
    ).map(" ".join)
)
def test_anything_typed_is_a_schedule_or_a_sentence(typed: str) -> None:
    """Nothing that is typed breaks the bot; what is read can be read again."""
    with suppress(BadSchedule):
        schedule = parse(typed, NOW)
        assert parse(schedule.said(), NOW) == schedule
        assert schedule.next_after(NOW) > NOW


@given(
    st.sets(st.sampled_from(WEEKDAYS), min_size=1),
    st.integers(1, 52),
    st.sets(st.times(), min_size=1, max_size=5),
)
def test_weekly_times_fall_on_their_days_in_their_weeks(
    names: set[str], weeks: int, times: set[time]
) -> None:
    """Counted from the first one."""
    clock = " ".join(f"{each:%H:%M}" for each in times)
    schedule = parse(f"every {weeks} weeks on {' '.join(names)} {clock}", NOW)

    found = schedule.upcoming(NOW, 20)

    assert {f"{at:%A}" for at in found} <= names
    mondays = {at.toordinal() - at.weekday() for at in found}
    assert all((each - min(mondays)) % (7 * weeks) == 0 for each in mondays)
    assert {f"{at:%H:%M}" for at in found} <= {f"{each:%H:%M}" for each in times}
