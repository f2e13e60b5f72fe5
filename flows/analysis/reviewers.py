"""Who should review a change: who owns it, who knows it, who has time; pure.

score = 0.5 · knowledge + 0.3 · (1 - open reviews ÷ 5) + 0.2 · owner, where knowledge is somebody's
share of the commits to the most changed files, each worth half after 180 days. Equal scores are
told apart by a hash of the number of the pull request, so that the same question has one answer.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from flows.analysis.ownership import Codeowners
from flows.analysis.words import counted

KNOWS, FREE, OWNS = 0.5, 0.3, 0.2
LIMIT = 5  # open reviews of one person
HALF_LIFE = timedelta(days=180)
FORMULA = "0.5 · share of recent commits + 0.3 · (1 - open reviews ÷ 5) + 0.2 · in CODEOWNERS"


class Touch(msgspec.Struct, frozen=True):
    """A commit to a file that changes: whose it is, and when it was."""

    path: str
    author: str
    at: datetime


class Known(msgspec.Struct, frozen=True):
    """All that is known of people: who may review, and how many reviews wait for each."""

    may: tuple[str, ...] = ()
    waiting: dict[str, int] = {}
    away: dict[str, str] = {}


class Candidate(NamedTuple):
    """Somebody who may be asked: the score and why, or why they are skipped."""

    login: str
    score: float
    why: str
    skipped: str = ""


class Choice(NamedTuple):
    """Who is asked, in order of score, who was skipped, and the teams that own the change."""

    ranked: tuple[Candidate, ...] = ()
    skipped: tuple[Candidate, ...] = ()
    teams: tuple[str, ...] = ()
    said: str = ""


def chosen(
    author: str,
    number: int,
    paths: Sequence[str],
    owners: Codeowners,
    touches: Sequence[Touch],
    known: Known,
    now: datetime,
) -> Choice:
    """Return who may be asked to review; where nobody knows the code, who has most time."""
    named = [owner for path in paths for owner in owners.owners_of(path)]
    people = {owner[1:] for owner in named if owner.startswith("@") and "/" not in owner}
    teams = tuple(dict.fromkeys(each.rpartition("/")[2] for each in named if "/" in each))
    knowledge = _shares(touches, now)
    every = {each.casefold(): each for each in [*knowledge, *people, *known.may]}
    candidates = {each.casefold() for each in people} | knowledge.keys()
    said = ""
    if not teams and not any(_fit(every[each], author, known) for each in candidates):
        candidates = {each.casefold() for each in known.may}
        said = "Nobody who owns or knows the code can be asked, so it is who has most time."
    found = [
        _candidate(every[each], author, known, knowledge, {p.casefold() for p in people})
        for each in sorted(candidates)
    ]
    found.sort(key=lambda each: (-each.score, _hash(number, each.login)))
    ranked = tuple(each for each in found if not each.skipped)
    if not ranked and not teams:
        said = "Nobody can be asked: everybody is the author, away, or has no access."
    return Choice(ranked, tuple(each for each in found if each.skipped), teams, said)


def _fit(login: str, author: str, known: Known) -> bool:
    return not _objection(login, author, known)


def _objection(login: str, author: str, known: Known) -> str:
    if login.casefold() == author.casefold():
        return "is the author"
    if login.endswith("[bot]"):
        return "is an app"
    if login.casefold() not in {each.casefold() for each in known.may}:
        return "has no access to the repository"
    if until := known.away.get(login):
        return f"is away until {until}"
    if known.waiting.get(login, 0) >= LIMIT:
        return f"has {known.waiting[login]} open reviews"
    return ""


def _candidate(
    login: str, author: str, known: Known, knowledge: Mapping[str, float], owners: set[str]
) -> Candidate:
    share, waiting = knowledge.get(login.casefold(), 0.0), known.waiting.get(login, 0)
    owns = login.casefold() in owners
    score = KNOWS * share + FREE * (1 - min(waiting / LIMIT, 1)) + OWNS * owns
    why = [f"{share:.0%} of recent commits"] if knowledge else []  # else nobody has looked
    why += [counted(waiting, "open review")]
    why += ["in CODEOWNERS"] if owns else []
    return Candidate(login, round(score, 2), ", ".join(why), _objection(login, author, known))


def _shares(touches: Iterable[Touch], now: datetime) -> dict[str, float]:
    weights: defaultdict[str, float] = defaultdict(float)
    for each in touches:
        weights[each.author.casefold()] += 0.5 ** ((now - each.at) / HALF_LIFE)
    total = sum(weights.values())
    return {login: weight / total for login, weight in weights.items()} if total else {}


def _hash(number: int, login: str) -> str:
    return hashlib.sha256(f"{number} {login}".encode()).hexdigest()
