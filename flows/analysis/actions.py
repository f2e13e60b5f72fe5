"""Action items in what people wrote: what is to be done, by whom, until when; by rule alone."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import msgspec

from flows.engine.talk import Said

LONGEST = 200
MOST = 20
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAME = r"[A-Za-z][\w.-]{0,38}"
_BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")
_MARK = re.compile(
    r"^(?:\[ ?\]|☐|(?:to[ -]?do|action(?: item)?|ai|task)\s*[:–-])\s*", re.IGNORECASE
)
_VERBS = "please|will|to|can you|could you"
_OWNER = re.compile(
    rf"^(?:@(?P<mention>{_NAME})(?:\s*[:,–-])?\s+(?:(?:{_VERBS})\s+)?"
    rf"|(?P<name>{_NAME})(?::\s+|\s+(?:will|to)\s+))",
    re.IGNORECASE,
)
_ASKED = re.compile(rf"^@{_NAME}(?:\s*[:,–-])?\s+(?:{_VERBS})\s+", re.IGNORECASE)
_ANYBODY = re.compile(rf"\(?@(?P<mention>{_NAME})\)?")
_BY = r"\b(?:by|until|till|due|before)(?:\s+on)?:?\s+"
_MONTH, _NUMBER = rf"(?:{'|'.join(MONTHS)})[a-z]*", r"\d{1,2}(?:st|nd|rd|th)?"
_DAY = (
    r"\d{4}-\d\d-\d\d|today|tomorrow|(?:the )?end of (?:the |this )?week|next week"
    rf"|(?:next )?(?:{'|'.join(DAYS)})|{_NUMBER}\.?\s+{_MONTH}|{_MONTH}\s+{_NUMBER}"
)
_DUE = re.compile(
    rf"\s*[(,]?\s*(?:{_BY}(?P<when>{_DAY})|\b(?P<bare>today|tomorrow))\)?(?=[\s.,;!)]|$)",
    re.IGNORECASE,
)


class Item(msgspec.Struct, frozen=True):
    """One action item; `owner` is the name that was written, "" where none was."""

    what: str
    owner: str = ""
    due_on: date | None = None
    link: str = ""
    said_by: str = ""


def items_of(said: Iterable[Said]) -> list[Item]:
    """Return the action items of a thread, each once, in the order of writing.

    A line is one where it begins with a mark (`[ ]`, `To do:`, `Action:`, `AI:`, `Task:`), or asks
    somebody (`@bo please …`, `@bo will …`, `@bo to …`). The first name is its owner; a day after
    "by" or "until" is when it is due, counted from the day of the message.
    """
    found: dict[tuple[str, str], Item] = {}
    for message in said:
        for line in message.text.splitlines():
            item = _item(line, message)
            if item:
                found.setdefault((item.what.lower(), item.owner.lower()), item)
    return list(found.values())[:MOST]


def item_from(text: str, said_by: str, today: date, link: str) -> Item:
    """Return a message as one action item: whoever chose it has said that it is one."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return _read(_MARK.sub("", _BULLET.sub("", first)).strip(), said_by, today, link)


def due_from(words: str, today: date) -> date | None:
    """Return the day that `Friday`, `10 March`, `tomorrow` and so on mean from some day on."""
    words = " ".join(words.lower().split())
    return _relative(words, today) or _dated(words, today)


def _relative(words: str, today: date) -> date | None:
    if words in ("today", "tomorrow"):
        return today + timedelta(days=words == "tomorrow")
    if "end of" in words:
        return today + timedelta(days=(4 - today.weekday()) % 7)
    if words == "next week":
        return today + timedelta(days=7 - today.weekday())
    if words.removeprefix("next ") in DAYS:
        ahead = (DAYS.index(words.removeprefix("next ")) - today.weekday()) % 7
        return today + timedelta(days=ahead or 7)
    return None


def _dated(words: str, today: date) -> date | None:
    try:
        if words[:4].isdigit():
            return date.fromisoformat(words)
        month = next(MONTHS.index(each[:3]) + 1 for each in words.split() if each[:3] in MONTHS)
        number = int(re.sub(r"\D", "", words))
        meant = date(today.year, month, number)
        return meant if meant >= today else date(today.year + 1, month, number)
    except (ValueError, StopIteration):
        return None  # a day that no calendar has


def person_of(name: str, people: Sequence[str]) -> str:
    """Return whom of these people a name means; "" where that is nobody, or several."""
    wanted = name.lower()
    same = [each for each in people if each.lower() == wanted]
    near = same or [each for each in people if each.lower().split(" ")[0].split(".")[0] == wanted]
    return near[0] if len(near) == 1 else ""


def _item(line: str, message: Said) -> Item | None:
    bare = _BULLET.sub("", line).strip()
    marked = _MARK.sub("", bare, count=1)
    if marked == bare and not _ASKED.match(bare):
        return None
    item = _read(marked.strip(), message.author, message.at.date(), message.link)
    return item if item.what else None


def _read(words: str, said_by: str, today: date, link: str) -> Item:
    owner = ""
    if found := _OWNER.match(words):
        owner = found["mention"] or found["name"]
        words = words[found.end() :]
    elif found := _ANYBODY.search(words):
        owner = found["mention"]
        words = words[: found.start()] + words[found.end() :]
    due = None
    if found := _DUE.search(words):
        due = due_from(found["when"] or found["bare"], today)
        words = words[: found.start()] + words[found.end() :] if due else words
    what = " ".join(words.split()).strip(" .,;:–-")
    what = what if len(what) <= LONGEST else f"{what[: LONGEST - 1]}…"
    return Item(f"{what[:1].upper()}{what[1:]}", owner, due, link, said_by)
