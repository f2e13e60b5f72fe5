"""What workflow runs keep: artifacts, the results of tests inside them, and caches."""

from collections.abc import Sequence
from datetime import datetime

from integrations.github import models, wire
from integrations.github.junit import TestResult, results_from
from integrations.github.places import place
from integrations.github.topic import Topic
from integrations.github.wire import LONG_AGO
from integrations.meter import in_thread


class Artifact(models.Model, frozen=True):
    """`size` is in bytes; `run` is 0 where GitHub does not say which run made it."""

    id: int
    name: str
    size: int
    created_at: datetime
    run: int = 0
    sha: str = ""
    expired: bool = False
    digest: str = ""


class ActionsCache(models.Model, frozen=True):
    """`ref` is the full name of the branch or pull request that may use it."""

    id: int
    key: str
    ref: str
    size: int
    created_at: datetime
    used_at: datetime


class CacheUsage(models.Model, frozen=True):
    """How many caches a repository has, and their bytes; GitHub drops old ones above 10 GB."""

    count: int
    size: int


class UsageWire(wire.Wire, frozen=True):
    active_caches_count: int | None = None
    active_caches_size_in_bytes: int | None = None


class MadeBy(wire.Wire, frozen=True):
    id: int | None = None
    head_sha: str | None = None


class ArtifactWire(wire.Wire, frozen=True):
    id: int
    name: str | None = None
    size_in_bytes: int | None = None
    created_at: datetime | None = None
    expired: bool | None = None
    digest: str | None = None
    workflow_run: MadeBy | None = None

    def model(self) -> Artifact:
        run = self.workflow_run or MadeBy()
        return Artifact(
            id=self.id,
            name=self.name or "",
            size=self.size_in_bytes or 0,
            created_at=self.created_at or LONG_AGO,
            run=run.id or 0,
            sha=run.head_sha or "",
            expired=bool(self.expired),
            digest=self.digest or "",
        )


class ArtifactsWire(wire.Wire, frozen=True):
    artifacts: list[ArtifactWire] | None = None


class CacheWire(wire.Wire, frozen=True):
    id: int
    key: str | None = None
    ref: str | None = None
    size_in_bytes: int | None = None
    created_at: datetime | None = None
    last_accessed_at: datetime | None = None

    def model(self) -> ActionsCache:
        created = self.created_at or LONG_AGO
        return ActionsCache(
            id=self.id,
            key=self.key or "",
            ref=self.ref or "",
            size=self.size_in_bytes or 0,
            created_at=created,
            used_at=self.last_accessed_at or created,
        )


class CachesWire(wire.Wire, frozen=True):
    actions_caches: list[CacheWire] | None = None


class ArtifactReads(Topic):
    async def artifacts(self, repo: str, run: int = 0, name: str = "") -> list[Artifact]:
        """Return the artifacts of a workflow run, or of the whole repository, newest first."""
        path = f"/actions/runs/{run}/artifacts" if run else "/actions/artifacts"
        pages = self._api.pages(place(repo), path, ArtifactsWire, params={"name": name})
        return [found.model() async for page in pages for found in page.artifacts or []]

    async def artifact_zip(self, repo: str, artifact: int) -> bytes:
        """Return an artifact as the zip file that it is; 64 MB at most."""
        gone = f"{repo} has no artifact {artifact}, or it is kept no longer."
        path, missing = f"/actions/artifacts/{artifact}/zip", {404: gone, 410: gone}
        return (await self._api.answer(place(repo), path, missing=missing)).body

    async def run_test_results(
        self, repo: str, run: int, names: Sequence[str] = ()
    ) -> list[TestResult]:
        """Return the tests that a run's artifacts tell of, in JUnit's form.

        `names` are those of the artifacts to look into; without any, all of them.
        """
        found: list[TestResult] = []
        for artifact in await self.artifacts(repo, run):
            if artifact.expired or (names and artifact.name not in names):
                continue
            content = await self.artifact_zip(repo, artifact.id)
            found += await in_thread(results_from, content)
        return found

    async def caches(self, repo: str, key: str = "", ref: str = "") -> list[ActionsCache]:
        """Return caches, the last used first; `key` is what theirs begins with."""
        params = {"key": key, "ref": ref}
        pages = self._api.pages(place(repo), "/actions/caches", CachesWire, params=params)
        return [found.model() async for page in pages for found in page.actions_caches or []]

    async def cache_usage(self, repo: str) -> CacheUsage:
        used = await self._api.get(place(repo), "/actions/cache/usage", UsageWire)
        return CacheUsage(used.active_caches_count or 0, used.active_caches_size_in_bytes or 0)


class ArtifactWrites(ArtifactReads):
    async def delete_artifact(self, repo: str, artifact: int) -> None:
        await self._api.delete(place(repo), f"/actions/artifacts/{artifact}")

    async def delete_cache(self, repo: str, cache: int) -> None:
        await self._api.delete(place(repo), f"/actions/caches/{cache}")
