"""What the emulated GitHub remembers beside git: plain structs that are saved as JSON."""

from datetime import UTC, datetime
from typing import Literal

from msgspec import Struct, field

from integrations.emulators.github.belongings import (
    DeployKey,
    Guard,
    Invitation,
    Named,
    Protection,
    Reaction,
    Remark,
    Ruleset,
    Team,
)
from integrations.emulators.github.findings import (
    Advisory,
    CodeAlert,
    DependencyAlert,
    Package,
    SecretAlert,
    Settings,
)
from integrations.emulators.github.workflows import (
    Annotation,
    Attempt,
    Automation,
    Cache,
    Plan,
    Workflow,
)

APP_ID = 4242
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
State = Literal["open", "closed"]
ReviewState = Literal["APPROVED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED", "PENDING"]


class Account(Struct, kw_only=True):
    login: str
    id: int
    name: str = ""
    email: str = ""
    kind: Literal["User", "Bot", "Organization"] = "User"
    aliases: list[str] = field(default_factory=list)


class Grant(Struct, kw_only=True):
    """What a token may do: `writes` is off for a read-only one, `expires` is wall-clock time."""

    login: str
    writes: bool = True
    expires: datetime | None = None
    installation: int = 0


class Label(Struct, kw_only=True):
    id: int
    name: str
    color: str = "ededed"
    description: str = ""


class Milestone(Struct, kw_only=True):
    id: int
    number: int
    title: str
    creator: str
    created_at: datetime
    updated_at: datetime
    state: State = "open"
    description: str = ""
    due_on: datetime | None = None
    closed_at: datetime | None = None


class Comment(Struct, kw_only=True):
    id: int
    author: str
    body: str
    created_at: datetime
    updated_at: datetime


class Issue(Struct, kw_only=True):
    id: int
    number: int
    title: str
    author: str
    created_at: datetime
    updated_at: datetime
    body: str = ""
    state: State = "open"
    reason: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    labels: list[str] = field(default_factory=list)
    assignees: list[str] = field(default_factory=list)
    milestone: int | None = None
    comments: list[Comment] = field(default_factory=list)
    locked: bool = False
    lock_reason: str | None = None


class Review(Struct, kw_only=True):
    id: int
    author: str
    state: ReviewState
    submitted_at: datetime
    commit: str
    body: str = ""


class Pull(Issue, kw_only=True):
    """A pull request; `base_sha` is where the branch left, `commits` is set once it is merged.

    `tried` are the two sides whose merge GitHub has tried; None: those of the story it came from.
    """

    head_ref: str
    head_sha: str
    base_ref: str
    base_sha: str
    draft: bool = False
    merged_at: datetime | None = None
    merged_by: str | None = None
    merge_sha: str | None = None
    ready_at: datetime | None = None
    commits: list[str] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    reviewers: list[str] = field(default_factory=list)
    teams: list[str] = field(default_factory=list)
    auto_merge: tuple[str, str] | None = None  # how, and for whom
    tried: str | None = None


class Asset(Struct, kw_only=True):
    """A file of a release, whose bytes lie beside git; `open` is one that arrived in part."""

    id: int
    name: str
    size: int
    digest: str
    kind: str
    uploader: str
    created_at: datetime
    updated_at: datetime
    label: str | None = None
    state: Literal["uploaded", "open"] = "uploaded"
    downloads: int = 0


class Release(Struct, kw_only=True):
    id: int
    tag: str
    name: str | None
    body: str
    author: str
    target: str
    created_at: datetime
    published_at: datetime | None
    draft: bool = False
    prerelease: bool = False
    assets: dict[int, Asset] = field(default_factory=dict)


class CheckRun(Struct, kw_only=True):
    """A check of a commit; those of a workflow run are its jobs, and may go by a plan.

    `log` is what a job wrote between its beginning and its end, where a story tells that.
    """

    id: int
    suite: int
    sha: str
    name: str
    status: str
    started_at: datetime
    conclusion: str | None = None
    completed_at: datetime | None = None
    app: str = "github-actions"
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    external_id: str = ""
    details_url: str = ""
    annotations: list[Annotation] = field(default_factory=list)
    plan: Plan | None = None
    log: str = ""


class Status(Struct, kw_only=True):
    id: int
    sha: str
    state: str
    context: str
    creator: str
    created_at: datetime
    description: str | None = None
    target_url: str | None = None


class WorkflowRun(Struct, kw_only=True):
    id: int
    workflow: int
    number: int
    branch: str
    sha: str
    event: str
    title: str
    actor: str
    status: str
    created_at: datetime
    started_at: datetime
    updated_at: datetime
    conclusion: str | None = None
    attempt: int = 1
    pull: int | None = None
    suite: int = 0
    starter: str = ""
    earlier: list[Attempt] = field(default_factory=list)


