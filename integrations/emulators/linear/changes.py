"""What a mutation can change; each change is told to the webhooks."""

from collections.abc import Mapping
from datetime import date
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

from integrations.emulators.linear.issues import (
    PRIORITIES,
    Attachment,
    Comment,
    Issue,
    IssueRelation,
)
from integrations.emulators.linear.lists import Trouble, moment_of
from integrations.emulators.linear.records import (
    Cycle,
    Entity,
    Label,
    Project,
    ProjectMilestone,
    ProjectUpdate,
    State,
    Team,
    User,
    Webhook,
)
from integrations.emulators.linear.roots import Query, get

Input: TypeAlias = Mapping[str, Any]
Payload: TypeAlias = dict[str, object]
E = TypeVar("E", bound=Entity)
FOREVER = "The identifier is already in use."
LONGEST_TITLE = 255
# What an issue refers to, by the name of its attribute.
REFERENCES: dict[str, type[Entity]] = {
    "assignee": User,
    "cycle": Cycle,
    "project": Project,
    "project_milestone": ProjectMilestone,
    "parent": Issue,
}


class Mutation(Query):
    """The changes, by the schema's names."""

    def issue_create(self, input: Input) -> Payload:  # noqa: A002 - the schema's word
        team = get(self.world, Team, input["team_id"])
        _titled(input.get("title") or "")
        state = self._state(team, input) or team.default_issue_state
        parts = self._parts(team, input)
        labels = [get(self.world, Label, each) for each in input.get("label_ids") or ()]
        free = self._free(input)
        issue = self.world.add_issue(
            team, state, self.viewer, id=free, labels=labels, **_made_at(input), **parts
        )
        return self._told("create", issue, "issueCreate", "issue")

    def issue_update(self, id: str, input: Input) -> Payload:  # noqa: A002 - the schema's words
        issue = self.issue(id)
        if "title" in input:
            _titled(input["title"] or "")
        before = _looks(issue)
        parts = self._parts(issue.team, input)
        labels = self._labels(issue, input)
        state = self._state(issue.team, input)
        for name, value in parts.items():
            setattr(issue, name, value)
        issue.labels = labels
        if state and state is not issue.state:
            issue.enter(state, self.world.clock)
        return self._updated(issue, before, "issueUpdate", "issue")

    def issue_delete(self, id: str, permanently_delete: bool | None = None) -> Payload:  # noqa: A002 - the schema's words
        """Put an issue into the trash, or let it go for ever."""
        issue = self.issue(id)
        if permanently_delete:
            self.world.issues.remove(issue)
            issue.team.issues.remove(issue)
            del self.world.known[issue.id]
        issue.trashed, issue.archived_at = True, self.world.clock
        return self._told("remove", issue, "issueDelete", "entity")

    def issue_unarchive(self, id: str) -> Payload:  # noqa: A002 - the schema's word
        issue = self.issue(id)
        issue.trashed, issue.archived_at = None, None
        return self._told("restore", issue, "issueUnarchive", "entity")

    def comment_create(self, input: Input) -> Payload:  # noqa: A002 - the schema's word
        if not input.get("body") or not input.get("issue_id"):
            raise Trouble("Argument Validation Error: body and issueId are needed")
        issue, parent = self.issue(input["issue_id"]), input.get("parent_id")
        comment = self.world.make(
            Comment,
            id=self._free(input),
            issue=issue,
            body=input["body"],
            user=self.viewer,
            parent=get(self.world, Comment, parent) if parent else None,
            **_made_at(input),
        )
        issue.comments.append(comment)
        return self._told("create", comment, "commentCreate", "comment")

    def comment_update(self, id: str, input: Input) -> Payload:  # noqa: A002 - the schema's words
        comment = self.comment(id)
        before = {"body": comment.body, "updated_at": comment.updated_at}
        comment.body = input.get("body") or comment.body
        comment.edited_at = self.world.clock
        return self._updated(comment, before, "commentUpdate", "comment")

    def comment_delete(self, id: str) -> Payload:  # noqa: A002 - the schema's word
        comment = self.comment(id)
        comment.issue.comments.remove(comment)
        return self._removed(comment, "commentDelete")

    def issue_label_create(self, input: Input) -> Payload:  # noqa: A002 - the schema's word
        team = get(self.world, Team, input["team_id"]) if input.get("team_id") else None
        name = input["name"]
        for known in self.world.labels:
            if known.name.lower() == name.lower() and known.team in (team, None):
                raise Trouble(f"Label {name} exists already", "Duplicate label name.")
        label = self.world.make(
            Label,
            id=self._free(input),
            name=name,
            team=team,
            creator=self.viewer,
            color=input.get("color") or Label.color,
            description=input.get("description"),
            is_group=bool(input.get("is_group")),
        )
        self.world.labels.append(label)
        return self._told("create", label, "issueLabelCreate", "issue_label")

    def issue_label_update(self, id: str, input: Input) -> Payload:  # noqa: A002 - the schema's words
        label = self.issue_label(id)
        before = _given(label, input)
        return self._updated(label, before, "issueLabelUpdate", "issue_label")

    def issue_label_delete(self, id: str) -> Payload:  # noqa: A002 - the schema's word
        label = self.issue_label(id)
        self.world.labels.remove(label)
        for issue in label.issues:
            issue.labels.remove(label)
        return self._removed(label, "issueLabelDelete")

    def attachment_create(self, input: Input) -> Payload:  # noqa: A002 - the schema's word
        """Link an address; a second link of an issue to it changes the first."""
        issue = self.issue(input["issue_id"])
        given = {name: input[name] for name in ("title", "subtitle", "metadata") if name in input}
        for known in issue.attachments:
            if known.url == input["url"]:
                before = _given(known, given)
                return self._updated(known, before, "attachmentCreate", "attachment")
        made = self.world.make(
            Attachment,
            id=self._free(input),
            issue=issue,
            url=input["url"],
            creator=self.viewer,
            **given,
        )
        issue.attachments.append(made)
        return self._told("create", made, "attachmentCreate", "attachment")

    def attachment_delete(self, id: str) -> Payload:  # noqa: A002 - the schema's word
        attachment = self.attachment(id)
        attachment.issue.attachments.remove(attachment)
        return self._removed(attachment, "attachmentDelete")

    def issue_relation_create(self, input: Input) -> Payload:  # noqa: A002 - the schema's word
        issue, other = self.issue(input["issue_id"]), self.issue(input["related_issue_id"])
        if issue is other:
            raise Trouble("Argument Validation Error: an issue cannot be related to itself")
        made = self.world.make(
            IssueRelation,
            id=self._free(input),
            type=input["type"],
            issue=issue,
            related_issue=other,
        )
        issue.relations.append(made)
        other.inverse_relations.append(made)
        return self._told("create", made, "issueRelationCreate", "issue_relation")

    def issue_relation_delete(self, id: str) -> Payload:  # noqa: A002 - the schema's word
        relation = self.issue_relation(id)
        relation.issue.relations.remove(relation)
        relation.related_issue.inverse_relations.remove(relation)
        return self._removed(relation, "issueRelationDelete")

    def project_update_create(self, input: Input) -> Payload:  # noqa: A002 - the schema's word
        project = self.project(input["project_id"])
        made = self.world.make(
            ProjectUpdate,
            id=self._free(input),
            project=project,
            body=input.get("body") or "",
            health=input.get("health") or ProjectUpdate.health,
            user=self.viewer,
        )
        project.project_updates.append(made)
        return self._told("create", made, "projectUpdateCreate", "project_update")

    def project_update_update(self, id: str, input: Input) -> Payload:  # noqa: A002 - the schema's words
        update = self.project_update(id)
        before = _given(update, input)
        update.edited_at = self.world.clock
        return self._updated(update, before, "projectUpdateUpdate", "project_update")

    def project_update_archive(self, id: str) -> Payload:  # noqa: A002 - the schema's word
        update = self.project_update(id)
        update.archived_at = self.world.clock
        return self._told("remove", update, "projectUpdateArchive", "entity")

    def project_update_unarchive(self, id: str) -> Payload:  # noqa: A002 - the schema's word
        update = self.project_update(id)
        update.archived_at = None
        return self._told("restore", update, "projectUpdateUnarchive", "entity")

    def webhook_create(self, input: Input) -> Payload:  # noqa: A002 - the schema's word
        self.admins_only()
        hook = self.world.courier.hook(
            input["url"], input.get("secret") or "", *input["resource_types"]
        )
        hook.label = input.get("label")
        return self._told("create", hook, "webhookCreate", "webhook")

    def webhook_delete(self, id: str) -> Payload:  # noqa: A002 - the schema's word
        self.admins_only()
        hook = get(self.world, Webhook, id)
        self.world.courier.hooks.remove(hook)
        return self._removed(hook, "webhookDelete")

    def _free(self, given: Input) -> str:
        """Return the id that the caller chose, as long as nothing has it."""
        wanted: str = given.get("id") or ""
        if not wanted:
            return ""
        try:
            is_fit = UUID(wanted).version == 4  # noqa: PLR2004 - the one that Linear documents
        except ValueError:
            is_fit = False
        if not is_fit:
            raise Trouble("Argument Validation Error: id must be a UUID", "id must be a UUID")
        if wanted in self.world.known:
            raise Trouble(f"Entity {wanted} exists already", FOREVER)
        return wanted

    def _state(self, team: Team, given: Input) -> State | None:
        state = get(self.world, State, given["state_id"]) if given.get("state_id") else None
        if state and state.team is not team:
            raise Trouble("Entity not found: WorkflowState", "The state is another team's.")
        return state

    def _labels(self, issue: Issue, given: Input) -> list[Label]:
        def named(field: str) -> list[Label]:
            return [get(self.world, Label, each) for each in given.get(field) or ()]

        removed = named("removed_label_ids")
        chosen = named("label_ids") if "label_ids" in given else issue.labels
        kept = [label for label in chosen if label not in removed]
        return kept + [label for label in named("added_label_ids") if label not in kept]

    def _parts(self, team: Team, given: Input) -> dict[str, Any]:
        """Return what was given for the attributes of an issue, references looked up."""
        plain = ("title", "description", "estimate")
        parts: dict[str, Any] = {name: given[name] for name in plain if name in given}
        if "priority" in given:
            parts["priority"] = given["priority"] or 0
        if parts.get("priority") not in (None, *range(len(PRIORITIES))):
            raise Trouble("Argument Validation Error: priority goes from 0 to 4")
        if "due_date" in given:
            due: date | None = moment_of(given["due_date"]).date() if given["due_date"] else None
            parts["due_date"] = due
        for name, kind in REFERENCES.items():
            if f"{name}_id" in given:
                known = given[f"{name}_id"]
                parts[name] = get(self.world, kind, known) if known else None
        cycle = parts.get("cycle")
        if isinstance(cycle, Cycle) and cycle.team is not team:
            raise Trouble("Entity not found: Cycle", "The cycle is another team's.")
        return parts

    def _told(self, action: str, thing: Entity, mutation: str, field: str) -> Payload:
        self.world.note(action, thing, mutation, self.viewer)
        return {"success": True, "last_sync_id": float(len(self.world.writes)), field: thing}

    def _updated(
        self, thing: Entity, before: dict[str, object], mutation: str, field: str
    ) -> Payload:
        thing.updated_at = self.world.clock
        self.world.note("update", thing, mutation, self.viewer, before)
        return {"success": True, "last_sync_id": float(len(self.world.writes)), field: thing}

    def _removed(self, thing: Entity, mutation: str) -> Payload:
        del self.world.known[thing.id]
        self.world.note("remove", thing, mutation, self.viewer)
        sync = float(len(self.world.writes))
        return {"success": True, "last_sync_id": sync, "entity_id": thing.id}


