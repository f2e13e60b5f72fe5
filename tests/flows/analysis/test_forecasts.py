"""Forecasts by chance: against what can be computed by hand."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from flows.analysis.forecasts import (
    LONGEST,
    BackTest,
    Forecast,
    back_test,
    draws,
    forecast,
    nearest_rank,
    weekly,
)

TODAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_an_even_pace_leaves_nothing_to_chance() -> None:
    """Seven issues at two a week take four weeks, in every draw."""
    found = forecast(7, (2, 2, 2, 2), TODAY, "a run")
    day = date(2026, 3, 30)
    assert found == Forecast((2, 2, 2, 2), day, day, day)


def test_the_percentiles_are_those_of_the_geometric_distribution() -> None:
    """Two issues where two of three weeks bring two: done after n weeks with 1 - (⅓)ⁿ.

    By hand: 50 % after one week (66.7 %), 85 % after two (88.9 %), 95 % after three (96.3 %).
    """
    found = forecast(2, (0, 2, 2, 0, 2, 2), TODAY, "a run")
    weeks = [(day - TODAY).days / 7 for day in (found.p50, found.p85, found.p95) if day]
    assert weeks == [1, 2, 3]


def test_a_run_forecasts_the_same_when_it_is_played_again() -> None:
    """The seed decides all draws; there are ten thousand of them."""
    first = draws(20, (1, 0, 4, 2, 3), "run 1")
    assert first == draws(20, (1, 0, 4, 2, 3), "run 1")
    assert first != draws(20, (1, 0, 4, 2, 3), "run 2")
    assert len(first) == 10_000


def test_there_is_no_forecast_without_a_past() -> None:
    """Three weeks are too few, weeks without anything done lead nowhere, and done is done."""
    assert forecast(3, (1, 2, 1), TODAY, "").missing == (
        "it has 3 whole weeks behind it, and it takes 4"
    )
    assert forecast(3, (0, 0, 0, 0), TODAY, "").missing == "nothing was done in the last 4 weeks"
    assert forecast(0, (), TODAY, "").p95 == TODAY


def test_what_takes_ten_years_has_no_day() -> None:
    """A thousand issues at less than one a week are beyond any plan."""
    found = forecast(1_000, (1, 0, 0, 0), TODAY, "")
    assert (found.p50, found.p95, found.missing) == (None, None, "")
    assert draws(1_000, (1, 0, 0, 0), "", 3) == [LONGEST + 1] * 3


def test_weeks_are_counted_back_from_now() -> None:
    """Twelve whole weeks at most; what is older, or later than now, does not count."""
    done = [NOW - timedelta(days=days) for days in (0, 6, 7, 20, 200)]
    assert weekly([*done, NOW + timedelta(days=1)], NOW - timedelta(days=27), NOW) == (1, 1, 2)
    assert weekly(done, NOW - timedelta(days=400), NOW)[-3:] == (1, 1, 2)
    assert len(weekly([], NOW - timedelta(days=400), NOW)) == 12
    assert weekly(done, NOW, NOW) == ()


def test_earlier_forecasts_are_held_against_what_came() -> None:
    """By hand: after 2, 2, 2, 2 the promise is 4 for two weeks; 1 + 1 breaks it, off by 2."""
    assert back_test((2, 2, 2, 2, 1, 1)) == BackTest(1, 0, 2)
    assert back_test((2, 2, 2, 2, 2, 2, 2)) == BackTest(2, 2, 0)
    assert str(back_test((2, 2, 2, 2, 2))).startswith("not measured, because it takes 6 whole")
    assert str(BackTest(4, 3, 1.5)) == (
        "3 of 4 promises at 85 % for the next 2 weeks were kept, off by 1.5 at the median"
    )


def test_a_percentile_is_the_nearest_rank() -> None:
    """The example of the definition: five values, of which 30 % are two and 40 % two as well."""
    values = [15, 20, 35, 40, 50]
    assert [nearest_rank(values, p) for p in (5, 30, 40, 50, 100)] == [15, 20, 20, 35, 50]


@given(st.integers(1, 60), st.lists(st.integers(0, 9), min_size=4, max_size=12).filter(any))
def test_more_sureness_never_comes_sooner(left: int, weeks: list[int]) -> None:
    """The 95 % day is not before the 85 % day, and that one not before the 50 % day."""
    found = draws(left, weeks, "seed", 50)
    assert found == sorted(found)
    assert nearest_rank(found, 50) <= nearest_rank(found, 85) <= nearest_rank(found, 95)
