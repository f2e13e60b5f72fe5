"""Times in which nothing is applied, in the words that people use for them."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from flows.engine.zones import zone_called

WEEK = timedelta(days=7)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
UNITS = {"min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
LONGEST_DURATION = timedelta(days=90)
HOW = "write `Fri 16:00 - Mon 08:00 Europe/Berlin` or `2026-12-24 - 2027-01-02 Europe/Berlin`"

_CLOCK = r"(\d{1,2}:\d\d)"
_NAME = r"([a-z]{3})[a-z]*"
_WEEKLY = re.compile(rf"{_NAME} {_CLOCK} ?[-–] ?{_NAME} {_CLOCK} (\S+)", re.IGNORECASE)
_DAY = r"(\d{4}-\d\d-\d\d)"
_DATES = re.compile(rf"{_DAY}(?: {_CLOCK})?(?: ?[-–] ?{_DAY}(?: {_CLOCK})?)? (\S+)", re.IGNORECASE)
_DAY_FIRST = re.compile(r"\b(\d{1,2})\.(\d{1,2})\.(20\d\d)\b")  # as Germans write it
_DURATION = re.compile(r"(\d{1,5}) ?(min|h|d|w)(?:ute|our|ay|eek)?s?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Freeze:
    """A span of wall time in one zone; with `weekly` it comes again every week."""

    begin: datetime
    end: datetime
    zone: ZoneInfo
    weekly: bool

    def until(self, at: datetime) -> datetime | None:
        """Return the end of the freeze that holds at this instant, in its zone; None outside."""
        begin = self.begin
        if self.weekly:
            wall = at.astimezone(self.zone).replace(tzinfo=None)
            begin += (wall - begin) // WEEK * WEEK
        # Near a change of the clocks, the wall time before may still be the span that holds.
        for start in (begin - WEEK, begin) if self.weekly else (begin,):
            end = self._instant(start + (self.end - self.begin))
            if self._instant(start) <= at < end:
                return end.astimezone(self.zone)
        return None

    def _instant(self, wall: datetime) -> datetime:
        return wall.replace(tzinfo=self.zone).astimezone(UTC)


@lru_cache(maxsize=1000)
def freeze(words: str) -> Freeze:
    """Read a freeze; raises ValueError with what is wrong and how to write one."""
    words = _DAY_FIRST.sub(lambda day: f"{day[3]}-{int(day[2]):02}-{int(day[1]):02}", words)
    if found := _WEEKLY.fullmatch(words.strip()):
        first, opens, last, closes, zone = found.groups()
        begin, end = _weekday(first, opens, words), _weekday(last, closes, words)
        if begin == end:
            raise ValueError(f"The freeze “{words}” begins and ends at the same time.")
        return Freeze(begin, end if end > begin else end + WEEK, zone_called(zone), weekly=True)
    if found := _DATES.fullmatch(words.strip()):
        first, opens, last, closes, zone = found.groups()
        begin = datetime.combine(_date(first, words), _time(opens or "00:00", words))
        end = datetime.combine(_date(last or first, words), _time(closes or "00:00", words))
        end += timedelta() if closes else timedelta(days=1)
        if end <= begin:
            raise ValueError(f"The freeze “{words}” ends before it begins.")
        return Freeze(begin, end, zone_called(zone), weekly=False)
    raise ValueError(f"“{words}” is no freeze: {HOW}.")


@lru_cache(maxsize=1000)
def duration(words: str) -> timedelta:
    """Read a length of time such as `30 min`, `4 h` or `2 days`; raises ValueError."""
    found = _DURATION.fullmatch(words.strip())
    if not found:
        raise ValueError(f"“{words}” is no length of time: write `30 min`, `4 h` or `2 days`.")
    length = timedelta(**{UNITS[found[2].lower()]: int(found[1])})
    if not timedelta() < length <= LONGEST_DURATION:
        raise ValueError(f"“{words}” is not between 1 minute and {LONGEST_DURATION.days} days.")
    return length


def shown(moment: datetime) -> str:
    """Return an instant in its own zone, such as `Mon 9 Mar 08:00 (Europe/Berlin)`."""
    return f"{moment:%a} {moment.day} {moment:%b %H:%M} ({moment.tzinfo})"


def _weekday(day: str, clock: str, words: str) -> datetime:
    if day.lower() not in DAYS:
        raise ValueError(f"“{day}” in “{words}” is no day of the week: write Mon to Sun.")
    monday = date(1970, 1, 5)
    which = monday + timedelta(days=DAYS.index(day.lower()))
    return datetime.combine(which, _time(clock, words))


def _date(words: str, whole: str) -> date:
    try:
        return date.fromisoformat(words)
    except ValueError as error:
        raise ValueError(f"There is no day {words} (in “{whole}”).") from error


def _time(words: str, whole: str) -> time:
    hour, _, minute = words.partition(":")
    try:
        return time(int(hour), int(minute))
    except ValueError as error:
        raise ValueError(f"There is no time {words} (in “{whole}”).") from error
