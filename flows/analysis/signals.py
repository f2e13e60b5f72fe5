"""Signals of how a project does, each a figure of 0 to 10 by a formula that is printed; pure.

The choice follows the metrics of CHAOSS (chaoss.community) and of the OpenSSF Scorecard; each score
is a straight line between a figure that is worth 10 and one that is worth 0. These bounds are ours.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from statistics import quantiles
from typing import Literal, TypeAlias

import msgspec

from flows.analysis.measures import FEWEST, Measure, said_hours
from flows.analysis.ownership import bus_factor
from flows.analysis.stages import cycle_of, stages_of
from flows.analysis.versions import label_words
from flows.analysis.windows import Span
from flows.analysis.words import counted
from integrations.errors import Refused
from integrations.github import GitHubReader, Milestone, PullTiming, Release, WorkflowRun
from integrations.trackers import Ticket

Area: TypeAlias = Literal["delivery", "quality", "security", "planning", "people"]
AREAS: tuple[Area, ...] = ("delivery", "quality", "security", "planning", "people")
DAY = timedelta(days=1)
GREEN, RED = frozenset({"success"}), frozenset({"failure", "timed_out", "startup_failure"})
BUGS = frozenset({"bug", "defect", "regression"})
WEIGHTS = {"critical": 3.0, "high": 2.0, "medium": 0.5}  # taken off for each open alert
SECRET = 3.0


class Posture(msgspec.Struct, frozen=True):
    """What GitHub tells of today alone; alerts by severity are None where nobody may see them."""

    protected: bool = False
    alerts: dict[str, int] | None = None
    secrets: int | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that was read."""

    pulls: Sequence[PullTiming]
    runs: Sequence[WorkflowRun]
    releases: Sequence[Release]
    tickets: Sequence[Ticket]
    milestones: Sequence[Milestone]
    posture: Posture


@dataclass(frozen=True, slots=True)
class Signal:
    """One figure of an area; without a `score` it says why in `missing`."""

    area: Area
    name: str
    formula: str
    remedy: str
    figure: str = ""
    score: float | None = None
    missing: str = ""
    lasting: bool = True  # whether it can be told of the past as well


async def posture_of(github: GitHubReader, repo: str, branch: str) -> Posture:
    """Return what GitHub tells of today; what this bot may not see is left open."""
    found = await github.branch(repo, branch)
    severities: Counter[str] | None = None
    secrets: int | None = None
    try:
        weak = await github.dependency_alerts(repo)
        code = await github.code_alerts(repo)
        if weak is not None or code is not None:
            severities = Counter(each.severity for each in [*(weak or ()), *(code or ())])
        held = await github.secret_alerts(repo)
        secrets = None if held is None else len(held)
    except Refused:
        return Posture(bool(found and found.protected))
    return Posture(bool(found and found.protected), severities, secrets)


def line(value: float, good: float, bad: float) -> float:
    """Return 10 for what is good or better, 0 for what is bad or worse, straight between them."""
    return round(10 * min(1.0, max(0.0, (bad - value) / (bad - good))), 1)


def signals_of(found: Evidence, span: Span) -> list[Signal]:
    """Return all signals of a stretch of time, as they were at its end."""
    merged = [each for each in found.pulls if each.merged_at in span]
    return [
        _time("delivery", "Cycle time", cycle_of(merged), (24, 168), "Ship smaller pull requests."),
        _release(found.releases, span),
        _builds(found.runs, span),
        _bugs(found.tickets, span),
        _reviewed(merged),
        _protected(found.posture),
        _alerts(found.posture),
        _closing(found.tickets, span),
        _backlog(found.tickets, span),
        _late(found.milestones, span),
        _spread(merged),
        _time("people", "Pickup", stages_of(merged)[1], (4, 72), "Agree on who reviews when."),
    ]


def score_of(signals: Sequence[Signal], area: Area) -> float | None:
    """Return the score of an area: that of its weakest signal, None where none is measured."""
    return min((s.score for s in signals if s.area == area and s.score is not None), default=None)


def _time(
    area: Area, name: str, measure: Measure, bounds: tuple[float, float], remedy: str
) -> Signal:
    good, bad = bounds
    formula = f"10 at {said_hours(good)} or less, 0 at {said_hours(bad)} (median)"
    bare = Signal(area, name, formula, remedy)
    if measure.middle is None:
        return _few(bare, measure.n, "merged pull request")
    return _scored(bare, str(measure), line(measure.middle, good, bad))


def _release(releases: Sequence[Release], span: Span) -> Signal:
    bare = Signal(
        "delivery",
        "Newest release",
        "10 at 14 days or less, 0 at 90 days",
        "Release what is there.",
    )
    out = [r.published_at for r in releases if r.published_at and r.published_at < span.end]
    if not out:
        return _missing(bare, "there is no release")
    days = (span.end - max(out)) / DAY
    figure = f"{days:.0f} days old (n = {counted(len(out), 'release')})"
    return _scored(bare, figure, line(days, 14, 90))


def _builds(runs: Sequence[WorkflowRun], span: Span) -> Signal:
    ended = [r for r in runs if r.created_at in span and r.conclusion in GREEN | RED]
    bare = Signal(
        "quality", "Green builds", "10 at 95 %, 0 at 60 % of runs", "Mend or drop flaky checks."
    )
    return _share(bare, sum(r.conclusion in GREEN for r in ended), len(ended), (0.95, 0.6), "run")


