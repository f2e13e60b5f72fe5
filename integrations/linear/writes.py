"""Writes that are safe to repeat: what is made has an id of ours, so it is made once."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

from msgspec import UNSET, structs

from integrations.errors import NotFound, Refused
from integrations.linear import models, queries, wire
from integrations.linear.ids import id_of
from integrations.linear.issues import IssueReads
from integrations.linear.making import Making
from integrations.linear.planning import PlanningReads

Kind: TypeAlias = Literal["blocks", "duplicate", "related"]


# What an issue has by our names, and by Linear's.
FIELDS = {
    "title": "title",
    "description": "description",
    "assignee_id": "assigneeId",
    "priority": "priority",
    "estimate": "estimate",
    "due_on": "dueDate",
    "project_id": "projectId",
    "milestone_id": "projectMilestoneId",
    "cycle_id": "cycleId",
    "parent": "parentId",
}
# Linear takes these away where they are null.
EMPTIED = frozenset({"assignee_id", "project_id", "milestone_id", "cycle_id", "parent"})


class IssueWrites(IssueReads, PlanningReads, Making):
    """Issues and labels. A `key` is what makes a thing the same thing in every repetition."""

    async def ensure_issue(self, key: str, new: models.NewIssue) -> models.Issue:
        """Create an issue, or return the one of this key: what people changed since stays."""
        known = await self._api.optional(queries.ONE_ISSUE, wire.Issue, id=id_of("issue", key))
        if known is None:
            known = await self._make(
                queries.CREATE_ISSUE,
                await self._issue_input(key, new),
                queries.ONE_ISSUE,
                wire.Issue,
            )
        elif known.trashed or known.archived_at:
            await self._api.change(queries.RESTORE_ISSUE, id=known.id)
            known = await self._api.one(queries.ONE_ISSUE, wire.Issue, id=known.id)
        return known.model()

    async def delete_issue(self, issue: str) -> None:
        """Put an issue into Linear's trash, where it can be taken out of for a while."""
        known = await self._api.optional(queries.ONE_ISSUE, wire.Issue, id=issue)
        if known and not known.trashed:
            await self._gone(queries.DELETE_ISSUE, known.id)

    async def ensure_issue_state(self, issue: str, state: str) -> models.Issue:
        """Move an issue to the state of this name."""
        known = await self.issue(issue)
        if known.state.lower() == state.lower():
            return known
        wanted = await self._state(known.team, state)
        return await self._updated(known, stateId=wanted.id)

    async def ensure_issue_fields(self, issue: str, wanted: models.IssueFields) -> models.Issue:
        """Let an issue have what is given, and leave the rest as it is."""
        known = await self.issue(issue)
        given = {
            FIELDS[name]: value or None if name in EMPTIED else value
            for name, value in structs.asdict(wanted).items()
            if value is not UNSET and value != getattr(known, name)
        }
        return await self._updated(known, **given) if given else known

    async def ensure_issue_labels(
        self, issue: str, add: Sequence[str] = (), remove: Sequence[str] = ()
    ) -> models.Issue:
        """Add and remove labels by name; those that others put there at the same time stay."""
        known = await self.issue(issue)
        has = {label.lower() for label in known.labels}
        new = [name for name in add if name.lower() not in has]
        old = [name for name in remove if name.lower() in has]
        if not (new or old):
            return known
        ids = await self._label_ids(known.team, [*new, *old])
        return await self._updated(
            known, addedLabelIds=ids[: len(new)], removedLabelIds=ids[len(new) :]
        )

    async def ensure_label(self, team: str, name: str, color: str = "") -> models.Label:
        """Create a label of a team; one of this name, the team's or the workspace's, is it."""
        for label in await self.labels(team):
            if label.name.lower() == name.lower():
                return label
        where = await self.team(team)
        label_id = id_of("label", where.id, name.lower())
        given: dict[str, object] = {"id": label_id, "teamId": where.id, "name": name}
        if color:
            given["color"] = color
        made = await self._make(queries.CREATE_LABEL, given, queries.ONE_LABEL, wire.Label)
        return made.model()

    async def delete_label(self, label_id: str) -> None:
        await self._gone(queries.DELETE_LABEL, label_id)

    async def _issue_input(self, key: str, new: models.NewIssue) -> dict[str, object]:
        team = await self.team(new.team)
        given: dict[str, object] = {
            "description": new.description,
            "assigneeId": new.assignee_id,
            "priority": new.priority,
            "projectId": new.project_id,
            "projectMilestoneId": new.milestone_id,
            "cycleId": new.cycle_id,
            "parentId": new.parent,
        }
        if new.state:
            given["stateId"] = (await self._state(new.team, new.state)).id
        if new.labels:
            given["labelIds"] = await self._label_ids(new.team, new.labels)
        wanted = {name: value for name, value in given.items() if value}
        if new.estimate is not None:
            wanted["estimate"] = new.estimate
        if new.due_on:
            wanted["dueDate"] = new.due_on
        return {"id": id_of("issue", key), "teamId": team.id, "title": new.title, **wanted}

    async def _state(self, team: str, name: str) -> models.State:
        states = await self.states(team)
        for state in states:
            if state.name.lower() == name.lower():
                return state
        choice = ", ".join(state.name for state in states) or "none that this bot may see"
        raise NotFound(f"Team {team} has no state {name} in Linear; there is: {choice}.")

    async def _label_ids(self, team: str, names: Sequence[str]) -> list[str]:
        known = {label.name.lower(): label.id for label in await self.labels(team)}
        missing = [name for name in names if name.lower() not in known]
        if missing:
            raise NotFound(
                f"Team {team} has no label {', '.join(missing)} in Linear; create it first."
            )
        return [known[name.lower()] for name in names]

    async def _updated(self, issue: models.Issue, **given: object) -> models.Issue:
        await self._api.change(queries.UPDATE_ISSUE, id=issue.id, input=given)
        return await self.issue(issue.id)


