"""What flows put into the menu of a message makes sense there, or is refused at once."""

from dataclasses import replace

import pytest

from flows.engine.errors import AuthorError
from flows.engine.menus import MOST, check, check_all
from flows.engine.spec import Shortcut
from tests.bot.speech import LABEL

BUG = Shortcut("Create bug", text="title", link="source")


def test_a_shortcut_fills_inputs() -> None:
    """Its label is short enough for both chats."""
    check([BUG], ["title", "source", "repo"])


@pytest.mark.parametrize(
    ("shortcut", "why"),
    [
        (replace(BUG, label=""), "label of 1 to 24"),
        (replace(BUG, label="x" * 25), "label of 1 to 24"),
        (replace(BUG, author="who"), "fills in who, which is no input"),
        (Shortcut("Create bug"), "fills in nothing"),
    ],
)
def test_what_no_chat_would_show_is_refused(shortcut: Shortcut, why: str) -> None:
    """The author reads which shortcut it is, and why."""
    with pytest.raises(AuthorError, match=why):
        check([shortcut], ["title", "source"])


def test_entries_of_a_menu_are_told_apart() -> None:
    """Two flows, or one flow twice, cannot have the same; a menu has room for a few."""
    one = replace(LABEL, shortcuts=(BUG,))
    check_all([one, LABEL])
    with pytest.raises(AuthorError, match="both want the shortcut 'create BUG'"):
        check_all(
            [one, replace(LABEL, slug="other", shortcuts=(replace(BUG, label="create BUG"),))]
        )
    with pytest.raises(AuthorError, match="both want"):
        check_all([replace(LABEL, shortcuts=(BUG, BUG))])
    many = tuple(replace(BUG, label=f"Entry {number}") for number in range(MOST + 1))
    with pytest.raises(AuthorError, match="6 shortcuts"):
        check_all([replace(LABEL, shortcuts=many)])
