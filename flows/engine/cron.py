"""Cron lines: five fields to the days and times that they mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import product

from flows.engine.schedule import BadSchedule, Days

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
EVERYTHING = ("*", "?")
LEAP_YEAR = 2028
SUNDAY = 7  # at the end of a range; at its beginning it is 0


@dataclass(frozen=True, slots=True)
class _Field:
    noun: str
    low: int
    high: int
    names: Mapping[str, int] = field(default_factory=dict)

    def values(self, text: str) -> frozenset[int]:
        """Return what a field stands for, such as 1-5, */15 or mon,wed."""
        return frozenset(value for part in text.split(",") for value in self._part(part, text))

    def _part(self, part: str, text: str) -> range:
        body, slash, step = part.partition("/")
        begin, dash, end = body.partition("-")
        if body in EVERYTHING:
            first, last = self.low, self.high
        else:
            first = self._number(begin, text)
            last = self._number(end, text) if dash else self.high if slash else first
        if self.noun == "weekday" and dash and last == 0:
            last = SUNDAY
        if first > last or (slash and not (step.isdecimal() and int(step))):
            raise self._bad(text)
        return range(first, last + 1, int(step) if slash else 1)

    def _number(self, word: str, text: str) -> int:
        number = int(word) if word.isdecimal() else self.names.get(word.lower(), -1)
        if not self.low <= number <= self.high:
            raise self._bad(text)
        return number

    def _bad(self, text: str) -> BadSchedule:
        names = f", or {next(iter(self.names))} and so on" if self.names else ""
        return BadSchedule(
            f"The {self.noun} of a cron line is {self.low} to {self.high}{names}; "
            f"“{text[:40]}” does not fit.",
            text,
        )


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, {name: number for number, name in enumerate(MONTHS, 1)}),
    _Field("weekday", 0, SUNDAY, {name: number for number, name in enumerate(WEEKDAYS)}),
)


def days_and_times(line: Sequence[str]) -> tuple[Days, tuple[int, ...]]:
    """Return what five fields mean; the times are minutes after midnight.

    As in Vixie's cron, a day of the month and a weekday that are both given are alternatives.

    Raises:
        BadSchedule: a field does not fit, or no date ever fits.

    """
    minutes, hours, dates, months, weekdays = (
        each.values(text) for each, text in zip(_FIELDS, line, strict=True)
    )
    days = Days(
        months=months,
        dates=dates,
        weekdays=frozenset((number - 1) % 7 for number in weekdays),
        either=not line[2].startswith(EVERYTHING) and not line[4].startswith(EVERYTHING),
    )
    first = date(LEAP_YEAR, 1, 1)
    if not any(first + timedelta(days=number) in days for number in range(366)):
        raise BadSchedule(
            f"“{' '.join(line)}” never happens: no such month has a day {min(dates)}.",
            " ".join(line),
        )
    return days, tuple(sorted(hour * 60 + minute for hour, minute in product(hours, minutes)))
