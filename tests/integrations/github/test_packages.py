"""Packages are listed and cleared of old versions; traffic is read."""

from datetime import timedelta

import pytest

from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.findings import Package, PackageVersion
from integrations.errors import NotFound, Refused
from integrations.github import GitHub


@pytest.fixture(autouse=True)
def package(world: GitHubWorld) -> None:
    """Publish a container with two versions, one of them without tags."""
    at = world.clock
    versions = [
        PackageVersion(id=11, name="sha256:aa", created_at=at - timedelta(days=90)),
        PackageVersion(id=12, name="sha256:bb", created_at=at, tags=["v1.2.0", "latest"]),
    ]
    world.packages.append(
        Package(id=7, org="acme", name="api", repo="acme/api", created_at=at, versions=versions)
    )


async def test_old_versions_are_deleted_once(world: GitHubWorld, github: GitHub) -> None:
    """The last one stays: GitHub does not delete it."""
    (package,) = await github.packages("acme")
    assert (package.name, package.repo, package.versions) == ("api", "acme/api", 2)
    found = await github.package_versions("acme", "api")
    assert [(one.id, one.tags) for one in found] == [(12, ("v1.2.0", "latest")), (11, ())]
    for _ in range(2):
        await github.delete_package_version("acme", "api", 11)
    assert len(world.writes) == 1
    with pytest.raises(Refused, match="last version"):
        await github.delete_package_version("acme", "api", 12)
    with pytest.raises(NotFound, match="no container package web"):
        await github.delete_package_version("acme", "web", 1)
    assert await github.packages("acme", "npm") == []


async def test_two_weeks_of_traffic_are_read(github: GitHub) -> None:
    """Day by day, and what people looked at most."""
    traffic = await github.traffic("acme/api")
    assert len(traffic.views) == len(traffic.clones) == 14
    assert traffic.paths[0].name == "/acme/api"
    assert traffic.referrers[0].name == "search.example"
