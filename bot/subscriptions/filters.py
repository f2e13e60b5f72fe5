"""The language of filters: `branch:main -author:*[bot] (path:"web/**" or label:bug)`; pure.

What stands side by side has to hold, all of it. Where a thing has several labels or paths, a term
holds if one of them fits, and `-label:x` if none does.
"""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from bot.pointing import pointed
from bot.words import Misread, quoted
from flows.analysis.globs import matches
from flows.report import Code

Facts: TypeAlias = Mapping[str, tuple[str, ...]]
"""What is known of a thing, by the names of the fields; what does not apply is not there."""

FIELDS: Mapping[str, str] = {
    "branch": "the branch it goes to, or runs on",
    "head": "the branch it comes from",
    "author": "who opened or started it",
    "label": "its labels",
    "path": "the files that it changes",
    "state": "how it stands: open, merged, closed …",
    "event": "what set off a workflow run: push, schedule …",
    "action": "what a review says: approved, changes_requested, commented",
    "title": "a part of its title",
    "assignee": "who is assigned",
    "reviewer": "who was asked to review",
    "environment": "where it is deployed",
    "workflow": "the name of the workflow",
    "conclusion": "how a workflow run ended: success, failure …",
    "draft": "yes or no",
    "repo": "the repository",
    "team": "the team in Linear, or a team that was asked to review",
    "priority": "urgent, high, medium, low or none",
    "severity": "of an alert: critical, high, medium or low",
}
ALIASES = {"base": "branch", "labels": "label", "paths": "path", "file": "path", "user": "author"}
EXAMPLE = 'branch:main -author:*[bot] (path:"web/**" or label:"needs review")'
LONGEST = 1000
DEEPEST = 20
_TOKEN = re.compile(r'\s*(?:([()])|(-?)([A-Za-z_]+):("[^"]*"?|[^\s()"]*)|(-)(?=\()|([^\s()]+))')
_PLAIN = re.compile(r'[^\s()"]+')


@dataclass(frozen=True, slots=True)
class Term:
    """A field fits a pattern."""

    field: str
    glob: str


@dataclass(frozen=True, slots=True)
class Not:
    part: "Filter"


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Some:
    parts: tuple["Filter", ...]


Filter: TypeAlias = Term | Not | All | Some
EVERYTHING = All(())


@lru_cache(maxsize=1000)
def read(typed: str) -> Filter:
    """Return the filter that was typed; raises Misread, with a mark under what is wrong."""
    if len(typed) > LONGEST:
        raise Misread(f"A filter has at most {LONGEST:,} characters; this one has {len(typed):,}.")
    if not typed.strip():
        return EVERYTHING
    reader = _Reader(typed)
    found = reader.some(0)
    if left := reader.next:
        raise reader.misread("This closes nothing: take it out.", left)
    return found


def written(of: Filter) -> str:
    """Return a filter as it is typed: reading that gives the same filter."""
    match of:
        case Term(field, glob):
            is_plain = _PLAIN.fullmatch(glob) and not glob.startswith("!")
            return f"{field}:{glob}" if is_plain else f'{field}:"{glob}"'
        case Not(part):
            return f"-{_grouped(part)}"
        case All(parts):
            return " ".join(map(_joined, parts))
        case Some(parts):
            return " or ".join(map(written, parts))


def holds(of: Filter, facts: Facts) -> bool:
    """Say whether a thing gets through."""
    match of:
        case Term(field, glob):
            return any(_fits(field, glob, value) for value in facts.get(field, ()))
        case Not(part):
            return not holds(part, facts)
        case All(parts):
            return all(holds(part, facts) for part in parts)
        case Some(parts):
            return any(holds(part, facts) for part in parts)


def reasons(of: Filter, facts: Facts) -> tuple[str, ...]:
    """Return the parts of a filter that let a thing through; empty where it does not."""
    if not holds(of, facts):
        return ()
    match of:
        case All(parts):
            return tuple(each for part in parts for each in reasons(part, facts))
        case Some(parts):
            return reasons(next(part for part in parts if holds(part, facts)), facts)
        case _:
            return (written(of),)


def fields_of(of: Filter) -> frozenset[str]:
    """Return the fields that a filter asks for."""
    match of:
        case Term(field):
            return frozenset({field})
        case Not(part):
            return fields_of(part)
        case All(parts) | Some(parts):
            return frozenset().union(*map(fields_of, parts))


def demanded(of: Filter) -> frozenset[str]:
    """Return the fields without which nothing gets through."""
    match of:
        case Term(field):
            return frozenset({field})
        case All(parts):
            return frozenset().union(*map(demanded, parts))
        case Some(parts):
            return frozenset.intersection(*map(demanded, parts))
        case Not():
            return frozenset()


