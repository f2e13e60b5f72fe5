"""When something happens again: dates and wall times in a time zone, as instants."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, islice
from typing import Literal
from zoneinfo import ZoneInfo

HOURS = 24
LAST = -1
SHOWN = 5
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


class BadSchedule(ValueError):
    """What was written is no schedule; the text says to its author what would be one.

    `about` is the part of it that is meant, "" where that is all of it.
    """

    def __init__(self, says: str, about: str = "") -> None:
        super().__init__(says)
        self.about = about


@dataclass(frozen=True, slots=True)
class Days:
    """Which dates: all conditions hold, except that `either` asks for a date or a weekday.

    Weekdays count from Monday, 0. `dates` and `nth` may be `LAST`: the last day of the month, the
    last such weekday in it; `nth` 0 is each of them. `weeks` and `step` (days) count from `since`.
    """

    months: frozenset[int] = frozenset(range(1, 13))
    dates: frozenset[int] = frozenset(range(1, 32))
    weekdays: frozenset[int] = frozenset(range(7))
    either: bool = False
    nth: int = 0
    weeks: int = 1
    step: int = 1
    since: date | None = None

    def __contains__(self, day: date) -> bool:
        if day.month not in self.months or not self._is_turn(day):
            return False
        by_date = day.day in self.dates or (LAST in self.dates and _is_last(day, 1))
        by_weekday = day.weekday() in self.weekdays and self._is_nth(day)
        return by_date or by_weekday if self.either else by_date and by_weekday

    def _is_turn(self, day: date) -> bool:
        if self.since is None:
            return True
        first_monday = self.since - self.since.weekday() * _DAY
        week = (day - first_monday).days // 7
        is_turn = week % self.weeks == 0 and (day - self.since).days % self.step == 0
        return day >= self.since and is_turn

    def _is_nth(self, day: date) -> bool:
        if self.nth == LAST:
            return _is_last(day, 7)
        return self.nth in (0, (day.day + 6) // 7)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Wall times, in minutes after midnight and in order, on some days of a zone's calendar.

    One that names its hours happens once per wall time: where clocks go forward over it, at the
    first instant after the gap; where they go back, the first time. One that happens in every
    hour of the day follows the clock instead: nothing in the gap, both hours of the repeat.
    """

    words: str
    days: Days
    times: tuple[int, ...]
    zone: str

    def said(self) -> str:
        """Return the schedule in words that make the same schedule again."""
        return f"{self.words} {self.zone}"

    def next_after(self, at: datetime) -> datetime:
        """Return the first instant (UTC) later than this one."""
        return next(self._after(at))

    def upcoming(self, at: datetime, many: int = SHOWN) -> tuple[datetime, ...]:
        """Return the next instants (UTC) later than this one."""
        return tuple(islice(self._after(at), many))

    def wall(self, at: datetime) -> datetime:
        """Return an instant as the clocks of the schedule's zone show it."""
        return at.astimezone(ZoneInfo(self.zone))

    def shown(self, at: datetime) -> str:
        """Return an instant as `Mon 23 Nov 2026, 09:00 Europe/Berlin`."""
        return f"{self.wall(at):%a %d %b %Y, %H:%M} {self.zone}"

    def _after(self, at: datetime) -> Iterator[datetime]:
        zone = ZoneInfo(self.zone)
        follows_the_clock = len({minute // 60 for minute in self.times}) == HOURS
        # A gap may be a whole day long: where the date line moved, yesterday's times are now.
        first = at.astimezone(zone).date() - _DAY
        last = at
        for number in count():
            day = first + number * _DAY
            if day not in self.days:
                continue
            walls = (datetime.combine(day, time(*divmod(each, 60))) for each in self.times)
            found = _every(walls, zone) if follows_the_clock else _once(walls, zone)
            for each in found:
                if each > last:
                    yield each
                    last = each


def _once(walls: Iterator[datetime], zone: ZoneInfo) -> Iterator[datetime]:
    for wall in walls:
        yield instant(wall, zone)


def instant(wall: datetime, zone: ZoneInfo, fold: Literal[0, 1] = 0) -> datetime:
    """Return when clocks show this wall time, the first or the second time; after a gap its end."""
    at = wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
    return at if _is_shown(at, wall, zone) else _end_of_gap(wall, zone)


def _every(walls: Iterator[datetime], zone: ZoneInfo) -> list[datetime]:
    return sorted(
        at
        for wall in walls
        for at in {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
        if _is_shown(at, wall, zone)
    )


def _is_shown(at: datetime, wall: datetime, zone: ZoneInfo) -> bool:
    """Say whether the zone's clocks show this wall time at that instant."""
    return at.astimezone(zone).replace(tzinfo=None) == wall


def _end_of_gap(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant at which clocks jump over this wall time."""
    # In a gap, fold 1 counts with the offset after it, and so comes out before it.
    before, after = (
        wall.replace(tzinfo=zone, fold=fold).astimezone(UTC).replace(microsecond=0)
        for fold in (1, 0)
    )
    old = before.astimezone(zone).utcoffset()
    seconds = range((after - before) // _SECOND)
    jump = bisect_left(
        seconds, 1, key=lambda n: (before + n * _SECOND).astimezone(zone).utcoffset() != old
    )
    return before + jump * _SECOND


def _is_last(day: date, days: int) -> bool:
    """Say whether the month is over within so many days."""
    return (day + days * _DAY).month != day.month
