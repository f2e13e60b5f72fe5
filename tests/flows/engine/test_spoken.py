"""A phrase is checked when its flow is registered."""

import pytest

from flows.engine.errors import AuthorError
from flows.engine.spoken import check, place_of, words_of


def test_good_phrases_are_taken() -> None:
    """Small letters, inputs in braces, and a window's beginning."""
    check(["how's {repo} since {since}?", "are you well?"], ["repo", "window"])


@pytest.mark.parametrize(
    ("phrase", "says"),
    [
        ("Ship {repo}", "more than small letters"),
        ("ship {repo", "more than small letters"),
        ("ship [{repo}]", "more than small letters"),
        ("ship", "needs a plain word first, and another word"),
        ("", "needs a plain word first, and another word"),
        ("{repo} please", "needs a plain word first, and another word"),
        ("ship {repo} as {repo}", "names an input twice"),
        ("ship {project}", "names 'project'; inputs are repo"),
        ("ship {repo} since {since}", "names 'since'; inputs are repo"),
    ],
)
def test_a_phrase_that_cannot_be_heard_is_an_error(phrase: str, says: str) -> None:
    """At once, and it says why."""
    with pytest.raises(AuthorError, match=says):
        check([phrase], ["repo"])


def test_a_phrase_without_inputs_says_so() -> None:
    """Where the flow has none."""
    with pytest.raises(AuthorError, match="inputs are none"):
        check(["ship {repo}"], [])


def test_a_phrase_falls_into_words() -> None:
    """Its mark at the end is not one of them."""
    assert words_of("what is {repo} made of?") == ("what", "is", "{repo}", "made", "of")
    assert [place_of(each) for each in ("{repo}", "repo", "{repo}s")] == ["repo", "", ""]
