"""Teams and people, and what work is planned by: states, labels, cycles, projects."""

from collections.abc import Mapping

from integrations.errors import NotFound
from integrations.linear import models, queries, shapes, wire
from integrations.linear.topic import Topic


class PlanningReads(Topic):
    """A team is named by its key (`ENG`), a project by its id."""

    @property
    def quotas(self) -> Mapping[str, models.Quota]:
        """What Linear last said is left: of `requests` and of `complexity`."""
        return self._api.quotas

    async def viewer(self) -> models.User:
        """Return whom Linear takes the bot for."""
        return (await self._api.one(queries.VIEWER, wire.User)).model()

    async def organization(self) -> models.Organization:
        return (await self._api.one(queries.ORGANIZATION, wire.Organization)).model()

    async def users(self, *, left: bool = False) -> list[models.User]:
        """Return everybody who has not left; with `left`, also who has."""
        wanted = {} if left else {"active": {"eq": True}}
        found = await self._api.every(queries.USERS, wire.User, filter=wanted)
        return [each.model() for each in found]

    async def teams(self) -> list[models.Team]:
        found = await self._api.every(queries.TEAMS, wire.Team, filter={})
        return [each.model() for each in found]

    async def team(self, key: str) -> models.Team:
        wanted = {"key": {"eq": key}}
        found = await self._api.every(queries.TEAMS, wire.Team, filter=wanted)
        if not found:
            raise NotFound(f"There is no team {key} in Linear, or this bot may not see it.")
        return found[0].model()

    async def states(self, team: str) -> list[models.State]:
        """Return the states that a team's issues go through, in their order."""
        found = await self._api.every(queries.STATES, wire.State, filter=_of(team))
        return sorted((each.model() for each in found), key=lambda each: each.position)

    async def labels(self, team: str = "") -> list[models.Label]:
        """Return the labels that a team may use: its own and the workspace's; or every label."""
        of_all = {"team": {"null": True}}
        wanted = {"or": [_of(team), of_all]} if team else {}
        found = await self._api.every(queries.LABELS, wire.Label, filter=wanted)
        return [each.model() for each in found]

    async def cycles(self, team: str) -> list[models.Cycle]:
        """Return the cycles of a team, the oldest first."""
        found = await self._api.every(queries.CYCLES, wire.Cycle, filter=_of(team))
        return sorted((each.model() for each in found), key=lambda each: each.number)

    async def projects(self, team: str = "") -> list[models.Project]:
        """Return the projects, of one team where it is given."""
        wanted = {"accessibleTeams": {"some": {"key": {"eq": team}}}} if team else {}
        found = await self._api.every(queries.PROJECTS, wire.Project, filter=wanted)
        return [each.model() for each in found]

    async def milestones(self, project_id: str) -> list[models.Milestone]:
        wanted = {"project": {"id": {"eq": project_id}}}
        found = await self._api.every(queries.MILESTONES, wire.Milestone, filter=wanted)
        return [each.model() for each in found]

    async def project_updates(self, project_id: str) -> list[models.ProjectUpdate]:
        """Return what was told about a project, the newest first."""
        found = await self._api.every(queries.PROJECT_UPDATES, wire.ProjectUpdate, id=project_id)
        return [each.model() for each in found]

    async def members(self, team: str) -> list[models.Member]:
        """Return who is in a team."""
        where = await self.team(team)
        found = await self._api.every(queries.MEMBERS, shapes.Member, id=where.id)
        return [each.model() for each in found]

    async def documents(self, project_id: str = "") -> list[models.Document]:
        """Return the documents, of one project where it is given; the newest first."""
        wanted = {"project": {"id": {"eq": project_id}}} if project_id else {}
        found = await self._api.every(queries.DOCUMENTS, shapes.Document, filter=wanted)
        return [each.model() for each in found]

    async def document(self, document_id: str) -> models.Document:
        return (await self._api.one(queries.ONE_DOCUMENT, shapes.Document, id=document_id)).model()

    async def webhooks(self) -> list[models.Webhook]:
        """Return the webhooks of the workspace; Linear shows them to admins only."""
        found = await self._api.every(queries.WEBHOOKS, shapes.Webhook)
        return [each.model() for each in found]


def _of(team: str) -> dict[str, object]:
    return {"team": {"key": {"eq": team}}}
