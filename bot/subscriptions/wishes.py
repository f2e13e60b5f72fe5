"""What somebody typed after `subscribe`, taken apart; pure.

`acme/* prs,ci filter='branch:main' prs='-label:deps' for=15m changes-only`: a pattern, features,
one filter for all of them and more for single ones.
"""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from bot.places import Places
from bot.subscriptions import filters
from bot.subscriptions.phrasing import plain
from bot.words import Misread, quoted
from flows.analysis.globs import matches
from flows.engine.freezes import duration
from flows.report import Code


class Feature(NamedTuple):
    """Something that can be followed: what it is, and which fields its filters know."""

    about: str
    fields: frozenset[str]


def _knows(*names: str) -> frozenset[str]:
    return frozenset(names) | {"repo", "author", "title", "state"}


_THREAD = ("label", "assignee")
_PULL = (*_THREAD, "branch", "head", "path", "reviewer", "draft", "team")
FEATURES: Mapping[str, Feature] = {
    "prs": Feature("pull requests", _knows(*_PULL)),
    "issues": Feature("issues", _knows(*_THREAD)),
    "ci": Feature(
        "workflow runs that break a branch, or mend it",
        _knows("branch", "event", "workflow", "conclusion"),
    ),
    "deployments": Feature("deployments to any environment", _knows("branch", "environment")),
    "releases": Feature("published releases", _knows()),
    "pushes": Feature("commits that are pushed", _knows("branch", "path")),
    "reviews": Feature("every review of a pull request", _knows(*_PULL, "action")),
    "comments": Feature("comments on pull requests and issues", _knows(*_PULL, "action")),
    "security": Feature("security alerts", _knows("severity", "path")),
    "linear": Feature("issues in Linear", _knows(*_THREAD, "team", "priority")),
}
NAMES: Mapping[str, str] = {
    **{name: name for name in FEATURES},
    **dict.fromkeys(("pr", "pulls", "pull-requests"), "prs"),
    "issue": "issues",
    **dict.fromkeys(("actions", "workflows", "checks", "builds"), "ci"),
    **dict.fromkeys(("deploys", "deployment"), "deployments"),
    "release": "releases",
    **dict.fromkeys(("commits", "push"), "pushes"),
    "review": "reviews",
    "comment": "comments",
    "alerts": "security",
}
IN_LINEAR: Mapping[str, str] = {"issues": "linear"}
USUAL = ("prs", "issues", "ci", "deployments", "releases")
EXAMPLE = Code("/flow subscribe acme/shop prs,ci filter='branch:main -author:*[bot]'")
CHANNELS = ("#", "<#")
LONGEST_WAIT = 24 * 60 * 60
_TEAM = re.compile(r"[A-Z][A-Z0-9_]{0,9}")
_REPOSITORIES = re.compile(r"[\w.-]+/[\w.*?-]+")
_MINUTES = re.compile(r"(?<=\d)\s*m$")
_OWNER = re.compile(r"[A-Za-z0-9][\w-]*")


class Rule(msgspec.Struct, frozen=True):
    """What of a pattern is followed: the features with their filters.

    `lasts` is for how many seconds a failure has to last before it is told; with `changes_only`, of
    workflow runs and deployments only those are told that fail newly or work again.
    """

    features: dict[str, str]
    lasts: int = 0
    changes_only: bool = False

    def lets(self, feature: str, facts: filters.Facts) -> bool:
        """Say whether a thing gets through as this feature."""
        known = self.features.get(feature)
        return known is not None and filters.holds(filters.read(known), facts)


class Wish(NamedTuple):
    """What is to be followed from now on."""

    pattern: str
    rule: Rule


def wished(words: Sequence[str], places: Places) -> Wish:
    """Return what the words after the verb ask for; raises Misread."""
    return _Reader(["subscribe", *plain(_whole(words))], places).wish()


def rule_of(settings: Mapping[str, Any]) -> Rule:
    """Return the rule that was stored."""
    return msgspec.convert(settings, Rule)


def pattern_of(word: str, places: Places, example: Code = EXAMPLE) -> str:
    """Return a pattern as it is stored; raises Misread where it can be none.

    A name alone is a repository that is known by it, else everything of an owner; in capitals it is
    a team in Linear.
    """
    if word.startswith(CHANNELS):
        raise Misread("Say this in that channel: it is told what it follows itself. ", example)
    if _REPOSITORIES.fullmatch(word):
        return word
    if _TEAM.fullmatch(word):
        return word
    if _OWNER.fullmatch(word):
        meant = places.meant(word)
        owners = {each.partition("/")[0].lower() for each in places.known}
        return meant[0] if len(meant) == 1 and word.lower() not in owners else f"{word}/*"
    raise Misread(
        f"{quoted(word)} names no repositories: take owner/name, owner/*, owner/web-* or a team in "
        "Linear such as ENG. Example: ",
        example,
    )


def is_team(pattern: str) -> bool:
    """Say whether a pattern is a team in Linear."""
    return "/" not in pattern


def fits(pattern: str, name: str) -> bool:
    """Say whether a repository, or a team, belongs to a pattern."""
    return is_team(pattern) == is_team(name) and matches(pattern, name)


