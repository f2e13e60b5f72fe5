"""Who belongs to an organisation, and who may do what in a repository."""

from integrations.emulators.github.accounts import user
from integrations.emulators.github.belongings import DeployKey, Invitation, Team
from integrations.emulators.github.calls import (
    Call,
    Json,
    Reply,
    Route,
    invalid,
    maybe,
    missing,
    node_id,
    stamp,
)
from integrations.emulators.github.records import Account
from integrations.emulators.github.repositories import repository

ROLES = {"read": "pull", "triage": "triage", "write": "push", "maintain": "maintain"}
_LEVELS = ("pull", "triage", "push", "maintain", "admin")
_BASIC = {"pull": "read", "triage": "read", "push": "write", "maintain": "write", "admin": "admin"}


def _organization(call: Call) -> str:
    name = str(call.params["org"])
    account = call.world.accounts.get(name)
    if account is None or account.kind != "Organization":
        raise missing()
    return name


def _members(call: Call) -> list[Account]:
    """Return the people of the organisation; the first one runs it."""
    found = [one for one in call.world.accounts.values() if one.kind == "User"]
    return [one for one in found if one.email.endswith("@acme.example")]


def _role(call: Call, login: str) -> str:
    return "admin" if login == _members(call)[0].login else "member"


async def _list_members(call: Call) -> Reply:
    _organization(call)
    wanted = call.query.get("role", "all")
    found = [one.login for one in _members(call)]
    return call.listed([one for one in found if wanted in ("all", _role(call, one))], user)


async def _membership(call: Call) -> Reply:
    org, login = _organization(call), str(call.params["login"])
    if login not in [one.login for one in _members(call)]:
        raise missing()
    url = f"{call.base}/orgs/{org}"
    places = ("repos", "events", "hooks", "issues", "members{/member}", "public_members{/member}")
    told = {f"{place.partition('{')[0]}_url": f"{url}/{place}" for place in places}
    account = call.world.account(org)
    organization = {"login": org, "id": account.id, "node_id": node_id("Organization", account.id)}
    body = {
        "url": f"{url}/memberships/{login}",
        "state": "active",
        "role": _role(call, login),
        "organization_url": url,
        "organization": organization
        | told
        | {"url": url, "avatar_url": f"{call.base}/avatars/{account.id}", "description": None},
        "user": user(call, login),
    }
    return Reply(body)


def team(call: Call, found: Team, permission: str = "pull") -> Json:
    """Return a team, with what it may do in a repository."""
    owner = call.world.account(found.org).id
    url = f"{call.base}/organizations/{owner}/team/{found.id}"
    level = _LEVELS.index(permission)
    return {
        "id": found.id,
        "node_id": node_id("Team", found.id),
        "name": found.name,
        "slug": found.slug,
        "description": None,
        "privacy": "closed",
        "notification_setting": "notifications_enabled",
        "permission": permission,
        "permissions": {name: index <= level for index, name in enumerate(_LEVELS)},
        "url": url,
        "html_url": f"{call.base}/orgs/{found.org}/teams/{found.slug}",
        "members_url": f"{url}/members{{/member}}",
        "repositories_url": f"{url}/repos",
        "parent": None,
        "type": "organization",
        "organization_id": owner,
    }


async def _teams(call: Call) -> Reply:
    org = _organization(call)
    return call.listed([one for one in call.world.teams.values() if one.org == org], team)


def _team(call: Call) -> Team:
    found = call.world.teams.get((_organization(call), str(call.params["slug"])))
    if found is None:
        raise missing()
    return found


async def _team_members(call: Call) -> Reply:
    held, wanted = _team(call).members, call.query.get("role", "all")
    return call.listed([name for name, role in held.items() if wanted in ("all", role)], user)


async def _join_team(call: Call) -> Reply:
    found, login = _team(call), str(call.params["login"])
    if login not in call.world.accounts:
        raise missing()
    found.members[login] = "maintainer" if call.body.get("role") == "maintainer" else "member"
    role = found.members[login]
    url = f"{team(call, found)['url']}/memberships/{login}"
    return Reply({"url": url, "role": role, "state": "active"})


async def _leave_team(call: Call) -> Reply:
    if _team(call).members.pop(str(call.params["login"]), None) is None:
        raise missing()
    return Reply(None, 204)


async def _repo_teams(call: Call) -> Reply:
    held = [one for one in call.world.teams.values() if call.repo.full_name in one.repos]
    return call.listed(held, lambda call, one: team(call, one, one.repos[call.repo.full_name]))


def permission_of(call: Call, login: str) -> str:
    """Return the most that somebody may do in the repository, or nothing."""
    account = call.world.accounts.get(login)
    if account is None:
        return ""
    held = [call.repo.access[login]] if login in call.repo.access else []
    held += [
        one.repos[call.repo.full_name]
        for one in call.world.teams.values()
        if login in one.members and call.repo.full_name in one.repos
    ]
    if account in _members(call):
        held.append("admin" if _role(call, login) == "admin" else "push")
    return max(held, key=_LEVELS.index, default="")


async def _collaborators(call: Call) -> Reply:
    found = [login for login in call.world.accounts if permission_of(call, login)]
    if call.query.get("affiliation") == "direct":
        found = list(call.repo.access)
    elif call.query.get("affiliation") == "outside":
        inside = [one.login for one in _members(call)]
        found = [login for login in call.repo.access if login not in inside]
    return call.listed(found, _collaborator)


