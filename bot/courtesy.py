"""What people type around a command out of habit, taken off before it is read; pure."""

import re
from collections.abc import Sequence

from flows.engine.spec import Params

KIND = frozenset({"please", "pls", "bitte", "thanks", "thx", "danke"})
CAN = frozenset({"can", "could", "would", "will"})
GREETINGS = frozenset(
    {"?", "hi", "hello", "hey", "hallo", "moin", "-h", "--help", "commands", "menu"}
)
ASKING = frozenset({("can", "you", "help", "me"), ("what", "can", "you", "do")})
STARTS = GREETINGS | {each[0] for each in ASKING} | {""}
WINDOW = "window"
MARKS = ".,;!?"
LEADS = frozenset({"last", "past", "the", "for", "in", "over", "letzte", "letzten"})
_ENDS = re.compile(r"(.*[\w\]])[.,;!?]+", re.DOTALL)
_REPOSITORY = re.compile(r"(?:--)?(?:\w+=)?[\w-][\w.-]*/[\w.-]*[\w-][.,;!?]+")
_LENGTHS = ("day", "week", "month", "year", "hour", "minute", "min", "h", "d", "w", "m", "y")
UNITS = frozenset((*_LENGTHS, *(f"{each}s" for each in _LENGTHS)))
_PARTED = UNITS | {"since"}
_COUNT = re.compile(r"(?:(?:--)?\w+=)?\d{1,6}")


def is_greeting(words: Sequence[str]) -> bool:
    """Say whether somebody only says hello, or asks what there is."""
    if not words or words[0].lower().rstrip("?!.") not in STARTS:
        return False
    bare = tuple(each.lower().rstrip("?!.") or each for each in words)
    return (len(bare) == 1 and bare[0] in GREETINGS) or bare in ASKING


def without_please(words: Sequence[str]) -> list[str]:
    """Return a command without the courtesies before and after it."""
    if not (words and (_is_kind(words[0]) or _is_kind(words[-1]) or _asks(words))):
        return [*words]
    kept = [*words]
    while kept and (_is_kind(kept[0]) or _asks(kept)):
        kept = kept[2:] if _asks(kept) else kept[1:]
    while len(kept) > 1 and _is_kind(kept[-1]):
        kept.pop()
    return kept


def read_kindly(words: Sequence[str], model: type[Params]) -> list[str]:
    """Return the words after a flow's name without the marks of a sentence.

    `12 weeks` is one value; so is `last 30 days` where a window is asked for.
    """
    plain = [
        _unmarked(each, is_last=number == len(words)) if each[-1:] in MARKS else each
        for number, each in enumerate(words, 1)
    ]
    return united(plain, has_window=WINDOW in model.model_fields)


def _asks(words: Sequence[str]) -> bool:
    return words[0].lower() in CAN and len(words) > 2 and words[1].lower() == "you"  # noqa: PLR2004 - and what


def _is_kind(word: str) -> bool:
    return word.lower().rstrip(".,!") in KIND


def _unmarked(word: str, *, is_last: bool) -> str:
    """Return a word without the mark behind it: that of a repository, and the last one of all."""
    is_end = is_last and " " not in word and "://" not in word
    found = _ENDS.fullmatch(word) if is_end or _REPOSITORY.fullmatch(word) else None
    return found[1] if found else word


def united(words: Sequence[str], *, has_window: bool = False) -> list[str]:
    """Return words in which a value is one: `--for 2 hours`, `window=12 weeks`, `of = a, b`."""
    words = _valued(words)
    if _PARTED.isdisjoint(map(str.lower, words)):
        return [*words]
    made: list[str] = []
    left = [*words]
    while left:
        lead = 0
        while has_window and lead < len(left) and left[lead].lower() in LEADS:
            lead += 1
        length = _length(left[lead : lead + 2])
        is_of_option = "=" in length or (bool(made) and made[-1].startswith("--"))
        if length and (is_of_option or has_window):
            made.append(length if is_of_option else f"{WINDOW}={length}")
            left = left[lead + 2 :]
        elif has_window and left[0].lower() == "since" and len(left) > 1:
            made.append(f"since={left[1]}")
            left = left[2:]
        else:
            made.append(left.pop(0))
    return made


def _valued(words: Sequence[str]) -> list[str]:
    """Return words without the blanks around an equals sign, and after a comma in a value."""
    made: list[str] = []
    left = [*words]
    while left:
        word = left.pop(0)
        if left[1:] and left[0] == "=" and word.removeprefix("--").isidentifier():
            word, left = f"{word}={left[1]}", left[2:]
        while left and _goes_on(word) and not left[0].startswith("-") and "=" not in left[0]:
            word += left.pop(0)
        made.append(word)
    return made


def _goes_on(word: str) -> bool:
    return word.endswith(",") and "=" in word and " " not in word


def _length(pair: Sequence[str]) -> str:
    """Return the length that two words are, the first one perhaps with a name; "" for none."""
    is_length = len(pair) > 1 and _COUNT.fullmatch(pair[0]) and pair[1].lower() in UNITS
    return " ".join(pair) if is_length else ""
