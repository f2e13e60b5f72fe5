"""Shares with their uncertainty, against published and hand-computed figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.analysis.intervals import said_share, wilson


def test_the_published_example() -> None:
    """Newcombe 1998, table I, method 3: 81 of 263, 15 of 148, 0 of 20 and 1 of 29."""
    expected = {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0.0, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }
    for (hits, n), (low, high) in expected.items():
        assert wilson(hits, n) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 10_000), st.data())
def test_the_share_is_inside(n: int, data: st.DataObject) -> None:
    """And the interval is one of shares."""
    hits = data.draw(st.integers(0, n))
    low, high = wilson(hits, n)

    assert 0 <= low <= hits / n + 1e-12
    assert hits / n - 1e-12 <= high <= 1


@pytest.mark.parametrize(("hits", "n"), [(0, 0), (3, 2), (-1, 2)])
def test_no_share_has_no_interval(hits: int, n: int) -> None:
    """Nobody gets a figure out of nothing."""
    with pytest.raises(ValueError, match="is no share"):
        wilson(hits, n)


def test_it_is_said_with_its_n() -> None:
    """A share alone would sound more certain than it is."""
    assert said_share(2, 9) == "2 of 9 (22%, 95% interval 6%–55%)"