class _Reader:
    def __init__(self, words: Sequence[str], places: Places) -> None:
        self._words = words
        self._places = places
        self._pattern = ""
        self._features: list[str] = []
        self._shared: filters.Filter = filters.EVERYTHING
        self._own: dict[str, filters.Filter] = {}
        self._lasts = 0
        self._changes_only = False

    def wish(self) -> Wish:
        for number in range(1, len(self._words)):
            self._take(number)
        pattern = self._pattern or self._places.here
        if not pattern:
            raise Misread("Say what to follow: ", EXAMPLE)
        if is_team(pattern):  # its issues are all that there is
            self._features = [IN_LINEAR.get(each, each) for each in self._features]
            self._own = {IN_LINEAR.get(each, each): own for each, own in self._own.items()}
        named = list(dict.fromkeys([*self._features, *self._own]))
        wanted = named or (["linear"] if is_team(pattern) else USUAL)
        if mixed := _mixed(pattern, wanted):
            raise mixed.at(self._words, self._pointed(pattern))
        features = {
            each: filters.written(
                filters.conjunction((self._shared, self._own.get(each, filters.EVERYTHING)))
            )
            for each in FEATURES
            if each in wanted
        }
        return Wish(pattern, Rule(features, self._lasts, self._changes_only))

    def _pointed(self, pattern: str) -> int:
        """Return the word that names what a pattern has not, else the last one."""
        wrong = set(FEATURES) - {"linear"} if is_team(pattern) else {"linear"}
        named = [re.split(r"[,=:]", each.removeprefix("--").lower()) for each in self._words]
        fits_not = (n for n, each in enumerate(named) if {NAMES.get(e) for e in each} & wrong)
        return next(fits_not, len(self._words) - 1)

    def _take(self, number: int) -> None:
        word = self._words[number]
        name, equals, value = word.removeprefix("--").partition("=")
        found = re.match(r"([A-Za-z-]+):(.+)", word)
        if found and found[1].lower() in NAMES:
            name, equals, value = found[1], ":", found[2]
        name = name.lower()
        if name in ("changes-only", "changes_only") and not equals:
            self._changes_only = True
        elif not equals:
            self._take_alone(number)
        elif name == "filter":
            self._shared = filters.conjunction((self._shared, filters.read(value)))
        elif name == "for":
            self._lasts = self._seconds(value, number)
        elif name in NAMES:
            self._own[NAMES[name]] = filters.read(value)
        else:
            raise self._unknown(name, ["filter", "for", *NAMES], number)

    def _take_alone(self, number: int) -> None:
        word = self._words[number]
        parts = [each.lower() for each in word.split(",") if each]
        if parts and all(each in NAMES for each in parts):
            self._features += [NAMES[each] for each in parts]
        elif self._pattern or "," in word:
            wrong = next(each for each in [*parts, word] if each not in NAMES)
            raise self._unknown(wrong, [*NAMES, "changes-only"], number)
        else:
            try:
                self._pattern = pattern_of(word, self._places)
            except Misread as misread:
                raise misread.at(self._words, number) from misread

    def _seconds(self, value: str, number: int) -> int:
        try:
            seconds = round(duration(_MINUTES.sub(" min", value)).total_seconds())
        except ValueError as error:
            misread = Misread(f"for: {str(error).rstrip('.')}. Example: ", Code("for=15m"))
            raise misread.at(self._words, number, "value") from error
        if seconds > LONGEST_WAIT:
            misread = Misread("for takes up to a day. Example: ", Code("for=15m"))
            raise misread.at(self._words, number, "value")
        return seconds

    def _unknown(self, word: str, known: Sequence[str], number: int) -> Misread:
        close = difflib.get_close_matches(word, known, n=1)
        meant = f"There are {', '.join(FEATURES)}."
        if close:
            meant = f"Did you mean {NAMES.get(close[0], close[0])}?"
        misread = Misread(f"There is no feature {quoted(word)}. {meant} Example: ", EXAMPLE)
        return misread.at(self._words, number)


def _mixed(pattern: str, wanted: Iterable[str]) -> Misread | None:
    """Return what helps where something is in GitHub that is wanted of Linear, or the reverse."""
    for each in wanted:
        if (each == "linear") == is_team(pattern):
            continue
        if is_team(pattern):
            example = Code(f"/flow subscribe {pattern} linear='-label:later'")
            return Misread(f"A team in Linear has no {each}. Example: ", example)
        told = f"{pattern} is in GitHub: for Linear, name a team such as "
        return Misread(told, Code("/flow subscribe ENG linear"))
    return None


def _whole(words: Sequence[str]) -> list[str]:
    """Return the words with those put together that `prs:'…'` keeps in one quote."""
    made: list[str] = []
    quote = ""
    for word in words:
        opened = None if quote else re.match(r"([A-Za-z-]+:)(['\"])", word)
        rest = word
        if opened and opened[1].lower().rstrip(":") in NAMES:
            quote, rest = opened[2], word[opened.end() :]
            made.append(opened[1] + rest)
        elif quote:
            made[-1] += f" {word}"
        else:
            made.append(word)
        if quote and rest.endswith(quote):
            made[-1] = made[-1][:-1]
            quote = ""
    return made
