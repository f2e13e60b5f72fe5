"""What Linear's webhooks tell, as the schema's `…WebhookPayload` types describe it."""

from typing import Any, TypeAlias

import msgspec

from integrations.emulators.linear.issues import Attachment, Comment, Issue
from integrations.emulators.linear.records import (
    Entity,
    Label,
    Project,
    ProjectUpdate,
    State,
    User,
)

Json: TypeAlias = dict[str, Any]
KINDS: dict[type[Entity], str] = {
    Issue: "Issue",
    Comment: "Comment",
    Attachment: "Attachment",
    Label: "IssueLabel",
    ProjectUpdate: "ProjectUpdate",
}


def data_of(thing: Entity) -> Json:
    """Return the `data` of a delivery; times as they are, to be encoded with the rest."""
    told = {
        "id": thing.id,
        "createdAt": thing.created_at,
        "updatedAt": thing.updated_at,
        "archivedAt": thing.archived_at,
    }
    match thing:
        case Issue():
            return told | _issue(thing)
        case Comment():
            return told | {
                "body": thing.body,
                "issueId": thing.issue.id,
                "parentId": thing.parent_id,
                "editedAt": thing.edited_at,
                "userId": thing.user.id if thing.user else None,
                "user": _user(thing.user),
                "issue": _issue_child(thing.issue),
                "reactionData": [],
            }
        case Attachment():
            return told | {
                "title": thing.title,
                "subtitle": thing.subtitle,
                "url": thing.url,
                "metadata": thing.metadata,
                "sourceType": thing.source_type,
                "issueId": thing.issue.id,
                "creatorId": thing.creator.id if thing.creator else None,
                "groupBySource": False,
            }
        case Label():
            return told | {
                "name": thing.name,
                "color": thing.color,
                "description": thing.description,
                "isGroup": thing.is_group,
                "teamId": thing.team.id if thing.team else None,
                "creatorId": thing.creator.id if thing.creator else None,
            }
        case ProjectUpdate():
            return told | {
                "body": thing.body,
                "bodyData": _document(thing.body),
                "health": thing.health,
                "slugId": thing.slug_id,
                "url": thing.url,
                "projectId": thing.project.id,
                "project": _named(thing.project) | {"url": thing.project.url},
                "userId": thing.user.id,
                "user": _person(thing.user),
                "editedAt": thing.edited_at or thing.updated_at,
                "reactionData": [],
            }
    return told


def url_of(thing: Entity) -> str | None:
    """Return the address of what a delivery is about."""
    if isinstance(thing, Attachment):
        return thing.issue.url
    url = getattr(thing, "url", None)
    return url if isinstance(url, str) else None


def actor_of(user: User) -> Json:
    """Return who did it."""
    return _person(user) | {"type": "user"}


def _issue(issue: Issue) -> Json:
    return {
        "number": issue.number,
        "identifier": issue.identifier,
        "title": issue.title,
        "description": issue.description,
        "url": issue.url,
        "priority": issue.priority,
        "priorityLabel": issue.priority_label,
        "prioritySortOrder": issue.sort_order,
        "sortOrder": issue.sort_order,
        "estimate": issue.estimate,
        "dueDate": issue.due_date,
        "startedAt": issue.started_at,
        "completedAt": issue.completed_at,
        "canceledAt": issue.canceled_at,
        "trashed": issue.trashed,
        "teamId": issue.team.id,
        "team": {"id": issue.team.id, "key": issue.team.key, "name": issue.team.name},
        "stateId": issue.state.id,
        "state": _state(issue.state),
        "labelIds": issue.label_ids,
        "labels": [_label(label) for label in issue.labels],
        "assigneeId": issue.assignee.id if issue.assignee else None,
        "assignee": _user(issue.assignee),
        "creatorId": issue.creator.id if issue.creator else None,
        "creator": _user(issue.creator),
        "cycleId": issue.cycle.id if issue.cycle else None,
        "projectId": issue.project.id if issue.project else None,
        "project": _named(issue.project) | {"url": issue.project.url} if issue.project else None,
        "projectMilestoneId": issue.project_milestone.id if issue.project_milestone else None,
        "parentId": issue.parent.id if issue.parent else None,
        "subscriberIds": [user.id for user in issue.subscribers],
        "previousIdentifiers": issue.previous_identifiers,
        "reactionData": [],
    }


def _issue_child(issue: Issue) -> Json:
    team = {"id": issue.team.id, "key": issue.team.key, "name": issue.team.name}
    return {
        "id": issue.id,
        "identifier": issue.identifier,
        "title": issue.title,
        "url": issue.url,
        "teamId": issue.team.id,
        "team": team,
    }


def _state(state: State) -> Json:
    return {"id": state.id, "name": state.name, "color": state.color, "type": state.type}


def _label(label: Label) -> Json:
    return {"id": label.id, "name": label.name, "color": label.color}


def _document(text: str) -> str:
    """Return a text as the editor of Linear keeps it."""
    words = {"type": "text", "text": text}
    paragraph = {"type": "paragraph", "content": [words]}
    return msgspec.json.encode({"type": "doc", "content": [paragraph]}).decode()


def _named(project: Project) -> Json:
    return {"id": project.id, "name": project.name}


def _user(user: User | None) -> Json | None:
    return _person(user) if user else None


def _person(user: User) -> Json:
    return {"id": user.id, "name": user.name, "email": user.email, "url": user.url}
