"""The GraphQL questions and the shapes of their answers: a hundred items a call."""

from datetime import datetime
from typing import Generic, TypeVar

import msgspec

from integrations.github import models
from integrations.github.wire import GHOST, LONG_AGO, Label, MilestoneTitle, label_names, title_of

# Each question also asks what it costs: only GitHub knows.
REPO = "rateLimit { cost } repository(owner: $owner, name: $name)"
PULLS_PAGE = """
pullRequests(
  states: [MERGED]
  baseRefName: $base
  orderBy: {field: UPDATED_AT, direction: DESC}
  first: 100
  after: $after
) {
  pageInfo { hasNextPage endCursor }
"""
# What both questions about pull requests select.
PULL_FIELDS = """
    number title url body isDraft createdAt updatedAt mergedAt headRefName baseRefName
    author { login __typename }
    labels(first: 30) { nodes { name } }
    mergeCommit { oid }
"""
MERGED_PULLS = f"""
query($owner: String!, $name: String!, $base: String, $after: String) {{
  {REPO} {{
    {PULLS_PAGE}
      nodes {{ {PULL_FIELDS} milestone {{ title }} }}
    }}
  }}
}}
"""
PULL_TIMINGS = f"""
query($owner: String!, $name: String!, $base: String, $after: String) {{
  {REPO} {{
    {PULLS_PAGE}
      nodes {{
        {PULL_FIELDS}
        additions deletions
        commits(first: 1) {{ totalCount nodes {{ commit {{ authoredDate }} }} }}
        reviews(first: 50) {{ nodes {{ state submittedAt author {{ login __typename }} }} }}
        timelineItems(itemTypes: [READY_FOR_REVIEW_EVENT], first: 10) {{
          nodes {{ __typename ... on ReadyForReviewEvent {{ createdAt }} }}
        }}
      }}
    }}
  }}
}}
"""
DEPLOYMENTS = f"""
query($owner: String!, $name: String!, $environments: [String!], $after: String) {{
  {REPO} {{
    deployments(
      environments: $environments
      orderBy: {{field: CREATED_AT, direction: DESC}}
      first: 100
      after: $after
    ) {{
      pageInfo {{ hasNextPage endCursor }}
      nodes {{
        databaseId commitOid environment createdAt state description
        ref {{ name }}
        creator {{ login __typename }}
        commit {{ committedDate }}
        statuses(first: 30) {{
          nodes {{ state createdAt description logUrl environmentUrl }}
        }}
      }}
    }}
  }}
}}
"""
QUERIES = (MERGED_PULLS, PULL_TIMINGS, DEPLOYMENTS)
OUTCOMES = frozenset({"success", "failure", "error"})

T = TypeVar("T")


class Node(msgspec.Struct, frozen=True, rename="camel"):
    """A piece of an answer; GitHub may leave nearly every field null."""


class Actor(Node, frozen=True):
    login: str
    kind: str | None = msgspec.field(name="__typename", default=None)

    @property
    def is_bot(self) -> bool:
        return self.kind == "Bot" or self.login.endswith("[bot]")

    @property
    def spelled(self) -> str:
        """The login as REST spells it, where a bot's name ends in [bot]."""
        bare = self.is_bot and not self.login.endswith("[bot]")
        return f"{self.login}[bot]" if bare else self.login


class Oid(Node, frozen=True):
    oid: str


class PageInfo(Node, frozen=True):
    has_next_page: bool = False
    end_cursor: str | None = None


class Connection(Node, Generic[T], frozen=True):
    """One page of a list; GitHub puts null where an item may not be seen."""

    nodes: list[T | None] | None = None
    page_info: PageInfo | None = None
    total_count: int | None = None

    @property
    def items(self) -> list[T]:
        return [node for node in self.nodes or [] if node is not None]

    @property
    def after(self) -> str | None:
        """Where the next page begins, None after the last."""
        page = self.page_info
        return page.end_cursor if page and page.has_next_page else None


class Cost(Node, frozen=True):
    cost: int


class Answered(Node, frozen=True):
    """What every answer tells: what it took from the allowance."""

    rate_limit: Cost | None = None


class InRepository(Answered, Generic[T], frozen=True):
    repository: T | None = None


class PullsOf(Node, Generic[T], frozen=True):
    pull_requests: Connection[T]


class Pull(Node, frozen=True):
    number: int
    title: str
    url: str
    updated_at: datetime
    created_at: datetime
    head_ref_name: str
    base_ref_name: str
    merged_at: datetime | None = None
    is_draft: bool | None = None
    body: str | None = None
    author: Actor | None = None
    labels: Connection[Label] | None = None
    merge_commit: Oid | None = None
    milestone: MilestoneTitle | None = None

    @property
    def label_names(self) -> tuple[str, ...]:
        return label_names([*self.labels.items] if self.labels else None)

    def model(self) -> models.Pull:
        return models.Pull(
            number=self.number,
            title=self.title,
            url=self.url,
            author=self.author.spelled if self.author else GHOST,
            created_at=self.created_at,
            head_ref=self.head_ref_name,
            base_ref=self.base_ref_name,
            author_is_bot=self.author is not None and self.author.is_bot,
            state="merged",
            draft=bool(self.is_draft),
            labels=self.label_names,
            merged_at=self.merged_at,
            merge_sha=self.merge_commit.oid if self.merge_commit else "",
            body=self.body or "",
            milestone=title_of(self.milestone),
        )


