"""Schedules happen when the clocks of their zone say so, also where those jump."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.engine.phrase import parse
from flows.engine.schedule import LAST, Days, Schedule

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",  # half an hour of summer time
    "Africa/Casablanca",  # back and forth for Ramadan
    "Asia/Beirut",  # clocks jump at midnight
    "Asia/Kathmandu",
)
every_day = st.just("*")


def numbers(low: int, high: int, most: int = 4) -> st.SearchStrategy[str]:
    """Return cron's lists of numbers."""
    lists = st.lists(st.integers(low, high), min_size=1, max_size=most)
    return lists.map(lambda each: ",".join(map(str, each)))


def wanted(line: str) -> Callable[[datetime], bool]:
    """Return whether a wall time fits a cron line that consists of lists and stars."""
    minutes, hours, dates, months, weekdays = (
        None if field == "*" else set(map(int, field.split(","))) for field in line.split()
    )

    def fits(wall: datetime) -> bool:
        by_date = dates is None or wall.day in dates
        by_weekday = weekdays is None or wall.isoweekday() % 7 in weekdays
        is_day = (
            by_date or by_weekday
            if dates is not None and weekdays is not None
            else by_date and by_weekday
        )
        return (
            is_day
            and (minutes is None or wall.minute in minutes)
            and (hours is None or wall.hour in hours)
            and (months is None or wall.month in months)
        )

    return fits


