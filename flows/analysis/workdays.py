"""Work days as a flow's input says them: a time zone, from nine to five; pure."""

from datetime import datetime, timedelta
from typing import Annotated, TypeAlias

from pydantic import AfterValidator

from flows.engine.hours import WorkTime
from flows.engine.zones import zone_called

HOUR = timedelta(hours=1)


def _checked(zone: str) -> str:
    return zone_called(zone).key


ZoneName: TypeAlias = Annotated[str, AfterValidator(_checked)]
"""A time zone by its IANA name; another is refused with near misses."""


def days_after(start: datetime, days: int, zone: str) -> datetime:
    """Return when so many days of work have passed since an instant."""
    hours = WorkTime(zone)
    return hours.after(start, days * hours.day)


def hours_between(start: datetime, end: datetime, zone: str) -> float:
    """Return the hours of work between two instants, to a tenth."""
    if end <= start:
        return 0.0
    return round(WorkTime(zone).business_hours(start, end) / HOUR, 1)


def hours_after(start: datetime, hours: int, zone: str) -> datetime:
    """Return when so many hours of work have passed since an instant."""
    return WorkTime(zone).after(start, hours * HOUR)