def _titled(title: str) -> None:
    if not 0 < len(title) <= LONGEST_TITLE:
        words = f"title has 1 to {LONGEST_TITLE} characters"
        raise Trouble(f"Argument Validation Error: {words}", words)


def _given(thing: Entity, given: Input) -> dict[str, object]:
    """Set what was given and is not null; return the earlier values."""
    changed = {name: value for name, value in given.items() if value is not None}
    before = {name: getattr(thing, name) for name in (*changed, "updated_at")}
    for name, value in changed.items():
        setattr(thing, name, value)
    return before


def _made_at(given: Input) -> dict[str, Any]:
    moment = given.get("created_at")
    return {"created_at": moment_of(moment)} if moment else {}


def _looks(issue: Issue) -> dict[str, object]:
    """Return what a webhook tells of an issue's earlier state."""
    return {
        "title": issue.title,
        "description": issue.description,
        "priority": issue.priority,
        "estimate": issue.estimate,
        "due_date": issue.due_date,
        "state_id": issue.state.id,
        "label_ids": issue.label_ids,
        "assignee_id": issue.assignee.id if issue.assignee else None,
        "cycle_id": issue.cycle.id if issue.cycle else None,
        "project_id": issue.project.id if issue.project else None,
        "project_milestone_id": issue.project_milestone.id if issue.project_milestone else None,
        "parent_id": issue.parent.id if issue.parent else None,
        "started_at": issue.started_at,
        "completed_at": issue.completed_at,
        "canceled_at": issue.canceled_at,
        "updated_at": issue.updated_at,
    }