class AuthoredCommit(Node, frozen=True):
    authored_date: datetime | None = None


class PullCommit(Node, frozen=True):
    commit: AuthoredCommit | None = None


class Review(Node, frozen=True):
    state: str | None = None
    submitted_at: datetime | None = None
    author: Actor | None = None


class Event(Node, frozen=True):
    created_at: datetime | None = None


class TimedPull(Pull, frozen=True):
    additions: int | None = None
    deletions: int | None = None
    commits: Connection[PullCommit] | None = None
    reviews: Connection[Review] | None = None
    timeline_items: Connection[Event] | None = None

    def timing(self) -> models.PullTiming:
        """Return the stages; first and last come from times, not from the order of the lists."""
        seen = [review for review in self._reviews() if review.submitted_at]
        approvals = [review for review in seen if review.state == "APPROVED"]
        commits = self.commits.items if self.commits else []
        authored = [node.commit.authored_date for node in commits if node.commit]
        events = self.timeline_items.items if self.timeline_items else []
        return models.PullTiming(
            number=self.number,
            title=self.title,
            url=self.url,
            author=self.author.spelled if self.author else GHOST,
            created_at=self.created_at,
            merged_at=self.merged_at or LONG_AGO,
            merge_sha=self.merge_commit.oid if self.merge_commit else "",
            base_ref=self.base_ref_name,
            head_ref=self.head_ref_name,
            is_bot=self.author is not None and self.author.is_bot,
            draft=bool(self.is_draft),
            first_commit_at=min((time for time in authored if time), default=None),
            ready_at=max((e.created_at for e in events if e.created_at), default=None),
            first_review_at=min((r.submitted_at for r in seen if r.submitted_at), default=None),
            approved_at=min((r.submitted_at for r in approvals if r.submitted_at), default=None),
            commits=(self.commits.total_count if self.commits else None) or 0,
            additions=self.additions or 0,
            deletions=self.deletions or 0,
            labels=self.label_names,
            body=self.body or "",
        )

    def _reviews(self) -> list[Review]:
        """Return the reviews by other people: neither the author's nor a bot's."""
        own = self.author.login if self.author else None
        return [
            review
            for review in (self.reviews.items if self.reviews else [])
            if review.author and not review.author.is_bot and review.author.login != own
        ]


class RefName(Node, frozen=True):
    name: str | None = None


class CommittedCommit(Node, frozen=True):
    committed_date: datetime | None = None


class Status(Node, frozen=True):
    state: str
    created_at: datetime
    description: str | None = None
    log_url: str | None = None
    environment_url: str | None = None

    def model(self) -> models.DeploymentStatus:
        return models.DeploymentStatus(
            state=self.state.lower(),
            created_at=self.created_at,
            description=self.description or "",
            url=self.log_url or self.environment_url or "",
        )


class Deployment(Node, frozen=True):
    commit_oid: str
    created_at: datetime
    database_id: int | None = None
    environment: str | None = None
    state: str | None = None
    description: str | None = None
    ref: RefName | None = None
    creator: Actor | None = None
    commit: CommittedCommit | None = None
    statuses: Connection[Status] | None = None

    def model(self) -> models.Deployment:
        found = self.statuses.items if self.statuses else []
        deployment = models.Deployment(
            id=self.database_id or 0,
            sha=self.commit_oid,
            environment=self.environment or "",
            created_at=self.created_at,
            state=(self.state or "pending").lower(),
            ref=(self.ref.name if self.ref else None) or "",
            creator=self.creator.spelled if self.creator else GHOST,
            committed_at=self.commit.committed_date if self.commit else None,
            description=self.description or "",
        )
        return with_statuses(deployment, [status.model() for status in found])


def with_statuses(
    deployment: models.Deployment, found: list[models.DeploymentStatus]
) -> models.Deployment:
    """Return the deployment with what it came to, by its statuses."""
    statuses = sorted(found, key=lambda status: status.created_at)
    outcomes = [status for status in statuses if status.state in OUTCOMES]
    state = outcomes[-1].state if outcomes else deployment.state
    return msgspec.structs.replace(
        deployment,
        state=state,
        finished_at=next((s.created_at for s in outcomes if s.state == state), None),
        url=next((status.url for status in reversed(statuses) if status.url), ""),
        statuses=tuple(statuses),
    )


class DeploymentsOf(Node, frozen=True):
    deployments: Connection[Deployment]