def _bugs(tickets: Sequence[Ticket], span: Span) -> Signal:
    bugs = [t for t in tickets if {label_words(name) for name in t.labels} & BUGS]
    bare = Signal(
        "quality", "Bugs closed of opened", "10 at 100 %, 0 at 40 %", "Plan time for bugs."
    )
    return _flow(bare, bugs, span, (1.0, 0.4), "bug")


def _reviewed(merged: Sequence[PullTiming]) -> Signal:
    ours = [each for each in merged if not each.is_bot]
    bare = Signal(
        "security", "Approved before merge", "10 at 95 %, 0 at 40 %", "Require an approval."
    )
    approved = sum(each.approved_at is not None for each in ours)
    return _share(bare, approved, len(ours), (0.95, 0.4), "merged pull request")


def _protected(posture: Posture) -> Signal:
    bare = Signal(
        "security",
        "Default branch",
        "10 where it is protected, else 0",
        "Protect the default branch.",
        lasting=False,
    )
    said = "protected" if posture.protected else "not protected"
    return _scored(bare, said, 10.0 if posture.protected else 0.0)


def _alerts(posture: Posture) -> Signal:
    bare = Signal(
        "security",
        "Open alerts",
        "10, less 3 for each critical or secret, 2 high, 0.5 medium",
        "Raise or replace what is weak.",
        lasting=False,
    )
    if posture.alerts is None and posture.secrets is None:
        return _missing(bare, "GitHub does not look for any, or this bot may not see them")
    held, secrets = posture.alerts or {}, posture.secrets or 0
    off = sum(WEIGHTS.get(name, 0.0) * n for name, n in held.items()) + SECRET * secrets
    told = [f"{n} {name}" for name, n in sorted(held.items())]
    told += [counted(secrets, "secret")] if secrets else []
    return _scored(bare, ", ".join(told) or "none", max(0.0, round(10 - off, 1)))


def _closing(tickets: Sequence[Ticket], span: Span) -> Signal:
    bare = Signal(
        "planning", "Issues closed of opened", "10 at 100 %, 0 at 50 %", "Close what nobody does."
    )
    return _flow(bare, tickets, span, (1.0, 0.5), "issue")


def _backlog(tickets: Sequence[Ticket], span: Span) -> Signal:
    ages = [
        (span.end - each.created_at) / DAY
        for each in tickets
        if each.created_at < span.end and (each.closed_at is None or each.closed_at >= span.end)
    ]
    bare = Signal(
        "planning", "Age of the backlog", "10 at 60 days, 0 at a year (p85)", "Sort out old issues."
    )
    if len(ages) < FEWEST:
        return _few(bare, len(ages), "open issue")
    old = quantiles(ages, n=20, method="inclusive")[16]
    return _scored(bare, f"{old:.0f} days p85 (n = {len(ages)})", line(old, 60, 365))


def _late(milestones: Sequence[Milestone], span: Span) -> Signal:
    bare = Signal(
        "planning",
        "Milestones overdue",
        "10 at none, 0 at half of those with a day",
        "Move their days, or what is in them.",
        lasting=False,
    )
    dated = [each for each in milestones if each.due_on]
    late = sum(each.due_on < span.end for each in dated if each.due_on)
    if not dated:
        return _missing(bare, "no open milestone has a day")
    return _scored(bare, f"{late} of {len(dated)}", line(late / len(dated), 0, 0.5))


def _spread(merged: Sequence[PullTiming]) -> Signal:
    ours = Counter(each.author for each in merged if not each.is_bot)
    bare = Signal(
        "people",
        "Bus factor",
        "10 at 3: the fewest people with more than half of all merges",
        "Share the work, and reviews.",
    )
    factor = bus_factor(ours)
    if factor is None or ours.total() < FEWEST:
        return _few(bare, ours.total(), "merged pull request")
    return _scored(bare, f"{factor} (n = {ours.total()} merges)", line(factor, 3, 0))


def _flow(
    bare: Signal, tickets: Sequence[Ticket], span: Span, bounds: tuple[float, float], noun: str
) -> Signal:
    opened = sum(each.created_at in span for each in tickets)
    closed = sum(each.closed_at in span for each in tickets if each.closed_at)
    if opened < FEWEST:
        return _few(bare, opened, f"{noun} opened")
    figure = f"{closed} of {opened} ({closed / opened:.0%})"
    return _scored(bare, figure, line(closed / opened, *bounds))


def _share(bare: Signal, hits: int, n: int, bounds: tuple[float, float], noun: str) -> Signal:
    if n < FEWEST:
        return _few(bare, n, noun)
    return _scored(bare, f"{hits / n:.0%}, {hits} of {n}", line(hits / n, *bounds))


def _few(bare: Signal, n: int, noun: str) -> Signal:
    return _missing(bare, f"there is too little activity (n = {n}, {noun})")


def _scored(bare: Signal, figure: str, score: float) -> Signal:
    return replace(bare, figure=figure, score=score)


def _missing(bare: Signal, why: str) -> Signal:
    return replace(bare, missing=why)
