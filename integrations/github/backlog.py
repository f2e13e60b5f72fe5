"""All open issues and those that were closed lately: a hundred a call, later only what is new.

GitHub lists pull requests among the issues to those who ask without GraphQL, and most of what such
a list holds are pull requests.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime

from integrations.github import models
from integrations.github.graph import REPO, Actor, Connection, InRepository, Node
from integrations.github.places import Place, place
from integrations.github.topic import Topic
from integrations.github.wire import GHOST, LONG_AGO, Label, MilestoneTitle, label_names, title_of

ISSUES = f"""
query($owner: String!, $name: String!, $states: [IssueState!], $after: String) {{
  {REPO} {{
    issues(
      states: $states
      orderBy: {{field: UPDATED_AT, direction: DESC}}
      first: 100
      after: $after
    ) {{
      pageInfo {{ hasNextPage endCursor }}
      nodes {{
        number title url body state stateReason createdAt updatedAt closedAt
        author {{ login __typename }}
        labels(first: 50) {{ nodes {{ name }} }}
        assignees(first: 10) {{ nodes {{ login __typename }} }}
        milestone {{ title }}
      }}
    }}
  }}
}}
"""
QUERIES = (ISSUES,)
LAST_UPDATED: Mapping[str, str | int] = {
    "state": "all",
    "sort": "updated",
    "direction": "desc",
    "per_page": 1,
}


class Issue(Node, frozen=True):
    number: int
    title: str
    url: str
    created_at: datetime
    updated_at: datetime
    state: str | None = None
    state_reason: str | None = None
    closed_at: datetime | None = None
    body: str | None = None
    author: Actor | None = None
    labels: Connection[Label] | None = None
    assignees: Connection[Actor] | None = None
    milestone: MilestoneTitle | None = None

    def model(self) -> models.Issue:
        assigned = self.assignees.items if self.assignees else []
        return models.Issue(
            number=self.number,
            title=self.title,
            url=self.url,
            author=self.author.spelled if self.author else GHOST,
            created_at=self.created_at,
            updated_at=self.updated_at,
            state=(self.state or "open").lower(),
            labels=label_names([*self.labels.items] if self.labels else None),
            assignees=tuple(each.spelled for each in assigned),
            milestone=title_of(self.milestone),
            body=self.body or "",
            reason=(self.state_reason or "").lower(),
            closed_at=self.closed_at,
        )


class IssuesOf(Node, frozen=True):
    issues: Connection[Issue]


FOUND = InRepository[IssuesOf]


class BacklogReads(Topic):
    async def all_open_issues(self, repo: str) -> list[models.Issue]:
        """Return every open issue, newest first."""
        found = await self._backlog(place(repo), "OPEN", LONG_AGO)
        return sorted(found, key=lambda issue: (issue.created_at, issue.number), reverse=True)

    async def issues_closed(self, repo: str, since: datetime) -> list[models.Issue]:
        """Return the issues that were closed since then, the last closed first."""
        found = await self._backlog(place(repo), "CLOSED", since)
        closed = [issue for issue in found if (issue.closed_at or LONG_AGO) >= since]
        return sorted(closed, key=lambda issue: issue.closed_at or LONG_AGO, reverse=True)

    async def _backlog(self, where: Place, state: str, since: datetime) -> list[models.Issue]:
        """Return the issues of a state that were updated since then.

        One that has come into another state since the last look is among those that are new.
        """
        mark = await self._api.mark(where, "/issues", LAST_UPDATED)
        pages, news = self._backlog_pages(where, [state]), self._backlog_pages(where, None)
        found = await self._api.issues.newest((where, state), since, pages, mark, news)
        return [issue.model() for issue in found if (issue.state or "OPEN") == state]

    def _backlog_pages(
        self, where: Place, states: Sequence[str] | None
    ) -> AsyncGenerator[list[Issue], None]:
        asked = {"states": states}
        return self._api.listed(where, ISSUES, FOUND, asked, lambda found: found.issues)
