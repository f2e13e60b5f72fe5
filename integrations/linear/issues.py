"""Issues, and what hangs on them."""

from collections.abc import Sequence
from datetime import datetime

from integrations.errors import NotFound
from integrations.linear import models, queries, wire
from integrations.linear.topic import Topic


class IssueReads(Topic):
    """An issue is named by its identifier (`ENG-12`) or its id."""

    async def issue(self, issue: str) -> models.Issue:
        try:
            found = await self._api.one(queries.ONE_ISSUE, wire.Issue, id=issue)
        except NotFound:
            raise NotFound(
                f"There is no issue {issue} in Linear, or this bot may not see its team."
            ) from None
        return found.model()

    async def issue_of_branch(self, branch: str) -> models.Issue | None:
        """Return the issue that Linear takes a branch for, by the branch's name."""
        found = await self._api.optional(queries.BRANCH_ISSUE, wire.Issue, branch=branch)
        return found.model() if found else None

    async def issues(
        self,
        team: str = "",
        *,
        kinds: Sequence[str] = (),
        label: str = "",
        project_id: str = "",
        cycle: int | None = None,
        updated_since: datetime | None = None,
        completed_since: datetime | None = None,
    ) -> list[models.Issue]:
        """Return the issues of a team that fit, the newest first; `kinds` are types of states."""
        wanted: dict[str, object] = {}
        if team:
            wanted["team"] = {"key": {"eq": team}}
        if kinds:
            wanted["state"] = {"type": {"in": list(kinds)}}
        if label:
            wanted["labels"] = {"some": {"name": {"eqIgnoreCase": label}}}
        if project_id:
            wanted["project"] = {"id": {"eq": project_id}}
        if cycle is not None:
            wanted["cycle"] = {"number": {"eq": cycle}}
        if updated_since:
            wanted["updatedAt"] = {"gte": updated_since}
        if completed_since:
            wanted["completedAt"] = {"gte": completed_since}
        found = await self._api.every(queries.ISSUES, wire.Issue, filter=wanted)
        return [each.model() for each in found]

    async def linked_issues(self, url: str) -> list[models.Issue]:
        """Return the issues that carry this address as an attachment, such as a pull request's."""
        found = await self._api.every(queries.LINKED, wire.Linked, url=url)
        issues = {each.issue.id: each.issue.model() for each in found if each.issue}
        return list(issues.values())

    async def comments(self, issue: str) -> list[models.Comment]:
        """Return the comments of an issue, the oldest first."""
        found = await self._api.every(queries.COMMENTS, wire.Comment, id=issue)
        return sorted((each.model() for each in found), key=lambda each: each.created_at)

    async def attachments(self, issue: str) -> list[models.Attachment]:
        found = await self._api.every(queries.ATTACHMENTS, wire.Attachment, id=issue)
        return [each.model() for each in found]

    async def relations(self, issue: str) -> list[models.Relation]:
        """Return both what an issue says of others and what others say of it."""
        found = [
            relation
            for query in (queries.RELATIONS, queries.INVERSE_RELATIONS)
            for relation in await self._api.every(query, wire.Relation, id=issue)
        ]
        return [each.model() for each in found]
