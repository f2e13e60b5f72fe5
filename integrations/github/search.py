"""Searching: thirty times a minute, code ten times, and a thousand results at most."""

from typing import Any

from integrations.errors import Refused
from integrations.github import models, tracking, wire
from integrations.github.places import ANYWHERE, place
from integrations.github.topic import Topic

MAX_RESULTS = 1_000


class FoundThread(models.Issue, frozen=True):
    """An issue or a pull request, and where it is."""

    repo: str = ""
    is_pull: bool = False


class FoundThreads(models.Model, frozen=True):
    """`total` may be more than the items; `complete` is False where GitHub gave up looking."""

    total: int
    items: tuple[FoundThread, ...]
    complete: bool = True


class FoundFile(models.Model, frozen=True):
    repo: str
    path: str
    sha: str
    url: str


class FoundFiles(models.Model, frozen=True):
    total: int
    items: tuple[FoundFile, ...]
    complete: bool = True


class ThreadWire(tracking.Issue, frozen=True):
    repository_url: str | None = None

    def found(self) -> FoundThread:
        issue, home = self.model(), self.repository_url
        if home is None:  # old answers only have the address of the page
            home = (self.html_url or "").rsplit("/", 2)[0]
        return FoundThread(
            **{name: getattr(issue, name) for name in issue.__struct_fields__},
            repo="/".join(home.split("/")[-2:]),
            is_pull=self.pull_request is not None,
        )


class FileWire(wire.Wire, frozen=True):
    path: str
    sha: str | None = None
    html_url: str | None = None
    repository: wire.Repository | None = None

    def found(self) -> FoundFile:
        home = self.repository.full_name if self.repository else ""
        return FoundFile(home, self.path, self.sha or "", self.html_url or "")


class ThreadsWire(wire.Wire, frozen=True):
    items: list[ThreadWire] | None = None
    total_count: int | None = None
    incomplete_results: bool | None = None


class FilesWire(wire.Wire, frozen=True):
    items: list[FileWire] | None = None
    total_count: int | None = None
    incomplete_results: bool | None = None


class SearchReads(Topic):
    async def search_threads(self, repo: str, query: str, most: int = 100) -> FoundThreads:
        """Return issues and pull requests of a repository that GitHub's search finds.

        What was changed a moment ago may not be found yet; lists know it at once.
        """
        asked, found, total, complete = _query(repo, query), [], 0, True
        pages = self._api.pages(
            ANYWHERE, "/search/issues", ThreadsWire, params=asked, scope=place(repo).scope
        )
        async for page in pages:
            found += [item.found() for item in page.items or []]
            total, complete = page.total_count or 0, complete and not page.incomplete_results
            if len(found) >= min(most, MAX_RESULTS):
                break
        return FoundThreads(total, tuple(found[:most]), complete)

    async def search_code(self, repo: str, query: str, most: int = 100) -> FoundFiles:
        """Return files of the default branch that hold the words; large ones are not searched."""
        asked, found, total, complete = _query(repo, query), [], 0, True
        pages = self._api.pages(
            ANYWHERE, "/search/code", FilesWire, params=asked, scope=place(repo).scope
        )
        async for page in pages:
            found += [item.found() for item in page.items or []]
            total, complete = page.total_count or 0, complete and not page.incomplete_results
            if len(found) >= min(most, MAX_RESULTS):
                break
        return FoundFiles(total, tuple(found[:most]), complete)


def _query(repo: str, query: str) -> dict[str, Any]:
    if not query.strip():
        raise Refused("Say what to search for.")
    where = place(repo)
    return {"q": f"repo:{where.owner}/{where.name} {query}"}
