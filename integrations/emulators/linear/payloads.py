"""What Linear's webhooks tell, as the schema's `…WebhookPayload` types describe it."""

from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec

from integrations.emulators.linear.issues import Attachment, Comment, Issue
from integrations.emulators.linear.plans import (
    Cycle,
    Document,
    Project,
    ProjectMilestone,
    ProjectUpdate,
)
from integrations.emulators.linear.records import Entity, Label, State, User

Json: TypeAlias = dict[str, Any]
KINDS: dict[type[Entity], str] = {
    Issue: "Issue",
    Comment: "Comment",
    Attachment: "Attachment",
    Label: "IssueLabel",
    Project: "Project",
    ProjectUpdate: "ProjectUpdate",
    Cycle: "Cycle",
    Document: "Document",
    User: "User",
}


def data_of(thing: Entity) -> Json:
    """Return the `data` of a delivery; times as they are, to be encoded with the rest."""
    told = {
        "id": thing.id,
        "createdAt": thing.created_at,
        "updatedAt": thing.updated_at,
        "archivedAt": thing.archived_at,
    }
    return told | _DATA[type(thing)](thing)


def plain(value: object) -> object:
    """Return an earlier value as `updatedFrom` has it: of things their ids."""
    if isinstance(value, Entity):
        return value.id
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value


def camel(name: str) -> str:
    """Return a name as the schema spells it."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def url_of(thing: Entity) -> str | None:
    """Return the address of what a delivery is about."""
    if isinstance(thing, Attachment):
        return thing.issue.url
    url = getattr(thing, "url", None)
    return url if isinstance(url, str) else None


def actor_of(user: User) -> Json:
    """Return who did it."""
    return _person(user) | {"type": "user"}


def _comment(comment: Comment) -> Json:
    return {
        "body": comment.body,
        "issueId": comment.issue.id,
        "parentId": comment.parent_id,
        "editedAt": comment.edited_at,
        "userId": comment.user.id if comment.user else None,
        "user": _user(comment.user),
        "issue": _issue_child(comment.issue),
        "reactionData": [],
    }


def _attachment(attachment: Attachment) -> Json:
    return {
        "title": attachment.title,
        "subtitle": attachment.subtitle,
        "url": attachment.url,
        "metadata": attachment.metadata,
        "sourceType": attachment.source_type,
        "issueId": attachment.issue.id,
        "creatorId": attachment.creator.id if attachment.creator else None,
        "groupBySource": False,
    }


def _whole_label(label: Label) -> Json:
    return {
        "name": label.name,
        "color": label.color,
        "description": label.description,
        "isGroup": label.is_group,
        "teamId": label.team.id if label.team else None,
        "creatorId": label.creator.id if label.creator else None,
    }


def _update(update: ProjectUpdate) -> Json:
    return {
        "body": update.body,
        "bodyData": _document(update.body),
        "health": update.health,
        "slugId": update.slug_id,
        "url": update.url,
        "projectId": update.project.id,
        "project": _named(update.project) | {"url": update.project.url},
        "userId": update.user.id,
        "user": _person(update.user),
        "editedAt": update.edited_at or update.updated_at,
        "reactionData": [],
    }


def _text(document: Document) -> Json:
    return {
        "title": document.title,
        "content": document.content,
        "slugId": document.slug_id,
        "sortOrder": document.sort_order,
        "trashed": document.trashed,
        "creatorId": document.creator.id if document.creator else None,
        "projectId": document.project.id if document.project else None,
    }


def _account(user: User) -> Json:
    return _person(user) | {
        "displayName": user.display_name,
        "active": user.active,
        "admin": user.admin,
        "app": user.app,
        "guest": user.guest,
        "timezone": user.timezone,
    }


def _issue(issue: Issue) -> Json:
    return {
        "number": issue.number,
        "identifier": issue.identifier,
        "title": issue.title,
        "description": issue.description,
        "descriptionData": _document(issue.description) if issue.description else None,
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
        "cycle": _cycle_child(issue.cycle),
        "addedToCycleAt": issue.since("cycle") if issue.cycle else None,
        "addedToProjectAt": issue.since("project") if issue.project else None,
        "addedToTeamAt": issue.created_at,
        "projectId": issue.project.id if issue.project else None,
        "project": _named(issue.project) | {"url": issue.project.url} if issue.project else None,
        "projectMilestoneId": issue.project_milestone.id if issue.project_milestone else None,
        "projectMilestone": _milestone_child(issue.project_milestone),
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


def _project(project: Project) -> Json:
    status = project.status
    return {
        "name": project.name,
        "description": project.description,
        "content": project.content,
        "color": project.color,
        "slugId": project.slug_id,
        "url": project.url,
        "priority": project.priority,
        "prioritySortOrder": 0,
        "sortOrder": 0,
        "statusId": status.id,
        "status": {
            "id": status.id,
            "name": status.name,
            "color": status.color,
            "type": status.type,
        },
        "leadId": project.lead.id if project.lead else None,
        "lead": _user(project.lead),
        "creatorId": project.creator.id if project.creator else None,
        "memberIds": [user.id for user in project.members],
        "teamIds": [team.id for team in project.teams],
        "labelIds": [],
        "milestones": [_milestone(each) for each in project.project_milestones],
        "health": project.health,
        "healthUpdatedAt": project.health_updated_at,
        "lastUpdateId": project.last_update.id if project.last_update else None,
        "startDate": project.start_date,
        "targetDate": project.target_date,
        "startedAt": project.started_at,
        "completedAt": project.completed_at,
        "canceledAt": project.canceled_at,
        "trashed": project.trashed,
        **_histories(project),
    }


def _cycle(cycle: Cycle) -> Json:
    return {
        "number": cycle.number,
        "name": cycle.name,
        "description": cycle.description,
        "startsAt": cycle.starts_at,
        "endsAt": cycle.ends_at,
        "completedAt": cycle.completed_at,
        "teamId": cycle.team.id,
        "uncompletedIssuesUponCloseIds": [i.id for i in cycle.uncompleted_issues_upon_close],
        **_histories(cycle),
    }


def _histories(thing: Project | Cycle) -> Json:
    return {
        "scopeHistory": thing.scope_history,
        "completedScopeHistory": thing.completed_scope_history,
        "inProgressScopeHistory": thing.in_progress_scope_history,
        "issueCountHistory": thing.issue_count_history,
        "completedIssueCountHistory": thing.completed_issue_count_history,
    }


def _cycle_child(cycle: Cycle | None) -> Json | None:
    if cycle is None:
        return None
    return {
        "id": cycle.id,
        "number": cycle.number,
        "name": cycle.name,
        "startsAt": cycle.starts_at,
        "endsAt": cycle.ends_at,
    }


def _milestone_child(milestone: ProjectMilestone | None) -> Json | None:
    return _milestone(milestone) if milestone else None


def _milestone(milestone: ProjectMilestone) -> Json:
    # The schema wants a text here, also where there is no date.
    due = milestone.target_date.isoformat() if milestone.target_date else ""
    return {"id": milestone.id, "name": milestone.name, "targetDate": due}


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


_DATA: dict[type[Entity], Callable[[Any], Json]] = {
    Issue: _issue,
    Comment: _comment,
    Attachment: _attachment,
    Label: _whole_label,
    Project: _project,
    ProjectUpdate: _update,
    Cycle: _cycle,
    Document: _text,
    User: _account,
}
