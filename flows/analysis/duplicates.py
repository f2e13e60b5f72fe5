"""Duplicated code: stretches of lines that stand in several places."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

BLOCK = 10  # lines of code in a row, as SonarQube counts them for most languages
FEWEST_LETTERS = 120  # of a block: ten closing brackets are no copy of anything


@dataclass(frozen=True, slots=True)
class Copy:
    """Lines that stand elsewhere before; `other` is the first such place."""

    path: str
    first: int
    last: int
    other: str
    other_line: int


@dataclass(frozen=True, slots=True)
class Duplicates:
    """How many of all lines of code stand in several places, and the longest stretches."""

    lines: int
    of: int
    copies: tuple[Copy, ...]


def duplicates_in(code: Mapping[str, Sequence[tuple[int, str]]]) -> Duplicates:
    """Return the copies in files of code, each a list of line numbers and stripped lines.

    A line is duplicated where it is part of ten lines in a row that stand in two places or more;
    blanks and comments are left out before.
    """
    places: dict[int, list[tuple[str, int]]] = {}
    for path in sorted(code):
        texts = [text for _, text in code[path]]
        for start in range(len(texts) - BLOCK + 1):
            block = texts[start : start + BLOCK]
            if sum(map(len, block)) >= FEWEST_LETTERS:
                places.setdefault(hash(tuple(block)), []).append((path, start))
    marked: dict[str, dict[int, tuple[str, int]]] = {}
    for found in places.values():
        for index, (path, start) in enumerate(found):
            if len(found) > 1:
                other = found[0] if index else found[1]
                marks = marked.setdefault(path, {})
                for offset in range(BLOCK):
                    marks.setdefault(start + offset, (other[0], other[1] + offset))
    every = [copy for path in marked for copy in _stretches(path, code, marked[path])]
    copies = [each for each in every if (each.other, each.other_line) < (each.path, each.first)]
    copies.sort(key=lambda each: (each.first - each.last, each.path, each.first))
    total = sum(map(len, code.values()))
    return Duplicates(sum(map(len, marked.values())), total, tuple(copies))


def _stretches(
    path: str,
    code: Mapping[str, Sequence[tuple[int, str]]],
    marks: Mapping[int, tuple[str, int]],
) -> list[Copy]:
    found: list[Copy] = []
    lines = code[path]
    start: int | None = None
    for index in sorted(marks):
        start = index if start is None else start
        if index + 1 not in marks:
            other, at = marks[start]
            found.append(Copy(path, lines[start][0], lines[index][0], other, code[other][at][0]))
            start = None
    return found
