"""The world can be built, moved, failed, saved and loaded."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from integrations.emulators.github import TOKEN, GitHubWorld
from tests.integrations.emulators.github.connection import connected

HERE = "/repos/acme/api"
SERVER = """
import asyncio, sys
from pathlib import Path
from integrations.emulators.github import GitHubWorld, github_app
from integrations.emulators.server import serve

async def main() -> None:
    world = GitHubWorld(Path(sys.argv[1]))
    world.repo("acme/api", release="v1.2.0", merged=["Add retries"])
    async with serve(github_app(world)) as base:
        print(base, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def test_the_quick_builder_tells_a_whole_story(world: GitHubWorld) -> None:
    """One line gives a release and merged pull requests after it, by different people, green."""
    world.merge("acme/api", "Add a cache", "Fix the clock")
    repo = world["acme/api"]
    pulls = list(repo.pulls.values())
    head = world.head("acme/api")

    assert [pull.title for pull in pulls] == ["Add retries", "Add a cache", "Fix the clock"]
    assert len({pull.author for pull in pulls}) == 3
    assert pulls[-1].merge_sha == head
    assert {run.conclusion for run in repo.latest_runs(head)} == {"success"}
    assert world.release("acme/api", "v1.2.0") is not None
    assert world.tags("acme/api")["v1.2.0"] != head
    assert world.writes == []


def test_ci_can_turn_red_and_green(world: GitHubWorld) -> None:
    """The newest report of a check is what counts."""
    world.check("acme/api", "failure")
    repo, head = world["acme/api"], world.head("acme/api")
    assert {run.conclusion for run in repo.latest_runs(head)} == {"success", "failure"}
    world.check("acme/api", "success")
    assert {run.conclusion for run in repo.latest_runs(head)} == {"success"}


def test_the_same_story_gives_the_same_commits(tmp_path: Path) -> None:
    """Two worlds with one clock have equal object names."""
    heads = set()
    for name in ("one", "two"):
        world = GitHubWorld(tmp_path / name)
        world.repo("acme/api", release="v1.2.0", merged=["Add retries"])
        heads.add(world.head("acme/api"))
        world.close()
    assert len(heads) == 1


def test_the_clock_is_what_it_is_set_to(world: GitHubWorld) -> None:
    """Time stands still until somebody moves it."""
    before = world.clock
    world.clock += timedelta(days=1)
    assert world.clock - before == timedelta(days=1)


@pytest.mark.parametrize("name", ["acme", "acme/a b", "a/../b", "acme/..", "acme/"])
def test_a_bad_name_is_refused(name: str, world: GitHubWorld) -> None:
    """A repository's name can never lead out of the world's folder."""
    with pytest.raises(ValueError, match="no name for a repository"):
        world.add(name, created_at=world.clock)


async def test_a_world_comes_back_as_it_was(world: GitHubWorld, api: httpx.AsyncClient) -> None:
    """What was written through the API is there after loading, and numbers go on."""
    await api.post(f"{HERE}/issues", json={"title": "Remember me"})
    await api.post(f"{HERE}/releases", json={"tag_name": "v1.3.0"})

    again = GitHubWorld.load(world.root)
    async with connected(again) as other:
        issues = (await other.get(f"{HERE}/issues")).json()
        latest = (await other.get(f"{HERE}/releases/latest")).json()
        made = (await other.post(f"{HERE}/issues", json={"title": "Next"})).json()
    again.close()

    assert [issue["title"] for issue in issues] == ["Remember me"]
    assert latest["tag_name"] == "v1.3.0"
    assert made["number"] == issues[0]["number"] + 1
    assert again.head("acme/api") == world.head("acme/api")
    again.close()


def test_a_world_survives_a_killed_process(tmp_path: Path) -> None:
    """After kill -9 the answered write is there."""
    command = [sys.executable, "-c", SERVER, str(tmp_path / "world")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own program
        try:
            assert process.stdout is not None
            base = process.stdout.readline().strip()
            headers = {"authorization": f"Bearer {TOKEN}"}
            with httpx.Client(base_url=base, headers=headers, trust_env=False) as client:
                body = {"tag_name": "v2.0.0"}
                assert client.post(f"{HERE}/releases", json=body).status_code == 201
        finally:
            os.kill(process.pid, signal.SIGKILL)

    world = GitHubWorld.load(tmp_path / "world")
    assert world.release("acme/api", "v2.0.0") is not None
    assert "v2.0.0" in world.tags("acme/api")
    world.close()


def test_there_is_nothing_to_load_in_an_empty_folder(tmp_path: Path) -> None:
    """Loading what was never saved fails at once."""
    with pytest.raises(FileNotFoundError):
        GitHubWorld.load(tmp_path)
