"""Patterns with `*`, `**` and `?`: matched in one pass over the text, whatever the pattern; pure.

Everything else stands for itself, so that `*[bot]` means the bots of GitHub.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["char", "one", "part", "all", "folders", "inside"]

SLASH = "/"


@dataclass(frozen=True, slots=True)
class _Token:
    kind: Kind
    char: str = ""


def matches(glob: str, text: str, *, is_path: bool = False) -> bool:
    """Say whether a whole text fits a pattern, in upper or lower case.

    In a path, `*` and `?` stay within one folder, and `**` goes through any number of them.
    """
    tokens = _tokens(glob.casefold(), is_path)
    places = _reached(tokens, (0,))
    for char in text.casefold():
        places = _after(tokens, places, char)
        if not places:
            return False
    return len(tokens) in places


@lru_cache(maxsize=1000)
def _tokens(glob: str, is_path: bool) -> tuple[_Token, ...]:
    if is_path and glob.endswith(SLASH):
        glob += "**"  # a folder means what is in it
    found: list[_Token] = []
    place = 0
    while place < len(glob):
        rest = glob[place:]
        if is_path and rest.startswith("**/"):
            found += [_Token("folders"), _Token("inside")]
            place += 3
        elif rest.startswith("*"):
            stars = len(rest) - len(rest.lstrip("*"))
            found.append(_Token("all" if stars > 1 or not is_path else "part"))
            place += stars
        else:
            found.append(_Token("one") if rest[0] == "?" else _Token("char", rest[0]))
            place += 1
    return tuple(found)


def _reached(tokens: tuple[_Token, ...], places: Iterable[int]) -> frozenset[int]:
    """Return these places in the pattern, and those that are reached from them for nothing."""
    found, left = set[int](), list(places)
    while left:
        place = left.pop()
        if place in found:
            continue
        found.add(place)
        kind = tokens[place].kind if place < len(tokens) else "char"
        if kind in ("part", "all"):
            left.append(place + 1)
        elif kind == "folders":
            left.append(place + 2)
    return frozenset(found)


def _after(tokens: tuple[_Token, ...], places: frozenset[int], char: str) -> frozenset[int]:
    """Return the places in the pattern that are reached by one more character."""
    found = set[int]()
    for place in places:
        if place == len(tokens):
            continue
        token = tokens[place]
        if token.kind == "all" or (token.kind == "part" and char != SLASH):
            found.add(place)
        elif token.kind in ("folders", "inside"):
            inside = place + (token.kind == "folders")
            found |= {inside, inside + 1} if char == SLASH else {inside}
        elif token.char == char or (token.kind == "one" and char != SLASH):
            found.add(place + 1)
    return _reached(tokens, found)
