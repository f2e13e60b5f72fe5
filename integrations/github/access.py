"""Who may do what: collaborators, members, teams, invitations and deploy keys."""

from datetime import datetime
from typing import Literal

from integrations.errors import NotFound, Refused
from integrations.github import models, wire
from integrations.github.places import organization, place, quoted
from integrations.github.topic import Topic
from integrations.github.wire import LONG_AGO

Permission = Literal["pull", "triage", "push", "maintain", "admin"]
Affiliation = Literal["all", "direct", "outside"]
# GitHub names the same rights in two ways.
SPELLED = {"read": "pull", "write": "push"}


class Collaborator(models.Model, frozen=True):
    """`permission` is the most that this person may do: pull, triage, push, maintain or admin."""

    login: str
    permission: str
    is_bot: bool = False


class Member(models.Model, frozen=True):
    """Somebody of an organisation; `role` is admin or member."""

    login: str
    role: str = "member"
    url: str = ""


class Team(models.Model, frozen=True):
    """`permission` is what it may do in the repository whose teams were asked for."""

    slug: str
    name: str
    url: str
    permission: str = "pull"
    parent: str = ""


class Invitation(models.Model, frozen=True):
    id: int
    login: str
    inviter: str
    permission: str
    created_at: datetime
    expired: bool = False


class DeployKey(models.Model, frozen=True):
    id: int
    title: str
    key: str
    created_at: datetime
    read_only: bool = True
    added_by: str = ""
    last_used: datetime | None = None


class CollaboratorWire(wire.User, frozen=True):
    role_name: str | None = None

    def collaborator(self) -> Collaborator:
        return Collaborator(self.login, _permission(self.role_name), wire.is_bot(self))


class LevelWire(wire.Wire, frozen=True):
    role_name: str | None = None
    permission: str | None = None


class ParentWire(wire.Wire, frozen=True):
    slug: str | None = None


class TeamWire(wire.Wire, frozen=True):
    slug: str
    name: str | None = None
    html_url: str | None = None
    permission: str | None = None
    parent: ParentWire | None = None

    def model(self) -> Team:
        return Team(
            slug=self.slug,
            name=self.name or self.slug,
            url=self.html_url or "",
            permission=_permission(self.permission),
            parent=(self.parent.slug if self.parent else None) or "",
        )


class InvitationWire(wire.Wire, frozen=True):
    id: int
    invitee: wire.User | None = None
    inviter: wire.User | None = None
    permissions: str | None = None
    created_at: datetime | None = None
    expired: bool | None = None

    def model(self) -> Invitation:
        return Invitation(
            id=self.id,
            login=wire.login(self.invitee),
            inviter=wire.login(self.inviter),
            permission=_permission(self.permissions),
            created_at=self.created_at or LONG_AGO,
            expired=bool(self.expired),
        )


class DeployKeyWire(wire.Wire, frozen=True):
    id: int
    title: str | None = None
    key: str | None = None
    created_at: datetime | None = None
    read_only: bool | None = None
    added_by: str | None = None
    last_used: datetime | None = None

    def model(self) -> DeployKey:
        return DeployKey(
            id=self.id,
            title=self.title or "",
            key=self.key or "",
            created_at=self.created_at or LONG_AGO,
            read_only=bool(self.read_only),
            added_by=self.added_by or "",
            last_used=self.last_used,
        )


