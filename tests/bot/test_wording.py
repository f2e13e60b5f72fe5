"""Words that all platforms share: cuts between what people see as one character, and marks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat import State
from bot.wording import ELLIPSIS, fit, mark_of, pieces
from flows.report import Tone

CHARACTERS = (
    "a",
    "e\u0301",  # a letter with its accent beside it
    "z\u0301\u0327\u0489",  # one with many
    "👍🏽",
    "🇩🇪",
    "☎️",
    "1\ufe0f\u20e3",
    "각",
    "\u1100\u1161\u11a8",  # the same, spelt out
    "क्षि",
    " \u0301",  # an accent on nothing
    "漢",
)
words = st.lists(st.sampled_from(CHARACTERS), min_size=1, max_size=60)
LONGEST = 4  # of the characters above


@given(words, st.integers(LONGEST + 1, 40))
def test_a_cut_falls_between_characters(characters: list[str], limit: int) -> None:
    """What is left are whole ones, as many as there is room for."""
    shown = fit("".join(characters), limit)
    begun = shown.removesuffix(ELLIPSIS)

    assert len(shown) <= limit
    ends = ["".join(characters[:number]).rstrip() for number in range(len(characters) + 1)]
    assert shown == "".join(characters) or begun in ends


@given(words, st.integers(LONGEST, 40))
def test_no_piece_begins_inside_a_character(characters: list[str], limit: int) -> None:
    """Together the pieces are all that was said."""
    said = "".join(characters)
    found = list(pieces(said, limit))
    starts = {len("".join(characters[:number])) for number in range(len(characters) + 1)}

    assert "".join(found) == said
    assert all(len(piece) <= limit for piece in found)
    assert {sum(map(len, found[:number])) for number in range(len(found))} <= starts


@pytest.mark.parametrize("limit", [10, 11, 12, 13])
def test_what_has_no_end_is_cut_all_the_same(limit: int) -> None:
    """One character with accents without end is still no more than fits."""
    assert len(fit("z" + "\u0301" * 100, limit)) <= limit


@pytest.mark.parametrize(
    ("state", "tone", "mark"),
    [
        ("done", "neutral", "✅"),
        ("done", "good", "✅"),
        ("done", "warn", "⚠️"),
        ("done", "bad", "🔴"),
        ("stopped", "warn", "⏹️"),
        ("running", "bad", "⏳"),
    ],
)
def test_a_run_with_bad_news_is_not_marked_as_good(state: State, tone: Tone, mark: str) -> None:
    """Whatever else it comes to has a mark of its own."""
    assert mark_of(state, tone) == mark
