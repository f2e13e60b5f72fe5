"""Whom and what an emulated Linear plans with; attributes are the schema's fields."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from integrations.emulators.linear.issues import Issue
    from integrations.emulators.linear.plans import Cycle, Project
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
    last_seen: datetime | None = None
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
    memberships: list["TeamMembership"] = field(default_factory=list)
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
    def members(self) -> list[User]:
        return [each.user for each in self.memberships]

    @property
    def webhooks(self) -> list["Webhook"]:
        return [hook for hook in self.world.courier.hooks if hook.team is self]

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
class TeamMembership(Entity):
    team: Team = field(repr=False)
    user: User
    owner: bool = False


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
class WebhookFailureEvent(Entity):
    """A delivery that was not taken."""

    webhook: "Webhook" = field(repr=False)
    url: str
    execution_id: str
    http_status: float | None = None
    response_or_error: str | None = None


@dataclass(kw_only=True, eq=False)
class Webhook(Entity):
    """`given_up` counts the deliveries in a row that were never taken."""

    url: str
    secret: str
    resource_types: list[str]
    label: str | None = None
    enabled: bool = True
    team: Team | None = None
    creator: User | None = None
    failures: list[WebhookFailureEvent] = field(default_factory=list)
    given_up: int = 0

    @property
    def all_public_teams(self) -> bool:
        return self.team is None
