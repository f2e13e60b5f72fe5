"""What a mutation can change on issues; each change is told to the webhooks."""

from datetime import date
from typing import Any

from integrations.emulators.linear.acts import Input, Payload, given_to, made_at, put
from integrations.emulators.linear.issues import (
    PRIORITIES,
    Attachment,
    Comment,
    Issue,
    IssueRelation,
)
from integrations.emulators.linear.lists import Trouble, moment_of
from integrations.emulators.linear.planning import PlanChanges
from integrations.emulators.linear.plans import Cycle, Project, ProjectMilestone
from integrations.emulators.linear.records import Entity, Label, State, Team, User
from integrations.emulators.linear.roots import get
from integrations.emulators.linear.telling import changed_of, told_of

LONGEST_TITLE = 255
# What an issue refers to, by the name of its attribute.
REFERENCES: dict[str, type[Entity]] = {
    "assignee": User,
    "cycle": Cycle,
    "project": Project,
    "project_milestone": ProjectMilestone,
    "parent": Issue,
}


class Mutation(PlanChanges):
    """The changes, by the schema's names."""

    def issue_create(self, input: Input) -> Payload:  # noqa: A002 - the schema's word
        team = get(self.world, Team, input["team_id"])
        _titled(input.get("title") or "")
        state = self._state(team, input) or team.default_issue_state
        parts = self._parts(team, input)
        labels = [get(self.world, Label, each) for each in input.get("label_ids") or ()]
        free = self.free(input)
        issue = self.world.add_issue(
            team, state, self.viewer, id=free, labels=labels, **made_at(input), **parts
        )
        return self.told("create", issue, "issueCreate", "issue")

    def issue_update(self, id: str, input: Input) -> Payload:  # noqa: A002 - the schema's words
        issue = self.find.issue(id)
        if "title" in input:
            _titled(input["title"] or "")
        before, looked = told_of(issue), issue.looks
        parts = self._parts(issue.team, input)
        labels = self._labels(issue, input)
        state = self._state(issue.team, input)
        for name, value in parts.items():
            setattr(issue, name, value)
        issue.labels = labels
        if state and state is not issue.state:
            issue.enter(state, self.world.clock)
        issue.remember(looked, self.viewer)
        return self.updated(issue, changed_of(issue, before), "issueUpdate", "issue")

    def issue_delete(self, id: str, permanently_delete: bool | None = None) -> Payload:  # noqa: A002 - the schema's words
        """Put an issue into the trash, or let it go for ever."""
        issue = self.find.issue(id)
        if permanently_delete:
            self.world.issues.remove(issue)
            issue.team.issues.remove(issue)
            del self.world.known[issue.id]
        issue.trashed, issue.archived_at = True, self.world.clock
        return self.told("remove", issue, "issueDelete", "entity")

    def issue_unarchive(self, id: str) -> Payload:  # noqa: A002 - the schema's word
        issue = self.find.issue(id)
        issue.trashed, issue.archived_at = None, None
        return self.told("restore", issue, "issueUnarchive", "entity")

    def comment_create(self, input: Input) -> Payload:  # noqa: A002 - the schema's word
        if not input.get("body") or not input.get("issue_id"):
            raise Trouble("Argument Validation Error: body and issueId are needed")
        issue, parent = self.find.issue(input["issue_id"]), input.get("parent_id")
        comment = self.world.make(
            Comment,
            id=self.free(input),
            issue=issue,
            body=self.world.rewritten(input["body"]),
            user=self.viewer,
            parent=get(self.world, Comment, parent) if parent else None,
            **made_at(input),
        )
        issue.comments.append(comment)
        return self.told("create", comment, "commentCreate", "comment")

    def comment_update(self, id: str, input: Input) -> Payload:  # noqa: A002 - the schema's words
        comment = self.find.comment(id)
        before = put(comment, {"body": self.world.rewritten(input.get("body") or comment.body)})
        comment.edited_at = self.world.clock
        return self.updated(comment, before, "commentUpdate", "comment")

    def comment_delete(self, id: str) -> Payload:  # noqa: A002 - the schema's word
        comment = self.find.comment(id)
        comment.issue.comments.remove(comment)
        return self.removed(comment, "commentDelete")

    def issue_label_create(self, input: Input) -> Payload:  # noqa: A002 - the schema's word
        team = get(self.world, Team, input["team_id"]) if input.get("team_id") else None
        name = input["name"]
        for known in self.world.labels:
            if known.name.lower() == name.lower() and known.team in (team, None):
                raise Trouble(f"Label {name} exists already", "Duplicate label name.")
        label = self.world.make(
            Label,
            id=self.free(input),
            name=name,
            team=team,
            creator=self.viewer,
            color=input.get("color") or Label.color,
            description=input.get("description"),
            is_group=bool(input.get("is_group")),
        )
        self.world.labels.append(label)
        return self.told("create", label, "issueLabelCreate", "issue_label")

    def issue_label_update(self, id: str, input: Input) -> Payload:  # noqa: A002 - the schema's words
        label = self.find.issue_label(id)
        before = given_to(label, input)
        return self.updated(label, before, "issueLabelUpdate", "issue_label")

    def issue_label_delete(self, id: str) -> Payload:  # noqa: A002 - the schema's word
        label = self.find.issue_label(id)
        self.world.labels.remove(label)
        for issue in label.issues:
            issue.labels.remove(label)
        return self.removed(label, "issueLabelDelete")

    def attachment_create(self, input: Input) -> Payload:  # noqa: A002 - the schema's word
        """Link an address; a second link of an issue to it changes the first."""
        issue = self.find.issue(input["issue_id"])
        given = {name: input[name] for name in ("title", "subtitle", "metadata") if name in input}
        for known in issue.attachments:
            if known.url == input["url"]:
                before = given_to(known, given)
                return self.updated(known, before, "attachmentCreate", "attachment")
        made = self.world.make(
            Attachment,
            id=self.free(input),
            issue=issue,
            url=input["url"],
            creator=self.viewer,
            **given,
        )
        issue.attachments.append(made)
        return self.told("create", made, "attachmentCreate", "attachment")

    def attachment_delete(self, id: str) -> Payload:  # noqa: A002 - the schema's word
        attachment = self.find.attachment(id)
        attachment.issue.attachments.remove(attachment)
        return self.removed(attachment, "attachmentDelete")

    def issue_relation_create(self, input: Input) -> Payload:  # noqa: A002 - the schema's word
        issue, other = (
            self.find.issue(input["issue_id"]),
            self.find.issue(input["related_issue_id"]),
        )
        if issue is other:
            raise Trouble("Argument Validation Error: an issue cannot be related to itself")
        made = self.world.make(
            IssueRelation,
            id=self.free(input),
            type=input["type"],
            issue=issue,
            related_issue=other,
        )
        issue.relations.append(made)
        other.inverse_relations.append(made)
        return self.told("create", made, "issueRelationCreate", "issue_relation")

    def issue_relation_delete(self, id: str) -> Payload:  # noqa: A002 - the schema's word
        relation = self.find.issue_relation(id)
        relation.issue.relations.remove(relation)
        relation.related_issue.inverse_relations.remove(relation)
        return self.removed(relation, "issueRelationDelete")

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
        if parts.get("description"):
            parts["description"] = self.world.rewritten(parts["description"])
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


def _titled(title: str) -> None:
    if not 0 < len(title) <= LONGEST_TITLE:
        words = f"title has 1 to {LONGEST_TITLE} characters"
        raise Trouble(f"Argument Validation Error: {words}", words)
