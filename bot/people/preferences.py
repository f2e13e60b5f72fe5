"""What somebody says about their time, read from words; pure."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from bot.words import Misread, quoted
from flows.engine.freezes import DAYS, duration, zone_called
from flows.engine.hours import FIVE, NINE, WORKDAYS, checked_place
from flows.engine.schedule import instant
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
_PROJECT = re.compile(r"[\w.-]{1,100}/[\w.-]{1,100}")
_CLOCK = re.compile(r"(\d{1,2})(?::(\d\d))?")
_SWITCH = {"on": True, "yes": True, "off": False, "no": False}
_NAMES = {name: number for number, name in enumerate(DAYS)}
_NAMES |= {
    name: number
    for number, name in enumerate(
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    )
}


def changed(settings: PersonSettings, words: Sequence[str]) -> PersonSettings:
    """Return the settings with what `me …` says of them; `words` are those of the whole command.

    Raises Misread, with a mark under the word at fault and an example that is right.
    """
    name, given = words[1].lower(), words[2:]
    if name not in SETTINGS:
        raise Misread(
            f"You have no setting {quoted(words[1])}: there are {', '.join(SETTINGS)}. Example: ",
            Code("/flow me zone Europe/Berlin"),
        ).at(words, 1)
    most = 2 if name == "hours" else 1
    if not given or len(given) > most:
        why = f"Say what {name} should be: " if not given else "That is one word too many: "
        raise Misread(why, Code(f"/flow {EXAMPLES[name]}")).at(words, 1 if not given else most + 2)
    value = given[0]
    try:
        match name:
            case "zone":
                return _with(settings, zone=_zone(value))
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
        raise _misread(str(error), name).at(words, 2) from error


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
    """Return the instant that `14:00`, `2h`, `tomorrow`, `friday` or `2026-12-24` names.

    A day is named for its start of work; raises ValueError.
    """
    zone, said = ZoneInfo(settings.zone or "UTC"), word.lower()
    today = now.astimezone(zone).date()
    if said == "tomorrow":
        return _start(settings, today + DAY)
    if said in _NAMES:
        ahead = (_NAMES[said] - today.weekday() - 1) % 7 + 1
        return _start(settings, today + ahead * DAY)
    if found := _CLOCK.fullmatch(said):
        minutes = _minutes(found[1], found[2], word)
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


def _zone(word: str) -> str:
    """Return the name of a zone as the database spells it; raises ValueError."""
    try:
        return str(zone_called(word))
    except ValueError:
        if "/" not in word and word.upper() != "UTC":
            raise
        parts = [each.capitalize() for each in re.split(r"([/_-])", word)]
        return str(zone_called("UTC" if word.upper() == "UTC" else "".join(parts)))


def _hours(settings: PersonSettings, words: Sequence[str]) -> PersonSettings:
    """Read `09:00-17:00 mon-thu`; without days those of before stay."""
    value = words[2].lower()
    if value == "off":
        return _with(settings, has_hours=False, begin=NINE, end=FIVE, days=tuple(sorted(WORKDAYS)))
    begin, dash, end = value.replace("–", "-").partition("-")
    if not dash:
        raise ValueError(f"{quoted(value)} is no span of hours")
    first, last = _clock(begin), _clock(end)
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
            if name not in _NAMES:
                raise ValueError(f"{quoted(name)} is no day: write mon to sun, as mon-thu")
        begin, end = _NAMES[first], _NAMES[last if dash else first]
        span = (end - begin) % len(DAYS)
        found |= {(begin + each) % len(DAYS) for each in range(span + 1)}
    return tuple(sorted(found))


def _clock(word: str) -> int:
    found = _CLOCK.fullmatch(word)
    if not found:
        raise ValueError(f"{quoted(word)} is no time of the day")
    return _minutes(found[1], found[2], word)


def _minutes(hour: str, minute: str | None, word: str) -> int:
    made = int(hour) * 60 + int(minute or 0)
    if int(hour) > 23 or int(minute or 0) > 59:  # noqa: PLR2004 - as clocks count
        raise ValueError(f"There is no time {word}")
    return made


def _switch(word: str) -> bool:
    if word.lower() not in _SWITCH:
        raise ValueError(f"{quoted(word)} is neither on nor off")
    return _SWITCH[word.lower()]


def _start(settings: PersonSettings, day: date) -> datetime:
    return _at(settings, day, settings.begin)


def _at(settings: PersonSettings, day: date, minutes: int) -> datetime:
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
    return instant(wall, ZoneInfo(settings.zone or "UTC")).astimezone(UTC)
