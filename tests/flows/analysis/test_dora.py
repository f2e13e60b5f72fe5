"""DORA measures agree with figures worked out by hand, and say what they leave out."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flows.analysis.delivery import left_out
from flows.analysis.dora import dora_of
from flows.analysis.measures import LeftOut, Measure, durations, said_hours, share
from flows.analysis.shipments import (
    BEFORE,
    LONGEST_BEFORE,
    Shipment,
    Shipped,
    looked_from,
    shipped_from,
)
from flows.analysis.troubles import Incident
from flows.analysis.windows import span_of

END = datetime(2026, 3, 2, tzinfo=UTC)
SPAN = span_of("4w", END)
START = SPAN.start


def at(day: float) -> datetime:
    """Return the instant so many days after the window began."""
    return START + timedelta(days=day)


@dataclass(frozen=True)
class Pull:
    number: int
    merged_at: datetime | None
    first_commit_at: datetime | None = None
    created_at: datetime = START
    ready_at: datetime | None = None
    first_review_at: datetime | None = None
    approved_at: datetime | None = None
    title: str = "fix: A"
    author: str = "ada"
    is_bot: bool = False
    labels: tuple[str, ...] = ()
    head_ref: str = "a"
    url: str = ""
    merge_sha: str = ""


@dataclass(frozen=True)
class Status:
    state: str
    created_at: datetime


@dataclass(frozen=True)
class Deployment:
    sha: str
    created_at: datetime
    statuses: tuple[Status, ...]
    environment: str = "production"
    ref: str = "main"
    url: str = ""


@dataclass(frozen=True)
class Release:
    tag: str
    published_at: datetime | None
    draft: bool = False
    prerelease: bool = False
    url: str = ""


def ship(day: float, sha: str, *, ok: bool = True, label: str = "") -> Shipment:
    """Return a shipment that started at `day` and took one hour."""
    return Shipment(sha, at(day), at(day) + timedelta(hours=1), ok, label)


def shipped(*shipments: Shipment) -> Shipped:
    """Return deployments to production."""
    return Shipped("deployments", "deployments to production", shipments)


def test_the_source_is_deployments_then_releases_then_merges() -> None:
    """The report says which, and why."""
    good = (Status("success", at(1)), Status("inactive", at(2)))
    deployments = [
        Deployment("a", at(0), good),
        Deployment("b", at(2), (Status("failure", at(2)), Status("success", at(3)))),
        Deployment("c", at(3), (Status("success", at(3)), Status("error", at(4)))),
        Deployment("d", at(5), (Status("in_progress", at(5)),)),
        Deployment("e", at(5), good, environment="staging"),
    ]
    releases = [Release("v1", at(1)), Release("v2-rc.1", at(2), prerelease=True)]
    pulls = [Pull(1, at(1)), Pull(2, None)]
    found = shipped_from(deployments, releases, pulls)
    assert [(s.sha, s.ok, s.finished_at) for s in found.shipments] == [
        ("a", True, at(1)),
        ("b", True, at(3)),
        ("c", False, at(4)),
    ]
    assert (found.source, found.unfinished) == ("deployments", 1)
    found = shipped_from([], releases, pulls)
    assert [s.label for s in found.shipments] == ["v1"]
    assert found.said == "releases, because there are no deployments to production"
    found = shipped_from(deployments, [], pulls, "canary")
    assert [s.label for s in found.shipments] == ["#1"]
    assert found.said == "merges, because there are no deployments to canary and no releases"


def test_lead_time_ends_with_the_first_shipment_that_contains_the_change() -> None:
    """Old work of the first shipment, bots and what is not out are left out and counted."""
    pulls = [
        Pull(1, at(1), at(-300)),
        Pull(2, at(3), at(2)),
        Pull(3, at(4), None, created_at=at(3)),
        Pull(4, at(4), at(1), is_bot=True),
        Pull(5, at(9), at(8)),
        Pull(6, at(3), at(20)),
    ]
    dora = dora_of(shipped(ship(2, "a"), ship(5, "b", ok=False), ship(6, "c")), pulls, SPAN)
    assert dora.lead.values == (73.0, 97.0)
    assert dora.lead.middle is None
    assert dora.lead.left_out == (
        LeftOut(1, "are not shipped yet"),
        LeftOut(1, "were out with the first of the deployments or before"),
        LeftOut(1, "are by bots"),
        LeftOut(1, "have dates out of order"),
    )
    assert str(dora.lead) == "3.0 days, 4.0 days (n = 2)"


def test_a_history_of_commits_decides_better_than_time() -> None:
    """A merge that an earlier build could not contain waits for the next one."""
    pulls = [Pull(1, at(3), at(2), merge_sha="m3"), Pull(2, at(3), at(2), merge_sha="side")]
    ships = shipped(ship(1, "m1"), ship(4, "m2"), ship(6, "m3"))
    assert dora_of(ships, pulls, SPAN).lead.values == (49.0, 49.0)
    dora = dora_of(ships, pulls, SPAN, chain=["m1", "m2", "m3"])
    assert dora.lead.values == (97.0,)
    assert dora.lead.left_out == (LeftOut(1, "were merged into another branch"),)


def test_frequency_counts_good_days() -> None:
    """Two shipments on one day are one day; failures are left out."""
    ships = [ship(day, f"s{day}") for day in (1, 1.2, 8, 15, 22)]
    dora = dora_of(shipped(*ships, ship(23, "x", ok=False)), [], SPAN)
    assert (dora.shipped, dora.days) == (5, 4)
    assert (dora.frequency.middle, dora.frequency.level) == (1.0, "high")
    assert dora.frequency.left_out == (LeftOut(1, "failed"),)
    assert str(dora.frequency) == "1.0 days a week (n = 5)"


def test_what_happens_seldom_is_not_said_to_be_never() -> None:
    """Five days in two years are 0.05 days a week."""
    assert str(Measure("Deployment frequency", "days a week", 5, 5 / 104)) == (
        "0.05 days a week (n = 5)"
    )


def test_a_window_needs_all_that_its_first_shipment_brings() -> None:
    """Merges are looked at from the last shipment before it on, within two years."""
    start = at(0)
    assert looked_from(shipped(ship(-300, "a"), ship(-200, "b"), ship(1, "c")), start) == at(-200)
    assert looked_from(shipped(ship(-10, "a")), start) == start - BEFORE
    assert looked_from(shipped(ship(-999, "a")), start) == start - LONGEST_BEFORE
    assert looked_from(shipped(), start) == start - BEFORE
    words = str(left_out(dora_of(shipped(), [], SPAN), START - LONGEST_BEFORE, SPAN))
    assert "what was merged before 2024-02-03" in words
    assert "what was merged" not in str(left_out(dora_of(shipped(), [], SPAN), START, SPAN))


def test_a_squash_without_its_commits_tells_no_cycle() -> None:
    """One moment for the first commit, the opening and the merge is no duration of zero."""
    pulls = [Pull(number, at(3), at(3), created_at=at(3)) for number in range(6)]
    dora = dora_of(shipped(), pulls, SPAN)
    assert dora.cycle.left_out == (LeftOut(6, "tell no moment before the merge"),)
    assert dora.stages[0].left_out == (LeftOut(6, "tell no first commit"),)
    assert (dora.cycle.n, dora.stages[0].n) == (0, 0)
    assert all(week.cycle_n == 0 for week in dora.weeks)


def test_failures_are_statuses_rollbacks_hotfixes_reverts_and_incidents() -> None:
    """Each way of failing is counted once, and the recovery of a row of failures only once."""
    ships = [
        ship(1, "a"),
        ship(2, "b", ok=False),
        ship(2.5, "c", ok=False),
        ship(3, "d"),
        ship(4, "e"),
        ship(5, "d"),
        ship(6, "f"),
        ship(7, "g", label="hotfix/1.2"),
        ship(8, "h"),
        ship(10, "i"),
        ship(12, "j"),
        ship(13, "j"),
    ]
    revert = Pull(9, at(9), at(8.5), title='Revert "feat: A"')
    incident = Incident(at(10.5), at(11))
    dora = dora_of(shipped(*ships), [revert], SPAN, incidents=[incident])
    # b, c failed; e was rolled back; f hotfixed; h reverted; i had the incident.
    assert (dora.failures.hits, dora.failures.n, dora.failures.level) == (6, 12, "low")
    assert str(dora.failures) == "50%, 6 of 12"
    # The second j is only a restart; d after failures is new, so no way back.
    assert (dora.rework.hits, dora.rework.n) == (3, 12)
    hours = (24.0, 24.0, 24.0, 48.0, 12.0)
    assert dora.recovery.n == len(hours)
    assert dora.recovery.middle == 24.0
    assert dora.failures_are == "failed statuses, rollbacks, hotfixes, reverts and 1 incident"


def test_an_open_failure_is_not_a_recovery() -> None:
    """It is counted as not repaired."""
    dora = dora_of(shipped(ship(1, "a"), ship(2, "b", ok=False)), [], SPAN)
    assert str(dora.recovery) == "not measured, because nothing that failed is repaired yet"
    assert dora.recovery.left_out == (LeftOut(1, "are not repaired yet"),)


def test_stages_split_the_time_of_a_pull_request() -> None:
    """Medians of hours, worked out by hand; bots and the never reviewed are left out."""
    pulls = [
        Pull(
            number,
            merged_at=at(3),
            first_commit_at=at(0),
            created_at=at(0.5),
            ready_at=at(1),
            first_review_at=at(1 + number / 24),
            approved_at=at(2),
        )
        for number in range(1, 6)
    ]
    pulls += [Pull(6, at(3), at(0), created_at=at(1)), Pull(7, at(3), is_bot=True)]
    coding, pickup, review, merge = dora_of(shipped(), pulls, SPAN).stages
    assert (coding.middle, coding.n) == (24.0, 6)
    assert (pickup.middle, pickup.n) == (3.0, 5)
    assert pickup.p90 is not None
    assert round(pickup.p90, 6) == 4.6
    assert review.middle == 21.0
    assert merge.middle == 24.0
    assert pickup.left_out == (LeftOut(1, "are by bots"), LeftOut(1, "were never reviewed"))


def test_teams_are_measured_and_people_are_not() -> None:
    """A team of which one person merged something has no figure."""
    pulls = [
        Pull(1, at(1), at(0), author="ada"),
        Pull(2, at(2), at(0), author="bo"),
        Pull(3, at(2), at(0), author="cy"),
    ]
    dora = dora_of(shipped(), pulls, SPAN, teams={"web": ["ada", "bo"], "data": ["cy", "dee"]})
    data, web = dora.teams
    assert (data.name, data.cycle.n) == ("data", 0)
    assert "fewer than two people" in str(data.cycle)
    assert (web.name, web.cycle.values) == ("web", (24.0, 48.0))


def test_the_trend_has_a_point_for_each_whole_week() -> None:
    """Weeks without anything say None, not zero."""
    pulls = [Pull(1, at(9), at(8))]
    weeks = dora_of(shipped(ship(1, "a"), ship(10, "b")), pulls, SPAN).weeks
    assert [w.start for w in weeks] == [at(0), at(7), at(14), at(21)]
    assert [w.shipped for w in weeks] == [1, 1, 0, 0]
    assert [w.lead_hours for w in weeks] == [None, 49.0, None, None]
    assert [w.cycle_hours for w in weeks] == [None, 24.0, None, None]


def test_nothing_at_all_is_not_measured_and_says_why() -> None:
    """No figure is invented."""
    dora = dora_of(shipped(), [], SPAN)
    measures = [dora.frequency, dora.lead, dora.failures, dora.recovery, dora.rework, dora.cycle]
    assert all(m.missing and m.middle is None and m.n == 0 for m in measures)
    assert str(dora.failures) == ("not measured, because there are no deployments in this window")


def test_few_values_are_shown_and_many_are_summed_up() -> None:
    """Below five there is no median, no share and no level."""
    levels = (timedelta(days=1), timedelta(days=7), timedelta(days=30))
    few = durations("x", [timedelta(hours=n) for n in (3, 1)], missing="", levels=levels)
    assert (few.values, few.middle, few.level) == ((1.0, 3.0), None, None)
    many = durations("x", [timedelta(hours=n) for n in range(1, 12)], missing="", levels=levels)
    assert (many.middle, many.p90, many.level) == (6.0, 10.0, "elite")
    assert str(many) == "6.0 h median, 10.0 h p90 (n = 11)"
    assert str(share("x", 1, 3, missing="")) == "1 of 3"
    assert [
        share("x", hits, 20, missing="", levels=(0.05, 0.1, 0.15)).level for hits in range(1, 5)
    ] == [
        "elite",
        "high",
        "medium",
        "low",
    ]
    assert str(Measure("x", "hours", missing="of y")) == "not measured, because of y"
    assert [said_hours(h) for h in (0.5, 3.25, 60)] == ["30 min", "3.2 h", "2.5 days"]
