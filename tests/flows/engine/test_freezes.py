"""Freezes are spans of wall time: every week or on dates, over every change of the clocks."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.engine.freezes import duration, freeze, shown

BERLIN = ZoneInfo("Europe/Berlin")
WEEKEND = "Fri 16:00 - Mon 08:00 Europe/Berlin"


def at(words: str) -> datetime:
    """Return an instant from what the clocks show in Berlin."""
    return datetime.fromisoformat(words).replace(tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "ends"),
    [
        ("2026-03-06T15:59", ""),
        ("2026-03-06T16:00", "Mon 9 Mar 08:00 (Europe/Berlin)"),
        ("2026-03-08T23:59", "Mon 9 Mar 08:00 (Europe/Berlin)"),
        ("2026-03-09T07:59", "Mon 9 Mar 08:00 (Europe/Berlin)"),
        ("2026-03-09T08:00", ""),
        ("2026-03-29T12:00", "Mon 30 Mar 08:00 (Europe/Berlin)"),  # the night the clocks change
        ("2026-10-25T12:00", "Mon 26 Oct 08:00 (Europe/Berlin)"),
    ],
)
def test_a_weekend_is_frozen_from_its_first_minute_to_its_last(moment: str, ends: str) -> None:
    """In the zone's own time, also where a day has 23 or 25 hours."""
    until = freeze(WEEKEND).until(at(moment))

    assert (shown(until) if until else "") == ends


@pytest.mark.parametrize(
    ("words", "inside", "outside"),
    [
        ("2026-12-24 - 2027-01-02 Europe/Berlin", "2027-01-02T23:59", "2027-01-03T00:00"),
        ("2026-12-24 Europe/Berlin", "2026-12-24T00:00", "2026-12-23T23:59"),
        (
            "2026-12-24 12:00 - 2026-12-24 13:30 Europe/Berlin",
            "2026-12-24T13:29",
            "2026-12-24T13:30",
        ),
        ("wednesday 22:00–thursday 6:00 Europe/Berlin", "2026-03-05T05:59", "2026-03-05T06:00"),
        ("4.3.2026 - 5.3.2026 Berlin", "2026-03-05T22:00", "2026-03-06T00:30"),
        ("Wed 10:00 - Wed 09:00 Europe/Berlin", "2026-03-04T08:59", "2026-03-04T09:30"),
    ],
)
def test_dates_and_days_hold_as_they_are_written(words: str, inside: str, outside: str) -> None:
    """A last day without a time is frozen to its end."""
    assert freeze(words).until(at(inside))
    assert freeze(words).until(at(outside)) is None


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)))  # noqa: DTZ001 - made aware below
def test_a_moment_is_frozen_exactly_when_its_wall_time_is(moment: datetime) -> None:
    """The wall clock decides, and the end is the first instant that is not frozen."""
    instant = moment.replace(tzinfo=UTC)
    wall = instant.astimezone(BERLIN)
    hour = (wall.weekday(), wall.hour)
    until = freeze(WEEKEND).until(instant)

    assert (until is not None) == (hour >= (4, 16) or hour < (0, 8))
    if until:
        assert freeze(WEEKEND).until(until) is None
        assert freeze(WEEKEND).until(until - timedelta(minutes=1)) == until


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("", "is no freeze: write `Fri 16:00"),
        ("weekends", "is no freeze"),
        ("Fri 16:00 - Foo 08:00 Europe/Berlin", "“Foo” in"),
        ("Fri 25:00 - Mon 08:00 Europe/Berlin", "There is no time 25:00"),
        ("Fri 16:00 - Fri 16:00 Europe/Berlin", "begins and ends at the same time"),
        ("Fri 16:00 - Mon 08:00 Europe/Berln", "did you mean Europe/Berlin"),
        ("Fri 16:00 - Mon 08:00 ../../etc/passwd", "There is no time zone"),
        ("2026-02-30 Europe/Berlin", "There is no day 2026-02-30"),
        ("2026-03-05 - 2026-03-04 Europe/Berlin", "ends before it begins"),
    ],
)
def test_what_is_no_freeze_is_named_with_what_would_be(words: str, says: str) -> None:
    """The mistake, and a way to write it."""
    with pytest.raises(ValueError, match=says):
        freeze(words)


@pytest.mark.parametrize(
    ("words", "minutes"),
    [("30 min", 30), ("90 minutes", 90), ("4h", 240), ("1 hour", 60), ("2 days", 2880)],
)
def test_a_length_of_time_is_read_as_people_write_it(words: str, minutes: int) -> None:
    """Minutes, hours and days."""
    assert duration(words) == timedelta(minutes=minutes)


@pytest.mark.parametrize("words", ["", "soon", "0 h", "4", "-1 h", "91 days", "99999 days"])
def test_what_is_no_length_of_time_is_refused(words: str) -> None:
    """Rather than read as something else."""
    with pytest.raises(ValueError, match=r"no length of time|is not between"):
        duration(words)
