"""What work is planned by in an emulated Linear; attributes are the schema's fields."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from integrations.emulators.linear.records import Entity, ProjectStatus, Team, User, slug

if TYPE_CHECKING:
    from integrations.emulators.linear.issues import Issue

Size: TypeAlias = Callable[[list["Issue"]], float]
Moment: TypeAlias = Callable[["Issue"], datetime | None]


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
    trashed: bool | None = None

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

    def enter(self, status: ProjectStatus, at: datetime) -> None:
        """Move to a status, and note when work began and ended as Linear does."""
        self.status = status
        if status.type in ("started", "completed"):
            self.started_at = self.started_at or at
        self.completed_at = at if status.type == "completed" else None
        self.canceled_at = at if status.type == "canceled" else None

    @property
    def documents(self) -> list["Document"]:
        return [each for each in self.world.documents if each.project is self]

    @property
    def scope_history(self) -> list[float]:
        return self._weekly(points, lambda issue: issue.since("project"))

    @property
    def completed_scope_history(self) -> list[float]:
        return self._weekly(points, lambda issue: issue.completed_at)

    @property
    def in_progress_scope_history(self) -> list[float]:
        return self._weekly(points, lambda issue: None if issue.completed_at else issue.started_at)

    @property
    def issue_count_history(self) -> list[float]:
        return self._weekly(_count, lambda issue: issue.since("project"))

    @property
    def completed_issue_count_history(self) -> list[float]:
        return self._weekly(_count, lambda issue: issue.completed_at)

    def _weekly(self, size: Size, moment: Moment) -> list[float]:
        weeks = ends(self.created_at, self.world.clock, timedelta(weeks=1))
        return grown(self.issues, size, moment, weeks)


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
        return self._daily(points, lambda issue: issue.since("cycle"))

    @property
    def completed_scope_history(self) -> list[float]:
        return self._daily(points, lambda issue: issue.completed_at)

    @property
    def in_progress_scope_history(self) -> list[float]:
        return self._daily(points, lambda issue: None if issue.completed_at else issue.started_at)

    @property
    def issue_count_history(self) -> list[float]:
        return self._daily(_count, lambda issue: issue.since("cycle"))

    @property
    def completed_issue_count_history(self) -> list[float]:
        return self._daily(_count, lambda issue: issue.completed_at)

    def _daily(self, size: Size, moment: Moment) -> list[float]:
        return grown(self.issues, size, moment, self._days())

    def _days(self) -> list[datetime]:
        """Return the end of each day so far."""
        return ends(self.starts_at, min(self.world.clock, self.ends_at), timedelta(days=1))


@dataclass(kw_only=True, eq=False)
class Document(Entity):
    title: str
    content: str | None = None
    creator: User | None = None
    project: Project | None = field(default=None, repr=False)
    issue: "Issue | None" = field(default=None, repr=False)
    team: Team | None = field(default=None, repr=False)
    trashed: bool | None = None
    sort_order: float = 0

    @property
    def slug_id(self) -> str:
        return self.id.replace("-", "")[:12]

    @property
    def url(self) -> str:
        return f"{self.place}/document/{slug(self.title)}-{self.slug_id}"


def ends(start: datetime, until: datetime, step: timedelta) -> list[datetime]:
    """Return the end of each step that has begun."""
    return [start + step * (number + 1) for number in range((until - start) // step + 1)]


def grown(issues: list["Issue"], size: Size, moment: Moment, times: list[datetime]) -> list[float]:
    """Return how much had come to a moment of its own by each of the times."""
    return [
        size([i for i in issues if (at := moment(i)) is not None and at <= end]) for end in times
    ]


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
