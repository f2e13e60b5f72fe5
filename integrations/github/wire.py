"""REST answers as GitHub sends them: only the fields we use, nearly all of them optional."""

from datetime import UTC, datetime

import msgspec

from integrations.github import models

GHOST = "ghost"
# GitHub leaves some times out of old objects; a wrong date would be worse than an early one.
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def stamp(at: datetime) -> str:
    """Return a time as GitHub reads it in queries."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def day(at: datetime) -> str:
    """Return the beginning of the day of a time: asked twice, it is the same question.

    What is older than the time itself comes along: `is_since` leaves it out.
    """
    return f"{at.astimezone(UTC):%Y-%m-%dT00:00:00Z}"


def is_since(at: datetime, since: datetime) -> bool:
    """Say whether something is no older; what has no time of its own is not left out."""
    return at == LONG_AGO or at >= since.replace(microsecond=0)


class Wire(msgspec.Struct, frozen=True):
    """Unknown fields are ignored; a missing or null one falls back to what is neutral."""


class User(Wire, frozen=True):
    login: str
    type: str | None = None
    name: str | None = None
    html_url: str | None = None

    def model(self) -> models.User:
        return models.User(self.login, self.name or self.login, self.html_url or "", is_bot(self))


def is_bot(user: User | None) -> bool:
    """Return whether an account is a program's."""
    return user is not None and (user.type == "Bot" or user.login.endswith("[bot]"))


def login(user: User | None) -> str:
    """Return who it was; accounts that are gone are shown as GitHub shows them."""
    return user.login if user else GHOST


class Permissions(Wire, frozen=True):
    push: bool | None = None


class Repository(Wire, frozen=True):
    full_name: str
    default_branch: str | None = None
    html_url: str | None = None
    description: str | None = None
    private: bool | None = None
    archived: bool | None = None
    permissions: Permissions | None = None

    def model(self) -> models.Repository:
        return models.Repository(
            full_name=self.full_name,
            default_branch=self.default_branch or "",
            url=self.html_url or "",
            description=self.description or "",
            private=bool(self.private),
            archived=bool(self.archived),
            can_write=self.permissions.push if self.permissions else None,
        )


class Signature(Wire, frozen=True):
    name: str | None = None
    date: datetime | None = None


class CommitDetail(Wire, frozen=True):
    message: str | None = None
    author: Signature | None = None
    committer: Signature | None = None


class Account(Wire, frozen=True):
    """GitHub sends an empty object for an author whom it could not match."""

    login: str | None = None


class Commit(Wire, frozen=True):
    sha: str
    commit: CommitDetail
    author: Account | None = None
    html_url: str | None = None

    def model(self) -> models.Commit:
        detail = self.commit
        name = detail.author.name if detail.author else None
        dates = (side.date for side in (detail.committer, detail.author) if side and side.date)
        return models.Commit(
            sha=self.sha,
            message=detail.message or "",
            author=(self.author.login if self.author else None) or name or GHOST,
            committed_at=next(dates, LONG_AGO),
            url=self.html_url or "",
        )


class Comparison(Wire, frozen=True):
    commits: list[Commit] | None = None
    total_commits: int | None = None


class Sha(Wire, frozen=True):
    sha: str


class Branch(Wire, frozen=True):
    name: str
    commit: Sha
    protected: bool | None = None

    def model(self) -> models.Branch:
        return models.Branch(self.name, self.commit.sha, bool(self.protected))


class Tag(Wire, frozen=True):
    name: str
    commit: Sha

    def model(self) -> models.Tag:
        return models.Tag(self.name, self.commit.sha)


class Target(Wire, frozen=True):
    sha: str
    type: str | None = None


class Ref(Wire, frozen=True):
    """A reference with its full name, or an annotated tag: both point at an object."""

    object: Target
    ref: str | None = None


class Release(Wire, frozen=True):
    id: int
    tag_name: str
    name: str | None = None
    html_url: str | None = None
    created_at: datetime | None = None
    published_at: datetime | None = None
    draft: bool | None = None
    prerelease: bool | None = None
    body: str | None = None
    target_commitish: str | None = None
    author: User | None = None
    upload_url: str | None = None

    def model(self) -> models.Release:
        return models.Release(
            id=self.id,
            tag=self.tag_name,
            name=self.name or self.tag_name,
            url=self.html_url or "",
            created_at=self.created_at or self.published_at or LONG_AGO,
            published_at=self.published_at,
            draft=bool(self.draft),
            prerelease=bool(self.prerelease),
            body=self.body or "",
            target=self.target_commitish or "",
            author=login(self.author),
        )


class Label(Wire, frozen=True):
    name: str | None = None


def label_names(labels: list[Label | str] | None) -> tuple[str, ...]:
    """Return label names; issues may carry labels as plain texts."""
    names = (label if isinstance(label, str) else label.name for label in labels or [])
    return tuple(name for name in names if name)


class MilestoneTitle(Wire, frozen=True):
    title: str | None = None
    number: int | None = None


def title_of(milestone: MilestoneTitle | None) -> str:
    """Return the title of a milestone, empty where there is none."""
    return (milestone.title if milestone else None) or ""


