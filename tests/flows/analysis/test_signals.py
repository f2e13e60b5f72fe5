"""Signals of a project's health, against what is counted by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from flows.analysis.scorecard import healths_of, spans_of
from flows.analysis.signals import AREAS, Evidence, Posture, Signal, line, score_of, signals_of
from flows.analysis.windows import Span
from integrations.github import Milestone, PullTiming, Release, WorkflowRun
from integrations.trackers import Ticket

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SPAN = Span(NOW - 30 * DAY, NOW, "30 days")


def pull(
    number: int, *, author: str = "ada", hours: float = 24, approved: bool = True
) -> PullTiming:
    """Return a pull request that was merged some days ago after so many hours."""
    merged = NOW - number * DAY
    opened = merged - hours * HOUR
    return PullTiming(
        number=number,
        title="x",
        url="",
        author=author,
        created_at=opened,
        merged_at=merged,
        merge_sha="",
        base_ref="main",
        head_ref="x",
        first_commit_at=opened,
        first_review_at=opened + 4 * HOUR,
        approved_at=merged if approved else None,
    )


def ticket(key: str, opened: float, closed: float | None = None, *labels: str) -> Ticket:
    """Return an issue by how many days ago it was opened and closed."""
    made = NOW - opened * DAY
    done = None if closed is None else NOW - closed * DAY
    kind, state = ("open", "open") if done is None else ("done", "closed")
    return Ticket(key, "x", "", kind, state, made, done or made, labels=labels, closed_at=done)  # type: ignore[arg-type] # kind is one of both


def build(conclusion: str) -> WorkflowRun:
    """Return a build of two days ago."""
    at = NOW - 2 * DAY
    return WorkflowRun(1, "CI", "push", "main", "", "completed", "", at, at, conclusion)


def evidence(**parts: object) -> Evidence:
    """Return evidence of nothing but what is given."""
    names = ("pulls", "runs", "releases", "tickets", "milestones")
    bare: dict[str, object] = dict.fromkeys(names, ())
    return Evidence(**{**bare, "posture": Posture(), **parts})  # type: ignore[arg-type] # any part


def named(found: Evidence) -> dict[str, Signal]:
    """Return all signals by their names."""
    return {each.name: each for each in signals_of(found, SPAN)}


def test_a_score_lies_on_a_straight_line() -> None:
    """By hand: halfway between both bounds is 5, whichever of them is the larger."""
    assert [line(x, 24, 168) for x in (0, 24, 96, 168, 999)] == [10, 10, 5, 0, 0]
    assert [line(x, 0.95, 0.6) for x in (1, 0.775, 0.6)] == [10, 5, 0]


def test_five_merges_are_judged() -> None:
    """By hand: a day for each is 10; four of five approved is 7.3; 3 of 5 by ada is factor 1."""
    pulls = [pull(n, author="ada" if n < 4 else "bo", approved=n > 1) for n in range(1, 6)]
    found = named(evidence(pulls=pulls))
    assert found["Cycle time"].score == 10
    assert (found["Approved before merge"].figure, found["Approved before merge"].score) == (
        "80%, 4 of 5",
        7.3,
    )
    assert (found["Bus factor"].figure, found["Bus factor"].score) == ("1 (n = 5 merges)", 3.3)
    assert found["Pickup"].score == 10


def test_builds_issues_and_bugs_are_judged() -> None:
    """By hand: 4 of 5 green is 5.7; 3 of 5 closed is 2; their backlog is young."""
    tickets = [ticket(f"#{n}", 20, 5 if n < 3 else None, "type: bug") for n in range(5)]
    old = [ticket(f"#{n}", 400) for n in range(5, 12)]
    runs = [build("success")] * 4 + [build("failure"), build("cancelled")]
    found = named(evidence(runs=runs, tickets=[*tickets, *old]))
    assert (found["Green builds"].figure, found["Green builds"].score) == ("80%, 4 of 5", 5.7)
    assert found["Issues closed of opened"].score == 2
    assert found["Bugs closed of opened"].score == 3.3
    assert (found["Age of the backlog"].figure, found["Age of the backlog"].score) == (
        "400 days p85 (n = 9)",
        0,
    )


def test_releases_and_milestones_are_judged() -> None:
    """By hand: 52 days are halfway from 14 to 90; one of four overdue is 5."""
    releases = [Release(1, "v1", "v1", "", NOW, published_at=NOW - 52 * DAY)]
    days = (-1, 1, 2, 3)
    milestones = [Milestone(n, "m", "", "open", due_on=NOW + n * DAY) for n in days]
    found = named(evidence(releases=releases, milestones=milestones))
    assert (found["Newest release"].figure, found["Newest release"].score) == (
        "52 days old (n = 1 release)",
        5,
    )
    assert (found["Milestones overdue"].figure, found["Milestones overdue"].score) == ("1 of 4", 5)


@pytest.mark.parametrize(
    ("posture", "figure", "score"),
    [
        (Posture(alerts={"critical": 1, "high": 2, "low": 9}), "1 critical, 2 high, 9 low", 3),
        (Posture(alerts={}, secrets=5), "5 secrets", 0),
        (Posture(secrets=0), "none", 10),
        (Posture(), "", None),
    ],
)
def test_alerts_weigh_by_their_severity(posture: Posture, figure: str, score: float | None) -> None:
    """What nobody looks for is not measured, and says so."""
    found = named(evidence(posture=posture))["Open alerts"]
    assert (found.figure, found.score) == (figure, score)
    assert bool(found.missing) == (score is None)


def test_too_little_is_no_figure() -> None:
    """Below five things nothing is judged but what needs no sample."""
    found = signals_of(evidence(pulls=[pull(1)], tickets=[ticket("#1", 3)]), SPAN)
    assert [each.name for each in found if each.score is not None] == ["Default branch"]
    assert "too little activity (n = 1, merged pull request)" in str(found)


def test_an_area_is_as_good_as_its_weakest_signal() -> None:
    """Nothing is averaged away, and what is not measured does not count."""
    signals = [
        Signal("people", "a", "", "", "", 9),
        Signal("people", "b", "", "", "", 2),
        Signal("people", "c", "", "", missing="nobody knows"),
    ]
    assert [score_of(signals, area) for area in ("people", "quality")] == [2, None]


def test_windows_follow_one_another() -> None:
    """The oldest is first, and the trend has a score for each."""
    assert [(each.end - SPAN.end) // DAY for each in spans_of(SPAN)] == [-90, -60, -30, 0]
    healths = healths_of(evidence(pulls=[pull(n) for n in range(1, 7)]), SPAN)
    trends = {each.area: each.trend for each in healths}
    assert set(trends) == set(AREAS)
    assert [trends[area] for area in ("delivery", "planning")] == [
        (None, None, None, 10),
        (None, None, None, None),
    ]
