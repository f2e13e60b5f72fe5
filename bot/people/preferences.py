"""What somebody says about their time, read from words; pure."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from bot.people.phrasing import WEEKDAYS
from bot.words import Misread, quoted
from flows.engine.freezes import DAYS, duration
from flows.engine.hours import FIVE, NINE, WORKDAYS, checked_place
from flows.engine.schedule import instant
from flows.engine.zones import zone_called
from flows.report import Code
from storage.people import PersonSettings

LONGEST_WHY = 200
LONGEST_AWAY = timedelta(days=400)
DAY = timedelta(days=1)
SETTINGS = ("zone", "hours", "holidays", "quiet", "mentions", "queue", "news", "pins")
EXAMPLES = {
    "zone": "me zone Europe/Berlin",
    "hours": "me hours 09:00-17:00 mon-thu",
    "holidays": "me holidays DE-BE",
    "quiet": "me quiet on",
    "mentions": "me mentions off",
    "queue": "me queue 09:30",
    "news": "me news on",
    "pins": "me pins acme/shop,acme/api",
    "away": "away until friday On holiday",
    "snooze": "snooze 1h",
}
MOST_PINS = 10
NOON = 12
_PROJECT = re.compile(r"[\w.-]{1,100}/[\w.-]{1,100}")
_CLOCK = re.compile(r"(\d{1,2})(?:[:.](\d\d))?(am|pm)?", re.IGNORECASE)
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})?")  # as Germans write it
_SWITCH = {"on": True, "yes": True, "an": True, "ein": True, "ja": True}
_SWITCH |= {"off": False, "no": False, "aus": False, "nein": False}


def changed(settings: PersonSettings, words: Sequence[str]) -> PersonSettings:
    """Return the settings with what `me …` says of them; `words` are those of the whole command.

    Raises Misread, with a mark under the word at fault and an example that is right.
    """
    name, given = words[1].lower(), words[2:]
    if name not in SETTINGS:
        raise _unknown(words[1]).at(words, 1)
    most = 2 if name == "hours" else 1
    if not given or len(given) > most:
        why = f"Say what {name} should be: " if not given else "That is one word too many: "
        raise Misread(why, Code(f"/flow {EXAMPLES[name]}")).at(words, 1 if not given else most + 2)
    value = given[0]
    try:
        match name:
            case "zone":
                return _with(settings, zone=zone_called(value).key)
            case "hours":
                return _hours(settings, words)
            case "holidays":
                place = "" if value.lower() in ("off", "none") else checked_place(value)
                return _with(settings, holidays=place)
            case "queue":
                return _with(settings, queue_at=None if value.lower() == "off" else _clock(value))
            case "pins":
                return _with(settings, pins=() if value.lower() == "off" else _pins(value))
            case _:
                return _with(settings, **{name: _switch(value)})
    except ValueError as error:
        is_span = name == "quiet" and value[:1].isdecimal()
        why = "quiet is on or off; when messages may come is said with the hours"
        misread = _misread(why, "hours") if is_span else _misread(str(error), name)
        raise misread.at(words, 2) from error


def back_at(settings: PersonSettings, words: Sequence[str], now: datetime) -> tuple[datetime, str]:
    """Return until when somebody is away by `away until friday WHY`, and why.

    Raises Misread with a mark, as above.
    """
    first = 2 if words[1:2] and words[1].lower() in ("until", "for") else 1
    if len(words) <= first:
        raise _misread("Say until when you are away", "away").at(words, len(words) - 1)
    try:
        until = when(settings, words[first], now)
    except ValueError as error:
        raise _misread(str(error), "away").at(words, first) from error
    if not now < until <= now + LONGEST_AWAY:
        late = "that is already over" if until <= now else "that is more than a year away"
        raise _misread(f"{quoted(words[first])} cannot be: {late}", "away").at(words, first)
    why = " ".join(words[first + 1 :])
    if len(why) > LONGEST_WHY:
        raise _misread(f"Say why in at most {LONGEST_WHY} characters", "away")
    return until, why


def away(settings: PersonSettings, until: datetime | None, why: str) -> PersonSettings:
    """Return the settings of somebody who is away until then; None: who is back."""
    return _with(settings, away_until=until, away_why=why)


def when(settings: PersonSettings, word: str, now: datetime) -> datetime:
    """Return the instant of `14:00`, `2h`, `tomorrow`, `friday`, `2026-12-24` or `24.12.`.

    A day is named for its start of work; raises ValueError.
    """
    zone, said = ZoneInfo(settings.zone or "UTC"), word.lower().rstrip(",")
    today = now.astimezone(zone).date()
    if said in ("tomorrow", "morgen"):
        return _start(settings, today + DAY)
    if said in WEEKDAYS:
        ahead = (WEEKDAYS[said] - today.weekday() - 1) % 7 + 1
        return _start(settings, today + ahead * DAY)
    if found := _DAY_FIRST.fullmatch(said):
        return _start(settings, _day_called(found, today))
    if found := _CLOCK.fullmatch(said):
        minutes = _minutes(found, word)
        at = _at(settings, today, minutes)
        return at if at > now else _at(settings, today + DAY, minutes)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", said):
        try:
            return _start(settings, datetime.fromisoformat(said).date())
        except (ValueError, OverflowError) as error:  # the last day there is has no end in UTC
            raise ValueError(f"There is no day {word}") from error
    try:
        return now + duration(word)
    except ValueError as error:
        raise ValueError(
            f"{quoted(word)} is no time: write 2h, 14:00, tomorrow, friday or 2026-12-24"
        ) from error


def next_business_day(settings: PersonSettings, now: datetime) -> datetime:
    """Return the first start of work on a later day."""
    tomorrow = now.astimezone(ZoneInfo(settings.zone or "UTC")).date() + DAY
    midnight = _at(settings, tomorrow, 0)
    return settings.work.next_start(midnight - timedelta(seconds=1))


def next_queue(settings: PersonSettings, now: datetime) -> datetime | None:
    """Return when somebody is sent next what waits for them; only on a day of work."""
    if settings.queue_at is None:
        return None
    day = now.astimezone(ZoneInfo(settings.zone or "UTC")).date()
    work = settings.work
    while True:
        at = _at(settings, day, settings.queue_at)
        is_workday = day.weekday() in work.days and not work.holiday(at)
        if at > now and is_workday and not settings.away(at):
            return at
        day += DAY


def _pins(words: str) -> tuple[str, ...]:
    """Return the projects of `acme/shop,acme/api`; raises ValueError."""
    names = tuple(dict.fromkeys(filter(None, words.split(","))))
    if wrong := [each for each in names if not _PROJECT.fullmatch(each)]:
        raise ValueError(f"{quoted(wrong[0])} names no repository with its owner.")
    if not 0 < len(names) <= MOST_PINS:
        raise ValueError(f"Pin at most {MOST_PINS} projects.")
    return names


def shown_days(days: Sequence[int]) -> str:
    """Return `Mon–Thu`, or `Mon, Wed, Fri`."""
    names = [DAYS[each].title() for each in sorted(days)]
    in_row = sorted(days) == list(range(min(days), max(days) + 1))
    return f"{names[0]}–{names[-1]}" if in_row and len(names) > 1 else ", ".join(names)


def _with(settings: PersonSettings, **given: object) -> PersonSettings:
    return msgspec.structs.replace(settings, **given)


def _misread(why: str, name: str) -> Misread:
    asked = why if why.endswith("?") else f"{why.rstrip('.')}."
    return Misread(f"{asked} Example: ", Code(f"/flow {EXAMPLES[name]}"))


def _unknown(name: str) -> Misread:
    if name.lower() == "days":
        return _misread("The days of work are said with the hours", "hours")
    shown = Code("/flow me zone Europe/Berlin")
    known = ", ".join(SETTINGS)
    return Misread(f"You have no setting {quoted(name)}: there are {known}. Example: ", shown)


def _hours(settings: PersonSettings, words: Sequence[str]) -> PersonSettings:
    """Read `09:00-17:00 mon-thu`; without days those of before stay."""
    value = words[2].lower()
    if value == "off":
        return _with(settings, has_hours=False, begin=NINE, end=FIVE, days=tuple(sorted(WORKDAYS)))
    begin, dash, end = value.replace("–", "-").partition("-")
    if not dash:
        raise ValueError(f"{quoted(value)} is no span of hours")
    first, last = _clock(begin), _clock(end)
    if last < first < NOON * 60 and end.isdecimal():
        last += NOON * 60  # 9-5 is a day of work, and none of twenty hours
    if first == last:
        raise ValueError("The day has to end at another time than it begins")
    days = settings.days
    if len(words) > len(("me", "hours", "span")):
        try:
            days = _days(words[3])
        except ValueError as error:
            raise _misread(str(error), "hours").at(words, 3) from error
    return _with(settings, has_hours=True, begin=first, end=last, days=days)


def _days(words: str) -> tuple[int, ...]:
    """Return the days of `mon-thu` or `mon,wed,fri`, counted from Monday, 0."""
    found: set[int] = set()
    for part in words.lower().replace("–", "-").split(","):
        first, dash, last = part.partition("-")
        for name in (first, *([last] if dash else [])):
            if name not in WEEKDAYS:
                raise ValueError(f"{quoted(name)} is no day: write mon to sun, as mon-thu")
        begin, end = WEEKDAYS[first], WEEKDAYS[last if dash else first]
        span = (end - begin) % len(DAYS)
        found |= {(begin + each) % len(DAYS) for each in range(span + 1)}
    return tuple(sorted(found))


def _clock(word: str) -> int:
    found = _CLOCK.fullmatch(word)
    if not found:
        raise ValueError(f"{quoted(word)} is no time of the day")
    return _minutes(found, word)


def _minutes(clock: re.Match[str], word: str) -> int:
    hour, minute, half = int(clock[1]), int(clock[2] or 0), (clock[3] or "").lower()
    if half and hour <= NOON:
        hour = hour % NOON + (NOON if half == "pm" else 0)
    if hour > 23 or minute > 59:  # noqa: PLR2004 - as clocks count
        raise ValueError(f"There is no time {word}")
    return hour * 60 + minute


def _switch(word: str) -> bool:
    if word.lower() not in _SWITCH:
        raise ValueError(f"{quoted(word)} is neither on nor off")
    return _SWITCH[word.lower()]


def _day_called(found: re.Match[str], today: date) -> date:
    """Return the day of `24.12.2026`, or the next one of `24.12.`; raises ValueError."""
    day, month, year = int(found[1]), int(found[2]), found[3]
    try:
        if year:
            return date(int(year), month, day)
        this = date(today.year, month, day)
        return this if this > today else date(today.year + 1, month, day)
    except ValueError as error:
        raise ValueError(f"There is no day {found[0]}") from error


def _start(settings: PersonSettings, day: date) -> datetime:
    return _at(settings, day, settings.begin)


def _at(settings: PersonSettings, day: date, minutes: int) -> datetime:
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
    return instant(wall, ZoneInfo(settings.zone or "UTC")).astimezone(UTC)
