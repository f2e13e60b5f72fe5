"""Workflows are started, repeated and stopped once, and what they did is read."""

from datetime import timedelta

import pytest

from integrations.emulators.github import GitHubWorld
from integrations.errors import NotFound, Refused, Transient
from integrations.github import GitHub

REPO = "acme/api"
CI = "ci.yml"


async def test_a_workflow_is_started_once(world: GitHubWorld, github: GitHub) -> None:
    """The second time finds the run of the first; it then goes on by itself."""
    since = world.clock
    run = await github.ensure_dispatch(REPO, CI, "main", since=since)
    writes = len(world.writes)
    assert await github.ensure_dispatch(REPO, CI, "main", since=since) == run
    assert len(world.writes) == writes

    states = [(await github.workflow_run(REPO, run)).status]
    for seconds in (10, 80, 600):
        world.clock += timedelta(seconds=seconds)
        states.append((await github.workflow_run(REPO, run)).status)
    assert states == ["queued", "in_progress", "in_progress", "completed"]
    assert (await github.workflow_run(REPO, run)).conclusion == "success"


async def test_a_lost_answer_starts_no_second_run(world: GitHubWorld, github: GitHub) -> None:
    """The work was done but nobody heard: repeating finds the run."""
    since = world.clock
    world.fail(status=502, match="/dispatches", late=True)
    with pytest.raises(Transient):
        await github.ensure_dispatch(REPO, CI, "main", since=since)
    run = await github.ensure_dispatch(REPO, CI, "main", since=since)
    started = [one.id for one in world[REPO].runs if one.event == "workflow_dispatch"]
    assert started == [run]


async def test_what_cannot_be_started_says_why(world: GitHubWorld, github: GitHub) -> None:
    """In GitHub's words, or in ours where there is no such workflow."""
    since = world.clock
    with pytest.raises(Refused, match="No ref found"):
        await github.ensure_dispatch(REPO, CI, "nope", since=since)
    with pytest.raises(Refused, match="Unexpected inputs"):
        await github.ensure_dispatch(REPO, CI, "main", since=since, inputs={"where": "x"})
    with pytest.raises(NotFound, match=r"no workflow nope\.yml"):
        await github.ensure_dispatch(REPO, "nope.yml", "main", since=since)
    world[REPO].workflows[0].by_hand = False
    with pytest.raises(Refused, match="trigger"):
        await github.ensure_dispatch(REPO, CI, "main", since=since)


async def test_a_workflow_is_switched_off_and_on(world: GitHubWorld, github: GitHub) -> None:
    """Once each; a disabled one cannot be started."""
    for _ in range(2):
        assert not (await github.ensure_workflow_disabled(REPO, CI)).enabled
    with pytest.raises(Refused, match="disabled"):
        await github.ensure_dispatch(REPO, CI, "main", since=world.clock)
    for _ in range(2):
        assert (await github.ensure_workflow_enabled(REPO, CI)).enabled
    assert len(world.writes) == 2
    assert [(flow.name, flow.file) for flow in await github.workflows(REPO)] == [("CI", CI)]


@pytest.mark.parametrize("only_failed", [False, True])
async def test_a_run_is_repeated_once(
    only_failed: bool,
    world: GitHubWorld,
    github: GitHub,
) -> None:
    """A new attempt begins after the one that was seen; earlier ones can still be read."""
    world[REPO].failing["test"] = 1
    run = await github.ensure_dispatch(REPO, CI, "main", since=world.clock)
    world.clock += timedelta(hours=1)
    assert (await github.workflow_run(REPO, run)).conclusion == "failure"

    again = await github.ensure_rerun(REPO, run, 1, only_failed=only_failed)
    writes = len(world.writes)
    assert (await github.ensure_rerun(REPO, run, 1, only_failed=only_failed)).attempt == 2
    assert (again.attempt, again.conclusion, len(world.writes)) == (2, "", writes)
    waiting = [job.name for job in await github.jobs(REPO, run) if job.status == "queued"]
    assert waiting == (["test"] if only_failed else ["lint", "test"])

    world.clock += timedelta(hours=1)
    assert (await github.workflow_run(REPO, run)).conclusion == "success"
    assert (await github.run_attempt(REPO, run, 1)).conclusion == "failure"
    before = await github.jobs_of_attempt(REPO, run, 1)
    assert [(job.name, job.conclusion) for job in before] == [
        ("lint", "success"),
        ("test", "failure"),
    ]
    every = await github.jobs(REPO, run, every_attempt=True)
    assert [job.attempt for job in every] == [1, 1, 2, 2]


