"""How long things take, by week, and whether they have become slower or faster for good."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median, quantiles

import msgspec

from flows.analysis.failures import BAD
from flows.analysis.measures import FEWEST
from flows.analysis.ranks import change_point, mann_whitney
from flows.analysis.windows import Span
from integrations.github import Job, WorkflowRun

SURE = 0.05  # the largest p that supports a change
SIDE = 5  # values on each side of a change, at least
DEFINITION = "percentiles by linear interpolation between values (Hyndman and Fan's type 7)"


class Sample(msgspec.Struct, frozen=True, array_like=True):
    """One measured value in seconds, where it was seen, and whose change it was."""

    at: datetime
    seconds: float
    url: str = ""
    actor: str = ""
    sha: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """Values of one thing, oldest first."""

    name: str
    samples: tuple[Sample, ...]

    @property
    def values(self) -> list[float]:
        return [each.seconds for each in self.samples]


@dataclass(frozen=True, slots=True)
class Shift:
    """A change for good: medians before and after, from which sample on, and how sure it is."""

    series: Series
    before: float
    after: float
    first: Sample
    p: float

    @property
    def slower(self) -> bool:
        return self.after > self.before

    @property
    def share(self) -> float:
        """Return the change relative to before."""
        return (self.after - self.before) / self.before


@dataclass(frozen=True, slots=True)
class Timed:
    """The durations and queue times of each workflow, and how many runs do not count, and why."""

    durations: tuple[Series, ...]
    queues: tuple[Series, ...]
    failed: int
    repeated: int
    untimed: int


def timed(runs: Sequence[WorkflowRun], jobs: Iterable[Job]) -> Timed:
    """Return how long successful first attempts took, from their jobs.

    A run lasts from its first job's start to its last job's end, and queues from its creation to
    its first job's start. One that failed ends early, and a repeated one tells of its last attempt.
    """
    of_run: dict[int, list[Job]] = {}
    for job in jobs:
        of_run.setdefault(job.run, []).append(job)
    lasting: dict[str, list[Sample]] = {}
    queued: dict[str, list[Sample]] = {}
    untimed = 0
    for run in sorted(counted_of(runs), key=lambda each: (each.created_at, each.id)):
        mine = of_run.get(run.id, [])
        starts = [each.started_at for each in mine if each.started_at and each.completed_at]
        ends = [each.completed_at for each in mine if each.started_at and each.completed_at]
        if not starts:
            untimed += 1
            continue
        about = run.url, run.actor, run.sha
        lasts = max(0.0, (max(ends) - min(starts)).total_seconds())
        waits = max(0.0, (min(starts) - run.created_at).total_seconds())
        lasting.setdefault(run.name, []).append(Sample(run.created_at, lasts, *about))
        queued.setdefault(run.name, []).append(Sample(run.created_at, waits, *about))
    return Timed(
        durations=_series(lasting),
        queues=_series(queued),
        failed=sum(run.conclusion in BAD for run in runs),
        repeated=sum(run.conclusion == "success" and run.attempt > 1 for run in runs),
        untimed=untimed,
    )


def counted_of(runs: Iterable[WorkflowRun]) -> list[WorkflowRun]:
    """Return the runs whose time says something about the next one."""
    return [run for run in runs if run.conclusion == "success" and run.attempt == 1]


def percentiles(values: Sequence[float]) -> tuple[float, float] | None:
    """Return the median and the 95th percentile (type 7); None below five values.

    Source: R. J. Hyndman, Y. Fan, Sample quantiles in statistical packages, The American
    Statistician 50 (1996), 361-365.
    """
    if len(values) < FEWEST:
        return None
    return median(values), quantiles(values, n=20, method="inclusive")[18]


def weekly(series: Series, span: Span) -> list[tuple[datetime, list[float]]]:
    """Return the values of each whole week of a window, by the start of the week."""
    starts = span.weeks
    ends = (*starts[1:], span.end)
    return [
        (start, [each.seconds for each in series.samples if start <= each.at < end])
        for start, end in zip(starts, ends, strict=True)
    ]


def shift_of(series: Series, threshold: float) -> Shift | None:
    """Return the change for good that a series has, if its median moved by more than a share.

    The place is Pettitt's, and both his test and that of Mann and Whitney between the two sides
    have to support it (p < 0.05).
    """
    found = change_point(series.values, SIDE)
    if found is None or found.p >= SURE:
        return None
    before, after = series.values[: found.at], series.values[found.at :]
    p = mann_whitney(before, after).p
    old, new = median(before), median(after)
    if p >= SURE or not old or abs(new - old) / old <= threshold:
        return None
    return Shift(series, old, new, series.samples[found.at], p)


def _series(groups: Mapping[str, list[Sample]]) -> tuple[Series, ...]:
    found = [Series(name, tuple(samples)) for name, samples in groups.items()]
    return tuple(sorted(found, key=lambda each: (-len(each.samples), each.name)))
