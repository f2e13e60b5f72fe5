"""How followed objects stand: the question about a pull request, and the shapes of all answers."""

from datetime import datetime
from typing import TypeVar

import msgspec

from integrations.github import models, tracking, wire
from integrations.github.graph import REPO, Actor, Connection, Node, Review
from integrations.github.wire import GHOST, LONG_AGO, Label, is_bot, label_names, login

FILES = "files(first: 100, after: $after) { pageInfo { hasNextPage endCursor } nodes { path } }"
REVIEWS = "nodes { state submittedAt author { login __typename } }"
PULL_STATE = f"""
query($owner: String!, $name: String!, $number: Int!, $after: String) {{
  {REPO} {{
    pullRequest(number: $number) {{
      number title url state isDraft createdAt updatedAt mergedAt closedAt
      headRefName headRefOid baseRefName mergeStateStatus reviewDecision
      author {{ login __typename }}
      mergedBy {{ login __typename }}
      labels(first: 100) {{ nodes {{ name }} }}
      assignees(first: 20) {{ nodes {{ login __typename }} }}
      reviewRequests(first: 50) {{
        nodes {{
          requestedReviewer {{
            __typename
            ... on User {{ login }}
            ... on Bot {{ login }}
            ... on Team {{ combinedSlug }}
          }}
        }}
      }}
      latestOpinionatedReviews(first: 50) {{ {REVIEWS} }}
      latestReviews(first: 50) {{ {REVIEWS} }}
      commits(last: 1) {{ nodes {{ commit {{ statusCheckRollup {{ state }} }} }} }}
      {FILES}
    }}
  }}
}}
"""
PULL_PATHS = f"""
query($owner: String!, $name: String!, $number: Int!, $after: String) {{
  {REPO} {{ pullRequest(number: $number) {{ {FILES} }} }}
}}
"""
QUERIES = (PULL_STATE, PULL_PATHS)
CHECKS: dict[str, models.ChecksState] = {
    "SUCCESS": "success",
    "FAILURE": "failure",
    "ERROR": "failure",
    "PENDING": "pending",
    "EXPECTED": "pending",
}
DECISIONS: dict[str, models.ReviewDecision] = {
    "APPROVED": "approved",
    "CHANGES_REQUESTED": "changes_requested",
    "REVIEW_REQUIRED": "review_required",
}
STATES: dict[str, models.PullStanding] = {"MERGED": "merged", "CLOSED": "closed"}
# What GitHub calls dirty has conflicts; hooks before a push are no obstacle.
MERGEABLE = {"DIRTY": "conflicts", "HAS_HOOKS": "clean"}
T = TypeVar("T")
FINE = frozenset({"success", "neutral", "skipped"})


class ChangedFile(Node, frozen=True):
    path: str


class Files(Node, frozen=True):
    files: Connection[ChangedFile] | None = None

    @property
    def paths(self) -> list[str]:
        return [file.path for file in self.files.items] if self.files else []

    @property
    def after(self) -> str | None:
        """Where the next page of files begins, if there is one."""
        return self.files.after if self.files else None


class Reviewer(Node, frozen=True):
    """A person has a login, a team a slug, and GitHub may tell neither."""

    kind: str | None = msgspec.field(name="__typename", default=None)
    login: str | None = None
    combined_slug: str | None = None

    @property
    def actor(self) -> Actor | None:
        return Actor(self.login, self.kind) if self.login else None

    @property
    def spelled(self) -> str:
        """Return the login or the slug, "" where GitHub tells neither."""
        return self.actor.spelled if self.actor else self.combined_slug or ""


class ReviewRequest(Node, frozen=True):
    requested_reviewer: Reviewer | None = None


class Rollup(Node, frozen=True):
    state: str | None = None


class CheckedCommit(Node, frozen=True):
    status_check_rollup: Rollup | None = None


class LastCommit(Node, frozen=True):
    commit: CheckedCommit | None = None


