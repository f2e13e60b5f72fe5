"""Issues in words."""

from datetime import UTC, datetime

import msgspec

from bot.followed import issue
from integrations.github import (
    IssueState,
)
from tests.bot.followed.lines import all_words, words

AT = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
REPO = "acme/api"


def test_an_issue() -> None:
    """Who looks after it, or why it is closed."""
    open_one = IssueState(
        number=3,
        title="It crashes",
        url="u",
        author="bo",
        created_at=AT,
        updated_at=AT,
        labels=("bug",),
        assignees=("ada", "cy"),
        comments=1,
    )
    assert all_words(issue.card(REPO, open_one)) == [
        "acme/api#3 It crashes",
        "Open: @ada and @cy are assigned.",
        "by @bo · bug · 1 comment",
    ]
    closed = msgspec.structs.replace(open_one, state="closed", reason="duplicate", closed_by="ada")
    posting = issue.card(REPO, closed)
    assert words(posting.lines[0]) == "Closed as a duplicate by @ada."
    assert posting.mark == "closed"
    one = msgspec.structs.replace(open_one, assignees=("ada",), comments=0)
    assert words(issue.standing(one)) == "Open: @ada is assigned."
