"""What people say in plain words for a flow: phrases such as `ship {repo}`, read and checked."""

import re
from collections.abc import Iterable

from flows.engine.errors import AuthorError

_WORD = re.compile(r"[a-z0-9][a-z0-9'-]*")
_PLACE = re.compile(r"\{([a-z_]+)\}")
SINCE, WINDOW = "since", "window"
SHORTEST = 2  # words


def place_of(word: str) -> str:
    """Return the input that stands in the place of this word of a phrase, "" for a plain word."""
    found = _PLACE.fullmatch(word)
    return found[1] if found else ""


def words_of(phrase: str) -> tuple[str, ...]:
    """Return the words of a phrase as they are compared, without the mark at its end."""
    return tuple(phrase.rstrip("?!. ").split())


def check(phrases: Iterable[str], fields: Iterable[str]) -> None:
    """Raise AuthorError where a phrase cannot be compared or names no input of the flow."""
    known = set(fields)
    known |= {SINCE} if WINDOW in known else set()
    for phrase in phrases:
        words = words_of(phrase)
        places = [place for word in words if (place := place_of(word))]
        plain = [word for word in words if not place_of(word)]
        if not all(map(_WORD.fullmatch, plain)):
            raise AuthorError(f"The phrase {phrase!r} has more than small letters and {{inputs}}.")
        if len(words) < SHORTEST or not plain or words[0] not in plain:
            raise AuthorError(f"The phrase {phrase!r} needs a plain word first, and another word.")
        if len(set(places)) < len(places):
            raise AuthorError(f"The phrase {phrase!r} names an input twice.")
        if unknown := set(places) - known:
            has = ", ".join(sorted(known)) or "none"
            raise AuthorError(f"The phrase {phrase!r} names {min(unknown)!r}; inputs are {has}.")
