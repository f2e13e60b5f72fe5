"""An error in a command stands under the word that it is about."""

import pytest

from bot.grammar import Misread
from flows.report import Snippet
from tests.bot.speech import understood


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("make desk colour=red", "make desk colour=red\n          ^^^^^^"),
        ("make desk color=green", "make desk color=green\n                ^^^^^"),
        ("make desk --color green", "make desk --color green\n                  ^^^^^"),
        ("look desk chair", "look desk chair\n          ^^^^^"),
        ("make desk name=chair", "make desk name=chair\n          ^^^^^^^^^^"),
        ("make 机 count=many", "make 机 count=many\n              ^^^^"),
        ("relese acme/shop", "relese acme/shop\n^^^^^^"),
        ('make "long desk', 'make "long desk\n     ^^^^^^^^^^'),
        (
            f"make {'x' * 80} colour=red {'y' * 80}",
            f"…{'x' * 29} colour=red {'y' * 25}…\n{' ' * 31}^^^^^^",
        ),
        ("zzzzzzz", ""),
        ("make\u202e desk colour=red", ""),
    ],
)
def test_an_error_points_at_the_word(text: str, shown: str) -> None:
    """Below the command, in letters of one width; a single word needs no mark."""
    with pytest.raises(Misread) as misread:
        understood(text)

    assert misread.value.shown == shown or not shown
    snippets = [each for each in misread.value.report.blocks if isinstance(each, Snippet)]
    assert snippets == ([Snippet(misread.value.shown)] if misread.value.shown else [])
