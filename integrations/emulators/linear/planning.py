"""What a mutation can change on what work is planned by, and on webhooks."""

from datetime import date
from secrets import token_hex
from typing import Any

from integrations.emulators.linear.acts import Acts, Input, Payload, given_to, put
from integrations.emulators.linear.issues import Issue
from integrations.emulators.linear.lists import Trouble, moment_of
from integrations.emulators.linear.plans import (
    Document,
    Project,
    ProjectMilestone,
    ProjectUpdate,
)
from integrations.emulators.linear.records import (
    Entity,
    ProjectStatus,
    Team,
    TeamMembership,
    User,
    Webhook,
)
from integrations.emulators.linear.roots import get

NAMED_BY_ID = {"lead": "lead_id", "status": "status_id"}
# What a document may belong to.
HOMES: dict[str, type[Entity]] = {"project": Project, "issue": Issue, "team": Team}


class PlanChanges(Acts):
    """The changes of projects, milestones, documents, members and webhooks."""

    def project_create(self, input: Input) -> Payload:  # noqa: A002 - the schema's word
        if not input["name"] or not input["team_ids"]:
            raise Trouble("Argument Validation Error: a project has a name and a team")
        status = next(each for each in self.world.project_statuses if each.type == "backlog")
        made = self.world.make(
            Project,
            id=self.free(input),
            teams=[get(self.world, Team, each) for each in input["team_ids"]],
            members=[get(self.world, User, each) for each in input.get("member_ids") or ()],
            creator=self.viewer,
            **{"status": status, **self._plans(input)},
        )
        self.world.projects.append(made)
        return self.told("create", made, "projectCreate", "project")

    def project_update(self, id: str, input: Input) -> Payload:  # noqa: A002 - the schema's words
        project = self.find.project(id)
        before = put(project, self._plans(input))
        if "status" in before:
            project.enter(project.status, self.world.clock)
        told = {
            f"{name}_id" if name in ("lead", "status") else name: before[name] for name in before
        }
        return self.updated(project, told, "projectUpdate", "project")

    def project_delete(self, id: str) -> Payload:  # noqa: A002 - the schema's word
        """Put a project into the trash."""
        project = self.find.project(id)
        project.trashed, project.archived_at = True, self.world.clock
        return self.told("remove", project, "projectDelete", "entity")

    def project_unarchive(self, id: str) -> Payload:  # noqa: A002 - the schema's word
        project = self.find.project(id)
        project.trashed, project.archived_at = None, None
        return self.told("restore", project, "projectUnarchive", "entity")

    def project_milestone_create(self, input: Input) -> Payload:  # noqa: A002 - the schema's word
        project = self.find.project(input["project_id"])
        made = self.world.make(
            ProjectMilestone,
            id=self.free(input),
            project=project,
            name=input["name"],
            description=input.get("description"),
            sort_order=input.get("sort_order") or float(len(project.project_milestones)),
            target_date=_day(input.get("target_date")),
        )
        project.project_milestones.append(made)
        return self.told("create", made, "projectMilestoneCreate", "project_milestone")

    def project_milestone_update(self, id: str, input: Input) -> Payload:  # noqa: A002 - the schema's words
        milestone = get(self.world, ProjectMilestone, id)
        given = {name: value for name, value in input.items() if name != "target_date"}
        before = given_to(milestone, given)
        if "target_date" in input:
            before |= put(milestone, {"target_date": _day(input["target_date"])})
        return self.updated(milestone, before, "projectMilestoneUpdate", "project_milestone")

    def project_milestone_delete(self, id: str) -> Payload:  # noqa: A002 - the schema's word
        milestone = get(self.world, ProjectMilestone, id)
        for issue in milestone.issues:
            issue.project_milestone = None
        milestone.project.project_milestones.remove(milestone)
        return self.removed(milestone, "projectMilestoneDelete")

    def project_update_create(self, input: Input) -> Payload:  # noqa: A002 - the schema's word
        project = self.find.project(input["project_id"])
        made = self.world.make(
            ProjectUpdate,
            id=self.free(input),
            project=project,
            body=input.get("body") or "",
            health=input.get("health") or ProjectUpdate.health,
            user=self.viewer,
        )
        project.project_updates.append(made)
        return self.told("create", made, "projectUpdateCreate", "project_update")

    def project_update_update(self, id: str, input: Input) -> Payload:  # noqa: A002 - the schema's words
        update = get(self.world, ProjectUpdate, id)
        before = given_to(update, input)
        update.edited_at = self.world.clock
        return self.updated(update, before, "projectUpdateUpdate", "project_update")

    def project_update_archive(self, id: str) -> Payload:  # noqa: A002 - the schema's word
        update = get(self.world, ProjectUpdate, id)
        update.archived_at = self.world.clock
        return self.told("remove", update, "projectUpdateArchive", "entity")

    def project_update_unarchive(self, id: str) -> Payload:  # noqa: A002 - the schema's word
        update = get(self.world, ProjectUpdate, id)
        update.archived_at = None
        return self.told("restore", update, "projectUpdateUnarchive", "entity")

    def document_create(self, input: Input) -> Payload:  # noqa: A002 - the schema's word
        homes: dict[str, Any] = {
            name: get(self.world, kind, input[f"{name}_id"])
            for name, kind in HOMES.items()
            if input.get(f"{name}_id")
        }
        if len(homes) != 1:
            raise Trouble("Argument Validation Error: a document belongs to exactly one thing")
        made = self.world.make(
            Document,
            id=self.free(input),
            title=input["title"],
            content=input.get("content"),
            creator=self.viewer,
            **homes,
        )
        self.world.documents.append(made)
        return self.told("create", made, "documentCreate", "document")

    def document_update(self, id: str, input: Input) -> Payload:  # noqa: A002 - the schema's words
        document = self.find.document(id)
        before = given_to(document, input)
        return self.updated(document, before, "documentUpdate", "document")

    def document_delete(self, id: str) -> Payload:  # noqa: A002 - the schema's word
        """Put a document into the trash."""
        document = self.find.document(id)
        document.trashed, document.archived_at = True, self.world.clock
        return self.told("remove", document, "documentDelete", "entity")

    def document_unarchive(self, id: str) -> Payload:  # noqa: A002 - the schema's word
        document = self.find.document(id)
        document.trashed, document.archived_at = None, None
        return self.told("restore", document, "documentUnarchive", "entity")

    def team_membership_create(self, input: Input) -> Payload:  # noqa: A002 - the schema's word
        team, user = (
            get(self.world, Team, input["team_id"]),
            get(self.world, User, input["user_id"]),
        )
        if user in team.members:
            raise Trouble("User is already a member of the team")
        made = self.world.make(
            TeamMembership,
            id=self.free(input),
            team=team,
            user=user,
            owner=bool(input.get("owner")),
        )
        team.memberships.append(made)
        return self.told("create", made, "teamMembershipCreate", "team_membership")

    def team_membership_delete(self, id: str) -> Payload:  # noqa: A002 - the schema's word
        membership = get(self.world, TeamMembership, id)
        membership.team.memberships.remove(membership)
        return self.removed(membership, "teamMembershipDelete")

    def webhook_create(self, input: Input) -> Payload:  # noqa: A002 - the schema's word
        self.find.admins_only()
        team = get(self.world, Team, input["team_id"]) if input.get("team_id") else None
        if team is None and not input.get("all_public_teams"):
            raise Trouble("Argument Validation Error: teamId or allPublicTeams is needed")
        made = self.world.make(
            Webhook,
            id=self.free(input),
            url=input["url"],
            secret=input.get("secret") or _drawn(),
            resource_types=list(input["resource_types"]),
            label=input.get("label"),
            enabled=input.get("enabled") is not False,
            team=team,
            creator=self.viewer,
        )
        self.world.courier.hooks.append(made)
        return self.told("create", made, "webhookCreate", "webhook")

    def webhook_update(self, id: str, input: Input) -> Payload:  # noqa: A002 - the schema's words
        """Change a webhook; one that is switched on again gets a new chance."""
        self.find.admins_only()
        hook = get(self.world, Webhook, id)
        before = given_to(hook, input)
        if hook.enabled and "enabled" in before:
            hook.given_up = 0
        return self.updated(hook, before, "webhookUpdate", "webhook")

    def webhook_rotate_secret(self, id: str) -> Payload:  # noqa: A002 - the schema's word
        self.find.admins_only()
        hook = get(self.world, Webhook, id)
        before = put(hook, {"secret": _drawn()})
        return self.updated(hook, before, "webhookRotateSecret", "webhook") | {
            "secret": hook.secret
        }

    def webhook_delete(self, id: str) -> Payload:  # noqa: A002 - the schema's word
        self.find.admins_only()
        hook = get(self.world, Webhook, id)
        self.world.courier.hooks.remove(hook)
        return self.removed(hook, "webhookDelete")

    def _plans(self, given: Input) -> dict[str, Any]:
        """Return what was given for the attributes of a project, references looked up."""
        plain = ("name", "description", "content", "priority")
        parts: dict[str, Any] = {name: given[name] for name in plain if given.get(name) is not None}
        parts |= {
            name: _day(given[name]) for name in ("start_date", "target_date") if name in given
        }
        if "lead_id" in given:
            parts["lead"] = get(self.world, User, given["lead_id"]) if given["lead_id"] else None
        if given.get("status_id"):
            parts["status"] = get(self.world, ProjectStatus, given["status_id"])
        return parts


def _day(given: str | None) -> date | None:
    return moment_of(given).date() if given else None


def _drawn() -> str:
    """Return a secret as Linear draws one."""
    return f"lin_wh_{token_hex(20)}"
