"""GitHub as flows see it: small frozen values that can be stored and compared."""

from datetime import datetime
from typing import Literal

import msgspec

ChecksState = Literal["success", "pending", "failure", "none"]
ReviewDecision = Literal["approved", "changes_requested", "review_required", "none"]
PullStanding = Literal["open", "merged", "closed"]


class Model(msgspec.Struct, frozen=True):
    """A value of ours; times are aware, an absent text is empty."""


class Repository(Model, frozen=True):
    full_name: str
    default_branch: str
    url: str = ""
    description: str = ""
    private: bool = False
    archived: bool = False
    can_write: bool | None = None


class Commit(Model, frozen=True):
    """`author` is the login where GitHub knows one, else the name in the commit."""

    sha: str
    message: str
    author: str
    committed_at: datetime
    url: str = ""

    @property
    def title(self) -> str:
        return self.message.partition("\n")[0]


class Branch(Model, frozen=True):
    name: str
    sha: str
    protected: bool = False


class Tag(Model, frozen=True):
    """`sha` is the commit that the tag points to, also where the tag is annotated."""

    name: str
    sha: str


class Release(Model, frozen=True):
    """`published_at` is None for a draft; `target` is what GitHub would tag."""

    id: int
    tag: str
    name: str
    url: str
    created_at: datetime
    published_at: datetime | None = None
    draft: bool = False
    prerelease: bool = False
    body: str = ""
    target: str = ""
    author: str = ""


class Pull(Model, frozen=True):
    """A pull request; `reviewers` are asked for a review that they have not given yet.

    `teams` are asked as well, by their short names. `head_sha` is "" in lists of what was merged.
    """

    number: int
    title: str
    url: str
    author: str
    created_at: datetime
    head_ref: str
    base_ref: str
    author_is_bot: bool = False
    state: Literal["open", "closed", "merged"] = "open"
    draft: bool = False
    labels: tuple[str, ...] = ()
    merged_at: datetime | None = None
    merge_sha: str = ""
    body: str = ""
    milestone: str = ""
    reviewers: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    head_sha: str = ""


class Review(Model, frozen=True):
    """The last word of one reviewer: approved, changes_requested, commented or dismissed."""

    author: str
    state: str
    at: datetime | None = None


class PullState(Model, frozen=True):
    """A pull request as it stands now.

    `mergeable` is clean, behind, blocked, conflicts, unstable, draft or unknown, which GitHub says
    while it works that out because of this very question; `checks` are those of the last commit;
    `reviewers` and `teams` are asked and have not answered yet.
    """

    number: int
    title: str
    url: str
    author: str
    state: PullStanding
    head_ref: str
    base_ref: str
    head_sha: str
    created_at: datetime
    updated_at: datetime
    author_is_bot: bool = False
    draft: bool = False
    labels: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    decision: ReviewDecision = "none"
    reviews: tuple[Review, ...] = ()
    mergeable: str = "unknown"
    checks: ChecksState = "none"
    merged_by: str = ""
    merged_at: datetime | None = None
    closed_at: datetime | None = None


class PullTiming(Model, frozen=True):
    """When each stage of a merged pull request began; reviews by bots and the author do not count.

    `first_commit_at` is the author date of the oldest commit, `ready_at` when the draft ended.
    """

    number: int
    title: str
    url: str
    author: str
    created_at: datetime
    merged_at: datetime
    merge_sha: str
    base_ref: str
    head_ref: str
    is_bot: bool = False
    draft: bool = False
    first_commit_at: datetime | None = None
    ready_at: datetime | None = None
    first_review_at: datetime | None = None
    approved_at: datetime | None = None
    commits: int = 0
    additions: int = 0
    deletions: int = 0
    labels: tuple[str, ...] = ()
    body: str = ""


class DeploymentStatus(Model, frozen=True):
    """`state` is GitHub's, in lower case: success, failure, error, in_progress, inactive."""

    state: str
    created_at: datetime
    description: str = ""
    url: str = ""


