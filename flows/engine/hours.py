"""When somebody works: hours on some days in a time zone, without the holidays of a place; pure.

Ages of reviews are told in hours of work, and messages wait for the next start.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from functools import lru_cache
from itertools import count
from zoneinfo import ZoneInfo

from flows.engine.schedule import instant

WORKDAYS = frozenset(range(5))
NINE, FIVE = 9 * 60, 17 * 60  # minutes after midnight
_DAY = timedelta(days=1)
_LONGEST_CODE = 3
_OTHER_NAMES = {
    "DEUTSCHLAND": "DE",
    "ÖSTERREICH": "AT",
    "SCHWEIZ": "CH",
    "FRANKREICH": "FR",
    "ITALIEN": "IT",
    "SPANIEN": "ES",
    "UK": "GB",
    "ENGLAND": "GB",
}
MINUTES_OF_A_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class WorkTime:
    """From `begin` to `end` (minutes after midnight) on these days, counted from Monday, 0.

    Where it ends before it begins, the shift ends on the next day. `holidays` is a place, as
    `DE` or `DE-BE`, or "" for none. A wall time that clocks skip is the end of the gap; one
    that they show twice begins with the first and ends with the second.
    """

    zone: str
    begin: int = NINE
    end: int = FIVE
    days: frozenset[int] = WORKDAYS
    holidays: str = ""

    def is_working(self, at: datetime) -> bool:
        """Say whether this instant is within the hours of a working day."""
        begin, end = next(self._shifts(at))
        return begin <= at < end

    def next_start(self, at: datetime) -> datetime:
        """Return the first start of work later than this instant."""
        return next(begin for begin, _ in self._shifts(at) if begin > at)

    def end_of_work(self, at: datetime) -> datetime:
        """Return when the shift ends that holds at this instant, or the next one after it."""
        return next(end for _, end in self._shifts(at))

    def business_hours(self, start: datetime, end: datetime) -> timedelta:
        """Return how much of the time between two instants is work."""
        total = timedelta()
        for begin, until in self._shifts(start):
            if begin >= end:
                break
            total += min(until, end) - max(begin, start)
        return total

    def after(self, start: datetime, work: timedelta) -> datetime:
        """Return when this much work has been done since an instant."""
        for begin, until in self._shifts(start):
            done = until - max(begin, start)
            if done >= work:
                return max(begin, start) + work
            work -= done
        raise AssertionError("there is always another shift")

    @property
    def day(self) -> timedelta:
        """How long a day of work is."""
        minutes = self.end - self.begin
        return timedelta(minutes=minutes if minutes > 0 else minutes + MINUTES_OF_A_DAY)

    def holiday(self, at: datetime) -> str:
        """Return the name of the holiday at this instant in the zone, or an empty string."""
        return _holidays(self.holidays, at.astimezone(ZoneInfo(self.zone)).date())

    def _shifts(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the shifts that end after an instant, in order."""
        zone = ZoneInfo(self.zone)
        # A shift of yesterday may go on, and where the date line moved a day may be missing.
        first = at.astimezone(zone).date() - 2 * _DAY
        for number in count():
            day = first + number * _DAY
            if day.weekday() not in self.days or _holidays(self.holidays, day):
                continue
            last = day if self.end > self.begin else day + _DAY
            begin = instant(_wall(day, self.begin), zone)
            end = instant(_wall(last, self.end), zone, 1)
            if end > max(at, begin):
                yield begin, end


def checked_place(place: str) -> str:
    """Return where holidays are asked for, as the library names it: `DE`, `DE-BE`.

    Both can be named, too: `Germany-Berlin` is `DE-BE`. Raises ValueError with near misses.
    """
    country, dash, part = place.strip().upper().partition("-")
    known, named = _places(), _countries()
    country = named.get(country.replace(" ", "_"), country)
    if country not in known:
        is_short = len(country) <= _LONGEST_CODE
        names = sorted(known if is_short else named)
        near = get_close_matches(country, names, 3, 0.4 if is_short else 0.7)
        codes = list(dict.fromkeys(named.get(each, each) for each in near))
        hint = f": did you mean {' or '.join(codes)}?" if codes else "."
        raise ValueError(f"I know no holidays of the country “{country or place}”{hint}")
    parts = {each.upper(): each for each in known[country]}
    if dash and part not in parts:
        part = _parts_by_name(country).get(part, part)
    if dash and part not in parts:
        near = get_close_matches(part, sorted(parts), n=3, cutoff=0.4) or sorted(parts)[:5]
        hint = f"it has {', '.join(near)}." if near else f"take {country} alone."
        raise ValueError(f"{country} has no part called “{part}”: {hint}")
    return f"{country}-{parts[part]}" if dash else country


def _wall(day: date, minutes: int) -> datetime:
    return datetime.combine(day, time()) + timedelta(minutes=minutes)


def _holidays(place: str, day: date) -> str:
    return _calendar(place, day.year).get(day, "") if place else ""


@lru_cache(maxsize=500)
def _calendar(place: str, year: int) -> dict[date, str]:
    """Return the holidays of a place in a year, by name."""
    import holidays

    country, _, part = place.partition("-")
    found = holidays.country_holidays(
        country, subdiv=part or None, years=year, expand=False, language="en_US"
    )
    return {day: str(name) for day, name in found.items()}


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    """Return the codes of countries by their names and by their codes of three letters."""
    from holidays.registry import COUNTRIES

    codes = {each: code for _, code, *more in COUNTRIES.values() for each in more}
    names = {name.upper(): found[1] for name, found in COUNTRIES.items()}
    return {**codes, **names, **_OTHER_NAMES}


@lru_cache(maxsize=50)
def _parts_by_name(country: str) -> dict[str, str]:
    import holidays

    named = holidays.country_holidays(country).subdivisions_aliases
    return {name.upper(): str(code).upper() for name, code in named.items()}


@lru_cache(maxsize=1)
def _places() -> dict[str, list[str]]:
    import holidays

    return {str(name): [*parts] for name, parts in holidays.list_supported_countries().items()}
