"""What a pull request waits for, as its reviews and checks tell."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from flows.analysis.standing import (
    AWAITED,
    OVER,
    SAID,
    Stage,
    Standing,
    Waits,
    news,
    objectors,
    stage_of,
)
from flows.report import Person, Report, text
from integrations.github import PullState, Review

NOW = datetime(2026, 3, 4, tzinfo=UTC)
OPEN = PullState(1, "Retry", "url", "ada", "open", "retry", "main", "abc", NOW, NOW)
NO = Review("bo", "changes_requested")


@pytest.mark.parametrize(
    ("state", "stage"),
    [
        (OPEN, "review"),
        (replace(OPEN, draft=True), "coding"),
        (replace(OPEN, draft=True, checks="failure"), "red"),
        (replace(OPEN, decision="approved", reviews=(Review("bo", "approved"),)), "approved"),
        (replace(OPEN, decision="approved", checks="failure"), "red"),
        (replace(OPEN, decision="changes_requested", reviews=(NO,)), "rework"),
        (replace(OPEN, decision="changes_requested", reviews=(NO,), reviewers=("bo",)), "review"),
        (replace(OPEN, reviews=(NO,), checks="failure"), "red"),
        (replace(OPEN, state="merged", checks="failure"), "merged"),
        (replace(OPEN, state="closed"), "closed"),
    ],
)
def test_a_stage_is_whose_turn_it_is(state: PullState, stage: str) -> None:
    """Red checks come first; who is asked again has the word again."""
    assert stage_of(state) == stage
    assert stage in SAID
    assert (stage in AWAITED) is (stage not in OVER)


def test_a_wait_has_a_name_of_its_own_each_time() -> None:
    """A journal knows it by its name."""
    waits = Waits()
    stages: list[Stage] = ["review", "red", "review"]
    found = [waits.named(stage, 7) for stage in stages]
    assert found == ["a review of #7", "green checks of #7", "a review of #7 (2)"]


def test_who_objects_is_named() -> None:
    """Approvals do not count, nor who is asked again."""
    state = replace(OPEN, reviews=(NO, Review("cy", "approved"), Review("dee", NO.state)))
    assert objectors(replace(state, reviewers=("dee",))) == ("bo",)


def test_a_change_is_told_to_whose_turn_it_is() -> None:
    """Who is to review, or has the pull request; what was red is green again."""
    red = Standing("red", "test", replace(OPEN, assignees=("bo", "cy")))
    asked = Standing("review", "", replace(OPEN, reviewers=("cy",), teams=("acme/web",)))
    nobody = Standing("review", "", OPEN)
    turn = text("test", " · ", Person("bo"), ", ", Person("cy"))

    assert news(asked, red) == Report("#1 has red checks", tone="bad", blocks=(turn,))
    again = Report("#1 is green again and waits for a review", blocks=())
    assert news(red, nobody) == again
    both = text(Person("cy"), ", ", Person("acme/web"))
    assert news(nobody, asked) == Report("#1 waits for a review", blocks=(both,))
    assert news(red, Standing("closed", "", OPEN)) is None
