"""Tests of ranks: whether one sample is larger than another, and where a series changes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, exp, sqrt


@dataclass(frozen=True, slots=True)
class Comparison:
    """`u` counts the pairs in which the first sample is larger; `p` is two-sided."""

    u: float
    p: float


@dataclass(frozen=True, slots=True)
class Change:
    """The series is different from index `at` on; `p` is how often chance alone does that."""

    at: int
    p: float


def mann_whitney(first: Sequence[float], second: Sequence[float]) -> Comparison:
    """Compare two samples by the normal approximation, corrected for ties and for continuity.

    Source: H. B. Mann, D. R. Whitney, On a test of whether one of two random variables is
    stochastically larger than the other, Annals of Mathematical Statistics 18 (1947), 50-60; the
    variance with ties as in E. L. Lehmann, Nonparametrics (1975), section 1.4. It is a good
    approximation from about eight values on each side.
    """
    n, m = len(first), len(second)
    if not n or not m:
        raise ValueError("Both samples need a value.")
    every = [*first, *second]
    ranks = _ranks(every)
    u = sum(ranks[:n]) - n * (n + 1) / 2
    total = n + m
    ties = sum(count**3 - count for count in Counter(every).values())
    variance = n * m / 12 * (total + 1 - ties / (total * (total - 1)))
    if variance <= 0:
        return Comparison(u, 1.0)
    z = max(0.0, abs(u - n * m / 2) - 0.5) / sqrt(variance)
    return Comparison(u, min(1.0, erfc(z / sqrt(2))))


def change_point(series: Sequence[float], fewest: int = 1) -> Change | None:
    """Return where a series changes most, with at least `fewest` values on each side.

    Source: A. N. Pettitt, A non-parametric approach to the change-point problem, Applied
    Statistics 28 (1979), 126-135: K is the largest absolute sum of signs between both sides, and
    p is about 2 exp(-6 K^2 / (n^3 + n^2)), which allows for looking at every place.
    """
    n = len(series)
    if n < 2 * fewest or n < 2:  # noqa: PLR2004 - one value has no sides
        return None
    ranks = _ranks(series)
    best, place, summed = -1.0, 0, 0.0
    for index, rank in enumerate(ranks, 1):
        summed += rank
        k = abs(2 * summed - index * (n + 1))
        if fewest <= index <= n - fewest and k > best:
            best, place = k, index
    return Change(place, min(1.0, 2 * exp(-6 * best**2 / (n**3 + n**2))))


def _ranks(values: Sequence[float]) -> list[float]:
    """Return the rank of each value, equal ones sharing the mean of theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for index in order[start : end + 1]:
            ranks[index] = (start + end) / 2 + 1
        start = end + 1
    return ranks
