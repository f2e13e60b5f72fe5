"""The built-in world is full, plausible and the same every time."""

import ast
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from integrations.emulators.github import INSTANT, GitHubWorld
from integrations.emulators.github.records import Pull
from integrations.emulators.worlds import build_acme


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitHubWorld]:
    """Build the world once: these tests only look."""
    world = GitHubWorld(tmp_path_factory.mktemp("acme"))
    build_acme(world)
    yield world
    world.close()


def merged(world: GitHubWorld, name: str) -> list[Pull]:
    """Return the merged pull requests of a repository."""
    return [pull for pull in world[name].pulls.values() if pull.merged_at]


def test_two_builds_have_the_same_commits(acme: GitHubWorld, tmp_path: Path) -> None:
    """One clock and one seed give one history, tags included."""
    again = GitHubWorld(tmp_path)
    build_acme(again)
    for name in ("acme/shop", "acme/api"):
        assert again.head(name) == acme.head(name)
        assert again.tags(name) == acme.tags(name)
    again.close()


def test_every_week_has_merges(acme: GitHubWorld) -> None:
    """The last twelve weeks are full, whatever the day is."""
    ages = [acme.clock - pull.merged_at for pull in merged(acme, "acme/shop") if pull.merged_at]
    assert {age // timedelta(weeks=1) for age in ages} == set(range(12))
    assert len(merged(acme, "acme/shop")) + len(merged(acme, "acme/api")) > 100


@pytest.mark.parametrize("days", range(7))
def test_it_is_whole_on_any_day(days: int, tmp_path: Path) -> None:
    """Whatever day the clock shows, nothing lies in the future and every week has merges."""
    now = INSTANT + timedelta(days=days, hours=3 * days, minutes=17)
    world = GitHubWorld(tmp_path, now=now)
    build_acme(world)
    repo = world["acme/shop"]
    ages = [now - pull.merged_at for pull in merged(world, "acme/shop") if pull.merged_at]
    last = max(
        *(deployment.updated_at for deployment in repo.deployments.values()),
        *(run.updated_at for run in repo.runs),
        *(pull.updated_at for pull in repo.pulls.values()),
    )
    assert {age // timedelta(weeks=1) for age in ages} == set(range(12))
    assert ages == sorted(ages, reverse=True)
    assert last <= now
    world.close()


def test_the_next_release_of_the_shop_is_ready(acme: GitHubWorld) -> None:
    """Five changes or more wait after v1.14.2, CI is green, nothing blocks."""
    repo = acme["acme/shop"]
    last = repo.latest_release()
    assert last is not None
    assert last.tag == "v1.14.2"
    assert last.published_at is not None
    waiting = [
        p for p in merged(acme, "acme/shop") if p.merged_at and p.merged_at > last.published_at
    ]
    assert len(waiting) >= 5
    runs = repo.latest_runs(acme.head("acme/shop"))
    assert {run.conclusion for run in runs} == {"success"}
    blockers = {
        name: [i for i in acme[name].issues.values() if i.state == "open" and "blocker" in i.labels]
        for name in ("acme/shop", "acme/api")
    }
    assert (len(blockers["acme/shop"]), len(blockers["acme/api"])) == (0, 1)


def test_there_is_trouble_to_find(acme: GitHubWorld) -> None:
    """Failures, a rollback, a hotfix, red CI, a draft, an objection, hostile and foreign titles."""
    repo = acme["acme/shop"]
    production = [d for d in repo.deployments.values() if d.environment == "production"]
    texts = {d.description for d in production}
    open_pulls = [p for p in repo.pulls.values() if p.state == "open"]
    titles = " ".join(p.title for p in merged(acme, "acme/shop"))

    assert "failure" in {d.statuses[-1].state for d in production}
    assert {"Hotfix", "Rollback: errors after the deployment"} <= texts
    assert {"failure", "success"} <= {run.conclusion for run in repo.runs}
    assert any(p.draft for p in open_pulls)
    assert any(r.state == "CHANGES_REQUESTED" for p in open_pulls for r in p.reviews)
    assert "<!channel>" in titles
    assert "@everyone" in titles
    assert not titles.isascii()
    assert 'Revert "' in titles


def test_every_pull_request_is_real(acme: GitHubWorld) -> None:
    """Opened before merged, begun before opened, changing something, on main since."""
    for name in ("acme/shop", "acme/api"):
        git = acme.git(acme[name])
        main = set(git.call("rev-list", "main").decode().split())
        for pull in merged(acme, name):
            assert pull.merged_at is not None
            assert pull.created_at < pull.merged_at <= acme.clock
            assert git.commit(pull.commits[0]).author.at <= pull.created_at
            assert pull.merge_sha in main
            assert git.call("diff-tree", "--name-only", "-r", pull.base_sha, pull.head_sha)


def test_the_code_is_real(acme: GitHubWorld) -> None:
    """Every Python file of the shop's head parses."""
    git = acme.git(acme["acme/shop"])
    paths = git.call("ls-tree", "-r", "--name-only", "main").decode().splitlines()
    python = [path for path in paths if path.endswith(".py")]
    for path in python:
        found = git.object(f"main:{path}")
        assert found is not None
        ast.parse(found[2], path)
    assert len(python) > 25


def test_branches_are_left_behind(acme: GitHubWorld) -> None:
    """Some of merged pull requests, and two that were never meant to be merged."""
    repo = acme["acme/shop"]
    refs = acme.git(repo).refs("refs/heads/")
    names = {ref.name.removeprefix("refs/heads/"): ref.commit for ref in refs}
    forgotten = {p.head_ref for p in merged(acme, "acme/shop")} & names.keys()
    lonely = names.keys() - {pull.head_ref for pull in repo.pulls.values()} - {"main"}
    ages = [acme.clock - acme.git(repo).commit(names[name]).author.at for name in lonely]

    assert len(forgotten) >= 5
    assert len(lonely) == 2
    assert min(ages) > timedelta(days=30)
