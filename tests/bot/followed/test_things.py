"""Words that all kinds share."""

from bot.followed.things import LONGEST_QUOTE, excerpt, known, people
from tests.bot.followed.lines import words


def test_words_that_all_share() -> None:
    """People in a row, long texts cut, fields without a value left out."""
    assert words(people(["a", "b", "c"])) == "@a, @b and @c"
    assert len(excerpt("x" * 1_000)) == LONGEST_QUOTE + 1
    assert excerpt("<!-- a bot -->\nHi") == "Hi"
    assert known(a="", b=[], c=["", "x"]) == {"c": ("x",)}
