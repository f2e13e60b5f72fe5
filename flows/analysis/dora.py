"""The five DORA measures and the stages of pull requests, computed from what was shipped."""

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from statistics import median

from flows.analysis.measures import FEWEST, LeftOut, Level, Measure, durations, share
from flows.analysis.shipments import Pull, Shipment, Shipped, Source
from flows.analysis.stages import begun, cycle_of, stages_of
from flows.analysis.troubles import Incident, Repairs, repairs_of
from flows.analysis.windows import Span

LEVELS_OF = 2023
_HOUR, _DAY, _WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
_LEAD_LEVELS = (_DAY, _WEEK, timedelta(days=30))
_RECOVERY_LEVELS = (_HOUR, _DAY, _WEEK)
_FAIL_LEVELS = (0.05, 0.10, 0.15)
_ELITE_DAYS_A_WEEK = 5.0
_DAYS_A_MONTH = 30.44
_FEWEST_PEOPLE = 2


@dataclass(frozen=True, slots=True)
class Week:
    """One point of the trend, medians in hours; None where a week has nothing to measure."""

    start: datetime
    shipped: int
    failed: int
    lead_hours: float | None
    lead_n: int
    cycle_hours: float | None
    cycle_n: int


@dataclass(frozen=True, slots=True)
class Team:
    """The figures of one team, never of a person."""

    name: str
    lead: Measure
    cycle: Measure


@dataclass(frozen=True, slots=True)
class Dora:
    """The answer of `dora_of`; `levels_of` is the year of the report whose levels are used."""

    source: Source
    said: str
    window: str
    shipped: int
    days: int
    frequency: Measure
    lead: Measure
    failures: Measure
    recovery: Measure
    rework: Measure
    stages: tuple[Measure, ...]
    cycle: Measure
    weeks: tuple[Week, ...]
    teams: tuple[Team, ...]
    failures_are: str
    levels_of: int = LEVELS_OF


@dataclass(frozen=True, slots=True)
class _Arrivals:
    """Which shipment brought each pull request, and the pull requests without one and why."""

    by_shipment: Mapping[Shipment, Sequence[Pull]]
    left_out: tuple[tuple[Pull, str], ...]


def dora_of(
    shipped: Shipped,
    pulls: Sequence[Pull],
    span: Span,
    *,
    incidents: Sequence[Incident] = (),
    teams: Mapping[str, Collection[str]] | None = None,
    chain: Sequence[str] = (),
) -> Dora:
    """Return all figures of one service in `span`.

    `chain` is the default branch's first-parent history, oldest first: with it a shipment
    contains exactly the merges up to its commit; without, the merges before it started. `teams`
    maps the name of a team to its logins.
    """
    places = {sha: place for place, sha in enumerate(chain)}
    arrivals = _arrivals(shipped, pulls, places)
    repairs = repairs_of(shipped.shipments, arrivals.by_shipment, incidents, places)
    ended = [s for s in shipped.shipments if s.finished_at in span]
    good = [s for s in ended if s.ok]
    merged = [p for p in pulls if p.merged_at and p.merged_at in span]
    unfinished = LeftOut(shipped.unfinished, "have no result yet")
    nothing = f"there are no {shipped.source} in this window"
    broken = {t.shipment for t in repairs.troubles if t.shipment.finished_at in span}
    return Dora(
        source=shipped.source,
        said=shipped.said,
        window=str(span),
        shipped=len(good),
        days=_distinct_days(good),
        frequency=_frequency(good, span, [unfinished, LeftOut(len(ended) - len(good), "failed")]),
        lead=_lead(arrivals, span),
        failures=share(
            "Change fail rate",
            len(broken),
            len(ended),
            missing=nothing,
            left_out=[unfinished],
            levels=_FAIL_LEVELS,
        ),
        recovery=_recovery(repairs, span),
        rework=share(
            "Rework rate",
            sum(s in repairs.made for s in ended),
            len(ended),
            missing=nothing,
            left_out=[unfinished],
        ),
        stages=stages_of(merged),
        cycle=cycle_of(merged),
        weeks=tuple(_week(start, ended, broken, arrivals, merged) for start in span.weeks),
        teams=tuple(
            _team(name, set(logins), arrivals, merged, span)
            for name, logins in sorted((teams or {}).items())
        ),
        failures_are=_failures_are(shipped.source, incidents),
    )


def _arrivals(shipped: Shipped, pulls: Sequence[Pull], places: Mapping[str, int]) -> _Arrivals:
    good = [s for s in shipped.shipments if s.ok]
    by_place = bool(places) and any(s.sha in places for s in good)
    # What is out after each shipment never shrinks, so the first one that has a pull request is
    # found by bisection, and a rollback brings nothing new.
    out: list[float] = list(accumulate((_reach(s, places, by_place=by_place) for s in good), max))
    by_shipment: dict[Shipment, list[Pull]] = {}
    left_out: list[tuple[Pull, str]] = []
    for pull in pulls:
        if not pull.merged_at:
            continue
        if by_place and pull.merge_sha not in places:
            left_out.append((pull, "were merged into another branch"))
            continue
        wanted = places[pull.merge_sha or ""] if by_place else pull.merged_at.timestamp()
        index = bisect_left(out, wanted)
        if index == len(good):
            left_out.append((pull, "are not shipped yet"))
        elif index == 0 and shipped.source != "merges":
            # Nobody knows what was out before the first shipment, so it would grab old work.
            left_out.append((pull, f"were out with the first of the {shipped.source} or before"))
        else:
            by_shipment.setdefault(good[index], []).append(pull)
    return _Arrivals(by_shipment, tuple(left_out))


