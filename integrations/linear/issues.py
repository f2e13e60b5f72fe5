"""Issues, and what hangs on them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from integrations.errors import NotFound
from integrations.linear import models, queries, shapes, wire
from integrations.linear.topic import Topic

T = TypeVar("T")
MOST_NAMES = 100  # in one filter


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
        wanted = _narrowed(
            team=team,
            kinds=kinds,
            label=label,
            project_id=project_id,
            cycle=cycle,
            updated_since=updated_since,
            completed_since=completed_since,
        )
        found = await self._api.every(queries.ISSUES, wire.Issue, filter=wanted)
        return [each.model() for each in found]

    async def linked_issues(self, url: str) -> list[models.Issue]:
        """Return the issues that carry this address as an attachment, such as a pull request's."""
        found = await self._api.every(queries.LINKED, shapes.Linked, url=url)
        issues = {each.issue.id: each.issue.model() for each in found if each.issue}
        return list(issues.values())

    async def issues_linked_to(self, urls: Sequence[str]) -> dict[str, list[models.Issue]]:
        """Return the issues that carry each of many addresses, in a few calls for all of them."""
        issues: dict[str, dict[str, models.Issue]] = {url: {} for url in urls}
        for some in _parts(urls):
            wanted = {"url": {"in": some}}
            found = await self._api.every(queries.ATTACHED, shapes.Linked, filter=wanted)
            for each in found:
                if each.issue and each.url in issues:
                    issues[each.url][each.issue.id] = each.issue.model()
        return {url: list(known.values()) for url, known in issues.items()}

    async def issues_named(self, identifiers: Sequence[str]) -> list[models.Issue]:
        """Return the issues of these identifiers, a hundred in a call; others are left out."""
        numbers: dict[str, list[int]] = {}
        for each in identifiers:
            team, _, number = each.upper().rpartition("-")
            if team and number.isdecimal():
                numbers.setdefault(team, []).append(int(number))
        every: list[models.Issue] = []
        for team, known in numbers.items():
            for some in _parts(sorted(set(known))):
                wanted = {"team": {"key": {"eq": team}}, "number": {"in": some}}
                found = await self._api.every(queries.ISSUES, wire.Issue, filter=wanted)
                every += [each.model() for each in found]
        return every

    async def history(self, issue: str) -> list[models.Change]:
        """Return what was changed on an issue, the oldest first."""
        found = await self._api.every(queries.HISTORY, shapes.Change, id=issue)
        return _in_order(found)

    async def histories(
        self, team: str = "", *, project_id: str = "", updated_since: datetime | None = None
    ) -> dict[str, list[models.Change]]:
        """Return the history of every issue that fits, by identifier: scope changes, for example.

        Only an issue whose past is long costs a call of its own.
        """
        wanted = _narrowed(team=team, project_id=project_id, updated_since=updated_since)
        found = await self._api.every(queries.HISTORIES, shapes.Past, filter=wanted)
        pasts: dict[str, list[models.Change]] = {}
        for each in found:
            if each.history and each.history.next:
                pasts[each.identifier] = await self.history(each.identifier)
                continue
            pasts[each.identifier] = _in_order(each.history.items if each.history else [])
        return pasts

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


def _narrowed(
    *,
    team: str,
    kinds: Sequence[str] = (),
    label: str = "",
    project_id: str = "",
    cycle: int | None = None,
    updated_since: datetime | None = None,
    completed_since: datetime | None = None,
) -> dict[str, object]:
    """Return the filter that leaves what fits."""
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
    return wanted


def _in_order(rows: list[shapes.Change]) -> list[models.Change]:
    """Return changes from the oldest on; Linear gives the newest first, also within a second."""
    return sorted((each.model() for each in reversed(rows)), key=lambda each: each.at)


def _parts(items: Sequence[T]) -> Iterator[list[T]]:
    for start in range(0, len(items), MOST_NAMES):
        yield list(items[start : start + MOST_NAMES])
