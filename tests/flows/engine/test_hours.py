"""Hours of work are wall time: clocks that change, holidays and nights are all counted right."""

from datetime import UTC, datetime, timedelta

import pytest

from flows.engine.hours import WorkTime, checked_place

BERLIN = WorkTime("Europe/Berlin")
IN_BERLIN = WorkTime("Europe/Berlin", holidays="DE-BE")


def at(words: str) -> datetime:
    """Return an instant of UTC."""
    return datetime.fromisoformat(words).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "working"),
    [
        ("2026-03-04 07:59", False),
        ("2026-03-04 08:00", True),
        ("2026-03-04 15:59", True),
        ("2026-03-04 16:00", False),
        ("2026-03-07 10:00", False),  # a Saturday
        ("2026-07-01 07:00", True),  # in summer nine o'clock is earlier
        ("2026-07-01 15:00", False),
    ],
)
def test_hours_are_those_of_the_zone(moment: str, working: bool) -> None:
    """The end is no longer work."""
    assert BERLIN.is_working(at(moment)) is working


@pytest.mark.parametrize(
    ("moment", "start"),
    [
        ("2026-03-04 07:00", "2026-03-04 08:00"),
        ("2026-03-04 08:00", "2026-03-05 08:00"),
        ("2026-03-06 16:30", "2026-03-09 08:00"),  # a Friday evening
        ("2026-03-27 18:00", "2026-03-30 07:00"),  # clocks go forward that weekend
        ("2026-10-23 18:00", "2026-10-26 08:00"),  # and back again
    ],
)
def test_the_next_start_is_on_a_working_day(moment: str, start: str) -> None:
    """Later than the instant, and by the clocks of that day."""
    assert BERLIN.next_start(at(moment)) == at(start)


def test_holidays_are_no_work() -> None:
    """Those of a part of a country count there alone."""
    women = at("2027-03-08 10:00")  # a Monday, and a holiday in Berlin
    assert BERLIN.is_working(women)
    assert not IN_BERLIN.is_working(women)
    assert IN_BERLIN.holiday(women)
    assert not BERLIN.holiday(women)
    assert IN_BERLIN.next_start(at("2027-03-05 18:00")) == at("2027-03-09 08:00")
    # Christmas, a weekend and the year's end: Thursday, then Monday.
    assert IN_BERLIN.next_start(at("2026-12-24 18:00")) == at("2026-12-28 08:00")
    assert IN_BERLIN.next_start(at("2026-12-31 18:00")) == at("2027-01-04 08:00")


def test_ages_are_told_in_hours_of_work() -> None:
    """From Friday at three to Monday at ten are three hours."""
    assert BERLIN.business_hours(at("2026-03-06 14:00"), at("2026-03-09 09:00")) == timedelta(
        hours=3
    )
    assert BERLIN.business_hours(at("2026-03-07 14:00"), at("2026-03-08 09:00")) == timedelta()
    assert BERLIN.business_hours(at("2026-03-04 09:00"), at("2026-03-04 08:00")) == timedelta()
    week = BERLIN.business_hours(at("2026-03-02 00:00"), at("2026-03-09 00:00"))
    assert week == timedelta(hours=40)


NIGHT = WorkTime("Europe/Berlin", begin=22 * 60, end=6 * 60, days=frozenset(range(7)))


def test_a_night_shift_ends_on_the_next_day() -> None:
    """It belongs to the day on which it begins."""
    assert NIGHT.is_working(at("2026-03-04 23:00"))
    assert NIGHT.is_working(at("2026-03-05 04:59"))
    assert not NIGHT.is_working(at("2026-03-05 05:00"))
    friday = WorkTime("Europe/Berlin", begin=22 * 60, end=6 * 60, days=frozenset({4}))
    assert friday.is_working(at("2026-03-07 04:00"))
    assert not friday.is_working(at("2026-03-06 04:00"))


def test_the_clocks_change_within_a_shift() -> None:
    """A night of work is an hour shorter in spring, and an hour longer in autumn."""
    spring = NIGHT.business_hours(at("2026-03-28 12:00"), at("2026-03-29 12:00"))
    autumn = NIGHT.business_hours(at("2026-10-24 12:00"), at("2026-10-25 12:00"))
    assert (spring, autumn) == (timedelta(hours=7), timedelta(hours=9))


def test_a_start_that_clocks_skip_is_the_end_of_the_gap() -> None:
    """Half past two does not happen that night; three o'clock is at one of UTC."""
    early = WorkTime("Europe/Berlin", begin=2 * 60 + 30, end=10 * 60, days=frozenset(range(7)))
    assert early.next_start(at("2026-03-28 12:00")) == at("2026-03-29 01:00")


def test_times_that_are_shown_twice_are_all_work() -> None:
    """It begins with the first half past two, and ends with the second."""
    begins = WorkTime("Europe/Berlin", begin=2 * 60 + 30, end=10 * 60, days=frozenset(range(7)))
    ends = WorkTime("Europe/Berlin", begin=0, end=2 * 60 + 30, days=frozenset(range(7)))
    assert begins.next_start(at("2026-10-24 12:00")) == at("2026-10-25 00:30")
    assert ends.end_of_work(at("2026-10-25 01:00")) == at("2026-10-25 01:30")


def test_a_day_that_a_zone_skips_is_no_day_of_work() -> None:
    """Samoa went over the date line, and had no 30 December 2011."""
    samoa = WorkTime("Pacific/Apia", days=frozenset(range(7)))
    whole = samoa.business_hours(at("2011-12-29 12:00"), at("2012-01-01 12:00"))
    assert whole == timedelta(hours=3 * 8)  # the 29th, the 31st and the 1st


def test_a_place_without_holidays_is_named_with_what_may_be_meant() -> None:
    """Countries and their parts alike."""
    assert checked_place("de-be") == "DE-BE"
    assert checked_place(" fr ") == "FR"
    assert checked_place("Germany-Bayern") == "DE-BY"
    assert checked_place("united states") == checked_place("usa") == "US"
    with pytest.raises(ValueError, match="country “GERMNY”: did you mean DE"):
        checked_place("Germny")
    with pytest.raises(ValueError, match="no holidays of the country “XQ”"):
        checked_place("XQ-BE")
    with pytest.raises(ValueError, match="DE has no part called “ATLANTIS”: it has"):
        checked_place("DE-ATLANTIS")
    with pytest.raises(ValueError, match="no part called"):
        checked_place("DE-")


def test_work_is_done_when_enough_shifts_have_passed() -> None:
    """From within a shift, from the night before, and over a weekend."""
    hour = timedelta(hours=1)
    assert BERLIN.day == 8 * hour
    assert BERLIN.after(at("2026-03-06 15:00"), hour) == at("2026-03-06 16:00")
    assert BERLIN.after(at("2026-03-06 15:00"), 2 * hour) == at("2026-03-09 09:00")
    assert BERLIN.after(at("2026-03-06 02:00"), 9 * hour) == at("2026-03-09 09:00")
    assert WorkTime("UTC", 22 * 60, 6 * 60).day == timedelta(hours=8)
