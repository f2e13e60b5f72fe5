"""GitHub Issues as a tracker."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal, TypeAlias

from integrations.errors import NotFound, Refused
from integrations.github import GitHub, GitHubReader, Issue
from integrations.trackers.models import Kind, NewTicket, Ticket, branch_of

Reason: TypeAlias = Literal["completed", "not_planned"]
# GitHub has no such field, so an issue of ours says it in a line of its own.
DUE = re.compile(r"^Due: (\d{4}-\d{2}-\d{2})$", re.MULTILINE)
_KEY = re.compile(r"#?([1-9]\d{0,8})")


class GitHubTrackerReader:
    """The issues of one repository."""

    name = "GitHub"

    def __init__(self, github: GitHubReader, repo: str) -> None:
        self._github = github
        self._repo = repo

    async def issue(self, key: str) -> Ticket:
        return ticket_of(await self._github.issue(self._repo, number_of(key)))

    async def issues_named(self, keys: Sequence[str]) -> list[Ticket]:
        found = []
        for key in keys:
            try:
                found.append(await self.issue(key))
            except NotFound:
                continue  # deleted, or the number of a pull request
        return found

    async def open_issues(self) -> list[Ticket]:
        return [ticket_of(each) for each in await self._github.all_open_issues(self._repo)]

    async def closed_issues(self, since: datetime) -> list[Ticket]:
        return [ticket_of(each) for each in await self._github.issues_closed(self._repo, since)]

    async def states(self, kind: Kind) -> list[str]:
        return [] if kind == "started" else ["open" if kind == "open" else "closed"]

    async def people(self) -> list[str]:
        return await self._github.assignable(self._repo)


class GitHubTracker(GitHubTrackerReader):
    """The issues of one repository, and what may be changed about them."""

    def __init__(self, github: GitHub, repo: str) -> None:
        super().__init__(github, repo)
        self._writes = github

    async def ensure_issue(self, new: NewTicket) -> Ticket:
        body = f"{new.body}\n\nDue: {new.due_on}" if new.due_on else new.body
        made = await self._writes.ensure_issue(
            self._repo,
            new.key,
            new.title,
            body,
            since=new.since,
            labels=new.labels,
            assignees=[new.person] if new.person else [],
        )
        return ticket_of(made)

    async def delete_issue(self, new: NewTicket) -> None:
        """Close it as not planned: GitHub lets only admins delete, and only by hand."""
        found = await self._writes.issue_of_key(self._repo, new.key, new.since)
        if found:
            await self._writes.ensure_issue_closed(self._repo, found.number, "not_planned")

    async def ensure_state(self, key: str, kind: Kind, state: str = "") -> Ticket:  # noqa: ARG002 - of the port
        number = number_of(key)
        if kind in ("open", "started"):
            return ticket_of(await self._writes.ensure_issue_opened(self._repo, number))
        reason: Reason = "completed" if kind == "done" else "not_planned"
        return ticket_of(await self._writes.ensure_issue_closed(self._repo, number, reason))

    async def ensure_comment(self, key: str, mark: str, body: str) -> str:
        said = await self._writes.ensure_comment(self._repo, number_of(key), mark, body)
        return said.url

    async def delete_comment(self, key: str, mark: str) -> None:
        try:
            await self._writes.delete_comment(self._repo, number_of(key), mark)
        except NotFound:
            return  # the issue itself is gone


def number_of(key: str) -> int:
    """Return the number of `#12`; raises Refused where it is none."""
    found = _KEY.fullmatch(key.strip())
    if not found:
        raise Refused(f"Write an issue of GitHub as #12; {key[:40]!r} is not one.")
    return int(found[1])


def ticket_of(issue: Issue) -> Ticket:
    """Return an issue of GitHub as every tracker has it."""
    closed: Kind = "canceled" if issue.reason == "not_planned" else "done"
    return Ticket(
        key=f"#{issue.number}",
        title=issue.title,
        url=issue.url,
        kind="open" if issue.state == "open" else closed,
        state=issue.state,
        created_at=issue.created_at,
        updated_at=issue.updated_at,
        body=issue.body,
        author=issue.author,
        people=issue.assignees,
        labels=issue.labels,
        due_on=_due(issue.body),
        closed_at=issue.closed_at,
        branch=branch_of(f"{issue.number}", issue.title),
    )


def _due(body: str) -> date | None:
    found = DUE.search(body.replace("\r", ""))
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None  # a day that no calendar has
