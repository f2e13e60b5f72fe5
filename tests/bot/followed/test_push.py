"""Pushes in words."""

from bot.followed import push
from tests.bot.followed.lines import all_words

REPO = "acme/api"


def test_a_push() -> None:
    """The first commits, and how many more there are."""
    commits = [{"sha": "a" * 40, "title": f"Change {n}", "url": "u"} for n in range(2)]
    said = {
        "id": "push:1",
        "kind": "push",
        "by": "ada",
        "branch": "main",
        "count": 3,
        "commits": commits,
        "paths": ["a.py"],
        "forced": True,
        "url": "u",
    }
    assert all_words(push.seen(REPO, said).card) == [
        "@ada force-pushed 3 commits to acme/api main",
        "aaaaaaa Change 0",
        "aaaaaaa Change 1",
        "… 1 more",
    ]