class Side(Wire, frozen=True):
    ref: str | None = None
    sha: str | None = None


class TeamName(Wire, frozen=True):
    slug: str | None = None


class Pull(Wire, frozen=True):
    number: int
    title: str
    head: Side
    base: Side
    state: str | None = None
    html_url: str | None = None
    user: User | None = None
    created_at: datetime | None = None
    draft: bool | None = None
    labels: list[Label | str] | None = None
    merged_at: datetime | None = None
    merge_commit_sha: str | None = None
    body: str | None = None
    milestone: MilestoneTitle | None = None
    requested_reviewers: list[User] | None = None
    requested_teams: list[TeamName] | None = None
    mergeable: bool | None = None

    def model(self) -> models.Pull:
        return models.Pull(
            number=self.number,
            title=self.title,
            url=self.html_url or "",
            author=login(self.user),
            created_at=self.created_at or LONG_AGO,
            head_ref=self.head.ref or "",
            head_sha=self.head.sha or "",
            base_ref=self.base.ref or "",
            author_is_bot=is_bot(self.user),
            state="merged" if self.merged_at else "closed" if self.state == "closed" else "open",
            draft=bool(self.draft),
            labels=label_names(self.labels),
            merged_at=self.merged_at,
            # Before the merge this is a trial commit that nobody keeps.
            merge_sha=(self.merge_commit_sha or "") if self.merged_at else "",
            body=self.body or "",
            milestone=title_of(self.milestone),
            reviewers=tuple(map(login, self.requested_reviewers or ())),
            teams=tuple(each.slug for each in self.requested_teams or () if each.slug),
        )


class App(Wire, frozen=True):
    slug: str | None = None


class CheckRun(Wire, frozen=True):
    id: int
    name: str
    status: str | None = None
    conclusion: str | None = None
    html_url: str | None = None
    app: App | None = None

    @property
    def source(self) -> tuple[str, str]:
        return (self.app.slug if self.app else None) or "", self.name

    def model(self) -> models.CheckRun:
        return models.CheckRun(
            self.name, self.status or "queued", self.conclusion or "", self.html_url or ""
        )


class CheckRuns(Wire, frozen=True):
    check_runs: list[CheckRun] | None = None


class Status(Wire, frozen=True):
    context: str
    state: str | None = None
    target_url: str | None = None

    def model(self) -> models.CheckRun:
        if self.state == "pending" or not self.state:
            return models.CheckRun(self.context, "in_progress", "", self.target_url or "")
        return models.CheckRun(self.context, "completed", self.state, self.target_url or "")


class Statuses(Wire, frozen=True):
    statuses: list[Status] | None = None


class Milestone(Wire, frozen=True):
    number: int
    title: str
    html_url: str | None = None
    state: str | None = None
    open_issues: int | None = None
    closed_issues: int | None = None
    due_on: datetime | None = None
    closed_at: datetime | None = None
    description: str | None = None
    created_at: datetime | None = None

    def model(self) -> models.Milestone:
        return models.Milestone(
            number=self.number,
            title=self.title,
            url=self.html_url or "",
            state=self.state or "open",
            open_issues=self.open_issues or 0,
            closed_issues=self.closed_issues or 0,
            due_on=self.due_on,
            closed_at=self.closed_at,
            description=self.description or "",
            created_at=self.created_at,
        )


class WorkflowRun(Wire, frozen=True):
    id: int
    name: str | None = None
    event: str | None = None
    head_branch: str | None = None
    head_sha: str | None = None
    status: str | None = None
    conclusion: str | None = None
    html_url: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    run_started_at: datetime | None = None
    run_attempt: int | None = None
    actor: User | None = None
    node_id: str | None = None

    def model(self) -> models.WorkflowRun:
        return models.WorkflowRun(
            id=self.id,
            name=self.name or "",
            event=self.event or "",
            branch=self.head_branch or "",
            sha=self.head_sha or "",
            status=self.status or "",
            url=self.html_url or "",
            created_at=self.created_at or LONG_AGO,
            updated_at=self.updated_at or self.created_at or LONG_AGO,
            conclusion=self.conclusion or "",
            started_at=self.run_started_at,
            attempt=self.run_attempt or 1,
            actor=login(self.actor),
            node=self.node_id or "",
        )


class WorkflowRuns(Wire, frozen=True):
    workflow_runs: list[WorkflowRun] | None = None


class Content(Wire, frozen=True):
    """A file; above 1 MB GitHub leaves the content out and says so in `encoding`."""

    sha: str
    type: str | None = None
    encoding: str | None = None
    content: str | None = None


class Blob(Wire, frozen=True):
    content: str
    encoding: str | None = None


class MadeCommit(Wire, frozen=True):
    """GitHub promises no field of the commit that a file became."""

    sha: str | None = None


class FileCommit(Wire, frozen=True):
    commit: MadeCommit


class AppIdentity(Wire, frozen=True):
    slug: str | None = None
    name: str | None = None


class Quota(Wire, frozen=True):
    limit: int
    remaining: int
    reset: int


class Quotas(Wire, frozen=True):
    resources: dict[str, Quota]
