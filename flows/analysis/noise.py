"""Which subscriptions bring mostly what nobody asked for, and what would leave that out; pure."""

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from flows.engine.following import Followed, Following, Happened
from flows.engine.talk import Place
from flows.report import Channel

ENOUGH = 10  # things in the time: of fewer, no share is told
NOISY = 0.3  # share from which it is worth a filter
MOST_LEFT_OUT = 0.9  # a filter that leaves out more than that leaves too little
WATCHED = ("ci", "deployments", "security")
"""What somebody should hear of in every project."""


class Narrower(NamedTuple):
    """A filter that would leave out a part of what a subscription brings: how much, and of what."""

    where: str
    said: str
    left_out: int
    of: int

    @property
    def share(self) -> float:
        return self.left_out / self.of


class Unheard(NamedTuple):
    """What no channel hears of: how often it happened, a case, and the filter that goes with it."""

    feature: str
    times: int
    example: str
    where: str = ""


def let_through(one: Followed, found: Following) -> list[Happened]:
    """Return what a subscription would have brought by its filter alone."""
    return [each for each in found.happened if one.id in each.by]


def count_of(some: Iterable[Happened]) -> int:
    """Return how many things these are."""
    return sum(each.count for each in some)


def narrower(one: Followed, found: Following) -> Narrower | None:
    """Return the filter that leaves out most, where that is worth it and enough is left."""
    heard = let_through(one, found)
    total = count_of(heard)
    if total < ENOUGH or one.is_blind or not one.features:
        return None
    made = [
        Narrower(where, said, count_of(each for each in heard if each in gone), total)
        for where, said, gone in _candidates(heard)
    ]
    worth = [each for each in made if NOISY <= each.share <= MOST_LEFT_OUT]
    return max(worth, key=lambda each: (each.left_out, each.where), default=None)


def bots_in(some: Iterable[Happened]) -> int:
    """Return how many of these are by bots."""
    return count_of(each for each in some if _is_by_bot(each))


def unheard(found: Following, branch: str) -> list[Unheard]:
    """Return what no channel hears of, of what somebody should: broken builds of one branch alone.

    A subscription by paths or reviewers may let anything through, so it counts as one that does.
    """
    awake = [each for each in found.followed if not each.paused]
    covered = {name for each in awake if each.is_blind for name in each.features}
    known = {name for each in awake for name in each.features}
    missed = []
    for feature in WATCHED:
        if feature in covered:
            continue
        some = [each for each in found.happened if _counts(each, feature, branch) and not each.by]
        if some or feature not in known:
            example = some[0].title if some else ""
            where = f"branch:{_glob(branch)}" if feature == "ci" else ""
            missed.append(Unheard(feature, count_of(some), example, where))
    return missed


def command(repo: str, action: str, **given: str) -> str:
    """Return what is typed to have something done about it."""
    words = ["notify", repo, action, *(f"{name}={value}" for name, value in given.items() if value)]
    return " ".join(map(_quoted, words))


def word_of(place: Place) -> str:
    """Return a channel as it is typed."""
    return f"{place.platform}:{place.channel}"


def shown(place: Place, names: Mapping[str, str]) -> Channel:
    """Return a channel as people read it, by its name where that is known."""
    return Channel(place.platform, place.channel, names.get(word_of(place), ""))


def _counts(each: Happened, feature: str, branch: str) -> bool:
    if each.feature != feature:
        return False
    on_branch = branch in each.facts.get("branch", ())
    return feature != "ci" or (on_branch and "failing" in each.facts.get("state", ()))


def _candidates(heard: Sequence[Happened]) -> Iterator[tuple[str, str, list[Happened]]]:
    yield "-author:*[bot]", "are by bots", [each for each in heard if _is_by_bot(each)]
    drafts = [each for each in heard if "yes" in each.facts.get("draft", ())]
    yield "-draft:yes", "are drafts", drafts
    for label, _ in _commonest(heard, "label"):
        some = [each for each in heard if label in each.facts.get("label", ())]
        yield f"-label:{_glob(label)}", f"have the label {label}", some
    branches = _commonest(heard, "branch")
    if len(branches) > 1:
        main = branches[0][0]
        others = [each for each in heard if main not in each.facts.get("branch", (main,))]
        yield f"branch:{_glob(main)}", f"are not about {main}", others


def _commonest(heard: Sequence[Happened], field: str) -> list[tuple[str, int]]:
    counted: Counter[str] = Counter()
    for each in heard:
        counted.update(dict.fromkeys(each.facts.get(field, ()), each.count))
    return counted.most_common(5)


def _glob(value: str) -> str:
    return value if value.replace("-", "").replace("_", "").isalnum() else f'"{value}"'


def _is_by_bot(each: Happened) -> bool:
    return any(name.endswith("[bot]") for name in each.facts.get("author", ()))


def _quoted(word: str) -> str:
    """Return a word with quotes where a command needs them."""
    name, equals, value = word.partition("=")
    if not equals or not (set(value) & set(" \"'")):
        return word
    return f"{name}={shlex.quote(value)}"