def _collaborator(call: Call, login: str) -> Json:
    held = permission_of(call, login) or "pull"
    level = _LEVELS.index(held)
    can = {name: index <= level for index, name in enumerate(_LEVELS)}
    role = {value: key for key, value in ROLES.items()}.get(held, held)
    return user(call, login) | {"permissions": can, "role_name": role}


async def _permission(call: Call) -> Reply:
    login = str(call.params["login"])
    if login not in call.world.accounts:
        raise missing()
    row = _collaborator(call, login)
    basic = _BASIC[permission_of(call, login) or "pull"]
    return Reply({"permission": basic, "role_name": row["role_name"], "user": row})


async def _add(call: Call) -> Reply:
    login = str(call.params["login"])
    if login not in call.world.accounts:
        raise missing()
    wanted = str(call.body.get("permission", "push"))
    if wanted not in _LEVELS:
        raise invalid("Repository", "invalid", "permission")
    if login in call.repo.access or call.world.account(login) in _members(call):
        call.repo.access[login] = wanted
        return Reply(None, 204)
    known = [one for one in call.repo.invitations.values() if one.invitee == login]
    made = (
        known[0]
        if known
        else Invitation(
            id=call.world.next_id(),
            invitee=login,
            inviter=call.actor.login,
            permission=wanted,
            created_at=call.world.clock,
        )
    )
    made.permission = wanted
    call.repo.invitations[made.id] = made
    return Reply(invitation(call, made), 201)


async def _remove(call: Call) -> Reply:
    login = str(call.params["login"])
    call.repo.access.pop(login, None)
    held = call.repo.invitations.items()
    call.repo.invitations = {key: one for key, one in held if one.invitee != login}
    return Reply(None, 204)


def invitation(call: Call, found: Invitation) -> Json:
    """Return an invitation to a repository that nobody has answered."""
    names = {value: key for key, value in ROLES.items()}
    return {
        "id": found.id,
        "node_id": node_id("RepositoryInvitation", found.id),
        "repository": repository(call, call.repo),
        "invitee": user(call, found.invitee),
        "inviter": user(call, found.inviter),
        "permissions": names.get(found.permission, found.permission),
        "created_at": stamp(found.created_at),
        "expired": False,
        "url": f"{call.base}/user/repository_invitations/{found.id}",
        "html_url": call.html("invitations"),
    }


async def _invitations(call: Call) -> Reply:
    return call.listed(list(call.repo.invitations.values()), invitation)


async def _withdraw(call: Call) -> Reply:
    if call.repo.invitations.pop(call.params["id"], None) is None:
        raise missing()
    return Reply(None, 204)


def deploy_key(call: Call, found: DeployKey) -> Json:
    """Return a key that opens this repository alone."""
    return {
        "id": found.id,
        "key": found.key,
        "url": call.url("keys", found.id),
        "title": found.title,
        "verified": True,
        "created_at": stamp(found.created_at),
        "read_only": found.read_only,
        "added_by": found.added_by,
        "last_used": maybe(found.last_used),
        "enabled": True,
    }


async def _keys(call: Call) -> Reply:
    return call.listed(list(call.repo.deploy_keys.values()), deploy_key)


async def _add_key(call: Call) -> Reply:
    key = call.required("key", "PublicKey")
    if not key.startswith(("ssh-", "ecdsa-")):
        words = "key is invalid. You must supply a key in OpenSSH public key format"
        raise invalid("PublicKey", "custom", "key", words)
    if any(one.key == key for one in call.repo.deploy_keys.values()):
        raise invalid("PublicKey", "custom", "key", "key is already in use")
    made = DeployKey(
        id=call.world.next_id(),
        title=str(call.body.get("title") or ""),
        key=key,
        created_at=call.world.clock,
        added_by=call.actor.login,
        read_only=bool(call.body.get("read_only", False)),
    )
    call.repo.deploy_keys[made.id] = made
    return Reply(deploy_key(call, made), 201)


async def _delete_key(call: Call) -> Reply:
    if call.repo.deploy_keys.pop(call.params["id"], None) is None:
        raise missing()
    return Reply(None, 204)


_REPO, _TEAM = "/repos/{owner}/{repo}", "/orgs/{org}/teams/{slug}"
ROUTES: list[Route] = [
    ("GET", "/orgs/{org}/members", _list_members),
    ("GET", "/orgs/{org}/memberships/{login}", _membership),
    ("GET", "/orgs/{org}/teams", _teams),
    ("GET", f"{_TEAM}/members", _team_members),
    ("PUT", f"{_TEAM}/memberships/{{login}}", _join_team),
    ("DELETE", f"{_TEAM}/memberships/{{login}}", _leave_team),
    ("GET", f"{_REPO}/teams", _repo_teams),
    ("GET", f"{_REPO}/collaborators", _collaborators),
    ("GET", f"{_REPO}/collaborators/{{login}}/permission", _permission),
    ("PUT", f"{_REPO}/collaborators/{{login}}", _add),
    ("DELETE", f"{_REPO}/collaborators/{{login}}", _remove),
    ("GET", f"{_REPO}/invitations", _invitations),
    ("DELETE", f"{_REPO}/invitations/{{id:int}}", _withdraw),
    ("GET", f"{_REPO}/keys", _keys),
    ("POST", f"{_REPO}/keys", _add_key),
    ("DELETE", f"{_REPO}/keys/{{id:int}}", _delete_key),
]
