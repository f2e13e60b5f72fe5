"""Answers as Linear sends them: only the fields we use, nearly all of them optional."""

from datetime import date, datetime
from typing import Generic, TypeVar

import msgspec

from integrations.linear import models

T = TypeVar("T")


class Wire(msgspec.Struct, frozen=True, rename="camel"):
    """Unknown fields are ignored; a missing or null one falls back to what is neutral."""


class PageInfo(Wire, frozen=True):
    has_next_page: bool | None = None
    end_cursor: str | None = None


class Connection(Wire, Generic[T], frozen=True):
    """One page of a list; a node that we may not see is null."""

    nodes: list[T | None] | None = None
    page_info: PageInfo | None = None

    @property
    def items(self) -> list[T]:
        return [node for node in self.nodes or [] if node is not None]

    @property
    def next(self) -> str:
        """Where the next page begins; empty on the last one."""
        here = self.page_info
        return (here.end_cursor or "") if here and here.has_next_page else ""


class Named(Wire, frozen=True):
    """What something else refers to by its name."""

    id: str | None = None
    name: str | None = None


class User(Wire, frozen=True):
    id: str
    name: str | None = None
    display_name: str | None = None
    email: str | None = None
    url: str | None = None
    active: bool | None = None
    admin: bool | None = None
    guest: bool | None = None
    app: bool | None = None
    last_seen: datetime | None = None

    def model(self) -> models.User:
        return models.User(
            id=self.id,
            name=self.name or self.display_name or "",
            display_name=self.display_name or self.name or "",
            email=self.email or "",
            url=self.url or "",
            active=self.active is not False,
            admin=bool(self.admin),
            guest=bool(self.guest),
            app=bool(self.app),
            seen_at=self.last_seen,
        )


class Organization(Wire, frozen=True):
    id: str
    name: str | None = None
    url_key: str | None = None

    def model(self) -> models.Organization:
        return models.Organization(self.id, self.name or "", self.url_key or "")


class Team(Wire, frozen=True):
    id: str
    key: str
    name: str | None = None
    timezone: str | None = None
    cycles_enabled: bool | None = None

    def model(self) -> models.Team:
        return models.Team(
            self.id, self.key, self.name or self.key, self.timezone or "", bool(self.cycles_enabled)
        )


class TeamKey(Wire, frozen=True):
    key: str | None = None


class State(Wire, frozen=True):
    id: str
    name: str
    type: str | None = None
    position: float | None = None
    color: str | None = None

    def model(self) -> models.State:
        return models.State(
            self.id, self.name, self.type or "", self.position or 0, self.color or ""
        )


class Label(Wire, frozen=True):
    id: str
    name: str
    color: str | None = None
    team: TeamKey | None = None
    is_group: bool | None = None

    def model(self) -> models.Label:
        team = self.team.key if self.team else None
        return models.Label(self.id, self.name, self.color or "", team or "", bool(self.is_group))


class Cycle(Wire, frozen=True):
    id: str
    number: float
    starts_at: datetime
    ends_at: datetime
    name: str | None = None
    completed_at: datetime | None = None
    progress: float | None = None
    is_active: bool | None = None

    def model(self) -> models.Cycle:
        return models.Cycle(
            id=self.id,
            number=int(self.number),
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            name=self.name or "",
            completed_at=self.completed_at,
            progress=self.progress or 0,
            is_active=bool(self.is_active),
        )


class Status(Wire, frozen=True):
    name: str | None = None
    type: str | None = None


class Project(Wire, frozen=True):
    id: str
    name: str
    status: Status | None = None
    url: str | None = None
    description: str | None = None
    lead: Named | None = None
    health: str | None = None
    progress: float | None = None
    start_date: date | None = None
    target_date: date | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    canceled_at: datetime | None = None
    trashed: bool | None = None

    def model(self) -> models.Project:
        status = self.status or Status()
        return models.Project(
            id=self.id,
            name=self.name,
            status=status.name or "",
            kind=status.type or "",
            url=self.url or "",
            description=self.description or "",
            lead=name_of(self.lead),
            health=self.health or "",
            progress=self.progress or 0,
            start_on=self.start_date,
            due_on=self.target_date,
            started_at=self.started_at,
            completed_at=self.completed_at,
            canceled_at=self.canceled_at,
        )


