"""Whom and what an emulated Linear plans with; attributes are the schema's fields."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from integrations.emulators.linear.issues import Issue
    from integrations.emulators.linear.world import LinearWorld

SITE = "https://linear.app"
_WORD = re.compile(r"[a-z0-9]+")


def slug(text: str) -> str:
    """Return a title as Linear writes it into addresses and branch names."""
    return "-".join(_WORD.findall(text.lower())[:8])


@dataclass(kw_only=True, eq=False)
class Entity:
    """Anything with an id; `archived_at` hides it from lists."""

    world: "LinearWorld" = field(repr=False)
    id: str
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = None

    @property
    def place(self) -> str:
        """Return the address of the workspace that it is in."""
        return f"{SITE}/{self.world.organization.url_key}"


@dataclass(kw_only=True, eq=False)
class Organization(Entity):
    name: str
    url_key: str

    @property
    def teams(self) -> list["Team"]:
        return self.world.teams

    @property
    def users(self) -> list["User"]:
        return self.world.users

    @property
    def user_count(self) -> int:
        return len(self.world.users)


@dataclass(kw_only=True, eq=False)
class User(Entity):
    name: str
    display_name: str
    email: str
    active: bool = True
    admin: bool = False
    app: bool = False
    guest: bool = False
    timezone: str | None = None

    @property
    def url(self) -> str:
        return f"{self.place}/profiles/{self.display_name}"

    @property
    def is_me(self) -> bool:
        return self is self.world.viewer

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.name.split()[:2]).upper()

    @property
    def organization(self) -> Organization:
        return self.world.organization

    @property
    def teams(self) -> list["Team"]:
        return [team for team in self.world.teams if self in team.members]

    @property
    def assigned_issues(self) -> list["Issue"]:
        return [issue for issue in self.world.issues if issue.assignee is self]


@dataclass(kw_only=True, eq=False)
class Team(Entity):
    key: str
    name: str
    states: list["State"] = field(default_factory=list)
    cycles: list["Cycle"] = field(default_factory=list)
    issues: list["Issue"] = field(default_factory=list)
    members: list[User] = field(default_factory=list)
    description: str | None = None
    color: str | None = "#5e6ad2"
    timezone: str = "Europe/London"
    last_number: int = 0

    @property
    def display_name(self) -> str:
        return self.name

    @property
    def organization(self) -> Organization:
        return self.world.organization

    @property
    def cycles_enabled(self) -> bool:
        return bool(self.cycles)

    @property
    def active_cycle(self) -> "Cycle | None":
        return next((cycle for cycle in self.cycles if cycle.is_active), None)

    @property
    def default_issue_state(self) -> "State":
        return next(state for state in self.states if state.type == "backlog")

    @property
    def labels(self) -> list["Label"]:
        return [label for label in self.world.labels if label.team is self]

    @property
    def projects(self) -> list["Project"]:
        return [project for project in self.world.projects if self in project.teams]


@dataclass(kw_only=True, eq=False)
class State(Entity):
    name: str
    type: str
    position: float
    team: Team = field(repr=False)
    color: str = "#bec2c8"
    description: str | None = None

    @property
    def issues(self) -> list["Issue"]:
        return [issue for issue in self.team.issues if issue.state is self]


@dataclass(kw_only=True, eq=False)
class Label(Entity):
    name: str
    color: str = "#bec2c8"
    description: str | None = None
    is_group: bool = False
    team: Team | None = field(default=None, repr=False)
    parent: "Label | None" = None
    creator: User | None = None

    @property
    def issues(self) -> list["Issue"]:
        return [issue for issue in self.world.issues if self in issue.labels]


@dataclass(kw_only=True, eq=False)
class ProjectStatus(Entity):
    name: str
    type: str
    position: float
    color: str = "#bec2c8"


@dataclass(kw_only=True, eq=False)
class ProjectMilestone(Entity):
    name: str
    project: "Project" = field(repr=False)
    description: str | None = None
    target_date: date | None = None
    sort_order: float = 0

    @property
    def issues(self) -> list["Issue"]:
        return [issue for issue in self.world.issues if issue.project_milestone is self]

    @property
    def progress(self) -> float:
        return share_done(self.issues)

    @property
    def status(self) -> str:
        if self.issues and self.progress == 1:
            return "done"
        late = self.target_date is not None and self.target_date < self.world.clock.date()
        return "overdue" if late else "unstarted"


@dataclass(kw_only=True, eq=False)
class ProjectUpdate(Entity):
    project: "Project" = field(repr=False)
    body: str
    user: User
    health: str = "onTrack"
    edited_at: datetime | None = None

    @property
    def slug_id(self) -> str:
        return self.id[:8]

    @property
    def url(self) -> str:
        return f"{self.project.url}/updates#project-update-{self.slug_id}"


@dataclass(kw_only=True, eq=False)
class Project(Entity):
    name: str
    status: ProjectStatus
    teams: list[Team] = field(default_factory=list, repr=False)
    members: list[User] = field(default_factory=list, repr=False)
    project_milestones: list[ProjectMilestone] = field(default_factory=list)
    project_updates: list[ProjectUpdate] = field(default_factory=list)
    description: str = ""
    content: str | None = None
    color: str = "#bec2c8"
    priority: int = 0
    lead: User | None = None
    creator: User | None = None
    start_date: date | None = None
    target_date: date | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    canceled_at: datetime | None = None

    @property
    def slug_id(self) -> str:
        return self.id.replace("-", "")[:12]

    @property
    def url(self) -> str:
        return f"{self.place}/project/{slug(self.name)}-{self.slug_id}"

    @property
    def state(self) -> str:
        return self.status.type

    @property
    def accessible_teams(self) -> list[Team]:
        return self.teams

    @property
    def issues(self) -> list["Issue"]:
        return [issue for issue in self.world.issues if issue.project is self]

    @property
    def last_update(self) -> ProjectUpdate | None:
        told = [update for update in self.project_updates if update.archived_at is None]
        return told[-1] if told else None

    @property
    def health(self) -> str | None:
        return self.last_update.health if self.last_update else None

    @property
    def health_updated_at(self) -> datetime | None:
        return self.last_update.updated_at if self.last_update else None

    @property
    def progress(self) -> float:
        return share_done(self.issues)

    @property
    def scope(self) -> float:
        return points(self.issues)


@dataclass(kw_only=True, eq=False)
class Cycle(Entity):
    number: int
    team: Team = field(repr=False)
    starts_at: datetime
    ends_at: datetime
    name: str | None = None
    description: str | None = None
    completed_at: datetime | None = None
    uncompleted_issues_upon_close: list["Issue"] = field(default_factory=list)

    @property
    def is_past(self) -> bool:
        return self.completed_at is not None or self.ends_at <= self.world.clock

    @property
    def is_future(self) -> bool:
        return self.starts_at > self.world.clock

    @property
    def is_active(self) -> bool:
        return not (self.is_past or self.is_future)

    @property
    def is_next(self) -> bool:
        return self is next((each for each in self.team.cycles if each.is_future), None)

    @property
    def is_previous(self) -> bool:
        past = [each for each in self.team.cycles if each.is_past]
        return bool(past) and self is past[-1]

    @property
    def issues(self) -> list["Issue"]:
        return [issue for issue in self.team.issues if issue.cycle is self]

    @property
    def progress(self) -> float:
        return share_done(self.issues)

    @property
    def scope_history(self) -> list[float]:
        return self._daily(points, lambda issue: issue.created_at)

    @property
    def completed_scope_history(self) -> list[float]:
        return self._daily(points, lambda issue: issue.completed_at)

    @property
    def issue_count_history(self) -> list[float]:
        return self._daily(_count, lambda issue: issue.created_at)

    @property
    def completed_issue_count_history(self) -> list[float]:
        return self._daily(_count, lambda issue: issue.completed_at)

    def _daily(
        self,
        size: Callable[[list["Issue"]], float],
        moment: Callable[["Issue"], datetime | None],
    ) -> list[float]:
        """Return for each day so far how much had come to that moment by its end."""
        days = (min(self.world.clock, self.ends_at) - self.starts_at) // timedelta(days=1)
        ends = [self.starts_at + timedelta(days=day + 1) for day in range(days + 1)]
        return [
            size([i for i in self.issues if (at := moment(i)) is not None and at <= end])
            for end in ends
        ]


@dataclass(kw_only=True, eq=False)
class Webhook(Entity):
    url: str
    secret: str
    resource_types: list[str]
    label: str | None = None
    enabled: bool = True
    all_public_teams: bool = True
    team: Team | None = None
    failures: int = 0


def points(issues: Iterable["Issue"]) -> float:
    """Return the scope of issues; one without an estimate counts as one point."""
    return sum((issue.estimate or 1 for issue in issues), 0.0)


def share_done(issues: list["Issue"]) -> float:
    """Return the finished share of the scope, leaving out what will not be done."""
    wanted = [issue for issue in issues if issue.canceled_at is None]
    done = points(issue for issue in wanted if issue.completed_at)
    return done / points(wanted) if wanted else 0.0


def _count(issues: list["Issue"]) -> float:
    return float(len(issues))
