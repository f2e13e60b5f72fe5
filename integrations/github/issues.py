"""Issues and what is said on them; what we made is found again by a mark in its text."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from integrations.errors import NotFound
from integrations.github import models, tracking, wire
from integrations.github.places import place
from integrations.github.releases import ReleaseReads

CLOCKS_DIFFER = timedelta(minutes=10)


def mark_of(key: str) -> str:
    """Return what makes a text of ours the one of this key; nobody sees it on the page."""
    return f"<!-- flowbot:{hashlib.sha256(key.encode()).hexdigest()[:24]} -->"


class IssueReads(ReleaseReads):
    async def issue(self, repo: str, number: int) -> models.Issue:
        """Return an issue; the number of a pull request is none of an issue."""
        gone = f"{repo} has no issue #{number}, or this bot may not see it."
        missing = {404: gone, 410: gone}
        path = f"/issues/{number}"
        found = await self._api.get(place(repo), path, tracking.Issue, missing=missing)
        if found.pull_request is not None:
            raise NotFound(f"{repo}#{number} is a pull request, not an issue.")
        return found.model()

    async def comments(self, repo: str, number: int) -> list[models.Comment]:
        """Return what was said on an issue or a pull request, the oldest first."""
        gone = f"{repo} has no issue #{number}, or this bot may not see it."
        path, missing = f"/issues/{number}/comments", {404: gone, 410: gone}
        pages = self._api.pages(place(repo), path, list[tracking.Comment], missing=missing)
        return [comment.model() async for page in pages for comment in page]

    async def assignable(self, repo: str) -> list[str]:
        """Return the logins of those whom an issue can be assigned to."""
        pages = self._api.pages(place(repo), "/assignees", list[wire.User])
        return [user.login async for page in pages for user in page]

    async def pull_paths(self, repo: str, number: int) -> list[str]:
        """Return the files that a pull request touches; GitHub lists 3,000 of them at most."""
        gone = f"{repo} has no pull request #{number}, or this bot may not see it."
        path, missing = f"/pulls/{number}/files", {404: gone}
        pages = self._api.pages(place(repo), path, list[tracking.Touched], missing=missing)
        return [file.filename async for page in pages for file in page]


class IssueWrites(IssueReads):
    async def ensure_issue(
        self,
        repo: str,
        key: str,
        title: str,
        body: str,
        *,
        since: datetime,
        labels: Sequence[str] = (),
        assignees: Sequence[str] = (),
    ) -> models.Issue:
        """Open an issue, or return the one of this key: what people changed since stays.

        It cannot have been made before `since`, so nothing older is looked at.
        """
        found = await self.issue_of_key(repo, key, since)
        if found and found.reason == "not_planned":  # it was taken back before
            return await self.ensure_issue_opened(repo, found.number)
        if found:
            return found
        wanted = {
            "title": title,
            "body": f"{body}\n\n{mark_of(key)}",
            "labels": list(labels),
            "assignees": list(assignees),
        }
        answer = await self._api.change(place(repo), "POST", "/issues", wanted)
        return answer.decode(tracking.Issue).model()

    async def issue_of_key(self, repo: str, key: str, since: datetime) -> models.Issue | None:
        """Return the issue that was opened under this key, None where there is none."""
        mark = mark_of(key)
        params = {"state": "all", "since": wire.stamp(since - CLOCKS_DIFFER)}
        async for page in self._api.pages(
            place(repo), "/issues", list[tracking.Issue], params=params
        ):
            for each in page:
                if each.pull_request is None and mark in (each.body or ""):
                    return each.model()
        return None

    async def ensure_issue_opened(self, repo: str, number: int) -> models.Issue:
        return await self._issue_in(repo, number, "open", "reopened")

    async def ensure_issue_closed(
        self, repo: str, number: int, reason: Literal["completed", "not_planned"] = "completed"
    ) -> models.Issue:
        return await self._issue_in(repo, number, "closed", reason)

    async def ensure_issue_labels(
        self, repo: str, number: int, add: Sequence[str] = (), remove: Sequence[str] = ()
    ) -> models.Issue:
        """Add and remove labels by name; those that others put there at the same time stay."""
        found = await self.issue(repo, number)
        has = {label.lower() for label in found.labels}
        labels = [name for name in found.labels if name.lower() not in {n.lower() for n in remove}]
        labels += [name for name in add if name.lower() not in has]
        if tuple(labels) == found.labels:
            return found
        return await self._edited_issue(repo, number, {"labels": labels})

    async def ensure_comment(self, repo: str, number: int, key: str, body: str) -> models.Comment:
        """Comment once for each key; a comment that is there gets this text."""
        text = f"{body}\n\n{mark_of(key)}"
        found = await self._comment(repo, number, key)
        if found is None:
            path, wanted = f"/issues/{number}/comments", {"body": text}
            answer = await self._api.change(place(repo), "POST", path, wanted)
            return answer.decode(tracking.Comment).model()
        if found.body == text:
            return found
        path = f"/issues/comments/{found.id}"
        answer = await self._api.change(place(repo), "PATCH", path, {"body": text})
        return answer.decode(tracking.Comment).model()

    async def delete_comment(self, repo: str, number: int, key: str) -> None:
        found = await self._comment(repo, number, key)
        if found is None:
            return
        try:
            await self._api.change(place(repo), "DELETE", f"/issues/comments/{found.id}")
        except NotFound:
            return  # that is what was wanted

    async def _comment(self, repo: str, number: int, key: str) -> models.Comment | None:
        mark = mark_of(key)
        said = await self.comments(repo, number)
        return next((each for each in said if mark in each.body), None)

    async def _issue_in(self, repo: str, number: int, state: str, reason: str) -> models.Issue:
        found = await self.issue(repo, number)
        if found.state == state:
            return found  # GitHub takes another reason only together with another state
        return await self._edited_issue(repo, number, {"state": state, "state_reason": reason})

    async def _edited_issue(
        self, repo: str, number: int, wanted: dict[str, object]
    ) -> models.Issue:
        answer = await self._api.change(place(repo), "PATCH", f"/issues/{number}", wanted)
        return answer.decode(tracking.Issue).model()