class PullState(Files, frozen=True, kw_only=True):
    number: int
    title: str
    url: str
    created_at: datetime
    updated_at: datetime
    head_ref_name: str
    base_ref_name: str
    head_ref_oid: str | None = None
    state: str | None = None
    is_draft: bool | None = None
    merged_at: datetime | None = None
    closed_at: datetime | None = None
    merge_state_status: str | None = None
    review_decision: str | None = None
    author: Actor | None = None
    merged_by: Actor | None = None
    labels: Connection[Label] | None = None
    assignees: Connection[Actor] | None = None
    review_requests: Connection[ReviewRequest] | None = None
    latest_opinionated_reviews: Connection[Review] | None = None
    latest_reviews: Connection[Review] | None = None
    commits: Connection[LastCommit] | None = None

    def model(self, paths: tuple[str, ...] = ()) -> models.PullState:
        asked = [request.requested_reviewer for request in _items(self.review_requests)]
        reviewers = [each for each in asked if each is not None]
        status = self.merge_state_status or "UNKNOWN"
        return models.PullState(
            number=self.number,
            title=self.title,
            url=self.url,
            author=self.author.spelled if self.author else GHOST,
            state=STATES.get(self.state or "", "open"),
            head_ref=self.head_ref_name,
            base_ref=self.base_ref_name,
            head_sha=self.head_ref_oid or "",
            created_at=self.created_at,
            updated_at=self.updated_at,
            author_is_bot=self.author is not None and self.author.is_bot,
            draft=bool(self.is_draft),
            labels=label_names([*_items(self.labels)]),
            paths=paths,
            assignees=tuple(actor.spelled for actor in _items(self.assignees)),
            reviewers=tuple(each.actor.spelled for each in reviewers if each.actor),
            teams=tuple(each.combined_slug for each in reviewers if each.combined_slug),
            decision=DECISIONS.get(self.review_decision or "", "none"),
            reviews=self._last_words(),
            mergeable=MERGEABLE.get(status, status.lower()),
            checks=self._checks(),
            merged_by=self.merged_by.spelled if self.merged_by else "",
            merged_at=self.merged_at,
            closed_at=self.closed_at,
        )

    def _last_words(self) -> tuple[models.Review, ...]:
        """Return the last word of each reviewer; a later comment does not take back a verdict."""
        words: dict[str, models.Review] = {}
        for review in (*_items(self.latest_opinionated_reviews), *_items(self.latest_reviews)):
            who = review.author.spelled if review.author else GHOST
            said = (review.state or "commented").lower()
            words.setdefault(who, models.Review(who, said, review.submitted_at))
        return tuple(words.values())

    def _checks(self) -> models.ChecksState:
        commits = [node.commit for node in _items(self.commits) if node.commit]
        rollup = commits[-1].status_check_rollup if commits else None
        return CHECKS.get((rollup.state if rollup else None) or "", "none")


class PullOf(Node, frozen=True):
    pull_request: PullState | None = None


class FilesOf(Node, frozen=True):
    pull_request: Files | None = None


class Issue(tracking.Issue, frozen=True):
    comments: int | None = None
    closed_by: wire.User | None = None

    def model(self) -> models.IssueState:
        return models.IssueState(
            **msgspec.structs.asdict(super().model()),
            author_is_bot=is_bot(self.user),
            comments=self.comments or 0,
            closed_by=login(self.closed_by) if self.closed_by else "",
        )


class Step(wire.Wire, frozen=True):
    name: str | None = None
    conclusion: str | None = None


class Job(wire.Wire, frozen=True):
    name: str | None = None
    conclusion: str | None = None
    html_url: str | None = None
    steps: list[Step] | None = None

    @property
    def failed(self) -> bool:
        return self.conclusion is not None and self.conclusion not in FINE

    def model(self) -> models.FailedJob:
        bad = (step for step in self.steps or [] if step.conclusion not in (None, *FINE))
        return models.FailedJob(
            name=self.name or "",
            conclusion=self.conclusion or "",
            url=self.html_url or "",
            steps=tuple(step.name or "" for step in bad),
        )


class Jobs(wire.Wire, frozen=True):
    jobs: list[Job] | None = None


class PullNumber(wire.Wire, frozen=True):
    number: int


class WorkflowRun(wire.WorkflowRun, frozen=True):
    display_title: str | None = None
    pull_requests: list[PullNumber] | None = None

    @property
    def failed(self) -> bool:
        return self.conclusion is not None and self.conclusion not in FINE

    def model(self, jobs: tuple[models.FailedJob, ...] = ()) -> models.RunState:
        return models.RunState(
            **msgspec.structs.asdict(super().model()),
            title=self.display_title or "",
            pulls=tuple(pull.number for pull in self.pull_requests or []),
            failed_jobs=jobs,
        )


class Deployment(wire.Wire, frozen=True):
    id: int
    sha: str | None = None
    ref: str | None = None
    environment: str | None = None
    description: str | None = None
    creator: wire.User | None = None
    created_at: datetime | None = None

    def model(self) -> models.Deployment:
        return models.Deployment(
            id=self.id,
            sha=self.sha or "",
            environment=self.environment or "",
            created_at=self.created_at or LONG_AGO,
            state="pending",
            ref=self.ref or "",
            creator=login(self.creator),
            description=self.description or "",
        )


class DeploymentStatus(wire.Wire, frozen=True):
    state: str
    created_at: datetime | None = None
    description: str | None = None
    target_url: str | None = None
    log_url: str | None = None
    environment_url: str | None = None

    def model(self) -> models.DeploymentStatus:
        return models.DeploymentStatus(
            state=self.state,
            created_at=self.created_at or LONG_AGO,
            description=self.description or "",
            url=self.log_url or self.target_url or self.environment_url or "",
        )


def _items(page: Connection[T] | None) -> list[T]:
    return page.items if page else []