def conjunction(parts: Sequence[Filter]) -> Filter:
    """Return what holds where all of these do."""
    flat = [each for part in parts for each in (part.parts if isinstance(part, All) else (part,))]
    return flat[0] if len(flat) == 1 else All(tuple(flat))


def alternative(parts: Sequence[Filter]) -> Filter:
    """Return what holds where one of these does."""
    flat = [each for part in parts for each in (part.parts if isinstance(part, Some) else (part,))]
    return flat[0] if len(flat) == 1 else Some(tuple(flat))


def negation(part: Filter) -> Filter:
    """Return what holds where this does not."""
    return part.part if isinstance(part, Not) else Not(part)


def _joined(part: Filter) -> str:
    return f"({written(part)})" if isinstance(part, Some) else written(part)


def _grouped(part: Filter) -> str:
    return written(part) if isinstance(part, Term | Not) else f"({written(part)})"


def _fits(field: str, glob: str, value: str) -> bool:
    if field == "title" and not {"*", "?"} & set(glob):
        return glob.casefold() in value.casefold()
    return matches(glob, value, is_path=field == "path")


@dataclass(frozen=True, slots=True)
class _Word:
    """A part of what was typed, and where it stands."""

    text: str
    start: int
    end: int
    field: str = ""
    glob: str = ""
    negated: bool = False


class _Reader:
    """Reads from left to right: `some` is made of `every`, and that of `one` after the other."""

    def __init__(self, typed: str) -> None:
        self._typed = typed
        self._words = list(self._split())
        self._at = 0

    @property
    def next(self) -> _Word | None:
        return self._words[self._at] if self._at < len(self._words) else None

    def misread(self, says: str, word: _Word) -> Misread:
        """Return what is wrong, with a mark under a word."""
        error = Misread(f"{says} Example: ", Code(EXAMPLE))
        typed = self._typed
        error.shown = pointed(typed[: word.start], typed[word.start : word.end], typed[word.end :])
        return error

    def some(self, depth: int) -> Filter:
        parts = [self._every(depth)]
        while self.next and self.next.text.lower() == "or":
            self._at += 1
            parts.append(self._every(depth))
        return alternative(parts)

    def _every(self, depth: int) -> Filter:
        parts: list[Filter] = []
        while self.next and self.next.text != ")" and self.next.text.lower() != "or":
            if self.next.text.lower() == "and":
                self._at += 1
                continue
            parts.append(self._one(depth))
        if not parts:
            raise self.misread("Something is missing here.", self._here())
        return conjunction(parts)

    def _one(self, depth: int) -> Filter:
        word = self._here()
        self._at += 1
        if word.text.lower() in ("not", "-"):
            if self.next is None:
                raise self.misread("This says not, but not what.", word)
            return negation(self._one(depth))
        if word.text == "(":
            if depth == DEEPEST:
                raise self.misread("There are too many parentheses within each other.", word)
            found = self.some(depth + 1)
            if self.next is None:
                raise self.misread("This is never closed: add a ).", word)
            self._at += 1
            return found
        return self._term(word)

    def _term(self, word: _Word) -> Filter:
        if not word.field:
            raise self.misread(
                f"{quoted(word.text)} has no field: say title:{word.text} for a part of the title.",
                word,
            )
        if word.field not in FIELDS:
            close = difflib.get_close_matches(word.field, [*FIELDS, *ALIASES], n=1)
            meant = f"Did you mean {close[0]}?" if close else f"There are {', '.join(FIELDS)}."
            raise self.misread(f"There is no field {quoted(word.field)}. {meant}", word)
        if not word.glob:
            raise self.misread(f"{word.field} needs a value right after the colon.", word)
        term = Term(word.field, word.glob)
        return Not(term) if word.negated else term

    def _here(self) -> _Word:
        end = len(self._typed)
        return self.next or _Word("", end, end)

    def _split(self) -> Iterator[_Word]:
        typed, place = self._typed, 0
        while place < len(typed.rstrip()):
            found = _TOKEN.match(typed, place)
            if found is None:
                return
            place = found.end()
            text = found[0].strip()
            start = place - len(text)
            bracket, dash, field, value, lone, other = found.groups()
            if not field:
                yield _Word(bracket or lone or other, start, place)
                continue
            word = _Word(text, start, place)
            if value.startswith('"') and (len(value) == 1 or not value.endswith('"')):
                raise self.misread('The quote is never closed: add the missing ".', word)
            name = ALIASES.get(field.lower(), field.lower())
            refused = value.startswith("!")  # `author:!x`, as other programs have it
            glob = value[refused:].strip('"').strip()
            yield _Word(text, start, place, name, glob, bool(dash) is not refused)
