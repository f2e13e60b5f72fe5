"""What the rules of a repository look at: open pull requests, issues, branches; 100 a call."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import msgspec

from integrations.errors import NotFound
from integrations.github import graph, tracking, watched
from integrations.github.backlog import LAST_UPDATED
from integrations.github.graph import Connection
from integrations.github.places import Place, place
from integrations.github.register import Page, Pages
from integrations.github.topic import Topic
from integrations.github.watched import About, Branches, HeadBranch, Home, OpenThreads, Watched

# GitHub takes more from the allowance for a long page.
EVERY = {"states": ["OPEN"], "order": {"field": "CREATED_AT", "direction": "ASC"}, "first": 100}
NEWS = {"states": None, "order": {"field": "UPDATED_AT", "direction": "DESC"}, "first": 20}
T = TypeVar("T")

THREADS = graph.InRepository[Home[watched.Thread]]
HEADS = graph.InRepository[Home[watched.BranchNode]]


class HouseReads(Topic):
    async def open_pulls_watched(self, repo: str, base: str = "") -> OpenThreads:
        """Return the open pull requests as rules see them: a hundred per call.

        Within the hour one call where nothing was pushed, and none where nothing else has changed;
        checks may be as old as that.
        """
        where = place(repo)
        if base:
            return await self._threads(where, watched.PULLS, base)
        pushed = await self._api.mark(where, "")
        return await self._remembered(where, watched.PULLS, "/pulls", pushed)

    async def open_issues_watched(self, repo: str) -> OpenThreads:
        """Return the open issues as rules see them: a hundred per call.

        Within the hour one call, and none where nothing has changed.
        """
        return await self._remembered(place(repo), watched.ISSUES, "/issues")

    async def pull_watched(self, repo: str, number: int) -> tuple[About, Watched]:
        """Return one pull request as rules see it, and its repository."""
        return await self._one(repo, watched.ONE_PULL, number, "pull request")

    async def issue_watched(self, repo: str, number: int) -> tuple[About, Watched]:
        """Return one issue as rules see it, and its repository."""
        return await self._one(repo, watched.ONE_ISSUE, number, "issue")

    async def touched_at(self, repo: str, number: int) -> datetime | None:
        """Return when anything last happened to an issue or a pull request; None once closed."""
        gone = f"{repo} has no #{number}, or this bot may not see it."
        path, missing = f"/issues/{number}", {404: gone, 410: gone}
        found = await self._api.get(place(repo), path, tracking.Issue, missing=missing)
        return found.updated_at if found.state == "open" else None

    async def head_branches(self, repo: str, about: About | None = None) -> Branches:
        """Return every branch with its last pull requests: a hundred per call.

        Within the hour no call, where `about` says that nothing was pushed since; pull requests
        may have been opened and closed meanwhile.
        """
        where, after, found = place(repo), None, list[HeadBranch]()
        if about and (known := self._api.branches.get(where, about.pushed_at)):
            return known
        while True:
            answer = await self._api.graphql(where, watched.BRANCHES, HEADS, {"after": after})
            home = _home(where, answer.repository)
            page = home.page or Connection()
            found += [each.model() for each in page.items]
            after = page.after
            if after is None:
                seen = Branches(home.about(), tuple(found))
                return self._api.branches.put(where, seen.about.pushed_at, seen)

    async def head_branch(self, repo: str, name: str) -> HeadBranch | None:
        """Return one branch with its last pull requests, None where there is none."""
        where = place(repo)
        answer = await self._api.graphql(
            where, watched.ONE_BRANCH, HEADS, {"ref": f"refs/heads/{name}"}
        )
        found = _home(where, answer.repository).one
        return found.model() if found else None

    async def _remembered(
        self, where: Place, query: str, path: str, pushed: str = ""
    ) -> OpenThreads:
        """Return all that is open; as it was, where nothing was updated or `pushed` since."""
        name, mark = (where, query), (await self._api.mark(where, path, LAST_UPDATED), pushed)
        if known := self._api.open.get(name, mark):
            return known
        found = await self._threads(where, query)
        is_settled = all(each.is_settled for each in found.items)
        return self._api.open.put(name, mark, found) if is_settled else found

    async def _threads(self, where: Place, query: str, base: str = "") -> OpenThreads:
        asked = {"base": base or None} if query == watched.PULLS else {}
        every = partial(self._pages, where, query, EVERY)
        changed = partial(self._pages, where, query, NEWS)
        items, about = await self._api.watched.open(
            (where, query, base), partial(every, asked), partial(changed, asked)
        )
        return OpenThreads(about or About(), tuple(items))

    async def _pages(
        self, where: Place, query: str, order: Mapping[str, Any], asked: Mapping[str, Any]
    ) -> Pages[Watched, About]:
        after: str | None = None
        while True:
            variables = {**asked, **order, "after": after}
            answer = await self._api.graphql(where, query, THREADS, variables)
            home = _home(where, answer.repository)
            page = home.page or Connection()
            after = page.after
            about = home.about()
            if query == watched.ISSUES:  # a push changes how pull requests merge, and no issue
                about = msgspec.structs.replace(about, pushed_at=None)
            yield Page([each.model() for each in page.items], about, after is not None)
            if after is None:
                return

    async def _one(self, repo: str, query: str, number: int, kind: str) -> tuple[About, Watched]:
        where, gone = place(repo), f"{repo} has no {kind} #{number}, or this bot may not see it."
        answer = await self._api.graphql(where, query, THREADS, {"number": number}, missing=gone)
        home = answer.repository
        if home is None or home.one is None:
            raise NotFound(gone)
        return home.about(), home.one.model()


def _home(where: Place, found: Home[T] | None) -> Home[T]:
    if found is None:
        raise NotFound(where.missing[404])
    return found
