"""Issues with all that is said on them, a hundred in a call; and changes of many parts in one."""

from datetime import datetime
from typing import Literal, TypeAlias

from msgspec import UNSET, UnsetType, structs

from integrations.errors import NotFound
from integrations.github import models, tracking
from integrations.github.graph import REPO, Actor, Answered, Connection, InRepository, Node
from integrations.github.issues import IssueReads, IssueWrites
from integrations.github.places import place
from integrations.github.wire import GHOST, Label, label_names, stamp

Outcome: TypeAlias = Literal["open", "completed", "not_planned"]
THREAD = """
    number title body url state stateReason createdAt updatedAt closedAt
    author { login __typename }
    assignees(first: 10) { nodes { login __typename } }
    labels(first: 50) { nodes { name } }
    comments(first: 50) {
      pageInfo { hasNextPage endCursor }
      nodes { databaseId body url createdAt author { login __typename } }
    }
"""
THREADS = f"""
query($owner: String!, $name: String!, $filter: IssueFilters, $after: String) {{
  {REPO} {{
    issues(
      filterBy: $filter
      orderBy: {{field: CREATED_AT, direction: ASC}}
      first: 100
      after: $after
    ) {{
      pageInfo {{ hasNextPage endCursor }}
      nodes {{ {THREAD} }}
    }}
  }}
}}
"""
ONE_THREAD = f"""
query($owner: String!, $name: String!, $number: Int!) {{
  {REPO} {{ issue(number: $number) {{ {THREAD} }} }}
}}
"""
QUERIES = (THREADS, ONE_THREAD)


class Thread(models.Issue, frozen=True):
    """An issue with its comments, the oldest first."""

    comments: tuple[models.Comment, ...] = ()


class IssueFields(models.Model, frozen=True):
    """What an issue is to have; what is not given stays."""

    title: str | UnsetType = UNSET
    body: str | UnsetType = UNSET
    state: Outcome | UnsetType = UNSET
    assignees: tuple[str, ...] | UnsetType = UNSET
    add_labels: tuple[str, ...] = ()
    remove_labels: tuple[str, ...] = ()


class CommentNode(Node, frozen=True):
    created_at: datetime
    database_id: int | None = None
    body: str | None = None
    url: str | None = None
    author: Actor | None = None

    def model(self) -> models.Comment:
        return models.Comment(
            id=self.database_id or 0,
            body=self.body or "",
            author=self.author.spelled if self.author else GHOST,
            url=self.url or "",
            created_at=self.created_at,
        )


class ThreadNode(Node, frozen=True):
    number: int
    title: str
    created_at: datetime
    updated_at: datetime
    url: str | None = None
    body: str | None = None
    state: str | None = None
    state_reason: str | None = None
    closed_at: datetime | None = None
    author: Actor | None = None
    assignees: Connection[Actor] | None = None
    labels: Connection[Label] | None = None
    comments: Connection[CommentNode] | None = None

    @property
    def has_more(self) -> bool:
        """Say whether more was said than fits into one answer."""
        return self.comments is not None and self.comments.after is not None

    def model(self) -> Thread:
        said = self.comments.items if self.comments else []
        people = self.assignees.items if self.assignees else []
        return Thread(
            number=self.number,
            title=self.title,
            url=self.url or "",
            author=self.author.spelled if self.author else GHOST,
            created_at=self.created_at,
            updated_at=self.updated_at,
            state=(self.state or "open").lower(),
            labels=label_names([*self.labels.items] if self.labels else None),
            assignees=tuple(each.spelled for each in people),
            body=self.body or "",
            reason=(self.state_reason or "").lower(),
            closed_at=self.closed_at,
            comments=tuple(each.model() for each in said),
        )


class _Issues(Node, frozen=True):
    issues: Connection[ThreadNode]


LISTED = InRepository[_Issues]


class _Issue(Node, frozen=True):
    issue: ThreadNode | None = None


class _One(Answered, frozen=True):
    repository: _Issue | None = None


class ThreadReads(IssueReads):
    """Pull requests are none of the issues here."""

    async def issue_threads(
        self,
        repo: str,
        since: datetime | None = None,
        *,
        state: Literal["OPEN", "CLOSED", ""] = "",
    ) -> list[Thread]:
        """Return the issues that changed since then with their comments, the oldest first."""
        where, wanted = place(repo), dict[str, object]()
        if since:
            wanted["since"] = stamp(since)
        if state:
            wanted["states"] = [state]
        pages = self._api.listed(
            where, THREADS, LISTED, {"filter": wanted}, lambda found: found.issues
        )
        return [await self._whole(repo, each) async for page in pages for each in page]

    async def issue_thread(self, repo: str, number: int) -> Thread | None:
        """Return an issue with its comments, None where it is gone or a pull request."""
        try:
            answer = await self._api.graphql(
                place(repo), ONE_THREAD, _One, {"number": number}, missing=f"no #{number}"
            )
        except NotFound:
            await self._api.exists(place(repo))
            return None
        found = answer.repository.issue if answer.repository else None
        return await self._whole(repo, found) if found else None

    async def _whole(self, repo: str, found: ThreadNode) -> Thread:
        """Return a thread with all of its comments; a long one costs calls of its own."""
        thread = found.model()
        if not found.has_more:
            return thread
        return structs.replace(thread, comments=tuple(await self.comments(repo, found.number)))


class ThreadWrites(IssueWrites, ThreadReads):
    async def ensure_issue_fields(
        self, repo: str, number: int, wanted: IssueFields
    ) -> models.Issue:
        """Let an issue have what is given, in one change, and leave the rest as it is."""
        found = await self.issue(repo, number)
        body: dict[str, object] = {}
        for name in ("title", "body"):
            value = getattr(wanted, name)
            if value is not UNSET and value != getattr(found, name):
                body[name] = value
        if wanted.assignees is not UNSET and set(wanted.assignees) != set(found.assignees):
            body["assignees"] = list(wanted.assignees)
        if wanted.state is not UNSET and (wanted.state == "open") != (found.state == "open"):
            body["state"] = "open" if wanted.state == "open" else "closed"
            body["state_reason"] = "reopened" if wanted.state == "open" else wanted.state
        labels = _labels(found.labels, wanted)
        if labels != list(found.labels):
            body["labels"] = labels
        if not body:
            return found
        answer = await self._api.change(place(repo), "PATCH", f"/issues/{number}", body)
        return answer.decode(tracking.Issue).model()


def _labels(has: tuple[str, ...], wanted: IssueFields) -> list[str]:
    """Return the labels of an issue with those that are to go and to come."""
    gone = {name.lower() for name in wanted.remove_labels}
    kept = [name for name in has if name.lower() not in gone]
    known = {name.lower() for name in kept}
    return kept + [name for name in wanted.add_labels if name.lower() not in known]
