"""What people say when they subscribe, put into the words that are read; pure."""

import re
from collections.abc import Sequence

FILLERS = frozenset({"and", "und", "&", "+", "to", "from", "of", "on"})
LASTS = frozenset({"only", "if", "when", "it", "lasts", "last", "for", "longer", "than"})
REHEARSING = frozenset({"preview", "dry-run", "dry_run"})
_LASTING = re.compile(r"(?:only-)?(?:if-it-)?lasts?", re.IGNORECASE)
_AMOUNT = re.compile(r"\d+(?:m|min|minute|h|hour)?s?", re.IGNORECASE)
_UNIT = re.compile(r"(?:m|min|minute|h|hour)s?", re.IGNORECASE)
_LINK = re.compile(r"https?://[^/\s]+/([\w.-]+/[\w.-]+?)(?:\.git|/.*)?")
_CHANGES = frozenset({("changes", "only"), ("only", "changes")})


def plain(words: Sequence[str]) -> list[str]:
    """Return words in which `only if it lasts 15 min` is `for=15min`, and a link is its repository.

    Words that only hold others together are left out.
    """
    made: list[str] = []
    left = [*words]
    while left:
        lasting, taken = _lasting(left)
        if lasting:
            made.append(lasting)
        elif tuple(each.lower() for each in left[:2]) in _CHANGES:
            made, taken = [*made, "changes-only"], 2
        else:
            taken = 1
            if left[0].lower() not in FILLERS:
                made.append(_pattern(left[0]))
        left = left[taken:]
    return made


def rehearsed(words: Sequence[str]) -> tuple[list[str], bool]:
    """Return the words without those that ask only for a look, and whether there were any."""
    kept = [each for each in words if each.removeprefix("--").lower() not in REHEARSING]
    return kept, len(kept) < len(words)


def _lasting(words: Sequence[str]) -> tuple[str, int]:
    """Return for how long a failure has to last as these words begin; "" where they do not say."""
    name, equals, value = words[0].removeprefix("--").partition("=")
    if equals:
        return (f"for={value}", 1) if _LASTING.fullmatch(name) else ("", 0)
    place = 1 if _LASTING.fullmatch(name) else 0
    while place < len(words) and words[place].removeprefix("--").lower() in LASTS:
        place += 1
    if not place or place == len(words) or not _AMOUNT.fullmatch(words[place]):
        return "", 0
    unit = words[place + 1] if place + 1 < len(words) else ""
    if words[place].isdecimal() and _UNIT.fullmatch(unit):
        return f"for={words[place]} {unit}", place + 2
    return f"for={words[place]}", place + 1


def _pattern(word: str) -> str:
    """Return a link to a repository as its name, and a name without the mark behind it."""
    if found := _LINK.fullmatch(word):
        return found[1]
    return word.rstrip(".,;!") if re.fullmatch(r"[\w./*-]+[.,;!]+", word) else word
