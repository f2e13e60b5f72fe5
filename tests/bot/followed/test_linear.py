"""Issues in Linear in words."""

from datetime import UTC, date, datetime

import msgspec

from bot.followed import linear
from integrations.linear import Issue
from tests.bot.followed.lines import all_words, words

AT = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)


def test_an_issue_in_linear() -> None:
    """Its state, who does it, until when; a move is told below it."""
    found = Issue(
        id="i",
        identifier="ENG-12",
        title="Limits",
        url="u",
        team="ENG",
        state="In Review",
        kind="started",
        created_at=AT,
        updated_at=AT,
        priority=1,
        assignee="ada",
        labels=("api",),
        project="Limits",
        due_on=date(2026, 3, 9),
    )
    seen = linear.seen(found, {"state": "Todo"})
    assert all_words(seen.card) == [
        "ENG-12 Limits",
        "In Review · ada is assigned · urgent priority",
        "in Limits · due 2026-03-09 · api",
    ]
    assert [words(each.posting.title) for each in seen.replies] == ["Todo → In Review"]
    assert seen.facts["priority"] == ("urgent",)
    done = msgspec.structs.replace(found, kind="completed", priority=9, assignee="", project="")
    assert linear.seen(done, {}).card.mark == "good"
    assert linear.seen(done, {}).replies == ()