def scanned(
    fits: Callable[[datetime], bool], zone: str, start: datetime, end: datetime, *, all_day: bool
) -> Iterator[datetime]:
    """Look at every minute after `start` up to `end`: the slow way that cannot be wrong."""
    place, at = ZoneInfo(zone), start
    before = start.astimezone(place).replace(tzinfo=None)
    while at < end:
        at += MINUTE
        shown = at.astimezone(place)
        wall = shown.replace(tzinfo=None, fold=0)
        skipped = [before + MINUTE * number for number in range(1, (wall - before) // MINUTE)]
        first_time = shown.fold == 0
        if fits(wall) if all_day else (first_time and fits(wall)) or any(map(fits, skipped)):
            yield at
        before = wall


def until(schedule: Schedule, start: datetime, end: datetime) -> list[datetime]:
    """Return every time after `start` up to `end`, asked for one by one."""
    found, at = [], schedule.next_after(start)
    while at <= end:
        found.append(at)
        at = schedule.next_after(at)
    return found


@cache
def jumps(zone: str) -> list[datetime]:
    """Return the days of 20 years on which the offset changes; a quiet one where none does."""
    place, first = ZoneInfo(zone), datetime(2015, 1, 1, tzinfo=UTC)
    days = [first + number * DAY for number in range(20 * 365)]
    offsets = [day.astimezone(place).utcoffset() for day in days]
    found = [day for day, one, two in zip(days, offsets, offsets[1:], strict=False) if one != two]
    return found or days[:1]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_around_every_jump_of_the_clocks_a_scan_of_the_minutes_finds_the_same(
    data: st.DataObject,
) -> None:
    """Whatever the cron line and the zone; in windows of two days."""
    zone = data.draw(st.sampled_from(ZONES))
    hours = data.draw(st.one_of(every_day, numbers(0, 4), numbers(0, 23)))
    minutes = data.draw(st.one_of(every_day, numbers(0, 59)))
    dates = data.draw(st.one_of(every_day, numbers(1, 28, 20)))
    weekdays = data.draw(st.one_of(every_day, numbers(0, 6)))
    line = f"{minutes} {hours} {dates} * {weekdays}"
    jump = data.draw(st.sampled_from(jumps(zone)))
    start = jump - data.draw(st.integers(0, 24 * 60)) * MINUTE
    end = start + 2 * DAY

    schedule = parse(f"{line} {zone}", NOW)

    all_day = hours == "*"
    expected = list(scanned(wanted(line), zone, start, end, all_day=all_day))
    assert list(schedule.upcoming(start, len(expected))) == expected
    assert schedule.next_after(expected[-1] if expected else start) > end


@pytest.mark.parametrize(("zone", "year"), [("Europe/Berlin", 2027), ("Australia/Lord_Howe", 2028)])
def test_over_a_year_a_scan_of_the_minutes_finds_the_same(zone: str, year: int) -> None:
    """Every night at the hour that is skipped in spring and repeated in autumn."""
    start, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    line = "15 1,2 * * 0,6"

    found = until(parse(f"{line} {zone}", NOW), start, end)

    assert found == list(scanned(wanted(line), zone, start, end, all_day=False))
    assert len(found) > 200


def walls(text: str, after: datetime, many: int = 3) -> list[str]:
    """Return the next times as the zone's clocks show them."""
    schedule = parse(text, NOW)
    return [f"{schedule.wall(at):%m-%d %H:%M %z}" for at in schedule.upcoming(after, many)]


def test_a_time_in_the_gap_happens_as_the_gap_ends() -> None:
    """On 29 March 2026 Berlin has no half past two."""
    saturday = datetime(2026, 3, 28, tzinfo=UTC)
    assert walls("daily 2:30 Europe/Berlin", saturday) == [
        "03-28 02:30 +0100",
        "03-29 03:00 +0200",
        "03-30 02:30 +0200",
    ]


def test_two_times_in_one_gap_happen_once() -> None:
    """And so does one at the very end of the gap."""
    sunday = datetime(2026, 3, 29, tzinfo=UTC)
    assert walls("daily 2:10, 2:50, 3:00 Europe/Berlin", sunday, 2) == [
        "03-29 03:00 +0200",
        "03-30 02:10 +0200",
    ]


def test_a_time_that_comes_twice_happens_the_first_time() -> None:
    """On 25 October 2026 Berlin has two of them."""
    saturday = datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert walls("daily 2:30 Europe/Berlin", saturday, 2) == [
        "10-25 02:30 +0200",
        "10-26 02:30 +0100",
    ]


def test_what_happens_all_day_long_follows_the_clock() -> None:
    """Neither crowded where an hour is skipped nor silent where one is repeated."""
    spring = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    autumn = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    assert walls("every 30 minutes Europe/Berlin", spring) == [
        "03-29 03:00 +0200",
        "03-29 03:30 +0200",
        "03-29 04:00 +0200",
    ]
    assert walls("every 30 minutes Europe/Berlin", autumn) == [
        "10-25 02:30 +0200",
        "10-25 02:00 +0100",
        "10-25 02:30 +0100",
    ]


def test_a_day_that_a_country_left_out_happens_as_it_ends() -> None:
    """Samoa crossed the date line: it had no 30 December 2011."""
    schedule = parse("daily 9:00 Pacific/Apia", NOW)
    found = schedule.upcoming(datetime(2011, 12, 29, 20, tzinfo=UTC), 3)
    assert [f"{schedule.wall(at):%m-%d %H:%M}" for at in found] == [
        "12-31 00:00",
        "12-31 09:00",
        "01-01 09:00",
    ]


def test_leap_days_are_waited_for_over_a_century_without_one() -> None:
    """Eight years, where a century is no leap year."""
    schedule = parse("0 9 29 2 *", NOW)
    assert schedule.next_after(datetime(2096, 3, 1, tzinfo=UTC)).date() == date(2104, 2, 29)


def test_the_next_time_is_later_than_the_one_before_it() -> None:
    """To the microsecond."""
    schedule = parse("daily 9:00", NOW)
    nine = datetime(2026, 3, 5, 9, tzinfo=UTC)

    assert schedule.next_after(nine - timedelta(microseconds=1)) == nine
    assert schedule.next_after(nine) == nine + DAY


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (Days(dates=frozenset((LAST,))), [31]),
        (Days(nth=1, weekdays=frozenset((0,))), [2]),
        (Days(nth=LAST, weekdays=frozenset((0,))), [30]),
        (Days(nth=5, weekdays=frozenset((6,))), [29]),
        (Days(weeks=2, since=date(2026, 3, 4), weekdays=frozenset((0, 2))), [4, 16, 18, 30]),
        (Days(step=10, since=date(2026, 3, 4)), [4, 14, 24]),
        (Days(months=frozenset((2,))), []),
        (Days(dates=frozenset((3,)), weekdays=frozenset((6,)), either=True), [1, 3, 8, 15, 22, 29]),
    ],
)
def test_days_of_march(days: Days, expected: list[int]) -> None:
    """March 2026 begins on a Sunday."""
    month = (date(2026, 3, number) for number in range(1, 32))
    assert [day.day for day in month if day in days] == expected
