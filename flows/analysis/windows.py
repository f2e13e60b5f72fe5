"""Windows of time as people write them: 30d, 12w, 6m, 1y or since=v1.2.0."""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator

from flows.engine.errors import FlowError
from flows.engine.run import ReadRun

_AMOUNT = re.compile(r"(\d{1,6})\s*(d|days?|w|weeks?|m|months?|y|years?)", re.IGNORECASE)
_SINCE = re.compile(r"since\s*=\s*(\w[\w./+@-]{0,199})", re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(20\d\d)")  # as Germans write it
_UNITS = {"d": "day", "w": "week", "m": "month", "y": "year"}
_LONGEST = {"d": 730, "w": 104, "m": 24, "y": 2}
_LONGEST_DAYS = 730
_SHOWN = 40


def window_from(text: str) -> str:
    """Return `text` in its shortest form (`30 days` -> `30d`); anything else is a ValueError."""
    text = text.strip()
    if since := _SINCE.fullmatch(text):
        return f"since={_beginning(since[1])}"
    amount = _AMOUNT.fullmatch(text)
    if not amount:
        raise ValueError(f"{text[:_SHOWN]} is no window: write 30d, 12w or since=v1.2.0")
    count, unit = int(amount[1]), amount[2][0].lower()
    if not 1 <= count <= _LONGEST[unit]:
        raise ValueError(f"{text[:_SHOWN]} is no window: it may be 1 day to 2 years long")
    return f"{count}{unit}"


def _beginning(name: str) -> str:
    """Return a day as 2026-01-31 where one is named; a tag or a commit stays as it is."""
    if found := _DAY_FIRST.fullmatch(name):
        name = f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}"
    if _DAY.fullmatch(name):
        try:
            date.fromisoformat(name)
        except ValueError:
            raise ValueError(f"{name} is no day of the calendar") from None
    return name


Window = Annotated[str, AfterValidator(window_from)]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time: from `start` on, before `end`; both know their zone."""

    start: datetime
    end: datetime
    label: str

    @property
    def days(self) -> float:
        """The length in days, never negative."""
        return (self.end - self.start) / timedelta(days=1)

    @property
    def weeks(self) -> tuple[datetime, ...]:
        """The starts of the whole weeks inside, counted back from the end, oldest first."""
        count = int(self.days // 7)
        return tuple(self.end - timedelta(weeks=n) for n in range(count, 0, -1))

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant < self.end

    def __str__(self) -> str:
        zone = self.end.tzname() or ""
        return f"{self.start:%Y-%m-%d} \u2013 {self.end:%Y-%m-%d} {zone} ({self.label})"

    def earlier(self) -> "Span":
        """Return the stretch of the same length that ends where this one starts."""
        return Span(self.start - (self.end - self.start), self.start, f"the {self.label} before")


def since_of(window: str) -> str:
    """Return the tag, commit or day after `since=`, or an empty string for lengths such as 30d."""
    return window.removeprefix("since=") if window.startswith("since=") else ""


def span_of(window: str, end: datetime, since: datetime | None = None) -> Span:
    """Return the stretch that `window` means at `end`.

    For `since=<tag>` the caller looks up when the tag was made and hands it in; a day such as
    `since=2026-01-31` needs no look-up. What began more than two years ago is cut there and says
    so. Raises ValueError with a sentence for people if the beginning is unknown or not in the past.
    """
    if end.tzinfo is None:
        raise ValueError("The end of a window needs a time zone.")
    window = window_from(window)
    name = since_of(window)
    if not name:
        count, unit = int(window[:-1]), window[-1]
        plural = "" if count == 1 else "s"
        return Span(_back(end, count, unit), end, f"{count} {_UNITS[unit]}{plural}")
    start = (since or _midnight(name, end)).astimezone(end.tzinfo)
    if start >= end:
        raise ValueError(f"{name} is not before {end:%Y-%m-%d %H:%M}: the window would be empty")
    oldest = end - timedelta(days=_LONGEST_DAYS)
    if start < oldest:
        return Span(oldest, end, f"2 years; {name} is older")
    return Span(start, end, f"since {name}")


async def span_in(run: ReadRun, repo: str, window: str) -> Span:
    """Return the stretch that a run looks at; GitHub tells when a tag or a commit was made."""
    mark, made = since_of(window), None
    if _DAY.fullmatch(mark) and _midnight(mark, run.started) >= run.started:
        raise FlowError(f"{mark} is still to come: name a day that is over.")
    if mark and not _DAY.fullmatch(mark):
        start = await run.step("Find the start of the window", run.github.head, repo, mark)
        made = start.committed_at
    return span_of(window, run.started, made)


def _back(end: datetime, count: int, unit: str) -> datetime:
    if unit in "dw":
        return end - timedelta(days=count * (7 if unit == "w" else 1))
    months = end.year * 12 + end.month - 1 - count * (12 if unit == "y" else 1)
    year, month = months // 12, months % 12 + 1
    # 31 August less six months is the last day of February.
    day = min(end.day, calendar.monthrange(year, month)[1])
    return end.replace(year=year, month=month, day=day)


def _midnight(name: str, end: datetime) -> datetime:
    if _DAY.fullmatch(name):
        try:
            return datetime.fromisoformat(name).replace(tzinfo=end.tzinfo or UTC)
        except ValueError:
            raise ValueError(f"{name} is no day of the calendar") from None
    raise ValueError(f"nobody knows when {name} was made: name a tag of the repository or a day")