class TalkWrites(IssueWrites):
    """What is said and linked: comments, attachments, relations."""

    async def ensure_comment(self, issue: str, key: str, body: str) -> models.Comment:
        """Comment on an issue once for each key; a comment that is there gets this text."""
        where = await self.issue(issue)
        comment_id = id_of("comment", where.id, key)
        known = await self._api.optional(queries.ONE_COMMENT, wire.Comment, id=comment_id)
        if known is None:
            given: dict[str, object] = {"id": comment_id, "issueId": where.id, "body": body}
            known = await self._make(
                queries.CREATE_COMMENT, given, queries.ONE_COMMENT, wire.Comment
            )
        if known.body != body:
            await self._api.change(queries.UPDATE_COMMENT, id=comment_id, input={"body": body})
            known = await self._api.one(queries.ONE_COMMENT, wire.Comment, id=comment_id)
        return known.model()

    async def delete_comment(self, comment_id: str) -> None:
        await self._gone(queries.DELETE_COMMENT, comment_id)

    async def ensure_attachment(
        self, issue: str, url: str, title: str, subtitle: str = ""
    ) -> models.Attachment:
        """Link an address to an issue; what is linked already gets this title."""
        where = await self.issue(issue)
        for known in await self.attachments(where.id):
            if known.url == url and (known.title, known.subtitle) == (title, subtitle):
                return known
        given: dict[str, object] = {
            "id": id_of("attachment", where.id, url),
            "issueId": where.id,
            "url": url,
            "title": title,
            "subtitle": subtitle,
        }
        # Linear itself takes a second one with this address for a change of the first.
        await self._api.change(queries.CREATE_ATTACHMENT, input=given)
        for known in await self.attachments(where.id):
            if known.url == url:
                return known
        raise Refused(f"Linear did not link {url} to {where.identifier}.")

    async def delete_attachment(self, attachment_id: str) -> None:
        await self._gone(queries.DELETE_ATTACHMENT, attachment_id)

    async def ensure_relation(self, issue: str, kind: Kind, other: str) -> models.Relation:
        """Say that an issue blocks, duplicates or is related to another one."""
        one, two = await self.issue(issue), await self.issue(other)
        if one.id == two.id:
            raise Refused(f"{one.identifier} cannot be related to itself.")
        ends = {(one.identifier, two.identifier)}
        if kind == "related":
            ends.add((two.identifier, one.identifier))
        for known in await self.relations(one.id):
            if known.kind == kind and (known.issue, known.other) in ends:
                return known
        given: dict[str, object] = {
            "id": id_of("relation", one.id, kind, two.id),
            "issueId": one.id,
            "relatedIssueId": two.id,
            "type": kind,
        }
        made = await self._make(queries.CREATE_RELATION, given, queries.ONE_RELATION, wire.Relation)
        return made.model()

    async def delete_relation(self, relation_id: str) -> None:
        await self._gone(queries.DELETE_RELATION, relation_id)
