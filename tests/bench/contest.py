"""What is compared: contestants measured in turns, and the claims that are held against them."""

import random
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Literal, TypeAlias

Sample: TypeAlias = Mapping[str, float]

NOT_INSTALLED = "not installed: run make bench-peers"


@dataclass(frozen=True, slots=True)
class Contestant:
    """Somebody who is measured once a round; `absent` says why that cannot be."""

    name: str
    measure: Callable[[], Awaitable[Sample]] | None
    absent: str = ""


@dataclass(frozen=True, slots=True)
class Goal:
    """A claim about one figure of ours.

    With a `peer` the claim is about ours divided by the peer's (`their` figure, or the same one);
    without, `hold` is the limit itself, in `unit`.
    """

    what: str
    ours: str
    figure: str
    unit: str
    better: Literal["lower", "higher"]
    hold: float
    peer: str = ""
    their: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    contestants: Sequence[Contestant]
    goals: Sequence[Goal]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `ratio` is ours divided by the peer or the limit."""

    part: str
    what: str
    ours: float | None
    unit: str
    against: str
    theirs: float | None
    ratio: float | None
    goal: str
    verdict: str


@dataclass(slots=True)
class Results:
    """The samples of every contestant, round by round, and what broke."""

    samples: dict[str, list[Sample]] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)

    def figures(self, name: str) -> dict[str, float]:
        """Return the medians of a contestant over its rounds."""
        rounds = self.samples.get(name, [])
        names = dict.fromkeys(figure for sample in rounds for figure in sample)
        return {each: median(sample[each] for sample in rounds if each in sample) for each in names}


async def measured(part: Part, rounds: int) -> Results:
    """Measure everybody once a round, in an order of its own, so that noise falls on all alike."""
    results = Results()
    for number in range(1, rounds + 1):
        for each in random.sample(part.contestants, len(part.contestants)):
            if each.absent or each.measure is None:
                continue
            sys.stderr.write(f"  {part.name}, round {number}: {each.name}\n")
            try:
                sample = await each.measure()
            except Exception as error:  # noqa: BLE001 - one that breaks must not end the others
                results.broken[each.name] = f"{type(error).__name__}: {error}"
                sys.stderr.write(f"  {each.name} broke: {error}\n")
            else:
                results.samples.setdefault(each.name, []).append(sample)
    return results


def rows(part: Part, results: Results) -> list[Row]:
    """Return a row for each goal of a part."""
    absent = {each.name: each.absent for each in part.contestants}
    return [_row(part.name, each, results, absent) for each in part.goals]


def _row(part: str, goal: Goal, results: Results, absent: Mapping[str, str]) -> Row:
    ours = results.figures(goal.ours).get(goal.figure)
    theirs: float | None = goal.hold
    if goal.peer:
        theirs = results.figures(goal.peer).get(goal.their or goal.figure)
    ratio = ours / theirs if ours is not None and theirs else None
    missing = _missing(goal.ours, results, absent) if ours is None else ""
    if theirs is None:
        missing = missing or _missing(goal.peer, results, absent)
    sign = "≥" if goal.better == "higher" else "≤"
    return Row(
        part,
        goal.what,
        ours,
        goal.unit,
        goal.peer or "limit",
        theirs,
        ratio,
        f"{sign} {goal.hold:g} ×" if goal.peer else f"{sign} {goal.hold:g} {goal.unit}",
        missing or _verdict(goal, ours, ratio),
    )


def _verdict(goal: Goal, ours: float | None, ratio: float | None) -> str:
    value = ratio if goal.peer else ours
    if value is None:
        return "not measured"
    holds = value >= goal.hold if goal.better == "higher" else value <= goal.hold
    return "hold" if holds else "short"


def _missing(name: str, results: Results, absent: Mapping[str, str]) -> str:
    if name in results.broken:
        return "broke"
    return absent.get(name) or "not measured"
