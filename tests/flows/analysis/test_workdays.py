"""Days and hours of work in a time zone."""

from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from flows.analysis.workdays import ZoneName, days_after, hours_between

FRIDAY = datetime(2026, 3, 6, 15, tzinfo=UTC)
MONDAY = datetime(2026, 3, 9, 11, tzinfo=UTC)


def test_days_of_work_leave_out_the_weekend() -> None:
    """Three after Friday afternoon is Wednesday afternoon."""
    assert days_after(FRIDAY, 3, "UTC") == datetime(2026, 3, 11, 15, tzinfo=UTC)
    assert days_after(FRIDAY, 1, "UTC").weekday() == 0


def test_hours_of_work_are_told_to_a_tenth() -> None:
    """Two on Friday, two on Monday; nothing where the end comes first."""
    assert hours_between(FRIDAY, MONDAY, "UTC") == 4
    assert hours_between(FRIDAY, MONDAY, "Europe/Berlin") == 4.0
    assert hours_between(MONDAY, FRIDAY, "UTC") == 0


def test_a_zone_is_checked() -> None:
    """With near misses."""
    zone: TypeAdapter[str] = TypeAdapter(ZoneName)
    assert zone.validate_python("Europe/Berlin") == "Europe/Berlin"
    with pytest.raises(ValidationError, match="Europe/Berlin"):
        zone.validate_python("Europe/Berln")
