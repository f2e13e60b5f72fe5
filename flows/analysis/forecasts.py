"""Forecasts by chance: when what is left is done, at the pace of the weeks behind; pure.

Monte Carlo over weekly throughput, as in D. Vacanti, "When Will It Be Done?" (2020), and in
T. Magennis, "Forecasting and Simulating Software Development Projects" (2011): each draw takes
weeks of the past at random, with replacement, until what is left is done.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import product
from random import Random
from statistics import median

import msgspec

from flows.analysis.words import counted

DRAWS = 10_000
MOST_WEEKS = 12
FEWEST_WEEKS = 4
HORIZON = 2  # weeks that a forecast of the back-test looks ahead
LONGEST = 520  # weeks; nobody plans beyond ten years
WEEK = timedelta(weeks=1)


class Forecast(msgspec.Struct, frozen=True):
    """The days by which everything is done with 50, 85 and 95 % of the draws.

    A day is None where it lies beyond ten years. `missing` says why there is no forecast at all.
    """

    weeks: tuple[int, ...] = ()
    p50: date | None = None
    p85: date | None = None
    p95: date | None = None
    missing: str = ""


class BackTest(msgspec.Struct, frozen=True):
    """How earlier forecasts would have done: `kept` of `n` promises, and the usual error."""

    n: int = 0
    kept: int = 0
    error: float = 0

    def __str__(self) -> str:
        if not self.n:
            fewest = FEWEST_WEEKS + HORIZON
            return f"not measured, because it takes {fewest} whole weeks of history"
        return (
            f"{self.kept} of {self.n} promises at 85 % for the next {HORIZON} weeks were kept, "
            f"off by {self.error:g} at the median"
        )


def weekly(done: Iterable[datetime], begin: datetime, end: datetime) -> tuple[int, ...]:
    """Return how much was done in each whole week from `begin` to `end`, oldest first.

    Weeks are counted back from the end; only the last twelve count.
    """
    count = max(0, min(MOST_WEEKS, (end - begin) // WEEK))
    found = [0] * count
    for at in done:
        back = (end - at) // WEEK
        if 0 <= back < count:
            found[count - 1 - back] += 1
    return tuple(found)


def forecast(left: int, weeks: Sequence[int], today: date, seed: str) -> Forecast:
    """Return when `left` items are done, by ten thousand draws that the seed decides."""
    held = tuple(weeks)
    if not left:
        return Forecast(held, today, today, today)
    if len(held) < FEWEST_WEEKS:
        behind = counted(len(held), "whole week")
        return Forecast(held, missing=f"it has {behind} behind it, and it takes {FEWEST_WEEKS}")
    if not any(held):
        return Forecast(held, missing=f"nothing was done in the last {len(held)} weeks")
    drawn = draws(left, held, seed)

    def day(percent: int) -> date | None:
        needed = nearest_rank(drawn, percent)
        return None if needed > LONGEST else today + needed * WEEK

    return Forecast(held, day(50), day(85), day(95))


def draws(left: int, weeks: Sequence[int], seed: str, count: int = DRAWS) -> list[int]:
    """Return how many weeks each draw needs, sorted; one that needs ten years stops there."""
    chance = Random(seed)  # noqa: S311 - a simulation, no secret
    usual = min(max(1, round(left * len(weeks) / sum(weeks))), LONGEST + 1)
    found = []
    for _ in range(count):
        needed, rest = 0, left
        while rest > 0 and needed <= LONGEST:
            for each in chance.choices(weeks, k=usual):
                needed += 1
                rest -= each
                if rest <= 0:
                    break
        found.append(min(needed, LONGEST + 1))
    return sorted(found)


def nearest_rank(ordered: Sequence[int], percent: int) -> int:
    """Return the smallest value that `percent` of all are no greater than (nearest rank)."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def back_test(weeks: Sequence[int]) -> BackTest:
    """Return how forecasts would have done that were made at the end of each earlier week.

    Each knows the weeks before it, four at least, and promises what 85 % of all pairs of them
    reach; it is compared with what the two weeks after it brought. All pairs are counted, so
    there is no chance in it.
    """
    kept, errors = 0, []
    for now in range(FEWEST_WEEKS, len(weeks) - HORIZON + 1):
        sums = sorted(sum(pair) for pair in product(weeks[:now], repeat=HORIZON))
        actual = sum(weeks[now : now + HORIZON])
        kept += actual >= sums[len(sums) * 15 // 100]
        errors.append(abs(median(sums) - actual))
    return BackTest(len(errors), kept, median(errors)) if errors else BackTest()
