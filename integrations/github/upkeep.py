"""Small changes of issues, pull requests and branches; each can be repeated, and taken back."""

from integrations.errors import NotFound, Refused
from integrations.github import tracking, wire
from integrations.github.places import place, quoted
from integrations.github.writes import RefWrites


class UpkeepWrites(RefWrites):
    """What goes for an issue as for a pull request, which is one on GitHub."""

    async def ensure_labelled(self, repo: str, number: int, label: str) -> None:
        """Put a label on; GitHub makes one that it does not know."""
        if label.casefold() in await self._labels(repo, number):
            return
        path, missing = f"/issues/{number}/labels", _gone(repo, number)
        wanted = {"labels": [label]}
        await self._api.change(place(repo), "POST", path, wanted, missing=missing)

    async def delete_labelled(self, repo: str, number: int, label: str) -> None:
        """Take a label off; those that others put on at the same time stay."""
        path = f"/issues/{number}/labels/{quoted(label)}"
        try:
            await self._api.change(place(repo), "DELETE", path)
        except NotFound:
            if label.casefold() in await self._labels(repo, number):
                raise

    async def ensure_thread_closed(self, repo: str, number: int) -> None:
        """Close an issue as one that is not planned, or a pull request without a merge."""
        found = await self._thread(repo, number)
        if found.state != "open":
            return
        reason = {} if found.pull_request else {"state_reason": "not_planned"}
        await self._changed(repo, number, {"state": "closed", **reason})

    async def ensure_thread_opened(self, repo: str, number: int) -> None:
        """Open what was closed; what was merged stays merged."""
        found = await self._thread(repo, number)
        if found.state != "open":
            await self._changed(repo, number, {"state": "open"})

    async def delete_branch_at(self, repo: str, branch: str, sha: str) -> None:
        """Delete a branch that is still at this commit; another one is refused."""
        found = await self.branch(repo, branch)
        if found and found.sha != sha:
            raise Refused(f"{branch} of {repo} has other commits by now: look again.")
        if found:
            await self.delete_branch(repo, branch)

    async def _labels(self, repo: str, number: int) -> set[str]:
        path, missing = f"/issues/{number}/labels", _gone(repo, number)
        pages = self._api.pages(place(repo), path, list[wire.Label], missing=missing)
        return {(found.name or "").casefold() async for page in pages for found in page}

    async def _thread(self, repo: str, number: int) -> tracking.Issue:
        path, missing = f"/issues/{number}", _gone(repo, number)
        return await self._api.get(place(repo), path, tracking.Issue, missing=missing)

    async def _changed(self, repo: str, number: int, wanted: dict[str, object]) -> None:
        path, missing = f"/issues/{number}", _gone(repo, number)
        await self._api.change(place(repo), "PATCH", path, wanted, missing=missing)


def _gone(repo: str, number: int) -> dict[int, str]:
    gone = f"{repo} has no #{number}, or this bot may not see it."
    return {404: gone, 410: gone}
