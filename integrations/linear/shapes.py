"""What Linear sends of documents, members, webhooks and the past: only the fields we use."""

from datetime import datetime

from integrations.linear import models
from integrations.linear.wire import (
    Connection,
    Identifier,
    Issue,
    Named,
    Status,
    TeamKey,
    User,
    Wire,
    identifier_of,
    name_of,
)


class Document(Wire, frozen=True):
    id: str
    title: str
    created_at: datetime
    updated_at: datetime
    content: str | None = None
    url: str | None = None
    trashed: bool | None = None
    archived_at: datetime | None = None
    creator: Named | None = None
    project: Named | None = None
    issue: Identifier | None = None
    team: TeamKey | None = None

    def model(self) -> models.Document:
        return models.Document(
            id=self.id,
            title=self.title,
            url=self.url or "",
            content=self.content or "",
            created_at=self.created_at,
            updated_at=self.updated_at,
            creator=name_of(self.creator),
            project=name_of(self.project),
            project_id=(self.project.id if self.project else None) or "",
            issue=identifier_of(self.issue),
            team=(self.team.key if self.team else None) or "",
            trashed=bool(self.trashed),
        )


class Member(Wire, frozen=True):
    id: str
    user: User
    owner: bool | None = None

    def model(self) -> models.Member:
        return models.Member(self.id, self.user.model(), bool(self.owner))


class WebhookFailure(Wire, frozen=True):
    created_at: datetime
    http_status: float | None = None
    response_or_error: str | None = None

    def model(self) -> models.WebhookFailure:
        return models.WebhookFailure(
            self.created_at, int(self.http_status or 0), self.response_or_error or ""
        )


class Webhook(Wire, frozen=True):
    id: str
    enabled: bool
    url: str | None = None
    label: str | None = None
    resource_types: list[str] | None = None
    team: TeamKey | None = None
    failures: list[WebhookFailure] | None = None

    def model(self) -> models.Webhook:
        return models.Webhook(
            id=self.id,
            url=self.url or "",
            enabled=self.enabled,
            label=self.label or "",
            types=tuple(self.resource_types or ()),
            team=(self.team.key if self.team else None) or "",
            failures=tuple(each.model() for each in self.failures or ()),
        )


class CycleNumber(Wire, frozen=True):
    number: float | None = None


class Change(Wire, frozen=True):
    """A row of an issue's history; a pair that is null on both sides did not change."""

    id: str
    created_at: datetime
    actor: Named | None = None
    from_title: str | None = None
    to_title: str | None = None
    from_estimate: float | None = None
    to_estimate: float | None = None
    updated_description: bool | None = None
    from_state: Status | None = None
    to_state: Status | None = None
    from_cycle: CycleNumber | None = None
    to_cycle: CycleNumber | None = None
    from_project: Named | None = None
    to_project: Named | None = None
    from_project_milestone: Named | None = None
    to_project_milestone: Named | None = None
    added_labels: list[Named] | None = None
    removed_labels: list[Named] | None = None

    def model(self) -> models.Change:
        before, after = self.from_state or Status(), self.to_state or Status()
        points = (self.from_estimate, self.to_estimate)
        return models.Change(
            id=self.id,
            at=self.created_at,
            by=name_of(self.actor),
            state=_turn(before.name, after.name),
            kind=_turn(before.type, after.type),
            title=_turn(self.from_title, self.to_title),
            cycle=_turn(_number(self.from_cycle), _number(self.to_cycle)),
            project=_turn(name_of(self.from_project), name_of(self.to_project)),
            milestone=_turn(
                name_of(self.from_project_milestone), name_of(self.to_project_milestone)
            ),
            estimate=None if points == (None, None) else points,
            added_labels=tuple(map(name_of, self.added_labels or ())),
            removed_labels=tuple(map(name_of, self.removed_labels or ())),
            new_description=bool(self.updated_description),
        )


class Past(Wire, frozen=True):
    """An issue with the newest of its history."""

    identifier: str
    history: Connection[Change] | None = None


class Linked(Wire, frozen=True):
    """An attachment, of which only the address and the issue are wanted."""

    url: str | None = None
    issue: Issue | None = None


def _turn(before: str | None, after: str | None) -> models.Turn | None:
    return models.Turn(before or "", after or "") if before or after else None


def _number(cycle: CycleNumber | None) -> str:
    return str(int(cycle.number)) if cycle and cycle.number is not None else ""
