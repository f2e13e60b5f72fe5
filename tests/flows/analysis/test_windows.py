"""Windows mean what people write, end where the run began, and refuse the rest in one sentence."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, ValidationError

from flows.analysis.windows import Span, Window, since_of, span_of, window_from

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Params(BaseModel):
    window: Window = Field("30d", description="How far to look back")


@pytest.mark.parametrize(
    ("written", "meant", "start"),
    [
        ("30d", "30d", "2026-10-23"),
        ("12w", "12w", "2026-08-30"),
        ("6m", "6m", "2026-05-22"),
        ("1y", "1y", "2025-11-22"),
        (" 2 weeks ", "2w", "2026-11-08"),
        ("1 DAY", "1d", "2026-11-21"),
        ("since=2026-11-01", "since=2026-11-01", "2026-11-01"),
    ],
)
def test_a_window_begins_where_people_expect(written: str, meant: str, start: str) -> None:
    """Lengths count back from the end; days of the calendar are themselves."""
    assert window_from(written) == meant
    assert f"{span_of(written, NOW).start:%Y-%m-%d}" == start


def test_a_window_prints_its_days_its_zone_and_its_length() -> None:
    """The report echoes absolute dates."""
    assert str(span_of("12w", NOW)) == "2026-08-30 \u2013 2026-11-22 UTC (12 weeks)"


@pytest.mark.parametrize("text", ["", "12x", "0d", "731d", "3y", "-1d", "d", "since=", "since=a b"])
def test_nonsense_is_refused_in_one_sentence(text: str) -> None:
    """The sentence names what was written and how to write it."""
    with pytest.raises(ValueError, match=r"is no window: (write 30d, 12w or|it may be)"):
        window_from(text)


def test_a_window_is_a_field_of_params() -> None:
    """Pydantic normalises it, keeps the default and reports the sentence."""
    assert Params().window == "30d"
    assert Params(window="4 weeks").window == "4w"
    with pytest.raises(ValidationError, match="12x is no window: write 30d"):
        Params(window="12x")


def test_a_tag_needs_its_date() -> None:
    """The caller looks tags up; without a date the sentence says what is missing."""
    made = NOW - timedelta(days=10)
    assert since_of("since=v1.2.0") == "v1.2.0"
    assert since_of("30d") == ""
    assert span_of("since=v1.2.0", NOW, made).start == made
    with pytest.raises(ValueError, match=r"nobody knows when v1\.2\.0 was made"):
        span_of("since=v1.2.0", NOW)
    with pytest.raises(ValueError, match="is not before"):
        span_of("since=2026-12-24", NOW)
    with pytest.raises(ValueError, match="is no day of the calendar"):
        span_of("since=2026-02-30", NOW)
    with pytest.raises(ValueError, match="needs a time zone"):
        span_of("30d", NOW.replace(tzinfo=None))


def test_an_old_tag_is_cut_at_two_years() -> None:
    """The cut is said, not hidden."""
    span = span_of("since=v0.1.0", NOW, NOW - timedelta(days=2000))
    assert span.days == 730
    assert span.label == "2 years; v0.1.0 is older"


def test_the_end_of_a_short_month_is_its_last_day() -> None:
    """31 August less six months is 28 February."""
    assert span_of("6m", datetime(2026, 8, 31, tzinfo=UTC)).start.day == 28


def test_weeks_are_whole_and_end_with_the_window() -> None:
    """30 days have four whole weeks; the two oldest days are in none."""
    weeks = span_of("30d", NOW).weeks
    assert weeks == tuple(NOW - timedelta(weeks=n) for n in (4, 3, 2, 1))


@given(st.integers(1, 730))
def test_the_window_before_ends_where_this_one_begins(days: int) -> None:
    """Comparisons use a stretch of the same length without overlap."""
    span = span_of(f"{days}d", NOW)
    before = span.earlier()
    assert before.end == span.start
    assert before.days == span.days == days
    assert span.start in span
    assert span.end not in span
    assert isinstance(before, Span)


@given(st.text(max_size=30))
def test_any_text_is_a_window_or_a_sentence(text: str) -> None:
    """Nothing else than ValueError comes out, and what passes is already in its shortest form."""
    try:
        window = window_from(text)
    except ValueError:
        return
    assert window_from(window) == window
