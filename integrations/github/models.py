"""GitHub as flows see it: small frozen values that can be stored and compared."""

from datetime import datetime
from typing import Literal

import msgspec

ChecksState = Literal["success", "pending", "failure", "none"]


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


class WorkflowRun(Model, frozen=True):
    """`conclusion` is empty while it runs; `attempt` counts from 1."""

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


class File(Model, frozen=True):
    """`sha` names the content (git's blob), not a commit."""

    path: str
    sha: str
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode(errors="replace")


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
