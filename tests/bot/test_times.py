"""Times read as people say them, by the clocks of who reads."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.times import clock, said

NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)  # a Wednesday


@pytest.mark.parametrize(
    ("hours", "zone", "shown"),
    [
        (0, "", "15:30 UTC"),
        (0, "Europe/Berlin", "16:30"),
        (8, "Europe/Berlin", "00:30 tomorrow"),
        (8, "", "23:30 UTC"),
        (-24, "", "15:30 UTC yesterday"),
        (48, "Europe/Berlin", "Fri 16:30"),
        (7 * 24, "", "Wed 11 Mar 15:30 UTC"),
        (365 * 24, "Europe/Berlin", "Thu 4 Mar 2027 16:30"),
    ],
)
def test_times_are_said_as_near_as_they_are(hours: int, zone: str, shown: str) -> None:
    """Near ones by the clock, then by the day; without a zone it says so."""
    assert said(NOW + timedelta(hours=hours), NOW, zone) == shown


def test_a_time_of_the_day_has_two_digits_each() -> None:
    """As clocks show it."""
    assert clock(9 * 60 + 5) == "09:05"
