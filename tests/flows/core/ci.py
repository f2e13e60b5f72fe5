"""Repositories whose workflow runs fail, each for a reason that its log tells."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.history import Files
from integrations.emulators.github.records import CheckRun, Repository, WorkflowRun
from integrations.emulators.github.story import Story

BROKEN_TEST = "FAILED tests/test_cart.py::test_total - assert 3 == 4"
NO_NETWORK = "curl: (6) Could not resolve host: pkg.acme"


@dataclass(frozen=True)
class Commit:
    """A commit to main and how CI went: well, or with what its job wrote."""

    by: str
    said: str = ""
    files: Files | None = None


def told(world: GitHubWorld, *commits: Commit, name: str = "acme/api") -> Repository:
    """Build a repository with these commits, one each six hours, the last an hour ago."""
    start = world.clock - timedelta(hours=6 * len(commits) + 1)
    story = Story(world, name, created_at=start)
    for number, each in enumerate(commits):
        at = start + timedelta(hours=6 * (number + 1))
        files = each.files or {f"part{number}.md": f"{number}\n"}
        mark = story.commit(each.by, at, f"Change {number}", files)
        story.checks(mark, at, green=not each.said)
        story.repo.runs[-1].actor = each.by
    repo = story.tell()
    for each, run in zip(commits, repo.runs, strict=True):
        if each.said:
            wrote(repo, run, each.said)
    world.save()
    return repo


def wrote(repo: Repository, run: WorkflowRun, *lines: str, step: str = "make check") -> None:
    """Let the failed job of a run have written this."""
    for job in jobs(repo, run):
        if job.conclusion == "failure":
            job.log = "\n".join([f"##[group]Run {step}", "##[endgroup]", *lines])


def jobs(repo: Repository, run: WorkflowRun) -> Iterable[CheckRun]:
    """Return the jobs of the last attempt of a run."""
    return [job for job in repo.checks if job.suite == run.suite]


def passed_again(world: GitHubWorld, repo: Repository, run: WorkflowRun, at: datetime) -> None:
    """Let the same commit pass in another run, as it does where a test is flaky."""
    story = Story.continued(world, repo.full_name)
    story.checks(run.sha, at)
    story.tell()
