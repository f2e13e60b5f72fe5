"""Measures: a figure with its n, its level, and what was left out and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median, quantiles
from typing import Literal, TypeAlias

Unit: TypeAlias = Literal["hours", "days a week", "share"]
Level: TypeAlias = Literal["elite", "high", "medium", "low"]

FEWEST = 5
_DAY = 24.0
_TWO_DAYS = 48.0
_SELDOM = 0.2


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How many items a figure does not count, and why."""

    count: int
    why: str


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure.

    Durations are hours with `middle` (median) and `p90`; shares have `hits` of `n`. With fewer
    than five durations there are `values` instead. `missing` says why there is no figure at all.
    """

    name: str
    unit: Unit
    n: int = 0
    middle: float | None = None
    p90: float | None = None
    values: tuple[float, ...] = ()
    hits: int | None = None
    level: Level | None = None
    left_out: tuple[LeftOut, ...] = ()
    missing: str = ""

    def __str__(self) -> str:
        if self.missing:
            return f"not measured, because {self.missing}"
        if self.values:
            return f"{', '.join(said_hours(v) for v in self.values)} (n = {self.n})"
        if self.unit == "hours":
            middle, p90 = said_hours(self.middle or 0.0), said_hours(self.p90 or 0.0)
            return f"{middle} median, {p90} p90 (n = {self.n})"
        if self.unit == "share":
            share = f"{self.middle:.0%}, " if self.middle is not None else ""
            return f"{share}{self.hits} of {self.n}"
        often = self.middle or 0.0
        # Once a year is seldom, but not never.
        return f"{often:.{1 if often >= _SELDOM else 2}f} {self.unit} (n = {self.n})"


def durations(
    name: str,
    spans: Sequence[timedelta],
    *,
    left_out: Sequence[LeftOut] = (),
    missing: str,
    levels: tuple[timedelta, timedelta, timedelta] | None = None,
) -> Measure:
    """Return the median and 90th percentile of `spans` in hours; below five, the values.

    `levels` are the bounds below which a median is elite, high or medium.
    """
    hours = sorted(span / timedelta(hours=1) for span in spans)
    why = tuple(item for item in left_out if item.count)
    if not hours:
        return Measure(name, "hours", left_out=why, missing=missing)
    if len(hours) < FEWEST:
        return Measure(name, "hours", n=len(hours), values=tuple(hours), left_out=why)
    middle = median(hours)
    level: Level | None = None
    if levels:
        bounds = [bound / timedelta(hours=1) for bound in levels]
        level = _level(sum(middle < bound for bound in bounds))
    p90 = quantiles(hours, n=10, method="inclusive")[8]
    return Measure(name, "hours", len(hours), middle, p90, level=level, left_out=why)


def share(
    name: str,
    hits: int,
    n: int,
    *,
    missing: str,
    left_out: Sequence[LeftOut] = (),
    levels: tuple[float, float, float] | None = None,
) -> Measure:
    """Return `hits` of `n`, as a share from five on; `levels` are the highest shares allowed."""
    why = tuple(item for item in left_out if item.count)
    if not n:
        return Measure(name, "share", left_out=why, missing=missing)
    if n < FEWEST:
        return Measure(name, "share", n, hits=hits, left_out=why)
    level = _level(sum(hits / n <= bound for bound in levels)) if levels else None
    return Measure(name, "share", n, hits / n, hits=hits, level=level, left_out=why)


def said_hours(hours: float) -> str:
    """Return a duration as people say it: `40 min`, `3.5 h`, `4.2 days`."""
    if hours < 1:
        return f"{hours * 60:.0f} min"
    if hours < _TWO_DAYS:
        return f"{hours:.1f} h"
    return f"{hours / _DAY:.1f} days"


def _level(passed: int) -> Level:
    levels: tuple[Level, ...] = ("low", "medium", "high", "elite")
    return levels[passed]
