"""What a plan does about one issue is one line of its card."""

from dataclasses import replace

from bot.chat import Planned
from bot.threads import folded


def test_what_follows_each_other_about_one_thing_is_one_line() -> None:
    """As long as it goes well, and can be taken back or not as a whole."""
    one = [Planned(f"Sync #82: {each}", undoable=True) for each in ("make it", "link it")]
    other = [Planned("Sync #83: make it", undoable=True), Planned("Say it: now", undoable=True)]
    assert [each.title for each in folded([*one, *other])] == [
        "Sync #82: make it, link it",
        "Sync #83: make it",
        "Say it: now",
    ]
    made, fails = replace(one[0], state="done"), replace(one[1], state="failed")
    assert [each.state for each in folded([made, one[1]])] == ["running"]
    assert folded([made, fails]) == (made, fails)
    assert len(folded([one[0], replace(one[1], undoable=False)])) == 2
    assert len(folded([one[0], replace(one[1], title=f"Sync #82: {'x' * 120}")])) == 2
