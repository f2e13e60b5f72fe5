"""Releases, milestones and issues: what went out, what is planned, what stands in the way."""

from collections.abc import Sequence

from integrations.github import models, tracking, wire
from integrations.github.places import place, quoted
from integrations.github.topic import Topic


class ReleaseReads(Topic):
    async def releases(self, repo: str) -> list[models.Release]:
        """Return every release, newest first; drafts only where this bot may write."""
        pages = self._api.pages(place(repo), "/releases", list[wire.Release])
        return [release.model() async for page in pages for release in page]

    async def latest_release(self, repo: str) -> models.Release | None:
        """Return the release that GitHub calls latest: no draft, no pre-release."""
        found = await self._api.optional(place(repo), "/releases/latest", wire.Release)
        return found.model() if found else None

    async def release_by_tag(self, repo: str, tag: str) -> models.Release | None:
        """Return the published release of a tag."""
        path = f"/releases/tags/{quoted(tag)}"
        found = await self._api.optional(place(repo), path, wire.Release)
        return found.model() if found else None

    async def _any_release(self, repo: str, tag: str) -> wire.Release | None:
        """Return the release of a tag; drafts have no address by tag, so they are looked for."""
        path = f"/releases/tags/{quoted(tag)}"
        if found := await self._api.optional(place(repo), path, wire.Release):
            return found
        pages = self._api.pages(place(repo), "/releases", list[wire.Release])
        async for page in pages:
            for release in page:
                if release.tag_name == tag:
                    return release
        return None

    async def open_issues(self, repo: str, labels: Sequence[str] = ()) -> list[models.Issue]:
        """Return the open issues that carry every label; pull requests are left out."""
        params = {"state": "open", "labels": ",".join(labels)}
        pages = self._api.pages(place(repo), "/issues", list[tracking.Issue], params=params)
        return [
            issue.model() async for page in pages for issue in page if issue.pull_request is None
        ]

    async def milestones(self, repo: str, state: str = "all") -> list[models.Milestone]:
        """Return milestones with their counts; `state` is open, closed or all."""
        pages = self._api.pages(
            place(repo), "/milestones", list[wire.Milestone], params={"state": state}
        )
        return [milestone.model() async for page in pages for milestone in page]
