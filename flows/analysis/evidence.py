"""The evidence of failures: which jobs failed, what their logs say, who changed what before."""

from collections.abc import Iterable, Sequence

import msgspec

from flows.analysis.failures import BAD, Failure
from flows.analysis.logs import Cause, cause_of
from flows.analysis.measures import LeftOut
from integrations.errors import NotFound
from integrations.github import Commit, GitHubReader, Job, WorkflowRun

MOST_LOGS = 60
MOST_REPEATED = 20
NOT_STARTED = Cause("build", "the workflow", "", "the workflow file could not be started")
OVERDUE = Cause("time-out", "", "", "the job took longer than it may")


class Evidence(msgspec.Struct, frozen=True):
    """What was found about failures, newest first, and how many were not looked into, and why."""

    failures: list[Failure]
    unread: int = 0
    gone: int = 0
    unseen: int = 0

    @property
    def left_out(self) -> list[LeftOut]:
        """Return what is not counted, and why."""
        found = [
            LeftOut(self.gone, "failed jobs, because GitHub no longer keeps their logs"),
            LeftOut(self.unread, f"failed jobs, because only the newest {MOST_LOGS} are read"),
            LeftOut(
                self.unseen, f"repeated runs, because only the newest {MOST_REPEATED} are looked at"
            ),
        ]
        return [each for each in found if each.count]


async def evidence_of(
    github: GitHubReader, repo: str, runs: Sequence[WorkflowRun], most: int = MOST_LOGS
) -> Evidence:
    """Return the failed jobs of these runs, also of attempts that were repeated since.

    One call for fifty runs, one for each that was repeated, and one for each log.
    """
    repeated = [run for run in runs if run.attempt > 1]
    once = [run for run in runs if run.attempt == 1 and run.conclusion in BAD]
    jobs = await github.jobs_of_runs(repo, once)
    for run in repeated[:MOST_REPEATED]:
        jobs += await github.jobs(repo, run.id, every_attempt=True)
    known = {run.id: run for run in runs}
    green = {(run.name, run.sha) for run in runs if run.conclusion == "success"}
    passed = {(known[job.run].name, job.name, job.sha) for job in _ended(jobs, {"success"})}
    failed = sorted(_ended(jobs, BAD), key=lambda job: job.id, reverse=True)
    found: list[Failure] = []
    gone = 0
    for job in failed[:most]:
        of = known[job.run]
        try:
            cause = await _cause(github, repo, job)
        except NotFound:
            gone += 1
            continue
        also = (of.name, of.sha) in green or (of.name, job.name, job.sha) in passed
        found.append(_failure(of, job, cause, passed=also))
    found += [_unstarted(run) for run in once if run.conclusion == "startup_failure"]
    unread, unseen = max(0, len(failed) - most), max(0, len(repeated) - MOST_REPEATED)
    return Evidence(found, unread, gone, unseen)


async def commits_since_green(
    github: GitHubReader, repo: str, green: str, red: str
) -> list[Commit]:
    """Return what came between a green commit and a red one; nothing where one of them is gone."""
    try:
        return await github.commits_between(repo, green, red)
    except NotFound:
        return []  # the branch was rewritten


def _ended(jobs: Iterable[Job], how: Iterable[str]) -> list[Job]:
    wanted = frozenset(how)
    return [job for job in jobs if job.conclusion in wanted]


async def _cause(github: GitHubReader, repo: str, job: Job) -> Cause:
    if job.conclusion == "timed_out":
        return msgspec.structs.replace(OVERDUE, step=job.name)
    return cause_of(await github.job_log(repo, job.id), job.name)


def _failure(run: WorkflowRun, job: Job, cause: Cause, *, passed: bool) -> Failure:
    return Failure(
        run=run.id,
        attempt=job.attempt,
        job=job.name,
        workflow=run.name,
        branch=run.branch,
        sha=run.sha,
        at=job.completed_at or run.updated_at,
        url=job.url or run.url,
        actor=run.actor,
        cause=cause,
        passed=passed,
    )


def _unstarted(run: WorkflowRun) -> Failure:
    return Failure(
        run=run.id,
        attempt=run.attempt,
        job=run.name,
        workflow=run.name,
        branch=run.branch,
        sha=run.sha,
        at=run.updated_at,
        url=run.url,
        actor=run.actor,
        cause=NOT_STARTED,
    )
