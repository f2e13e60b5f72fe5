"""Checks and statuses of a commit are reported once."""

from datetime import timedelta

import pytest

from integrations.emulators.github import GitHubWorld
from integrations.errors import NotFound
from integrations.github import GitHub
from integrations.github.verdicts import Annotation

REPO = "acme/api"


async def test_a_check_is_reported_once_and_brought_into_form(
    world: GitHubWorld, github: GitHub
) -> None:
    """With more remarks than GitHub takes at once; those that stand are not sent again."""
    sha = world.head(REPO)
    remarks = [Annotation("README.md", line, "warning", f"Line {line}") for line in range(1, 121)]
    begun = await github.ensure_check_run(REPO, sha, "style", "run-1")
    assert begun.status == "in_progress"
    for _ in range(2):
        ended = await github.ensure_check_run(
            REPO, sha, "style", "run-1", conclusion="failure", annotations=remarks
        )
        assert (ended.id, ended.conclusion, ended.annotations) == (begun.id, "failure", 120)
    assert len(world.writes) == 4
    found = await github.check_annotations(REPO, begun.id)
    assert [each.line for each in found] == list(range(1, 121))
    other = await github.ensure_check_run(REPO, sha, "style", "run-2", conclusion="success")
    assert other.id != begun.id
    with pytest.raises(NotFound, match="no check run 7"):
        await github.check_annotations(REPO, 7)


async def test_a_job_that_failed_says_where(world: GitHubWorld, github: GitHub) -> None:
    """Its remark is on the line of the test."""
    world[REPO].failing["test"] = 1
    run = await github.ensure_dispatch(REPO, "ci.yml", "main", since=world.clock)
    world.clock += timedelta(hours=1)
    for job, count in zip(await github.jobs(REPO, run), (0, 1), strict=True):
        assert len(await github.check_annotations(REPO, job.id)) == count


async def test_a_status_is_said_once(world: GitHubWorld, github: GitHub) -> None:
    """Another word under the same name is said."""
    sha = world.head(REPO)
    for _ in range(2):
        await github.ensure_status(REPO, sha, "flowbot", "pending", "Looking", "https://x.example")
    await github.ensure_status(REPO, sha, "flowbot", "success")
    assert [one.state for one in world[REPO].statuses] == ["pending", "success"]