class Deployment(Model, frozen=True):
    """`state` is the last outcome; being replaced later (inactive) does not change it.

    `finished_at` is when that outcome was first reported; `statuses` are oldest first.
    """

    id: int
    sha: str
    environment: str
    created_at: datetime
    state: str
    ref: str = ""
    creator: str = ""
    finished_at: datetime | None = None
    committed_at: datetime | None = None
    url: str = ""
    description: str = ""
    statuses: tuple[DeploymentStatus, ...] = ()

    @property
    def newest(self) -> DeploymentStatus | None:
        return self.statuses[-1] if self.statuses else None


class CheckRun(Model, frozen=True):
    """A check run or a commit status; `conclusion` is empty while it runs."""

    name: str
    status: str
    conclusion: str = ""
    url: str = ""


class Checks(Model, frozen=True):
    """All checks of one commit; `state` is green only when every one of them is."""

    state: ChecksState
    runs: tuple[CheckRun, ...] = ()


class Issue(Model, frozen=True):
    """`reason` is why it is as it is: completed, not_planned, reopened, duplicate."""

    number: int
    title: str
    url: str
    author: str
    created_at: datetime
    updated_at: datetime
    state: str = "open"
    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    milestone: str = ""
    body: str = ""
    reason: str = ""
    closed_at: datetime | None = None


class Comment(Model, frozen=True):
    """Something said on an issue or a pull request."""

    id: int
    body: str
    author: str
    url: str
    created_at: datetime


class IssueState(Issue, frozen=True):
    """An issue as it stands now."""

    author_is_bot: bool = False
    comments: int = 0
    closed_by: str = ""


class Milestone(Model, frozen=True):
    number: int
    title: str
    url: str
    state: str
    open_issues: int = 0
    closed_issues: int = 0
    due_on: datetime | None = None
    closed_at: datetime | None = None
    description: str = ""
    created_at: datetime | None = None


class WorkflowRun(Model, frozen=True):
    """`conclusion` is empty while it runs; `attempt` counts from 1; GraphQL knows it by `node`."""

    id: int
    name: str
    event: str
    branch: str
    sha: str
    status: str
    url: str
    created_at: datetime
    updated_at: datetime
    conclusion: str = ""
    started_at: datetime | None = None
    attempt: int = 1
    actor: str = ""
    node: str = ""


class FailedJob(Model, frozen=True):
    """A job that did not succeed, and which of its steps failed."""

    name: str
    conclusion: str
    url: str = ""
    steps: tuple[str, ...] = ()


class RunState(WorkflowRun, frozen=True):
    """A workflow run as it stands now; `failed_jobs` are those of its last attempt."""

    title: str = ""
    pulls: tuple[int, ...] = ()
    failed_jobs: tuple[FailedJob, ...] = ()


class File(Model, frozen=True):
    """`sha` names the content (git's blob), not a commit."""

    path: str
    sha: str
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode(errors="replace")


class Hook(Model, frozen=True):
    id: int
    url: str
    active: bool = True
    events: tuple[str, ...] = ()


class HookDelivery(Model, frozen=True):
    """One attempt of GitHub to deliver an event; attempts for the same event share a `guid`.

    `again` where somebody has asked for this attempt.
    """

    id: int
    guid: str
    at: datetime
    again: bool = False
    status: str = ""
    event: str = ""
    action: str = ""


class User(Model, frozen=True):
    login: str
    name: str
    url: str = ""
    is_bot: bool = False


class Identity(Model, frozen=True):
    """Whom GitHub takes the bot for; `scopes` is None where the token has no such list."""

    login: str
    kind: Literal["user", "app"]
    scopes: tuple[str, ...] | None = None
    expires_at: datetime | None = None


class RateLimit(Model, frozen=True):
    """What is left of an hourly allowance of requests (REST) or points (GraphQL)."""

    resource: str
    limit: int
    remaining: int
    reset_at: datetime
