"""Which issue of GitHub is which of Linear: by memory, by mark, by id, by link; pure."""

import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from flows.engine.pairs import Pair
from integrations.github.issues import mark_of
from integrations.github.threads import Thread as GitHubThread
from integrations.linear.ids import id_of
from integrations.linear.threads import Thread as LinearThread

_ISSUE = re.compile(r"https?://[^/\s]+/([\w.-]+/[\w.-]+)/issues/(\d+)(?:[#?]\S*)?")
_MARK = re.compile(r"<!-- flowbot:[0-9a-f]{24,32} -->")
GITHUB = "github"


class Couple(msgspec.Struct, frozen=True):
    """Two issues that are one; what is not there was not found."""

    github: GitHubThread | None = None
    linear: LinearThread | None = None
    pair: Pair | None = None


class Couples(msgspec.Struct, frozen=True):
    """All couples, the issues that are alone, and those that Linear itself keeps in step."""

    couples: tuple[Couple, ...] = ()
    on_github: tuple[GitHubThread, ...] = ()
    in_linear: tuple[LinearThread, ...] = ()
    elsewhere: tuple[LinearThread, ...] = ()


def twin_id(repo: str, number: int) -> str:
    """Return the id in Linear of the twin that we make of an issue."""
    return id_of("issue", f"sync:{repo}#{number}")


def key_of(issue: str) -> str:
    """Return the key of the twin that we make on GitHub of an issue in Linear, by its id."""
    return f"linear:{issue}"


def is_marked(issue: GitHubThread) -> bool:
    """Say whether we made an issue of GitHub."""
    return bool(_MARK.search(issue.body))


def numbers_in(links: Iterable[str], repo: str = "") -> list[int]:
    """Return the issues that links lead to: those of a repository, or of any."""
    found = [_ISSUE.fullmatch(each) for each in links]
    return [int(each[2]) for each in found if each and repo.lower() in ("", each[1].lower())]


def couples_of(
    repo: str,
    known: Sequence[Pair],
    github: Sequence[GitHubThread],
    linear: Sequence[LinearThread],
) -> Couples:
    """Return who belongs to whom; each issue is in one couple, and memory comes first.

    Without memory a twin that we made is known by the mark in its text on GitHub, or by its id in
    Linear, and any other by the link that its issue in Linear has. A twin on GitHub that was taken
    back, which is closed as not planned, is none. What Linear's own integration keeps in step is
    left to it.
    """
    theirs = {number for each in linear if GITHUB in each.synced_with
              for number in numbers_in(each.links, repo)}  # fmt: skip
    elsewhere = [each for each in linear if GITHUB in each.synced_with]
    issues = {each.number: each for each in github if each.number not in theirs}
    twins = {each.id: each for each in linear if GITHUB not in each.synced_with}
    found = [
        Couple(issues.pop(pair.number, None), twins.pop(pair.issue, None), pair)
        for pair in known
        if pair.number in issues or pair.issue in twins
    ]
    held = {pair.number for pair in known}, {pair.issue for pair in known}
    for number, issue in _guesses(repo, issues, twins):
        if number in issues and issue in twins and number not in held[0] and issue not in held[1]:
            found.append(Couple(issues.pop(number), twins.pop(issue)))
    return Couples(tuple(found), tuple(issues.values()), tuple(twins.values()), tuple(elsewhere))


def _guesses(
    repo: str, issues: Mapping[int, GitHubThread], twins: Mapping[str, LinearThread]
) -> list[tuple[int, str]]:
    """Return who may belong to whom, the surest first."""
    marks = {mark_of(key_of(each)): each for each in twins}
    marked = [
        (number, marks[mark])
        for number, each in issues.items()
        if each.reason != "not_planned"
        for mark in _MARK.findall(each.body)
        if mark in marks
    ]
    made = [(number, twin_id(repo, number)) for number in issues]
    linked = [
        (number, each.id)
        for each in sorted(twins.values(), key=lambda one: one.created_at)
        for number in numbers_in(each.links, repo)
    ]
    return [*marked, *made, *linked]
