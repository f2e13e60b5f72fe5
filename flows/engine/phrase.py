"""Reads a schedule as people write it: plain words or a cron line, and a time zone."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from difflib import get_close_matches

from flows.engine import cron
from flows.engine.schedule import LAST, BadSchedule, Days, Schedule
from flows.engine.zones import zone_named, zones

UTC_ZONE = "UTC"
LONGEST = 200
DAY = 24 * 60
MOST_WEEKS = 52
MOST_DAYS = 366
FAR = timedelta(days=3660)
EXAMPLES = (
    "weekdays 9:00 Europe/Berlin",
    "every 2 weeks on Monday 10:00",
    "first Monday of the month 9:00",
    "every 15 minutes",
    "0 9 * * mon-fri",
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "last": LAST}
WORKDAYS = frozenset(range(5))
DAILY, WEEKENDS = ("daily", Days()), ("weekends", Days(weekdays=frozenset((5, 6))))
PLAIN = {"daily": DAILY, "day": DAILY, "weekends": WEEKENDS, "weekend": WEEKENDS}
NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_FILLERS = {"at", "um", "on", "and", "of", "the"}
_CRON_FIELDS = 5
_CRON_START = re.compile(r"[\d*?][\d*,/-]*")
_TIME = re.compile(r"(\d{1,2})(?::(\d\d))?(am|pm)?")
_PLACE = re.compile(r"[A-Za-z_]+/\S+")
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?")


def parse(text: str, now: datetime, home: str = UTC_ZONE) -> Schedule:
    """Read a schedule; what counts weeks or days begins with the first one after `now`.

    Where the text names no zone, its times are those of `home`.

    Raises:
        BadSchedule: it cannot be read, or never happens.

    """
    words = _clocked(text[:LONGEST].replace(",", ", ")).split()
    zone = _zone(words[-1]) if words else ""
    body = words[:-1] if zone else words
    line = NICKNAMES.get(body[0].lower(), "").split() if len(body) == 1 else _joined_lists(body)
    if line and _CRON_START.fullmatch(line[0]):
        if len(line) == _CRON_FIELDS:
            days, times = cron.days_and_times(line)
            return Schedule(" ".join(line), days, times, zone or home)
        if len(line) > 1 and "*" in line:
            raise BadSchedule(
                f"A cron line has five fields, this one has {len(line)}: "
                "minute, hour, day of the month, month, weekday.",
                " ".join(line),
            )
    return _phrase(text, [each.strip(",").lower() for each in body], zone or home, now)


def _clocked(text: str) -> str:
    """Return a text whose times are all written as 9:00 or 9am: `9.00 Uhr` and `at 9` are too."""
    plain = re.sub(r"\b(\d{1,2})\.(\d\d)(?![.\d])", r"\1:\2", text)
    plain = re.sub(r"\b(\d{1,2}:\d\d)\s*uhr\b", r"\1", plain, flags=re.IGNORECASE)
    plain = re.sub(r"\b(\d{1,2})\s*uhr\b", r"\1:00", plain, flags=re.IGNORECASE)
    plain = re.sub(r"\b(at|um)\s+(\d{1,2})(?=\s|$)(?!\s+[ap]m\b)", r"\1 \2:00", plain)
    return re.sub(r"\s+(am|pm)\b", r"\1", plain)


def _joined_lists(words: Sequence[str]) -> list[str]:
    return " ".join(words).replace(", ", ",").split()


def _phrase(text: str, words: Sequence[str], zone: str, now: datetime) -> Schedule:
    rest = [each for each in words if each and each not in _FILLERS]
    since = None
    if rest[-2:-1] == ["from"]:
        since, rest = _date(rest[-1], now), rest[:-2]
    pace = _pace(rest)
    if pace:
        said, every = pace
        return _dated(Schedule(said, Days(), tuple(range(0, DAY, every)), zone), since)
    times: list[int] = []
    while rest and (minute := _minute(rest[-1])) is not None:
        times.insert(0, minute)
        rest.pop()
    known = _days(rest or ["daily"]) if times or rest else None
    if known is None:
        raise _unreadable(text, words)
    if not times:
        raise BadSchedule(f"Say at what time: “{known[0]} 9:00”.", " ".join(words))
    said, days = known
    clock = ", ".join(f"{each // 60}:{each % 60:02}" for each in sorted(set(times)))
    schedule = Schedule(f"{said} {clock}", days, tuple(sorted(set(times))), zone)
    if since is None and (days.weeks > 1 or days.step > 1):
        since = schedule.wall(schedule.next_after(now)).date()
    return _dated(schedule, since)


def _dated(schedule: Schedule, since: date | None) -> Schedule:
    if since is None:
        return schedule
    words = f"{schedule.words} from {since}"
    return replace(schedule, words=words, days=replace(schedule.days, since=since))


def _pace(words: Sequence[str]) -> tuple[str, int] | None:
    """Return the words and the minutes of something that happens all day long."""
    match words:
        case ["hourly"] | ["every", "hour"]:
            return "hourly", 60
        case ["every", "minute"]:
            return "every minute", 1
        case ["every", number, ("minute" | "minutes" | "hour" | "hours") as unit] if (
            number.isdecimal()
        ):
            minutes = int(number) * (60 if unit.startswith("hour") else 1)
            if not minutes or DAY % minutes:
                raise BadSchedule(
                    f"Every {number} {unit} does not come out even in a day: "
                    "take a divisor, such as every 15 minutes or every 2 hours.",
                    f"every {number} {unit}",
                )
            plural = "" if int(number) == 1 else "s"
            return f"every {int(number)} {unit.rstrip('s')}{plural}", minutes
        case _:
            return None


def _days(words: Sequence[str]) -> tuple[str, Days] | None:
    match words:
        case ["daily" | "weekends" as name] | ["every", "day" | "weekend" as name]:
            return PLAIN[name]
        case ["every", number, "week" | "weeks", *names] if number == "other" or number.isdecimal():
            weeks = 2 if number == "other" else _within(int(number), MOST_WEEKS, "weeks")
            return _weekly(names, weeks)
        case ["every", number, "day" | "days"] if number.isdecimal():
            step = _within(int(number), MOST_DAYS, "days")
            return "daily" if step == 1 else f"every {step} days", Days(step=step)
        case (
            ["monthly", *which]
            | ["every", "month", *which]
            | ["every", *which, "month"]
            | [*which, "month"]
        ):
            return _monthly(which)
        case ["weekly" | "every", *names]:
            return _weekly(names, 1)
        case _:
            return _weekly(words, 1)


def _weekly(names: Sequence[str], weeks: int) -> tuple[str, Days] | None:
    found = [_weekdays(each) for each in names]
    if not found or not all(found):
        return None
    weekdays = frozenset(number for each in found for number in each)
    listed = ", ".join(WEEKDAYS[number] for number in sorted(weekdays))
    if weeks > 1:
        said = f"every {weeks} weeks on {listed}"
    else:
        said = "weekdays" if weekdays == WORKDAYS else f"every {listed}"
    return said, Days(weekdays=weekdays, weeks=weeks)


def _monthly(which: Sequence[str]) -> tuple[str, Days] | None:
    match which:
        case [ordinal, name] if ordinal in ORDINALS and len(_weekdays(name)) == 1:
            weekdays = _weekdays(name)
            said = f"monthly on the {ordinal} {WEEKDAYS[min(weekdays)]}"
            return said, Days(weekdays=weekdays, nth=ORDINALS[ordinal])
        case ["last", "day"]:
            return "monthly on the last day", Days(dates=frozenset((LAST,)))
    matches = [_ORDINAL.fullmatch(each) for each in which if each != "day"]
    dates = sorted(int(each[1]) for each in matches if each)
    if not dates or not all(matches):
        return None
    if not 1 <= dates[0] <= dates[-1] <= 31:  # noqa: PLR2004 - the longest month
        raise BadSchedule("A month has the days 1 to 31.")
    said = f"monthly on the {', '.join(map(_ordinal, dates))}"
    return said, Days(dates=frozenset(dates))


def _weekdays(word: str) -> frozenset[int]:
    """Return the weekdays of a name, a short one, or a range; none where it is no such word."""
    if word in ("weekday", "weekdays", "workday", "workdays"):
        return WORKDAYS
    first, dash, last = word.partition("-")
    begin, end = _weekday(first), _weekday(last) if dash else _weekday(first)
    if begin is None or end is None:
        return frozenset()
    return frozenset(number % 7 for number in range(begin, end + (7 if end < begin else 0) + 1))


def _weekday(word: str) -> int | None:
    fitting = (n for n, name in enumerate(WEEKDAYS) if f"{name.lower()}s".startswith(word))
    return next(fitting, None) if len(word) > 2 else None  # noqa: PLR2004 - mon, tue, wed


def _minute(word: str) -> int | None:
    """Return a time as minutes after midnight; None where the word is none."""
    named = {"midnight": 0, "noon": 12 * 60}.get(word)
    match = _TIME.fullmatch(word)
    if named is not None or match is None or not (match[2] or match[3]):
        return named
    hour, minute, half = int(match[1]), int(match[2] or 0), match[3]
    is_hour = 1 <= hour <= 12 if half else hour < 24  # noqa: PLR2004 - the two faces of a clock
    if not is_hour or minute > 59:  # noqa: PLR2004 - an hour's
        raise BadSchedule(f"“{word}” is no time of the day: write it as 9:00 or 18:30.", word)
    return (hour % 12 + 12 * (half == "pm") if half else hour) * 60 + minute


def _date(word: str, now: datetime) -> date:
    with suppress(ValueError):
        day = date.fromisoformat(word)
        if day <= now.date() + FAR:
            return day
    raise BadSchedule(
        f"“{word[:40]}” is no date to begin with: write one of the next ten years as 2026-11-23.",
        word,
    )


def _within(number: int, most: int, unit: str) -> int:
    if not 1 <= number <= most:
        raise BadSchedule(
            f"Every {number} {unit} is out of reach: take 1 to {most}.", f"{number} {unit}"
        )
    return number


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number // 10 != 1 else 0, "th")
    return f"{number}{ending}"


def _zone(word: str) -> str:
    """Return the zone that a word names; "" where it looks like none."""
    known = zone_named(word)
    if not known and _PLACE.fullmatch(word):
        raise BadSchedule(f"I know no time zone “{word[:40]}”{_meant(word) or '.'}", word)
    return known


def _meant(word: str) -> str:
    cities = {name.rpartition("/")[2]: full for name, full in zones().items() if "/" in name}
    names = {**cities, **zones()}
    wanted = (word.lower(), word.lower().rpartition("/")[2])
    near = [each for name in wanted for each in get_close_matches(name, names, 2, 0.75)]
    meant = list(dict.fromkeys(names[each] for each in near))[:3]
    return f": did you mean {' or '.join(meant)}?" if meant else ""


def _unreadable(text: str, words: Sequence[str]) -> BadSchedule:
    *before, last = words or [""]
    meant = _meant(last) if any(map(_minute, before)) and last.isalpha() else ""
    if meant:
        return BadSchedule(f"“{last[:40]}” is no time zone{meant}", last)
    short = " ".join(text.split())[:60]
    why = f"I cannot read “{short}” as a schedule." if short else "Say when."
    listed = ", ".join(f"“{each}”" for each in EXAMPLES[:3])
    return BadSchedule(f"{why} Try {listed}, or “{EXAMPLES[-1]}”.")
