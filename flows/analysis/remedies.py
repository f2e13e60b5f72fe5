"""Which remedy a failed run of CI gets, by rule alone, and why."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from flows.analysis.failures import Failure, Streak, key_of
from flows.analysis.logs import Kind
from flows.analysis.words import counted
from integrations.github import Commit, WorkflowRun

Remedy: TypeAlias = Literal["re-run", "format", "revert", "person"]
TRANSIENT: frozenset[Kind] = frozenset({"network or infrastructure", "time-out"})
# What a commit can have brought, so that taking it back may help.
BROUGHT: frozenset[Kind] = frozenset({"test", "lint", "build", "dependency install"})
MERGED = "Merge pull request #"
REVERTED = "Revert "


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do about a failed run; `commit` is what a revert takes back."""

    remedy: Remedy
    why: str
    commit: Commit | None = None
    files: tuple[str, ...] = ()


def advice(
    run: WorkflowRun, failures: Sequence[Failure], flaky: Collection[str], tries: int
) -> Advice:
    """Return the remedy for what an attempt of a run failed with, as far as its log tells.

    `flaky` are the keys of causes that are known to be so. What fails for one reason that a
    repetition does not cure is not repeated, whatever else failed beside it. A revert is only
    proposed where `culprit` finds what to take back.
    """
    if not failures:
        return Advice("person", "no log of its failed jobs can be read")
    if all(_passes(each, flaky) for each in failures):
        kinds = ", ".join(dict.fromkeys(_named(each, flaky) for each in failures))
        if run.attempt <= tries:
            return Advice("re-run", f"only causes that come and go: {kinds}")
        return Advice("person", f"{kinds}, and {counted(run.attempt, 'attempt')} failed")
    if all(each.cause.unformatted for each in failures):
        files = dict.fromkeys(path for each in failures for path in each.cause.unformatted)
        return Advice("format", "ruff format would change files", files=tuple(files))
    worst = next(each for each in failures if not _passes(each, flaky))
    remedy: Remedy = "revert" if worst.cause.kind in BROUGHT else "person"
    return Advice(remedy, f"{worst.cause.kind}: {worst.cause.signature}")


def culprit(streak: Streak, commits: Sequence[Commit]) -> Advice:
    """Return the revert of the one change that made a branch red, or why it has to be a person.

    `commits` are those between the last green run and the first red one: a single commit, or those
    of one pull request with its merge.
    """
    merges = [each for each in commits if each.title.startswith(MERGED)]
    last = commits[-1] if commits else None
    is_one = last and last.sha == streak.first.sha and (len(commits) == 1 or merges == [last])
    if last is None or not is_one:
        count = counted(len(commits), "commit")
        return Advice("person", f"{count} came between green and red, not one change")
    if last.title.startswith(REVERTED):
        return Advice("person", "what broke it is a revert itself")
    return Advice("revert", f"{last.sha[:7]} “{last.title}” broke it", commit=last)


def _passes(failure: Failure, flaky: Collection[str]) -> bool:
    return failure.cause.kind in TRANSIENT or failure.passed or key_of(failure.cause) in flaky


def _named(failure: Failure, flaky: Collection[str]) -> str:
    cause = failure.cause
    known = failure.passed or key_of(cause) in flaky
    return f"{'flaky ' if known else ''}{cause.kind} ({cause.signature[:80]})"
