"""Linear as flows see it: small frozen values that can be stored and compared."""

from datetime import date, datetime

import msgspec
from msgspec import UNSET, UnsetType


class Model(msgspec.Struct, frozen=True):
    """A value of ours; times are aware, an absent text is empty."""


class User(Model, frozen=True):
    """`display_name` is what people are mentioned by; an `app` is a program's account."""

    id: str
    name: str
    display_name: str = ""
    email: str = ""
    url: str = ""
    active: bool = True
    admin: bool = False
    guest: bool = False
    app: bool = False
    seen_at: datetime | None = None


class Member(Model, frozen=True):
    """Somebody in a team; an owner may change the team."""

    id: str
    user: User
    is_owner: bool = False


class Organization(Model, frozen=True):
    """The workspace that a token belongs to."""

    id: str
    name: str
    key: str = ""


class Team(Model, frozen=True):
    """`key` is what its issues' identifiers begin with."""

    id: str
    key: str
    name: str
    timezone: str = ""
    has_cycles: bool = False


class State(Model, frozen=True):
    """`kind` is its type: triage, backlog, unstarted, started, completed or canceled."""

    id: str
    name: str
    kind: str
    position: float = 0
    color: str = ""


class Label(Model, frozen=True):
    """A label without a team belongs to the whole workspace."""

    id: str
    name: str
    color: str = ""
    team: str = ""
    is_group: bool = False


class Cycle(Model, frozen=True):
    """`progress` goes from 0 to 1; `completed_at` is None while it lasts."""

    id: str
    number: int
    starts_at: datetime
    ends_at: datetime
    name: str = ""
    completed_at: datetime | None = None
    progress: float = 0
    is_active: bool = False


class Project(Model, frozen=True):
    """`kind` is the type of its status; `health` is empty, onTrack, atRisk or offTrack."""

    id: str
    name: str
    status: str = ""
    kind: str = ""
    url: str = ""
    description: str = ""
    lead: str = ""
    health: str = ""
    progress: float = 0
    start_on: date | None = None
    due_on: date | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    canceled_at: datetime | None = None


class Milestone(Model, frozen=True):
    """A milestone of a project; `progress` goes from 0 to 1."""

    id: str
    name: str
    project: str = ""
    due_on: date | None = None
    progress: float = 0
    description: str = ""


class Issue(Model, frozen=True):
    """`state` is the name that people read, `kind` its type; `project` and so on are names.

    `priority` is 0 (none), 1 (urgent) to 4 (low); `cycle` is its number; `trashed` is deleted
    for now.
    """

    id: str
    identifier: str
    title: str
    url: str
    team: str
    state: str
    kind: str
    created_at: datetime
    updated_at: datetime
    description: str = ""
    priority: int = 0
    estimate: float | None = None
    assignee: str = ""
    creator: str = ""
    labels: tuple[str, ...] = ()
    project: str = ""
    project_id: str = ""
    milestone: str = ""
    cycle: int | None = None
    parent: str = ""
    branch: str = ""
    due_on: date | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    canceled_at: datetime | None = None
    archived_at: datetime | None = None
    trashed: bool = False
    assignee_id: str = ""
    milestone_id: str = ""
    cycle_id: str = ""


class NewIssue(Model, frozen=True):
    """What an issue is made of; `team` is a key, state and labels are names, others are ids."""

    team: str
    title: str
    description: str = ""
    state: str = ""
    labels: tuple[str, ...] = ()
    assignee_id: str = ""
    priority: int = 0
    estimate: int | None = None
    due_on: date | None = None
    project_id: str = ""
    milestone_id: str = ""
    cycle_id: str = ""
    parent: str = ""


class IssueFields(Model, frozen=True):
    """What an issue is to have; what is not given stays, None and "" take it away.

    `parent` is an identifier, other references are ids.
    """

    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    assignee_id: str | UnsetType = UNSET
    priority: int | UnsetType = UNSET
    estimate: int | UnsetType | None = UNSET
    due_on: date | UnsetType | None = UNSET
    project_id: str | UnsetType = UNSET
    milestone_id: str | UnsetType = UNSET
    cycle_id: str | UnsetType = UNSET
    parent: str | UnsetType = UNSET


class Turn(Model, frozen=True):
    """From what to what, in words that people read; empty is none."""

    before: str = ""
    after: str = ""


class Change(Model, frozen=True):
    """What somebody changed on an issue at one moment; what stayed is None.

    `kind` is the type of its state, `cycle` a number, `estimate` both values.
    """

    id: str
    at: datetime
    by: str = ""
    state: Turn | None = None
    kind: Turn | None = None
    title: Turn | None = None
    cycle: Turn | None = None
    project: Turn | None = None
    milestone: Turn | None = None
    estimate: tuple[float | None, float | None] | None = None
    added_labels: tuple[str, ...] = ()
    removed_labels: tuple[str, ...] = ()
    new_description: bool = False


class NewProject(Model, frozen=True):
    """What a project is made of; `teams` are keys."""

    name: str
    teams: tuple[str, ...]
    description: str = ""
    lead_id: str = ""
    start_on: date | None = None
    due_on: date | None = None


class Document(Model, frozen=True):
    """A page of text that belongs to a project, an issue or a team."""

    id: str
    title: str
    url: str
    content: str
    created_at: datetime
    updated_at: datetime
    creator: str = ""
    project: str = ""
    project_id: str = ""
    issue: str = ""
    team: str = ""
    trashed: bool = False


class Comment(Model, frozen=True):
    """`parent_id` is empty for the first comment of a thread."""

    id: str
    body: str
    author: str
    created_at: datetime
    updated_at: datetime
    url: str = ""
    parent_id: str = ""


class Attachment(Model, frozen=True):
    """A link that an issue carries, such as to a pull request."""

    id: str
    title: str
    url: str
    subtitle: str = ""
    issue: str = ""


class Relation(Model, frozen=True):
    """`issue` blocks, duplicates, or is related to `other`; both are identifiers."""

    id: str
    kind: str
    issue: str
    other: str


class ProjectUpdate(Model, frozen=True):
    """What was told about a project, and how well it was then."""

    id: str
    body: str
    health: str
    url: str
    created_at: datetime
    author: str = ""


class WebhookFailure(Model, frozen=True):
    """A delivery that was not taken; status 0 is no answer at all."""

    at: datetime
    status: int = 0
    words: str = ""


class Webhook(Model, frozen=True):
    """Where Linear tells of changes; it switches one off that fails for long."""

    id: str
    url: str
    enabled: bool = True
    label: str = ""
    types: tuple[str, ...] = ()
    team: str = ""
    failures: tuple[WebhookFailure, ...] = ()


class Quota(Model, frozen=True):
    """What is left of an hourly allowance, of requests or of complexity points."""

    resource: str
    limit: int
    remaining: int
    reset_at: datetime
