"""How goals stand, against what is counted by hand."""

from datetime import UTC, date, datetime, timedelta

import pytest

from flows.analysis.milestones import (
    Standing,
    blocked,
    burn_up,
    changes_since,
    kept_for_next,
    standing,
    working_days,
)
from flows.analysis.roadmap import findings, verdict
from integrations.trackers import Goal, Left, Ticket

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)


def ticket(key: str, opened: float, closed: float | None = None, *labels: str) -> Ticket:
    """Return an issue by how many weeks ago it was opened and done."""
    made = NOW - opened * WEEK
    if closed is None:
        return Ticket(key, "x", "", "open", "open", made, made, labels=labels)
    done = NOW - closed * WEEK
    return Ticket(key, "x", "", "done", "closed", made, done, labels=labels, closed_at=done)


def goal(*tickets: Ticket, due: int | None = None, **parts: object) -> Goal:
    """Return a goal of these issues that is due in so many days."""
    day = None if due is None else (NOW + due * DAY).date()
    return Goal("1", "1.4", "", "GitHub", has_state=True, due_on=day, tickets=tickets, **parts)  # type: ignore[arg-type] # any part


def steady(left: int, due: int | None) -> Standing:
    """Return a goal that did one issue in each of six weeks, with so many left."""
    done = [ticket(f"#{n}", 6, n + 0.5) for n in range(6)]
    more = [ticket(f"#{n}", 6) for n in range(10, 10 + left)]
    return standing(goal(*done, *more, due=due), "seed", NOW)


@pytest.mark.parametrize(
    ("left", "due", "health"),
    [
        (2, 14, "on track"),
        (2, 13, "off track"),
        (2, -1, "off track"),
        (2, None, "unknown"),
        (0, -9, "done"),
    ],
)
def test_health_compares_the_forecast_with_the_day(left: int, due: int | None, health: str) -> None:
    """At an even pace of one a week, two issues take two weeks whatever is drawn."""
    assert steady(left, due).health == health


def test_between_both_days_a_goal_is_at_risk() -> None:
    """Two of three weeks bring two: two thirds of the draws need one week, 85 % need two."""
    done = [ticket(f"#{n}", 6, week + 0.5) for n, week in enumerate((0, 0, 1, 1, 3, 3, 4, 4))]
    found = standing(goal(*done, ticket("#10", 6), ticket("#11", 6), due=10), "seed", NOW)
    assert found.forecast.weeks == (0, 2, 2, 0, 2, 2)
    assert found.health == "at risk"
    assert "decide now which of 2 issues" in str(findings([found]))


def test_scope_grows_after_the_first_week() -> None:
    """What came later counts as added; called off and taken out as dropped."""
    called_off = Ticket(
        "#3", "x", "", "canceled", "closed", NOW - 4 * WEEK, NOW, closed_at=NOW - WEEK
    )
    held = goal(
        ticket("#1", 4),
        ticket("#2", 2),
        called_off,
        ticket("#5", 9),
        added={"#5": NOW - WEEK},
        left=(Left("#4", NOW),),
    )
    found = standing(held, "seed", NOW)
    assert (found.scope, found.grown, found.dropped) == (3, 2, 2)
    assert [(scope, done) for _, scope, done in burn_up(held, NOW)] == [
        (2, 0),
        (2, 0),
        (3, 0),
        (3, 0),
        (3, 0),
    ]


def test_working_days_leave_out_weekends() -> None:
    """By hand: from a Friday to the Monday after is one; two whole weeks are ten."""
    assert working_days(date(2026, 2, 27), date(2026, 3, 2)) == 1
    assert working_days(date(2026, 2, 16), date(2026, 3, 2)) == 10
    assert working_days(date(2026, 3, 1), date(2026, 3, 1)) == 0
    assert working_days(date(2026, 3, 3), date(2026, 3, 1)) == 0


def test_labels_tell_what_is_blocked() -> None:
    """With or without a group in front."""
    assert blocked(ticket("#1", 1, None, "status: blocked"))
    assert not blocked(ticket("#1", 1, None, "bug"))


def test_the_next_report_compares_with_this_one() -> None:
    """What came, went, was done and turned is one sentence for each goal."""
    before = kept_for_next([steady(2, 14)])
    now = steady(3, 14)
    assert changes_since([now], before) == ["1.4: +1 issues, on track → off track."]
    assert changes_since([now], {}) == ["1.4 is new."]
    assert changes_since([steady(2, 14)], before) == []


def test_what_is_quiet_done_or_without_a_day_is_said() -> None:
    """Each with what to do; a verdict names the worst alone."""
    old = standing(goal(ticket("#1", 8)), "seed", NOW)
    said = str(findings([old, steady(0, 5), standing(goal(), "seed", NOW)]))
    for part in ("has no day", "nothing happened for 40", "close it, or plan", "has no issues"):
        assert part in said
    assert verdict([steady(0, 5)]) == "1 done."
    assert "because nothing was done in the last" in verdict([old])
