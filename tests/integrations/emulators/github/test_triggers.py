"""What is pushed or opened starts CI by itself, where a repository is set up for it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from integrations.emulators.github import TOKEN, GitHubWorld, automated
from integrations.emulators.github.recipes import Recipe, recipe_of
from tests.integrations.emulators.github.connection import git, remote
from tests.integrations.emulators.github.receiver import receiving

REPO = "acme/api"
RUNS = f"/repos/{REPO}/actions/runs"
BUILD = """\
name: "Build: all"
on:
  push:
    branches: [main, 'release/**', '!release/old']  # where people look
    tags:
      - v*
  pull_request:
    branches:
    - main
  workflow_dispatch:
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
    - run: |
        on: nothing
  unit-tests:
    name: Tests
"""


async def runs(api: httpx.AsyncClient, **query: str) -> list[dict[str, Any]]:
    """Return what the runs of the repository say, the newest first."""
    found: list[dict[str, Any]] = (await api.get(RUNS, params=query)).json()["workflow_runs"]
    return found


@pytest.fixture
def world(tmp_path: Path) -> Iterator[GitHubWorld]:
    """Build a small world whose repository has CI."""
    made = GitHubWorld(tmp_path / "world")
    made.repo(REPO, release="v1.2.0", ci=True)
    yield made
    made.close()


async def test_a_pull_request_becomes_green_in_time(
    world: GitHubWorld, api: httpx.AsyncClient
) -> None:
    """Its checks wait, run and end by the clock, and hooks hear of it; so it goes on main."""
    ada, before = world.person("ada"), len(world[REPO].runs)
    async with receiving() as receiver:
        world.hook(REPO, receiver.url, "s3cret", "workflow_run", "push")
        number = await ada.opens_pull(REPO, "Add limits", {"limits.py": "3\n"}, branch="limits")
        (run,) = await runs(api, branch="limits")
        assert (run["event"], run["status"], run["name"]) == ("pull_request", "queued", "CI")
        assert [one["number"] for one in run["pull_requests"]] == [number]
        states = []
        for seconds in (10, 500):
            world.clock += timedelta(seconds=seconds)
            (run,) = await runs(api, branch="limits")
            states.append((run["status"], run["conclusion"]))
        assert states == [("in_progress", None), ("completed", "success")]
        await world.courier.deliver()
    assert receiver.names == [
        "push",
        "workflow_run.requested",
        "workflow_run.in_progress",
        "workflow_run.completed",
    ]
    log = await api.get(
        (await api.get(f"{RUNS}/{run['id']}/jobs")).json()["jobs"][1]["url"] + "/logs"
    )
    assert log.status_code == 302

    await ada.merges(REPO, number)
    (after,) = await runs(api, head_sha=world.head(REPO))
    assert (after["event"], after["head_branch"], after["actor"]["login"]) == (
        "push",
        "main",
        "ada",
    )
    await ada.labels(REPO, number, "done")
    assert len(world[REPO].runs) == before + 2


async def test_a_branch_is_as_red_as_the_world_says(
    world: GitHubWorld, api: httpx.AsyncClient
) -> None:
    """Each attempt, until the world says otherwise; who asks for no CI gets none."""
    automated(world, world[REPO], red={"limits": ["test"]}, share=0.5)
    ada = world.person("ada")
    await ada.opens_pull(REPO, "Add limits", {"limits.py": "3\n"}, branch="limits")
    world.clock += timedelta(seconds=5 + 180)
    (run,) = await runs(api, branch="limits")
    assert run["conclusion"] == "failure"
    auto = world[REPO].automation
    assert auto
    auto.red.clear()
    await api.post(f"{RUNS}/{run['id']}/rerun-failed-jobs")
    world.clock += timedelta(minutes=5)
    (run,) = await runs(api, branch="limits")
    assert (run["conclusion"], run["run_attempt"]) == ("success", 2)
    sha = await ada.pushes(REPO, {"a.md": "a"}, message="Docs [skip ci]")
    assert await runs(api, head_sha=sha) == []


async def test_nothing_runs_for_what_has_conflicts(
    world: GitHubWorld, api: httpx.AsyncClient
) -> None:
    """Until they are gone."""
    ada = world.person("ada")
    tip = world.head(REPO)
    await ada.pushes(REPO, {"limits.py": "3\n"})
    git_of = world.git(world[REPO])
    git_of.set_ref("refs/heads/limits", tip)
    await ada.opens_pull(REPO, "Add limits", {"limits.py": "4\n"}, branch="limits")
    assert await runs(api, branch="limits") == []
    sha = await ada.pushes(REPO, {"limits.py": "3\n"}, branch="limits")
    assert [run["head_sha"] for run in await runs(api, branch="limits")] == [sha]


async def test_the_files_of_a_push_say_what_runs(
    world: GitHubWorld, api: httpx.AsyncClient, tmp_path: Path
) -> None:
    """By the ordinary git, on a branch, on a tag, and by hand."""
    clone, base = tmp_path / "clone", str(api.base_url).rstrip("/")
    url = base.replace("http://", f"http://x:{TOKEN}@") + f"/{REPO}.git"
    await remote(tmp_path, "clone", "--quiet", url, "clone")
    folder = clone / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "build.yml").write_text(BUILD)
    (folder / "README.md").write_text("No workflow\n")
    (folder / "empty.yml").write_text("on: push\n")
    git(clone, "config", "user.name", "Ada")
    git(clone, "config", "user.email", "ada@acme.example")
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "-m", "Build")
    git(clone, "tag", "v1.3.0")
    git(clone, "tag", "v-of-a-file", "HEAD:README.md")
    places = ("HEAD:refs/heads/main", "HEAD:refs/heads/other", "v1.3.0", "v-of-a-file")
    assert (await remote(clone, "push", "--quiet", "origin", *places)).returncode == 0

    found = await runs(api, event="push", head_sha=world.head(REPO))
    assert sorted((one["name"], one["head_branch"]) for one in found) == [
        ("Build: all", "main"),
        ("Build: all", "v1.3.0"),
    ]
    jobs = (await api.get(f"{RUNS}/{found[0]['id']}/jobs")).json()["jobs"]
    assert [(job["name"], job["status"]) for job in jobs] == [
        ("build", "queued"),
        ("Tests", "queued"),
    ]
    sent = {"ref": "other"}
    answer = await api.post(f"/repos/{REPO}/actions/workflows/build.yml/dispatches", json=sent)
    assert answer.status_code == 204
    back = GitHubWorld.load(world.root)
    assert back[REPO].automation == world[REPO].automation
    back.close()
    world.hook_of_app(f"{base}/nowhere", "s3cret")
    assert (await api.delete(f"/repos/{REPO}")).status_code == 204


@pytest.mark.parametrize(
    ("event", "ref", "wanted"),
    [
        ("push", "refs/heads/main", True),
        ("push", "refs/heads/release/1/2", True),
        ("push", "refs/heads/release/old", False),
        ("push", "refs/heads/topic", False),
        ("push", "refs/tags/v1", True),
        ("push", "refs/tags/w1", False),
        ("pull_request", "refs/heads/main", True),
        ("pull_request", "refs/heads/topic", False),
        ("schedule", "refs/heads/main", False),
    ],
)
def test_a_workflow_runs_where_its_file_says(event: str, ref: str, *, wanted: bool) -> None:
    """By the last pattern that speaks of a branch or tag."""
    assert recipe_of("x.yml", BUILD).wants(event, ref) is wanted


@pytest.mark.parametrize(
    ("text", "on"),
    [
        ("on: push", {"push": {}}),
        ("'on': [push, pull_request]", {"push": {}, "pull_request": {}}),
        ("on:\n- push", {"push": {}}),
        (
            "name:\non:\n  push:\n    branches-ignore: [main]",
            {"push": {"branches-ignore": ["main"]}},
        ),
        ("no colon here\n\n# nothing\n", {}),
    ],
)
def test_a_file_may_be_written_in_many_ways(text: str, on: dict[str, dict[str, list[str]]]) -> None:
    """Its events are the same ones."""
    assert recipe_of("x.yml", text) == Recipe("x.yml", on, [])


def test_a_file_may_leave_branches_and_pull_requests_out() -> None:
    """What it ignores, what is of another kind, and what is done to a pull request."""
    assert not Recipe("x", {"push": {"branches-ignore": ["main"]}}).wants("push", "refs/heads/main")
    assert not Recipe("x", {"push": {"tags": ["v*"]}}).wants("push", "refs/heads/main")
    closed = Recipe("x", {"pull_request": {"types": ["closed"]}})
    assert not closed.wants("pull_request", "refs/heads/main")
