"""What people say about their time, put into the words that the settings take; pure."""

import re
from collections.abc import Mapping, Sequence

from flows.engine.freezes import DAYS

COUNTS: Mapping[str, str] = {
    "a": "1",
    "an": "1",
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "einen": "1",
    "eine": "1",
    "zwei": "2",
    "drei": "3",
    "vier": "4",
    "fünf": "5",
}
UNITS = {"tag": "day", "woch": "week", "stund": "hour", "minut": "min"}
OF_CLOCKS = frozenset({"uhr", "at", "um", "daily", "täglich"})
SPANS = ("-", "–", "bis", "to", "until", "till")
LEADS = ("until", "till", "til", "bis", "for", "für", "to", "zum", "am", "on")
FULL = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
GERMAN = ("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag")
WEEKDAYS: Mapping[str, int] = {
    name: number
    for names in (DAYS, FULL, GERMAN, [each[:2] for each in GERMAN])
    for number, name in enumerate(names)
}
MONTHS: Mapping[str, int] = {
    **{
        name: number
        for number, name in enumerate(
            ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
        )
    },
    "mär": 3,
    "mrz": 3,
    "mai": 5,
    "okt": 10,
    "dez": 12,
}
_MONTH = re.compile(
    r"(jan|feb|mar|mär|mrz|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-zä]{0,6}\.?,?",
    re.IGNORECASE,
)
_DAY = re.compile(r"(\d{1,2})(?:\.|st|nd|rd|th)?,?", re.IGNORECASE)
_YEAR = re.compile(r"20\d\d")
_UNIT = re.compile(
    r"(?:m|min|minute|h|hour|d|day|w|week)s?|(?:tage?|woche|stunde|minute)n?", re.IGNORECASE
)


def plain(words: Sequence[str], settings: Sequence[str]) -> list[str]:
    """Return a command about oneself in the words that it is read in.

    `zone=Europe/Berlin` is two words, `9 bis 17 Uhr` and `3 days` are one, `24. Dezember` is a day,
    and a queue of which nothing is said is shown.
    """
    verb, *rest = words
    if verb == "me":
        return [verb, *_setting(rest, settings)]
    if verb in ("away", "snooze"):
        while len(rest) > 1 and rest[0].lower() in LEADS:
            rest = rest[1:]
        return [verb, *(_moment(rest) if len(rest) > 1 else rest)]
    return [*words]


def _setting(rest: Sequence[str], settings: Sequence[str]) -> list[str]:
    name, equals, value = (rest[0] if rest else "").removeprefix("--").partition("=")
    if equals and name.lower() in settings:
        rest = [name, *([value] if value else []), *rest[1:]]
    named = rest[0].lower() if rest else ""
    if named == "hours":
        return [rest[0], *_span(rest[1:])]
    if named == "holidays" and len(rest) > 1:
        return [rest[0], "-".join(rest[1:])]
    if named in ("queue", "quiet"):
        rest = [rest[0], *(each for each in rest[1:] if each.lower() not in OF_CLOCKS)]
    if named == "queue" and len(rest) == 1:
        return [rest[0], "now"]
    return [*rest]


def _span(words: Sequence[str]) -> list[str]:
    """Return the words of `9 bis 17 Uhr mon-thu` with the hours as one of them."""
    kept = [each for each in words if each.lower() not in ("uhr", "from", "von")]
    if len(kept) > 2 and kept[1].lower() in SPANS:  # noqa: PLR2004 - from, dash, to
        return [f"{kept[0]}-{kept[2]}", *_span_of_days(kept[3:])]
    return [*kept[:1], *_span_of_days(kept[1:])]


def _span_of_days(words: Sequence[str]) -> list[str]:
    if len(words) == 3 and words[1].lower() in SPANS:  # noqa: PLR2004 - from, dash, to
        return [f"{words[0]}-{words[2]}"]
    return [*words]


def _moment(words: Sequence[str]) -> list[str]:
    """Return words that begin with a time with that as the first of them."""
    first, second, *more = words
    first = COUNTS.get(first.lower(), first) if _UNIT.fullmatch(second) else first
    if first.isdecimal() and _UNIT.fullmatch(second):
        return [f"{first} {UNITS.get(second.lower().rstrip('ne'), second)}", *more]
    if first.lower() in ("next", "nächsten") and second.lower().rstrip(",") in WEEKDAYS:
        return [second, *more]
    if (first.lower(), second.lower()) == ("next", "week"):
        return ["monday", *more]
    day, month = _DAY.fullmatch(first), _MONTH.fullmatch(second)
    if month is None:
        day, month = _DAY.fullmatch(second), _MONTH.fullmatch(first)
    if day and month:
        year = more.pop(0) if more and _YEAR.fullmatch(more[0]) else ""
        return [f"{day[1]}.{MONTHS[month[1].lower()]}.{year}", *more]
    return [*words]
