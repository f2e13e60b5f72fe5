"""What author and reviewers of a pull request read, by how it stands."""

from datetime import timedelta
from typing import Any

import pytest

from bot.console.render import render
from bot.news.pulls import after_author, after_reviewer, is_ready, of_author, of_reviewer
from integrations.github import PullState, Review
from tests.bot.followed.test_pull import AT, REPO, state

NAME = "acme/api#7 Add limits"
YES, BOT = Review("bo", "approved", AT), Review("tidy[bot]", "approved", AT)
NO = Review("cat", "changes_requested", AT)
SEEN = Review("eve", "commented", AT)
CLOSED = f"Closed without a merge: {NAME}."
APPROVED = {"decision": "approved", "reviews": (YES,)}
READY = APPROVED | {"mergeable": "clean", "checks": "success"}


def read(turn: Any) -> str:  # noqa: ANN401 - a turn, or none
    """Return what somebody reads, without the reason."""
    return " ".join(render(turn.report).split()).partition(" Open it")[0] if turn else ""


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, ""),
        ({"mergeable": "clean", "checks": "success"}, ""),
        (READY, f"Ready to merge: {NAME}. Approved by @bo, and its checks pass."),
        (READY | {"checks": "none"}, f"Ready to merge: {NAME}. Approved by @bo."),
        (READY | {"reviews": (BOT,)}, f"Ready to merge: {NAME}. Approved, and its checks pass."),
        (READY | {"decision": "none"}, f"Ready to merge: {NAME}. Approved by @bo, and its checks"),
        (READY | {"decision": "none", "reviews": (BOT,)}, ""),
        (READY | {"draft": True}, ""),
        (READY | {"state": "merged"}, ""),
        (
            READY | {"mergeable": "blocked"},
            f"bo approved it: {NAME}. Not ready yet: a rule of",
        ),
        (
            {"decision": "review_required", "reviews": (YES, BOT)},
            f"bo approved it: {NAME}. Not ready yet: needs a review.",
        ),
        ({"decision": "review_required", "reviews": (BOT,)}, ""),
        (APPROVED | {"checks": "failure"}, f"bo approved it: {NAME}. Not ready yet: checks fail."),
        ({"mergeable": "conflicts"}, f"Conflicts with main: {NAME}."),
        (APPROVED | {"mergeable": "conflicts"}, f"Approved, but it conflicts with main: {NAME}."),
        (
            {"reviews": (NO, YES), "decision": "changes_requested", "checks": "failure"},
            f"cat asks for changes: {NAME}. Also: checks fail.",
        ),
        (
            {"reviews": (NO, Review("dee", "changes_requested")), "decision": "none"},
            f"cat and dee ask for changes: {NAME}.",
        ),
        ({"reviews": (NO,), "decision": "changes_requested", "reviewers": ("Cat",)}, ""),
    ],
)
def test_an_author_reads_what_needs_them_most(changes: dict[str, Any], told: str) -> None:
    """Approved as the rules ask; a bot's word only counts where they say so."""
    seen = read(of_author(REPO, state(**changes), ""))
    assert seen.startswith(told) if told else not seen


def test_a_turn_has_a_name_of_its_own() -> None:
    """Another commit or another review is another turn, a second approval is none."""

    def name(**changes: Any) -> str:  # noqa: ANN401 - whatever stands so
        turn = of_author(REPO, state(**changes), "c0ffee")
        return turn.name if turn else ""

    later = Review("dee", "approved", AT + timedelta(hours=1))
    again = Review("cat", "changes_requested", AT + timedelta(hours=1))
    assert name(**APPROVED) == name(**APPROVED | {"reviews": (YES, later)})
    assert name(**READY) != name(**READY | {"head_sha": "b" * 40})
    assert name(**READY) != name(**READY | {"reviews": (later,)})
    assert name(reviews=(NO,)) != name(reviews=(again,))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, f"ada asks for your review: {NAME}. ."),
        (
            {"paths": ("a", "b"), "checks": "success", "mergeable": "conflicts"},
            f"ada asks for your review: {NAME}. 2 files · checks pass · has conflicts with main.",
        ),
        (
            {"reviews": (SEEN,)},
            f"ada asks for your review again: {NAME}.",
        ),
        (APPROVED, ""),
        ({"draft": True}, ""),
        ({"state": "closed"}, ""),
    ],
)
def test_a_reviewer_is_asked_for_what_is_needed(changes: dict[str, Any], told: str) -> None:
    """Not for what has its approvals already."""
    seen = read(of_reviewer(REPO, state(**changes), "Eve", ""))
    assert seen.startswith(told.replace(" .", "")) if told else not seen


@pytest.mark.parametrize(
    ("changes", "to_author", "to_reviewer"),
    [
        (
            {"state": "merged", "merged_by": "Ada"},
            f"Merged by you: {NAME}.",
            f"Merged by Ada: {NAME}.",
        ),
        ({"state": "closed"}, CLOSED, CLOSED),
        ({"draft": True}, f"A draft again: {NAME}.", f"A draft again: {NAME}."),
        (
            {"reviews": (NO,), "reviewers": ("cat",)},
            f"You asked cat to look again: {NAME}.",
            f"cat reviewed it: {NAME}.",
        ),
        (
            {"checks": "pending", "decision": "review_required"},
            f"{NAME}: needs a review, checks run.",
            f"Your review is not asked for any more: {NAME}.",
        ),
        ({}, f"{NAME}: nothing to do.", f"Your review is not asked for any more: {NAME}."),
        (
            {"decision": "approved", "reviews": (BOT,), "mergeable": "conflicts"},
            f"{NAME}: has conflicts with main.",
            f"Others approved it, so your review is not needed: {NAME}.",
        ),
        (
            {"reviews": (Review("eve", "changes_requested", AT),), "reviewers": ("eve", "bo")},
            f"You asked eve to look again: {NAME}.",
            f"You asked for changes: {NAME}.",
        ),
    ],
)
def test_a_message_ends_with_what_came_of_it(
    changes: dict[str, Any], to_author: str, to_reviewer: str
) -> None:
    """In one line, from the side of who reads it."""
    seen: PullState = state(**changes)
    assert not is_ready(seen)
    assert after_author(REPO, seen, "ada") == to_author
    assert after_reviewer(REPO, seen, "eve") == to_reviewer
