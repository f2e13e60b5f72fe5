"""Pull requests in words: what stands in their way first, the state as a mark."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.followed import pull
from flows.report import Code, Link, Person
from integrations.github import PullState, Review
from tests.bot.followed.lines import words

AT = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
REPO = "acme/api"


def state(**changes: Any) -> PullState:  # noqa: ANN401 - whatever a test is about
    """Return an open pull request that differs by these."""
    given: dict[str, Any] = {
        "number": 7,
        "title": "Add limits",
        "url": "https://github.com/acme/api/pull/7",
        "author": "ada",
        "state": "open",
        "head_ref": "limits",
        "base_ref": "main",
        "head_sha": "a" * 40,
        "created_at": AT,
        "updated_at": AT,
        "mergeable": "clean",
    }
    return PullState(**given | changes)


def said(author: str, verdict: str) -> Review:
    """Return what somebody has said."""
    return Review(author, verdict, AT)


@pytest.mark.parametrize(
    ("changes", "told", "mark", "tone"),
    [
        ({}, "Open, nothing stands in its way.", "", "neutral"),
        ({"mergeable": "unknown"}, "Open.", "", "neutral"),
        ({"mergeable": "unknown", "decision": "approved"}, "Open.", "approved", "neutral"),
        ({"draft": True}, "Open: a draft.", "", "neutral"),
        ({"mergeable": "conflicts"}, "Open: has conflicts with main.", "", "bad"),
        ({"checks": "failure"}, "Open: checks fail.", "bad", "bad"),
        ({"checks": "pending"}, "Open: checks run.", "running", "neutral"),
        ({"decision": "review_required"}, "Open: needs a review.", "", "neutral"),
        (
            {"decision": "review_required", "reviewers": ("bo", "cy"), "teams": ("acme/web",)},
            "Open: needs a review by @bo or @cy or acme/web.",
            "",
            "neutral",
        ),
        ({"reviewers": ("bo",)}, "Open: needs a review by @bo.", "", "neutral"),
        (
            {
                "decision": "changes_requested",
                "reviews": (said("bo", "changes_requested"),),
                "checks": "failure",
            },
            "Open: checks fail, @bo asks for changes.",
            "bad",
            "bad",
        ),
        (
            {"reviews": (said("bo", "changes_requested"), said("cy", "changes_requested"))},
            "Open: @bo and @cy ask for changes.",
            "",
            "neutral",
        ),
        ({"decision": "changes_requested"}, "Open: changes are asked for.", "", "neutral"),
        (
            {"decision": "approved", "checks": "success"},
            "Open, nothing stands in its way.",
            "approved",
            "good",
        ),
        (
            {"decision": "approved", "mergeable": "behind"},
            "Open: has to be updated from main.",
            "approved",
            "neutral",
        ),
        (
            {"decision": "approved", "mergeable": "blocked"},
            "Open: a rule of main is not met yet.",
            "approved",
            "neutral",
        ),
        ({"state": "merged", "merged_by": "bo"}, "Merged by @bo.", "merged", "good"),
        ({"state": "merged"}, "Merged.", "merged", "good"),
        ({"state": "closed"}, "Closed without a merge.", "closed", "neutral"),
    ],
)
def test_how_it_stands(changes: dict[str, Any], told: str, mark: str, tone: str) -> None:
    """The most important first, and never “blocked”."""
    posting = pull.card(REPO, state(**changes))
    assert words(posting.lines[0]) == told
    assert (posting.mark, posting.tone) == (mark, tone)


def test_the_card_says_what_it_is_about() -> None:
    """Who, from where to where, labels, what reviewers said."""
    posting = pull.card(
        REPO,
        state(
            labels=("bug", "web"),
            checks="success",
            reviews=(said("bo", "approved"), said("cy", "commented"), said("dee", "dismissed")),
        ),
    )
    assert posting.title == (Link("acme/api#7 Add limits", "https://github.com/acme/api/pull/7"),)
    assert words(posting.lines[1]) == "by @ada · limits → main · checks pass · bug, web"
    assert words(posting.lines[2]) == "@bo approves · @cy commented"
    assert Person("ada") in posting.lines[1]
    assert Code("limits") in posting.lines[1]


def test_filters_know_everything_of_it() -> None:
    """Reviewers are those who were asked and those who have answered."""
    facts = pull.facts_of(
        REPO, state(reviewers=("bo",), reviews=(said("cy", "approved"),), paths=("a", "b"))
    )
    assert facts["reviewer"] == ("bo", "cy")
    assert facts["path"] == ("a", "b")
    assert facts["draft"] == ("no", "false")
    assert "label" not in facts


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ({}, {"state": "merged"}, []),
        ({"state": "open", "draft": False}, {}, []),
        ({"state": "open", "draft": False}, {"state": "closed"}, ["Closed without a merge."]),
        ({"state": "closed", "draft": False}, {}, ["Open again."]),
        ({"state": "open", "draft": True}, {}, ["Ready for review."]),
    ],
)
def test_what_is_new_is_told_below(
    before: dict[str, Any], now: dict[str, Any], told: list[str]
) -> None:
    """Compared with how it was seen before; the first time, the card says it all."""
    seen = pull.seen(REPO, state(**now), before, ())
    assert [words(each.posting.title) for each in seen.replies] == told
    again = pull.seen(REPO, state(**now), seen.memory, ())
    assert again.replies == ()
