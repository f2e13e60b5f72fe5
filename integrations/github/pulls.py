"""Pull requests: one, those of a branch, those merged since, and how long each stage took."""

from collections.abc import AsyncGenerator, Mapping
from datetime import datetime
from typing import TypeVar

from integrations.github import graph, models, wire
from integrations.github.places import Place, place, quoted
from integrations.github.topic import Topic

P = TypeVar("P", bound=graph.Pull)

MERGED = graph.InRepository[graph.PullsOf[graph.Pull]]
TIMED = graph.InRepository[graph.PullsOf[graph.TimedPull]]
LAST_UPDATED: Mapping[str, str | int] = {
    "state": "closed",
    "sort": "updated",
    "direction": "desc",
    "per_page": 1,
}


class PullReads(Topic):
    async def pull(self, repo: str, number: int) -> models.Pull:
        missing = {404: f"{repo} has no pull request #{number}, or this bot may not see it."}
        found = await self._api.get(place(repo), f"/pulls/{number}", wire.Pull, missing=missing)
        return found.model()

    async def open_pulls(self, repo: str, head: str = "", base: str = "") -> list[models.Pull]:
        """Return open pull requests, newest first; `head` is a branch of the same repository."""
        where = place(repo)
        params = {"state": "open", "head": f"{where.owner}:{head}" if head else "", "base": base}
        pages = self._api.pages(where, "/pulls", list[wire.Pull], params=params)
        return [pull.model() async for page in pages for pull in page]

    async def pulls_of_commit(self, repo: str, sha: str) -> list[models.Pull]:
        """Return the pull requests that a commit belongs to, those that are closed as well."""
        missing = {404: f"{repo} has no commit {sha}.", 422: f"{repo} has no commit {sha}."}
        path = f"/commits/{quoted(sha)}/pulls"
        pages = self._api.pages(place(repo), path, list[wire.Pull], missing=missing)
        return [pull.model() async for page in pages for pull in page]

    async def merged_pulls(self, repo: str, since: datetime, base: str = "") -> list[models.Pull]:
        """Return what was merged after `since`, newest merge first: a hundred per call.

        Within the hour only those updated meanwhile, and for nothing where none was.
        """
        where = place(repo)
        mark = await self._pulls_mark(where, base)
        pages = self._updated(where, graph.MERGED_PULLS, MERGED, base)
        name = (where, base, "merged")
        found = await self._api.merged.newest(name, since, pages, mark)
        pulls = [pull.model() for pull in found if pull.merged_at and pull.merged_at > since]
        return sorted(pulls, key=lambda pull: (pull.merged_at or since, pull.number), reverse=True)

    async def pull_timings(
        self, repo: str, since: datetime, base: str = ""
    ) -> list[models.PullTiming]:
        """Return the stages of what was merged after `since`, newest merge first.

        One call per hundred pull requests; within the hour only those updated meanwhile, and for
        nothing where none was.
        """
        where = place(repo)
        mark = await self._pulls_mark(where, base)
        pages = self._updated(where, graph.PULL_TIMINGS, TIMED, base)
        found = await self._api.timed.newest((where, base, "timed"), since, pages, mark)
        timings = [pull.timing() for pull in found if pull.merged_at and pull.merged_at > since]
        return sorted(timings, key=lambda pull: (pull.merged_at, pull.number), reverse=True)

    async def _pulls_mark(self, where: Place, base: str) -> str:
        return await self._api.mark(where, "/pulls", {**LAST_UPDATED, "base": base})

    def _updated(
        self, where: Place, query: str, shape: type[graph.InRepository[graph.PullsOf[P]]], base: str
    ) -> AsyncGenerator[list[P], None]:
        """Return pages of merged pull requests, last updated first: no merge can hide behind."""
        asked = {"base": base or None}
        return self._api.listed(where, query, shape, asked, lambda found: found.pull_requests)