async def test_what_cannot_be_repeated_is_refused(world: GitHubWorld, github: GitHub) -> None:
    """While it runs, without a failure, or a month later."""
    run = await github.ensure_dispatch(REPO, CI, "main", since=world.clock)
    with pytest.raises(Refused, match="already running"):
        await github.ensure_rerun(REPO, run, 1)
    world.clock += timedelta(hours=1)
    with pytest.raises(Refused, match="no failed jobs"):
        await github.ensure_rerun(REPO, run, 1, only_failed=True)
    world.clock += timedelta(days=31)
    with pytest.raises(Refused, match="over a month ago"):
        await github.ensure_rerun(REPO, run, 1)
    with pytest.raises(NotFound, match="no workflow run 7"):
        await github.ensure_rerun(REPO, 7, 1)


async def test_a_run_is_stopped_once(world: GitHubWorld, github: GitHub) -> None:
    """One that has ended stays as it ended, and can be deleted twice."""
    run = await github.ensure_dispatch(REPO, CI, "main", since=world.clock)
    with pytest.raises(Refused):
        await github.delete_run(REPO, run)
    for _ in range(2):
        assert (await github.ensure_cancelled(REPO, run)).conclusion == "cancelled"
    writes = [write.path.rpartition("/")[2] for write in world.writes]
    assert writes == ["dispatches", "cancel"]
    for _ in range(2):
        await github.delete_run(REPO, run)
    with pytest.raises(NotFound):
        await github.workflow_run(REPO, run)


async def test_the_log_of_a_job_is_read_where_it_lies(world: GitHubWorld, github: GitHub) -> None:
    """Behind a signed address that is open for a minute; not before the job has ended."""
    world[REPO].failing["test"] = 1
    run = await github.ensure_dispatch(REPO, CI, "main", since=world.clock)
    (_, job) = await github.jobs(REPO, run)
    with pytest.raises(NotFound, match="still runs"):
        await github.job_log(REPO, job.id)
    world.clock += timedelta(hours=1)
    log = await github.job_log(REPO, job.id)
    assert "##[error]Process completed with exit code 1." in log
    (_, job) = await github.jobs(REPO, run)
    assert job.seconds == 360
    assert [step.conclusion for step in job.steps] == ["success", "failure", "success"]


async def test_a_run_tells_what_it_took(world: GitHubWorld, github: GitHub) -> None:
    """On the wall and on the bill."""
    run = await github.ensure_dispatch(REPO, CI, "main", since=world.clock)
    world.clock += timedelta(hours=1)
    minutes = await github.run_minutes(REPO, run)
    assert (minutes.seconds, minutes.billed) == (365, {"ubuntu": 432})
    world[REPO].runs = [each for each in world[REPO].runs if each.id == run]
    assert (await github.workflow_minutes(REPO, CI)).billed == minutes.billed
    world.clock += timedelta(days=31)
    assert (await github.workflow_minutes(REPO, CI)).billed == {"ubuntu": 0}


async def test_the_jobs_of_many_runs_are_read_together(world: GitHubWorld, github: GitHub) -> None:
    """As one by one, only without their steps."""
    since = world.clock - timedelta(days=30)
    for _ in range(2):
        await github.ensure_dispatch(REPO, CI, "main", since=world.clock)
        world.clock += timedelta(hours=1)
    runs = await github.workflow_runs(REPO, since)
    assert len(runs) > 2
    before = world.requests.copy()
    found = await github.jobs_of_runs(REPO, runs)
    assert (world.requests - before) == {"graphql": 1}
    one_by_one = [job for run in runs for job in await github.jobs(REPO, run.id)]
    kept = [(job.id, job.run, job.name, job.conclusion, job.seconds) for job in one_by_one]
    assert [(job.id, job.run, job.name, job.conclusion, job.seconds) for job in found] == kept
    assert await github.jobs_of_runs(REPO, []) == []