def _reach(shipment: Shipment, places: Mapping[str, int], *, by_place: bool) -> float:
    # A commit that is not on the default branch brings none of its merges.
    return places.get(shipment.sha, -1) if by_place else shipment.started_at.timestamp()


def _lead(arrivals: _Arrivals, span: Span, only: Collection[str] | None = None) -> Measure:
    def counts(pull: Pull) -> bool:
        return only is None or pull.author in only

    spans: list[timedelta] = []
    bots = reversed_ = 0
    for shipment, pulls in arrivals.by_shipment.items():
        if shipment.finished_at not in span:
            continue
        for pull in filter(counts, pulls):
            lead = shipment.finished_at - begun(pull)
            if pull.is_bot:
                bots += 1
            elif lead < timedelta(0):
                reversed_ += 1
            else:
                spans.append(lead)
    reasons: dict[str, int] = {}
    for pull, why in arrivals.left_out:
        if counts(pull) and pull.merged_at and pull.merged_at in span:
            reasons[why] = reasons.get(why, 0) + 1
    left_out = [LeftOut(count, why) for why, count in sorted(reasons.items())]
    left_out += [LeftOut(bots, "are by bots"), LeftOut(reversed_, "have dates out of order")]
    return durations(
        "Change lead time",
        spans,
        left_out=left_out,
        missing="no pull request was shipped in this window",
        levels=_LEAD_LEVELS,
    )


def _recovery(repairs: Repairs, span: Span) -> Measure:
    begun_here = [t for t in repairs.troubles if t.first and t.shipment.finished_at in span]
    healed = [(t.broke_at, t.healed_at) for t in begun_here if t.healed_at]
    return durations(
        "Failed deployment recovery",
        [end - start for start, end in healed if end >= start],
        left_out=[
            LeftOut(len(begun_here) - len(healed), "are not repaired yet"),
            LeftOut(sum(end < start for start, end in healed), "have dates out of order"),
        ],
        missing="nothing that failed is repaired yet" if begun_here else "nothing failed",
        levels=_RECOVERY_LEVELS,
    )


def _frequency(good: Sequence[Shipment], span: Span, left_out: Sequence[LeftOut]) -> Measure:
    name, why = "Deployment frequency", tuple(item for item in left_out if item.count)
    if not good or span.days < 1:
        missing = "nothing was shipped in this window" if not good else "the window is too short"
        return Measure(name, "days a week", left_out=why, missing=missing)
    days = _distinct_days(good)
    a_week = days / (span.days / 7)
    level: Level = "low"
    if a_week >= _ELITE_DAYS_A_WEEK:
        level = "elite"
    elif a_week >= 1:
        level = "high"
    elif days / span.days * _DAYS_A_MONTH >= 1:
        level = "medium"
    enough = len(good) >= FEWEST
    return Measure(
        name, "days a week", len(good), a_week, level=level if enough else None, left_out=why
    )


def _distinct_days(shipments: Sequence[Shipment]) -> int:
    return len({s.finished_at.astimezone(UTC).date() for s in shipments})


def _week(
    start: datetime,
    ended: Sequence[Shipment],
    broken: Collection[Shipment],
    arrivals: _Arrivals,
    merged: Sequence[Pull],
) -> Week:
    week = Span(start, start + _WEEK, "1 week")
    here = [s for s in ended if s.finished_at in week]
    leads = [
        (s.finished_at - begun(p)) / _HOUR
        for s in here
        for p in arrivals.by_shipment.get(s, ())
        if not p.is_bot and s.finished_at >= begun(p)
    ]
    cycles = [
        (p.merged_at - begun(p)) / _HOUR
        for p in merged
        if p.merged_at and p.merged_at in week and not p.is_bot and p.merged_at > begun(p)
    ]
    return Week(
        start,
        shipped=sum(s.ok for s in here),
        failed=sum(s in broken for s in here),
        lead_hours=median(leads) if leads else None,
        lead_n=len(leads),
        cycle_hours=median(cycles) if cycles else None,
        cycle_n=len(cycles),
    )


def _team(
    name: str, logins: set[str], arrivals: _Arrivals, merged: Sequence[Pull], span: Span
) -> Team:
    theirs = [p for p in merged if p.author in logins]
    people = {p.author for p in theirs if not p.is_bot}
    if len(people) < _FEWEST_PEOPLE:
        # A figure of one person would be used as a target for that person.
        why = "fewer than two people of the team merged something"
        return Team(
            name,
            Measure("Change lead time", "hours", missing=why),
            Measure("Pull request cycle", "hours", missing=why),
        )
    return Team(name, _lead(arrivals, span, logins), cycle_of(theirs))


def _failures_are(source: Source, incidents: Sequence[Incident]) -> str:
    ways = ["failed statuses"] if source == "deployments" else []
    ways += ["rollbacks", "hotfixes", "reverts"]
    if incidents:
        ways.append(f"{len(incidents)} incident{'' if len(incidents) == 1 else 's'}")
    return f"{', '.join(ways[:-1])} and {ways[-1]}"