class DeploymentStatus(Struct, kw_only=True):
    id: int
    state: str
    creator: str
    created_at: datetime
    description: str = ""
    log_url: str = ""
    environment_url: str = ""


class Deployment(Struct, kw_only=True):
    id: int
    sha: str
    ref: str
    environment: str
    creator: str
    created_at: datetime
    updated_at: datetime
    task: str = "deploy"
    description: str = ""
    payload: str = ""
    production: bool = False
    statuses: list[DeploymentStatus] = field(default_factory=list)
    coming: list[DeploymentStatus] = field(default_factory=list)


class Hook(Struct, kw_only=True):
    """A webhook; `last_status` is 0 until something was delivered to it."""

    id: int
    url: str
    created_at: datetime
    updated_at: datetime
    secret: str = ""
    content_type: str = "json"
    insecure_ssl: str = "0"
    events: list[str] = field(default_factory=lambda: ["push"])
    active: bool = True
    last_status: int = 0
    last_words: str = ""

    def hears(self, event: str) -> bool:
        """Return whether the hook is told of events of this kind."""
        return self.active and (event == "ping" or "*" in self.events or event in self.events)


class Repository(Struct, kw_only=True):
    """One repository; lists are in the order of creation, issues and pulls share numbers."""

    id: int
    owner: str
    name: str
    default_branch: str
    created_at: datetime
    pushed_at: datetime
    description: str = ""
    private: bool = False
    archived: bool = False
    language: str | None = None
    latest: int | None = None
    last_number: int = 0
    labels: dict[str, Label] = field(default_factory=dict)
    milestones: dict[int, Milestone] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    pulls: dict[int, Pull] = field(default_factory=dict)
    releases: dict[int, Release] = field(default_factory=dict)
    checks: list[CheckRun] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    workflows: list[Workflow] = field(default_factory=list)
    runs: list[WorkflowRun] = field(default_factory=list)
    under_way: list[int] = field(default_factory=list)
    auto_merges: list[int] = field(default_factory=list)
    failing: dict[str, int] = field(default_factory=dict)
    automation: Automation | None = None
    gone_artifacts: list[int] = field(default_factory=list)
    caches: dict[int, Cache] = field(default_factory=dict)
    deployments: dict[int, Deployment] = field(default_factory=dict)
    environments: dict[str, datetime] = field(default_factory=dict)
    deployers: dict[str, list[str]] = field(default_factory=dict)
    hooks: dict[int, Hook] = field(default_factory=dict)
    protections: dict[str, Protection] = field(default_factory=dict)
    rulesets: dict[int, Ruleset] = field(default_factory=dict)
    guards: dict[str, Guard] = field(default_factory=dict)
    variables: dict[str, Named] = field(default_factory=dict)
    secrets: dict[str, Named] = field(default_factory=dict)
    access: dict[str, str] = field(default_factory=dict)
    invitations: dict[int, Invitation] = field(default_factory=dict)
    deploy_keys: dict[int, DeployKey] = field(default_factory=dict)
    reactions: dict[int, Reaction] = field(default_factory=dict)
    remarks: dict[int, Remark] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    dependency_alerts: dict[int, DependencyAlert] = field(default_factory=dict)
    code_alerts: dict[int, CodeAlert] = field(default_factory=dict)
    secret_alerts: dict[int, SecretAlert] = field(default_factory=dict)
    advisories: list[Advisory] = field(default_factory=list)

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"

    def thread(self, number: int) -> Issue | None:
        """Return the issue or pull request with this number."""
        return self.issues.get(number) or self.pulls.get(number)

    def release(self, tag: str) -> Release | None:
        """Return the published release of a tag, else the newest draft that names it."""
        found = [r for r in self.releases.values() if r.tag == tag]
        return min(found, key=lambda r: (r.draft, -r.id), default=None)

    def latest_release(self) -> Release | None:
        """Return the release that GitHub would call the latest one."""
        chosen = self.releases.get(self.latest or 0)
        if chosen is not None and not chosen.draft and not chosen.prerelease:
            return chosen
        out = [r for r in self.releases.values() if not r.draft and not r.prerelease]
        return max(out, key=lambda r: (r.created_at, r.id), default=None)

    def latest_runs(self, sha: str) -> list[CheckRun]:
        """Return the newest check run of each app and name at a commit."""
        newest = {(run.app, run.name): run for run in self.checks if run.sha == sha}
        return sorted(newest.values(), key=lambda run: -run.id)


class Saved(Struct, kw_only=True):
    """The file beside the repositories from which a world comes back."""

    accounts: list[Account]
    repositories: list[Repository]
    tokens: dict[str, Grant]
    last_id: int
    app_key: str = ""
    app_hook: Hook | None = None
    teams: list[Team] = field(default_factory=list)
    packages: list[Package] = field(default_factory=list)
