"""Failed jobs in clusters of one cause: which are flaky, since when, and after which commits."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise

import msgspec

from flows.analysis.logs import Cause, Kind
from integrations.github import WorkflowRun

BAD = frozenset({"failure", "timed_out", "startup_failure"})
REQUESTED = frozenset({"pull_request", "pull_request_target"})


class Failure(msgspec.Struct, frozen=True):
    """A job that failed in an attempt of a run; `passed` where it passed on that commit as well."""

    run: int
    attempt: int
    job: str
    workflow: str
    branch: str
    sha: str
    at: datetime
    url: str
    actor: str
    cause: Cause
    passed: bool = False


@dataclass(frozen=True, slots=True)
class Cluster:
    """Failures of one signature, oldest first; `ran` is on how many commits their workflows ran."""

    failures: tuple[Failure, ...]
    ran: int

    @property
    def kind(self) -> Kind:
        return self.failures[-1].cause.kind

    @property
    def signature(self) -> str:
        return self.failures[-1].cause.signature

    @property
    def key(self) -> str:
        return key_of(self.last.cause)

    @property
    def last(self) -> Failure:
        return self.failures[-1]

    @property
    def runs(self) -> int:
        return len({each.run for each in self.failures})

    @property
    def commits(self) -> int:
        return len({each.sha for each in self.failures})

    @property
    def flaked(self) -> int:
        """Return on how many commits it failed and passed as well."""
        return len({each.sha for each in self.failures if each.passed})


@dataclass(frozen=True, slots=True)
class Streak:
    """A workflow that is red on a branch: its last green run, if known, and the red ones since."""

    workflow: str
    green: WorkflowRun | None
    red: tuple[WorkflowRun, ...]

    @property
    def first(self) -> WorkflowRun:
        return self.red[0]


def key_of(cause: Cause) -> str:
    """Return a name for a cause that is the same whenever it is looked at."""
    return hashlib.sha256(f"{cause.kind}\n{cause.signature}".encode()).hexdigest()[:10]


def clusters_of(failures: Iterable[Failure], runs: Iterable[WorkflowRun]) -> list[Cluster]:
    """Return the failures by class and signature, the most frequent first."""
    ran: dict[str, set[str]] = {}
    for run in runs:
        if run.conclusion == "success" or run.conclusion in BAD:
            ran.setdefault(run.name, set()).add(run.sha)
    groups: dict[tuple[Kind, str], list[Failure]] = {}
    for each in sorted(failures, key=lambda failure: (failure.at, failure.run)):
        groups.setdefault((each.cause.kind, each.cause.signature), []).append(each)
    found = [Cluster(tuple(group), len(_commits(group, ran))) for group in groups.values()]
    return sorted(found, key=lambda each: (-each.runs, each.kind, each.signature))


def streaks_of(runs: Iterable[WorkflowRun], branch: str) -> list[Streak]:
    """Return the workflows whose newest run on this branch is red; pull requests do not count."""
    found = []
    for workflow, group in _by_workflow(runs, branch).items():
        green: WorkflowRun | None = None
        red: list[WorkflowRun] = []
        for run in group:
            if run.conclusion in BAD:
                red.append(run)
            else:
                green, red = run, []
        if red:
            found.append(Streak(workflow, green, tuple(red)))
    return found


def red_times(runs: Iterable[WorkflowRun], branch: str) -> list[timedelta]:
    """Return how long the branch was red each time: from the first red run's end to a green one."""
    times: list[timedelta] = []
    for group in _by_workflow(runs, branch).values():
        stretches = [
            (bad, list(each)) for bad, each in groupby(group, key=lambda run: run.conclusion in BAD)
        ]
        for (bad, red), (_, green) in pairwise(stretches):
            if bad:
                times.append(green[0].updated_at - red[0].updated_at)
    return times


def flaky_commits(failures: Iterable[Failure]) -> set[str]:
    """Return the commits on which a job failed and passed as well."""
    return {each.sha for each in failures if each.passed}


def done_with(runs: Iterable[WorkflowRun]) -> list[WorkflowRun]:
    """Return the runs that said something: those that passed or failed."""
    return [run for run in runs if run.conclusion == "success" or run.conclusion in BAD]


def _by_workflow(runs: Iterable[WorkflowRun], branch: str) -> Mapping[str, list[WorkflowRun]]:
    groups: dict[str, list[WorkflowRun]] = {}
    for run in sorted(done_with(runs), key=lambda each: (each.created_at, each.id)):
        # A pull request from a fork may come from a branch of the same name.
        if run.branch == branch and run.event not in REQUESTED:
            groups.setdefault(run.name, []).append(run)
    return groups


def _commits(group: Sequence[Failure], ran: Mapping[str, set[str]]) -> set[str]:
    return set[str]().union(*(ran.get(name, set()) for name in {each.workflow for each in group}))