class AccessReads(Topic):
    async def collaborators(
        self, repo: str, affiliation: Affiliation = "all"
    ) -> list[Collaborator]:
        """Return who may use a repository: all, those named in it, or those from outside."""
        params = {"affiliation": affiliation}
        pages = self._api.pages(
            place(repo), "/collaborators", list[CollaboratorWire], params=params
        )
        return [found.collaborator() async for page in pages for found in page]

    async def permission(self, repo: str, login: str) -> str:
        """Return the most that somebody may do, empty where GitHub knows nobody of that name."""
        path = f"/collaborators/{quoted(login)}/permission"
        found = await self._api.optional(place(repo), path, LevelWire)
        return _permission(found.role_name or found.permission) if found else ""

    async def members(self, org: str) -> list[Member]:
        """Return the members of an organisation with their roles: two lists."""
        found: dict[str, Member] = {}
        for role in ("member", "admin"):
            params = {"role": role}
            pages = self._api.pages(organization(org), "/members", list[wire.User], params=params)
            async for page in pages:
                found |= {one.login: Member(one.login, role, one.html_url or "") for one in page}
        return [found[login] for login in sorted(found, key=str.lower)]

    async def teams(self, org: str) -> list[Team]:
        pages = self._api.pages(organization(org), "/teams", list[TeamWire])
        return [found.model() async for page in pages for found in page]

    async def team_members(self, org: str, team: str) -> list[str]:
        """Return the logins of a team, those of the teams below it included."""
        path, missing = _team(org, team)
        pages = self._api.pages(
            organization(org), f"{path}/members", list[wire.User], missing=missing
        )
        return [found.login async for page in pages for found in page]

    async def teams_of_repository(self, repo: str) -> list[Team]:
        """Return the teams that may use a repository, each with what it may do."""
        pages = self._api.pages(place(repo), "/teams", list[TeamWire])
        return [found.model() async for page in pages for found in page]

    async def invitations(self, repo: str) -> list[Invitation]:
        """Return the invitations to a repository that wait for an answer."""
        pages = self._api.pages(place(repo), "/invitations", list[InvitationWire])
        return [found.model() async for page in pages for found in page]

    async def deploy_keys(self, repo: str) -> list[DeployKey]:
        pages = self._api.pages(place(repo), "/keys", list[DeployKeyWire])
        return [found.model() async for page in pages for found in page]


class AccessWrites(AccessReads):
    async def ensure_collaborator(
        self, repo: str, login: str, permission: Permission
    ) -> Invitation | None:
        """Let somebody use a repository; an invitation comes back where they have to accept it."""
        held = {each.login.lower(): each for each in await self.collaborators(repo, "direct")}
        known = held.get(login.lower())
        if known and known.permission == permission:
            return None
        path, missing = f"/collaborators/{quoted(login)}", {404: f"{repo} or {login} is unknown."}
        answer = await self._api.change(
            place(repo), "PUT", path, {"permission": permission}, missing=missing
        )
        return answer.decode(InvitationWire).model() if answer.body else None

    async def delete_collaborator(self, repo: str, login: str) -> None:
        """Take away what somebody was given by name, or the invitation to it."""
        await self._api.delete(place(repo), f"/collaborators/{quoted(login)}")

    async def delete_invitation(self, repo: str, invitation: int) -> None:
        await self._api.delete(place(repo), f"/invitations/{invitation}")

    async def ensure_deploy_key(
        self, repo: str, title: str, key: str, *, read_only: bool = True
    ) -> DeployKey:
        """Add a public key to a repository; one that is there stays under its title."""
        if found := await self._key(repo, key):
            return found
        wanted = {"title": title, "key": key, "read_only": read_only}
        try:
            answer = await self._api.change(place(repo), "POST", "/keys", wanted)
        except Refused:
            if found := await self._key(repo, key):
                return found
            raise
        return answer.decode(DeployKeyWire).model()

    async def delete_deploy_key(self, repo: str, key: int) -> None:
        await self._api.delete(place(repo), f"/keys/{key}")

    async def ensure_team_member(self, org: str, team: str, login: str) -> None:
        """Put somebody into a team; who is no member of the organisation is invited to it."""
        if login.lower() in {each.lower() for each in await self.team_members(org, team)}:
            return
        path, missing = _team(org, team)
        path = f"{path}/memberships/{quoted(login)}"
        await self._api.change(organization(org), "PUT", path, missing=missing)

    async def delete_team_member(self, org: str, team: str, login: str) -> None:
        path, missing = _team(org, team)
        path = f"{path}/memberships/{quoted(login)}"
        try:
            await self._api.change(organization(org), "DELETE", path, missing=missing)
        except NotFound:
            await self.team_members(org, team)  # it is the person that is missing, not the team

    async def _key(self, repo: str, key: str) -> DeployKey | None:
        """Return a key by its type and value; the comment behind them does not count."""
        wanted = key.split()[:2]
        held = await self.deploy_keys(repo)
        return next((each for each in held if each.key.split()[:2] == wanted), None)


def _permission(said: str | None) -> str:
    return SPELLED.get(said or "", said or "pull")


def _team(org: str, team: str) -> tuple[str, dict[int, str]]:
    gone = f"{org} has no team {team}, or this bot may not see it."
    return f"/teams/{quoted(team)}", {404: gone}
