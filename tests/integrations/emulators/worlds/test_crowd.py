"""A crowd of repositories has exactly what was asked for, and each of them is whole."""

from datetime import timedelta
from pathlib import Path

from integrations.emulators.github import GitHubWorld
from integrations.emulators.worlds import build_crowd
from integrations.emulators.worlds.crowd import ISSUES, PULLS


def built(folder: Path, repositories: int, *seeds: int) -> GitHubWorld:
    """Return a world of one small repository and a crowd."""
    world = GitHubWorld(folder)
    world.repo("acme/shop", release="v1.0.0", merged=["Add retries"])
    for seed in seeds:
        build_crowd(world, repositories, seed=seed)
    return world


def test_there_are_as_many_as_were_asked_for(tmp_path: Path) -> None:
    """Together with what was there before; a second time adds nothing."""
    world = built(tmp_path, 3, 1, 1)
    repositories = list(world.repositories.values())
    pulls = [pull for repo in repositories for pull in repo.pulls.values()]
    issues = [issue for repo in repositories for issue in repo.issues.values()]

    assert (len(repositories), len(pulls), len(issues)) == (3, 3 * PULLS, 3 * ISSUES)
    assert {issue.state for issue in issues} == {"open", "closed"}
    assert sum(pull.state == "open" for pull in pulls) >= 20
    assert all(repo.releases and repo.runs for repo in repositories)
    last = max(
        *(run.updated_at for repo in repositories for run in repo.runs),
        *(issue.updated_at for issue in issues),
        *(pull.updated_at for pull in pulls),
    )
    assert world.clock - timedelta(days=1) < last <= world.clock
    kept = GitHubWorld.load(tmp_path)
    assert kept.repositories.keys() == world.repositories.keys()
    git = world.git(repositories[-1])
    main = set(git.call("rev-list", "main").decode().split())
    merged = [pull for pull in repositories[-1].pulls.values() if pull.merged_at]
    assert {pull.merge_sha for pull in merged} <= main
    kept.close()
    world.close()


def test_the_same_seed_gives_the_same_history(tmp_path: Path) -> None:
    """Another one gives another."""
    first, same, other = (
        built(tmp_path / name, 2, seed) for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    (name,) = first.repositories.keys() - {"acme/shop"}

    assert first.head(name) == same.head(name) != other.head(name)
    for world in (first, same, other):
        world.close()
