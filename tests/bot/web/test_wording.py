"""Numbers read as people say them."""

from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.web.fields import fields_of, kind_of
from bot.web.wording import absolute, counted, duration, machine, plain, relative
from flows.engine.access import Role
from flows.engine.spec import Params

NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.0004, "0 s"),
        (0.25, "250 ms"),
        (1, "1.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.6, "1 min"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (3661, "1 h 1 min"),
        (90_000, "1 d 1 h"),
        (-5, "0 s"),
    ],
)
def test_a_duration_has_at_most_two_units(seconds: float, words: str) -> None:
    """Small ones are exact, large ones round."""
    assert duration(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "just now"),
        (44, "just now"),
        (46, "1 min ago"),
        (180, "3 min ago"),
        (5400, "2 h ago"),
        (86_400, "1 day ago"),
        (864_000, "10 days ago"),
        (-1200, "in 20 min"),
    ],
)
def test_a_moment_is_near_or_far(seconds: float, words: str) -> None:
    """One unit is enough to know how long ago something was."""
    assert relative(NOW - timedelta(seconds=seconds), NOW) == words


@given(st.floats(min_value=0, max_value=1e9))
def test_no_duration_is_without_words(seconds: float) -> None:
    """Whatever is measured has a number and a unit."""
    number, unit, *_ = duration(timedelta(seconds=seconds)).split()
    assert float(number) >= 0
    assert unit in {"ms", "s", "min", "h", "d"}


def test_moments_are_in_utc() -> None:
    """Whatever zone a moment came in, it is shown in one."""
    there = NOW.astimezone(timezone(timedelta(hours=-5)))
    assert absolute(there) == "4 Mar 2026, 15:30:00 UTC"
    assert machine(there) == "2026-03-04T15:30:00.000Z"


def test_counts_agree_with_their_noun() -> None:
    """One step, two steps, a thousand steps."""
    assert [counted(n, "step") for n in (0, 1, 1204)] == ["0 steps", "1 step", "1,204 steps"]


@given(st.text())
def test_what_is_left_is_what_can_be_seen(text: str) -> None:
    """Nothing turns the text around, and nothing is changed twice."""
    shown = plain(text)
    assert not set(shown) & set(
        "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff\0"
    )
    assert plain(shown) == shown


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (str, "text"),
        (int, "whole number"),
        (float | None, "number"),
        (bool, "yes or no"),
        (Literal["a"], "a"),
        (Literal["a", "b", "c"], "a, b or c"),
        (Annotated[int, "positive"], "whole number"),
        (list[str], "list of text"),
        (tuple[str, ...], "list of text"),
        (Role, "viewer, operator, maintainer or admin"),
        (Colour, "red or blue"),
        (int | str, "whole number or text"),
        (datetime, "datetime"),
    ],
)
def test_a_type_says_what_may_be_typed(annotation: object, words: str) -> None:
    """No programmer's words in a catalogue for everybody."""
    assert kind_of(annotation) == words


class Many(Params):
    since: datetime | None = None
    colour: Colour = Colour.BLUE
    names: tuple[str, ...] = ()
    quiet: bool = False
    count: int = 3


def test_a_default_is_shown_as_it_is_typed() -> None:
    """Nothing is none, flags are yes and no, members are their values."""
    assert [field.default for field in fields_of(Many)] == ["none", "blue", "none", "no", "3"]
