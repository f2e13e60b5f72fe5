"""Artifacts and caches are listed, read and removed."""

from datetime import timedelta

import pytest

from integrations.emulators.github import GitHubWorld
from integrations.errors import NotFound
from integrations.github import CacheUsage, GitHub

REPO = "acme/api"


async def failed_run(world: GitHubWorld, github: GitHub) -> int:
    """Return a run in which a test has failed."""
    world[REPO].failing["test"] = 1
    run = await github.ensure_dispatch(REPO, "ci.yml", "main", since=world.clock)
    world.clock += timedelta(hours=1)
    return run


async def test_the_results_of_tests_are_read_from_the_artifact(
    world: GitHubWorld, github: GitHub
) -> None:
    """Which test failed, where, and why."""
    run = await failed_run(world, github)
    (result,) = await github.run_test_results(REPO, run, ["test-results"])
    assert (result.full_name, result.outcome) == ("README::test_it_starts", "failed")
    assert (result.file, result.line, result.message) == ("README.md", 1, "assert False")
    assert await github.run_test_results(REPO, run, ["coverage"]) == []


async def test_an_artifact_is_gone_after_three_months(world: GitHubWorld, github: GitHub) -> None:
    """It is still listed, and says so."""
    run = await failed_run(world, github)
    (artifact,) = await github.artifacts(REPO, run)
    assert (artifact.run, artifact.expired) == (run, False)
    world.clock += timedelta(days=91)
    (artifact,) = await github.artifacts(REPO, run)
    assert artifact.expired
    assert await github.run_test_results(REPO, run) == []
    with pytest.raises(NotFound, match="kept no longer"):
        await github.artifact_zip(REPO, artifact.id)


async def test_an_artifact_is_deleted_once(world: GitHubWorld, github: GitHub) -> None:
    """The second time there is nothing to do."""
    before = await github.artifacts(REPO, name="test-results")
    for _ in range(2):
        await github.delete_artifact(REPO, before[0].id)
    assert await github.artifacts(REPO) == before[1:]
    with pytest.raises(NotFound, match="no repository"):
        await github.delete_artifact("acme/nope", 1)


async def test_a_good_run_leaves_a_cache(world: GitHubWorld, github: GitHub) -> None:
    """The next one uses it; it can be deleted twice."""
    for _ in range(2):
        await github.ensure_dispatch(REPO, "ci.yml", "main", since=world.clock)
        world.clock += timedelta(hours=1)
    (cache,) = await github.caches(REPO, key="setup-", ref="refs/heads/main")
    assert await github.cache_usage(REPO) == CacheUsage(1, cache.size)
    assert cache.used_at > cache.created_at
    assert await github.caches(REPO, ref="refs/heads/other") == []
    for _ in range(2):
        await github.delete_cache(REPO, cache.id)
    assert await github.caches(REPO) == []
