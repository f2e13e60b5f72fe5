"""Writes of what work is planned by: projects, milestones, documents, members, updates."""

from datetime import date
from typing import Literal, TypeAlias

from integrations.linear import models, queries, shapes, wire
from integrations.linear.ids import id_of
from integrations.linear.making import Making
from integrations.linear.planning import PlanningReads

Health: TypeAlias = Literal["onTrack", "atRisk", "offTrack"]


class PlanWrites(PlanningReads, Making):
    """A `key` is what makes a thing the same thing in every repetition."""

    async def ensure_project(self, key: str, new: models.NewProject) -> models.Project:
        """Create a project, or return the one of this key: what people changed since stays."""
        project_id = id_of("project", key)
        known = await self._api.optional(queries.ONE_PROJECT, wire.Project, id=project_id)
        if known is None:
            teams = [(await self.team(team)).id for team in new.teams]
            given: dict[str, object] = {"id": project_id, "name": new.name, "teamIds": teams}
            told = {
                "description": new.description,
                "leadId": new.lead_id,
                "startDate": new.start_on,
                "targetDate": new.due_on,
            }
            given |= {name: value for name, value in told.items() if value}
            known = await self._make(
                queries.CREATE_PROJECT, given, queries.ONE_PROJECT, wire.Project
            )
        elif known.trashed:
            await self._api.change(queries.RESTORE_PROJECT, id=project_id)
            known = await self._api.one(queries.ONE_PROJECT, wire.Project, id=project_id)
        return known.model()

    async def ensure_project_due(self, project_id: str, due_on: date | None) -> models.Project:
        """Let a project be due on a day, or on none."""
        known = await self._api.one(queries.ONE_PROJECT, wire.Project, id=project_id)
        if known.target_date != due_on:
            wanted = {"targetDate": due_on}
            await self._api.change(queries.UPDATE_PROJECT, id=project_id, input=wanted)
            known = await self._api.one(queries.ONE_PROJECT, wire.Project, id=project_id)
        return known.model()

    async def delete_project(self, project_id: str) -> None:
        """Put a project into the trash, where it can be taken out of for a while."""
        known = await self._api.optional(queries.ONE_PROJECT, wire.Project, id=project_id)
        if known and not known.trashed:
            await self._gone(queries.DELETE_PROJECT, project_id)

    async def ensure_milestone(
        self, project_id: str, name: str, due_on: date | None = None, description: str = ""
    ) -> models.Milestone:
        """Let a project have a milestone of this name; a day that is given is when it is due."""
        for known in await self.milestones(project_id):
            if known.name.lower() == name.lower():
                return await self._dated(known, due_on)
        given: dict[str, object] = {
            "id": id_of("milestone", project_id, name.lower()),
            "projectId": project_id,
            "name": name,
        }
        told = {"targetDate": due_on, "description": description}
        given |= {field: value for field, value in told.items() if value}
        made = await self._make(
            queries.CREATE_MILESTONE, given, queries.ONE_MILESTONE, wire.Milestone
        )
        return made.model()

    async def ensure_milestone_due(
        self, milestone_id: str, due_on: date | None
    ) -> models.Milestone:
        """Let a milestone be due on a day, or on none."""
        found = await self._api.one(queries.ONE_MILESTONE, wire.Milestone, id=milestone_id)
        known = found.model()
        return known if known.due_on == due_on else await self._moved(known.id, due_on)

    async def _dated(self, known: models.Milestone, due_on: date | None) -> models.Milestone:
        if due_on in (None, known.due_on):
            return known
        return await self._moved(known.id, due_on)

    async def _moved(self, milestone_id: str, due_on: date | None) -> models.Milestone:
        wanted = {"targetDate": due_on}
        await self._api.change(queries.UPDATE_MILESTONE, id=milestone_id, input=wanted)
        found = await self._api.one(queries.ONE_MILESTONE, wire.Milestone, id=milestone_id)
        return found.model()

    async def delete_milestone(self, milestone_id: str) -> None:
        await self._gone(queries.DELETE_MILESTONE, milestone_id)

    async def ensure_document(
        self, project_id: str, key: str, title: str, content: str
    ) -> models.Document:
        """Write a document of a project once for each key; one that is there gets this text."""
        document_id = id_of("document", project_id, key)
        known = await self._api.optional(queries.ONE_DOCUMENT, shapes.Document, id=document_id)
        told: dict[str, object] = {"title": title, "content": content}
        if known is None:
            given = {"id": document_id, "projectId": project_id, **told}
            known = await self._make(
                queries.CREATE_DOCUMENT, given, queries.ONE_DOCUMENT, shapes.Document
            )
        elif known.trashed or known.archived_at:
            await self._api.change(queries.RESTORE_DOCUMENT, id=document_id)
        if (known.title, known.content or "") != (title, content):
            await self._api.change(queries.UPDATE_DOCUMENT, id=document_id, input=told)
        return await self.document(document_id)

    async def delete_document(self, document_id: str) -> None:
        """Put a document into the trash, where it can be taken out of for a while."""
        known = await self._api.optional(queries.ONE_DOCUMENT, shapes.Document, id=document_id)
        if known and not known.trashed:
            await self._gone(queries.DELETE_DOCUMENT, document_id)

    async def ensure_member(self, team: str, user_id: str) -> models.Member:
        """Let somebody of the workspace be in a team."""
        for known in await self.members(team):
            if known.user.id == user_id:
                return known
        where = await self.team(team)
        given: dict[str, object] = {
            "id": id_of("member", where.id, user_id),
            "teamId": where.id,
            "userId": user_id,
        }
        made = await self._make(queries.CREATE_MEMBER, given, queries.ONE_MEMBER, shapes.Member)
        return made.model()

    async def delete_member(self, team: str, user_id: str) -> None:
        """Let somebody be in a team no longer; what is assigned to them stays."""
        for known in await self.members(team):
            if known.user.id == user_id:
                await self._gone(queries.DELETE_MEMBER, known.id)

    async def ensure_project_update(
        self, project_id: str, key: str, body: str, health: Health
    ) -> models.ProjectUpdate:
        """Tell how a project does, once for each key; what was told already gets this text."""
        update_id = id_of("project update", project_id, key)
        known = await self._api.optional(queries.ONE_UPDATE, wire.ProjectUpdate, id=update_id)
        told: dict[str, object] = {"body": body, "health": health}
        if known is None:
            given = {"id": update_id, "projectId": project_id, **told}
            known = await self._make(
                queries.CREATE_UPDATE, given, queries.ONE_UPDATE, wire.ProjectUpdate
            )
        elif known.archived_at:
            await self._api.change(queries.RESTORE_UPDATE, id=update_id)
        if (known.body, known.health) != (body, health):
            await self._api.change(queries.UPDATE_UPDATE, id=update_id, input=told)
            known = await self._api.one(queries.ONE_UPDATE, wire.ProjectUpdate, id=update_id)
        return known.model()

    async def delete_project_update(self, update_id: str) -> None:
        """Archive an update, which is how Linear takes one back."""
        await self._gone(queries.ARCHIVE_UPDATE, update_id)
