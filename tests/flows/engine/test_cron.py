"""Cron lines mean what every cron takes them for, or say which field does not fit."""

import pytest

from flows.engine.cron import days_and_times
from flows.engine.schedule import BadSchedule


@pytest.mark.parametrize(
    ("line", "times"),
    [
        ("0 9 * * *", [540]),
        ("0,30 9-10 * * *", [540, 570, 600, 630]),
        ("*/20 0 * * *", [0, 20, 40]),
        ("50/5 23 * * *", [1430, 1435]),
        ("10-20/5 0 * * *", [10, 15, 20]),
        ("? 0/12 * * *", [*range(60), *range(720, 780)]),
    ],
)
def test_lists_ranges_and_steps(line: str, times: list[int]) -> None:
    """In minutes after midnight."""
    assert list(days_and_times(line.split())[1]) == times


@pytest.mark.parametrize(
    ("field", "weekdays"),
    [
        ("0", {6}),
        ("7", {6}),
        ("mon-fri", {0, 1, 2, 3, 4}),
        ("sat-sun", {5, 6}),
        ("5-7", {4, 5, 6}),
        ("Sun,wed", {6, 2}),
        ("*", set(range(7))),
    ],
)
def test_weekdays_by_number_and_name(field: str, weekdays: set[int]) -> None:
    """Sunday is 0 and 7; our own count begins on Monday."""
    assert days_and_times(["0", "0", "*", "*", field])[0].weekdays == weekdays


def test_months_by_name() -> None:
    """In any case."""
    assert days_and_times(["0", "0", "1", "JAN,mar-apr", "*"])[0].months == {1, 3, 4}


@pytest.mark.parametrize(
    ("line", "either"),
    [
        ("0 0 13 * fri", True),
        ("0 0 * * fri", False),
        ("0 0 13 * *", False),
        ("0 0 */2 * fri", False),
    ],
)
def test_a_date_and_a_weekday_are_alternatives(line: str, either: bool) -> None:
    """As everywhere, unless one of them begins with a star."""
    assert days_and_times(line.split())[0].either is either


@pytest.mark.parametrize(
    ("line", "noun"),
    [
        ("60 0 * * *", "minute"),
        ("0 24 * * *", "hour"),
        ("0 0 0 * *", "day of the month"),
        ("0 0 * 13 *", "month"),
        ("0 0 * * 8", "weekday"),
        ("0 0 * * funday", "weekday"),
        ("*/0 0 * * *", "minute"),
        ("*/x 0 * * *", "minute"),
        ("20-10 0 * * *", "minute"),
        ("1,,2 0 * * *", "minute"),
        ("-5 0 * * *", "minute"),
        ("1-2-3 0 * * *", "minute"),
    ],
)
def test_a_field_that_does_not_fit_is_named(line: str, noun: str) -> None:
    """With what it takes."""
    with pytest.raises(BadSchedule, match=f"The {noun} of a cron line is "):
        days_and_times(line.split())