class Milestone(Wire, frozen=True):
    id: str
    name: str
    project: Named | None = None
    target_date: date | None = None
    progress: float | None = None
    description: str | None = None

    def model(self) -> models.Milestone:
        return models.Milestone(
            id=self.id,
            name=self.name,
            project=name_of(self.project),
            due_on=self.target_date,
            progress=self.progress or 0,
            description=self.description or "",
        )


class CycleNumber(Wire, frozen=True):
    id: str | None = None
    number: float | None = None


class Identifier(Wire, frozen=True):
    identifier: str | None = None


class Issue(Wire, frozen=True):
    id: str
    identifier: str
    title: str
    created_at: datetime
    updated_at: datetime
    url: str | None = None
    team: TeamKey | None = None
    state: Status | None = None
    description: str | None = None
    priority: float | None = None
    estimate: float | None = None
    assignee: Named | None = None
    creator: Named | None = None
    labels: Connection[Named] | None = None
    project: Named | None = None
    project_milestone: Named | None = None
    cycle: CycleNumber | None = None
    parent: Identifier | None = None
    branch_name: str | None = None
    due_date: date | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    canceled_at: datetime | None = None
    archived_at: datetime | None = None
    trashed: bool | None = None

    def model(self) -> models.Issue:
        state, cycle = self.state or Status(), self.cycle.number if self.cycle else None
        return models.Issue(
            id=self.id,
            identifier=self.identifier,
            title=self.title,
            url=self.url or "",
            team=(self.team and self.team.key) or self.identifier.rpartition("-")[0],
            state=state.name or "",
            kind=state.type or "",
            created_at=self.created_at,
            updated_at=self.updated_at,
            description=self.description or "",
            priority=int(self.priority or 0),
            estimate=self.estimate,
            assignee=name_of(self.assignee),
            creator=name_of(self.creator),
            labels=tuple(map(name_of, self.labels.items)) if self.labels else (),
            project=name_of(self.project),
            project_id=(self.project.id if self.project else None) or "",
            milestone=name_of(self.project_milestone),
            milestone_id=(self.project_milestone.id if self.project_milestone else None) or "",
            assignee_id=(self.assignee.id if self.assignee else None) or "",
            cycle_id=(self.cycle.id if self.cycle else None) or "",
            cycle=None if cycle is None else int(cycle),
            parent=identifier_of(self.parent),
            branch=self.branch_name or "",
            due_on=self.due_date,
            started_at=self.started_at,
            completed_at=self.completed_at,
            canceled_at=self.canceled_at,
            archived_at=self.archived_at,
            trashed=bool(self.trashed),
        )


class Comment(Wire, frozen=True):
    id: str
    body: str
    created_at: datetime
    updated_at: datetime
    url: str | None = None
    user: Named | None = None
    parent_id: str | None = None

    def model(self) -> models.Comment:
        return models.Comment(
            id=self.id,
            body=self.body,
            author=name_of(self.user),
            created_at=self.created_at,
            updated_at=self.updated_at,
            url=self.url or "",
            parent_id=self.parent_id or "",
        )


class Attachment(Wire, frozen=True):
    id: str
    title: str
    url: str
    subtitle: str | None = None
    issue: Identifier | None = None

    def model(self) -> models.Attachment:
        return models.Attachment(
            self.id, self.title, self.url, self.subtitle or "", identifier_of(self.issue)
        )


class Relation(Wire, frozen=True):
    id: str
    type: str
    issue: Identifier | None = None
    related_issue: Identifier | None = None

    def model(self) -> models.Relation:
        return models.Relation(
            self.id, self.type, identifier_of(self.issue), identifier_of(self.related_issue)
        )


class ProjectUpdate(Wire, frozen=True):
    id: str
    body: str
    created_at: datetime
    health: str | None = None
    url: str | None = None
    user: Named | None = None
    archived_at: datetime | None = None

    def model(self) -> models.ProjectUpdate:
        return models.ProjectUpdate(
            id=self.id,
            body=self.body,
            health=self.health or "",
            url=self.url or "",
            created_at=self.created_at,
            author=name_of(self.user),
        )


class Done(Wire, frozen=True):
    """What every change answers with."""

    success: bool | None = None


def name_of(named: Named | None) -> str:
    """Return a name; empty where there is none."""
    return (named.name if named else None) or ""


def identifier_of(issue: Identifier | None) -> str:
    """Return the identifier of an issue; empty where there is none."""
    return (issue.identifier if issue else None) or ""
