"""Tests of ranks against published and hand-computed examples."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.analysis.ranks import change_point, mann_whitney

NUMBERS = st.lists(st.integers(0, 20).map(float), min_size=1, max_size=40)


def test_the_published_example() -> None:
    """The ages of SciPy's manual for mannwhitneyu: U is 17, and p is 0.1113 asymptotically."""
    males, females = [19.0, 22, 16, 29, 24], [20.0, 11, 17, 12]
    found = mann_whitney(males, females)

    assert found.u == 17
    assert found.p == pytest.approx(0.11134688653314041, abs=1e-12)


def test_ties_make_the_variance_smaller() -> None:
    """By hand: U is 0.5, the variance 9/12 (7 - 18/30) = 4.8, so z is 3.5/2.1909 = 1.5975."""
    found = mann_whitney([1, 1, 2], [2, 3, 3])

    assert found.u == 0.5
    assert found.p == pytest.approx(0.1101, abs=1e-4)


def test_equal_values_are_no_difference() -> None:
    """Without any spread there is nothing to test."""
    assert mann_whitney([4, 4, 4], [4, 4]).p == 1


def test_nothing_cannot_be_compared() -> None:
    """That is a mistake of the caller."""
    with pytest.raises(ValueError, match="need a value"):
        mann_whitney([], [1.0])


@given(NUMBERS, NUMBERS)
def test_sides_can_be_exchanged(first: list[float], second: list[float]) -> None:
    """The p is the same, and both counts together are all pairs."""
    one, other = mann_whitney(first, second), mann_whitney(second, first)

    assert one.p == pytest.approx(other.p)
    assert one.u + other.u == len(first) * len(second)
    assert 0 <= one.p <= 1


def test_a_step_is_found_where_it_is() -> None:
    """By hand: 1 to 4 against 11 to 14, so K is 16 and p is 2 exp(-6 * 256 / 576)."""
    found = change_point([1, 2, 3, 4, 11, 12, 13, 14])

    assert found is not None
    assert found.at == 4
    assert found.p == pytest.approx(0.1390, abs=5e-4)


def test_both_sides_are_long_enough() -> None:
    """One odd value at the end is no change of the series."""
    found = change_point([1.0] * 10 + [9.0], fewest=3)

    assert found is not None
    assert 3 <= found.at <= 8
    assert change_point([1.0, 2.0, 3.0], fewest=2) is None
    assert change_point([1.0], fewest=0) is None


@given(NUMBERS)
def test_chance_is_a_share(series: list[float]) -> None:
    """Whatever the series."""
    found = change_point(series)

    assert found is None or (0 <= found.p <= 1 and 1 <= found.at < len(series))
