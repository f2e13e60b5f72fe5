"""Which remedy a failure gets: what is sure, what is not, and that it ends."""

from datetime import UTC, datetime, timedelta

import pytest

from flows.analysis.failures import Failure, Streak, clusters_of, key_of, red_times, streaks_of
from flows.analysis.logs import Cause, Kind
from flows.analysis.remedies import advice, culprit
from integrations.github import Commit, WorkflowRun

AT = datetime(2026, 3, 2, tzinfo=UTC)


def ended(
    number: int,
    how: str,
    *,
    sha: str = "",
    attempt: int = 1,
    branch: str = "main",
    event: str = "push",
) -> WorkflowRun:
    """Return a run that ended so, an hour after the one before."""
    at = AT + timedelta(hours=number)
    return WorkflowRun(
        id=number,
        name="CI",
        event=event,
        branch=branch,
        sha=sha or f"{number:040}",
        status="completed",
        url="",
        created_at=at,
        updated_at=at + timedelta(minutes=10),
        conclusion=how,
        attempt=attempt,
    )


def failed(
    kind: Kind, *, run: int = 1, passed: bool = False, files: tuple[str, ...] = ()
) -> Failure:
    """Return a failed job of this class."""
    cause = Cause(kind, "make", "no", "no", unformatted=files)
    return Failure(run, 1, "test", "CI", "main", f"{run:040}", AT, "", "dee", cause, passed)


def commit(sha: str, message: str = "Change") -> Commit:
    """Return a commit of dee."""
    return Commit(sha, message, "dee", AT)


@pytest.mark.parametrize(
    ("failures", "attempt", "remedy"),
    [
        ([], 1, "person"),
        ([failed("network or infrastructure")], 1, "re-run"),
        ([failed("time-out")], 2, "re-run"),
        ([failed("time-out")], 3, "person"),
        ([failed("test", passed=True)], 1, "re-run"),
        ([failed("network or infrastructure"), failed("test")], 1, "revert"),
        ([failed("out of memory")], 1, "person"),
        ([failed("permission")], 1, "person"),
        ([failed("lint", files=("a.py",))], 1, "format"),
        ([failed("lint", files=("a.py",)), failed("lint")], 1, "revert"),
        ([failed("build")], 1, "revert"),
        ([failed("unknown")], 1, "person"),
    ],
)
def test_the_remedy_follows_from_the_classes(
    failures: list[Failure], attempt: int, remedy: str
) -> None:
    """What a repetition does not cure is not repeated, and tries are bounded."""
    assert advice(ended(1, "failure", attempt=attempt), failures, [], 2).remedy == remedy


def test_a_known_flake_is_repeated() -> None:
    """Known from the last analysis, by its key."""
    bad = failed("test")

    assert advice(ended(1, "failure"), [bad], [key_of(bad.cause)], 1).remedy == "re-run"


def test_one_commit_is_the_culprit() -> None:
    """It is the first red one."""
    streak = Streak("CI", ended(1, "success"), (ended(2, "failure", sha="b"),))

    assert culprit(streak, [commit("b")]).commit == commit("b")
    assert culprit(streak, []).remedy == "person"
    assert culprit(streak, [commit("c")]).remedy == "person"
    assert culprit(streak, [commit("a"), commit("b")]).remedy == "person"


def test_a_merge_brings_its_commits() -> None:
    """All of one pull request are one change; two pull requests are two."""
    streak = Streak("CI", ended(1, "success"), (ended(2, "failure", sha="m"),))
    merge = commit("m", "Merge pull request #7 from acme/x")
    other = commit("n", "Merge pull request #6 from acme/y")

    assert culprit(streak, [commit("a"), merge]).commit == merge
    assert culprit(streak, [other, commit("a"), merge]).remedy == "person"


def test_a_streak_begins_after_the_last_green_run() -> None:
    """Pull requests, also of forks from a branch of that name, and cancelled runs do not count."""
    runs = [
        ended(1, "failure"),
        ended(2, "success"),
        ended(3, "failure"),
        ended(4, "cancelled"),
        ended(5, "success", event="pull_request"),
        ended(6, "success", branch="other"),
        ended(7, "failure"),
    ]
    (streak,) = streaks_of(reversed(runs), "main")

    assert streak.green == runs[1]
    assert [run.id for run in streak.red] == [3, 7]
    assert streaks_of(runs[:2], "main") == []
    assert red_times(runs, "main") == [timedelta(hours=1)]


def test_clusters_count_runs_commits_and_flakes() -> None:
    """Two jobs of one run are one run."""
    failures = [failed("test", run=1), failed("test", run=1, passed=True), failed("test", run=2)]
    runs = [ended(1, "failure"), ended(2, "failure"), ended(3, "success"), ended(4, "")]
    (cluster,) = clusters_of(failures, runs)

    assert (cluster.runs, cluster.commits, cluster.flaked, cluster.ran) == (2, 2, 1, 3)
