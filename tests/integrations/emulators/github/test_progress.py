"""Workflow runs go on by the clock of the world, and hooks hear of it."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.progress import wound
from integrations.emulators.github.workflows import JobSpec, Plan
from tests.integrations.emulators.github.connection import connected
from tests.integrations.emulators.github.receiver import receiving

HERE = "/repos/acme/api/actions"


async def test_hooks_hear_of_every_state(world: GitHubWorld, api: httpx.AsyncClient) -> None:
    """When somebody asks next, whatever it is about."""
    async with receiving() as receiver:
        world.hook("acme/api", receiver.url, "s3cret", "workflow_run", "workflow_job")
        started = await api.post(f"{HERE}/workflows/ci.yml/dispatches", json={"ref": "main"})
        assert started.status_code == 204
        for seconds in (10, 500):
            world.clock += timedelta(seconds=seconds)
            await api.get("/repos/acme/api")
        await world.courier.deliver()
    assert [name for name in receiver.names if name.startswith("workflow_run.")] == [
        "workflow_run.requested",
        "workflow_run.in_progress",
        "workflow_run.completed",
    ]
    assert {"workflow_job.queued", "workflow_job.completed"} <= set(receiver.names)


async def test_a_signed_address_ends_after_a_minute(
    world: GitHubWorld, api: httpx.AsyncClient
) -> None:
    """And opens nothing with another signature."""
    run = world["acme/api"].runs[0].id
    answer = await api.get(f"{HERE}/runs/{run}/logs")
    assert answer.status_code == 302
    address = answer.headers["location"]
    bare = httpx.AsyncClient(trust_env=False)
    async with bare:
        good = await bare.get(address)
        assert good.content.startswith(b"PK")
        wrong = await bare.get(address.replace("signature=", "signature=0"))
        assert wrong.status_code == 403
        world.clock += timedelta(minutes=2)
        assert (await bare.get(address)).status_code == 403
    assert urlsplit(address).path == f"/downloads/acme/api/run/{run}"


async def test_a_world_comes_back_with_all_that_was_set(
    world: GitHubWorld, api: httpx.AsyncClient
) -> None:
    """Runs under way go on, teams and rules are there."""
    world.team("acme", "web", "ada", repos={"acme/api": "push"})
    await api.post(f"{HERE}/workflows/ci.yml/dispatches", json={"ref": "main"})
    body = {
        "required_pull_request_reviews": None,
        "required_status_checks": {"strict": True, "contexts": ["test"]},
        "enforce_admins": None,
        "restrictions": None,
    }
    await api.put("/repos/acme/api/branches/main/protection", json=body)
    back = GitHubWorld.load(world.root)
    assert back["acme/api"].under_way == world["acme/api"].under_way != []
    assert back["acme/api"].protections == world["acme/api"].protections
    assert back.teams == world.teams
    back.close()


@pytest.mark.parametrize("path", ["/jobs/{job}/rerun", "/runs/{run}/rerun-failed-jobs"])
async def test_one_job_or_all_that_failed_run_again(
    path: str, world: GitHubWorld, api: httpx.AsyncClient
) -> None:
    """What went well is carried over."""
    world["acme/api"].failing["test"] = 1
    body = {"ref": "main", "return_run_details": True}
    run = (await api.post(f"{HERE}/workflows/ci.yml/dispatches", json=body)).json()
    number = run["workflow_run_id"]
    world.clock += timedelta(hours=1)
    jobs = (await api.get(f"{HERE}/runs/{number}/jobs")).json()["jobs"]
    assert [job["conclusion"] for job in jobs] == ["success", "failure"]
    again = await api.post(f"{HERE}{path.format(job=jobs[1]['id'], run=number)}")
    assert again.status_code == 201
    jobs = (await api.get(f"{HERE}/runs/{number}/jobs")).json()["jobs"]
    assert [job["status"] for job in jobs] == ["completed", "queued"]


async def test_writing_too_fast_is_a_secondary_limit(
    world: GitHubWorld, api: httpx.AsyncClient
) -> None:
    """Where the world is told to keep it; a minute later it goes on."""
    world.writes_a_minute = 2
    title = {"title": "x"}
    codes = [(await api.post("/repos/acme/api/issues", json=title)).status_code for _ in range(3)]
    assert codes == [201, 201, 403]
    world.clock += timedelta(minutes=1)
    answer = await api.post("/repos/acme/api/issues", json=title)
    assert answer.status_code == 201


async def test_a_world_in_real_time_goes_on_by_itself(tmp_path: Path) -> None:
    """Nobody asks, and hooks still hear how a run began and ended."""
    world = GitHubWorld(tmp_path / "world", now=None)
    world.repo("acme/api", release="v1.2.0")
    world["acme/api"].workflows[0].jobs = [JobSpec(name="quick", seconds=0)]
    async with receiving() as receiver, connected(world) as api:
        world.hook("acme/api", receiver.url, "s3cret", "workflow_run")
        await api.post(f"{HERE}/workflows/ci.yml/dispatches", json={"ref": "main"})
        for job in world["acme/api"].checks[-1:]:
            job.plan = Plan(starts=world.clock, ends=world.clock, outcome="success")
        wound(world)
        await receiver.until("workflow_run.completed")
    assert world["acme/api"].under_way == []
    world.close()
