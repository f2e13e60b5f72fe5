"""Users, organisations and the app: who is signed in, and how an app signs in."""

import secrets
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from integrations.emulators.github.calls import (
    Call,
    Json,
    Problem,
    Reply,
    Route,
    missing,
    node_id,
    stamp,
)
from integrations.emulators.github.records import APP_ID, EPOCH, Account, Grant
from integrations.emulators.github.world import GitHubWorld

APP_SLUG = "flowbot"
PERMISSIONS = {
    "actions": "read",
    "checks": "write",
    "contents": "write",
    "deployments": "write",
    "issues": "write",
    "metadata": "read",
    "pull_requests": "write",
    "statuses": "write",
}
EVENTS = ["push", "pull_request", "issues", "issue_comment", "workflow_run", "release"]
TOKEN_LIFE = timedelta(hours=1)


def user(call: Call, login: str) -> Json:
    """Return the short form of an account (`simple-user`)."""
    return _user(call.base, call.world.account(login))


def maybe_user(call: Call, login: str | None) -> Json | None:
    """Return the short form of an account that may not be there."""
    return user(call, login) if login else None


def _user(base: str, account: Account) -> Json:
    url = f"{base}/users/{account.login}"
    return {
        "login": account.login,
        "id": account.id,
        "node_id": node_id(account.kind, account.id),
        "avatar_url": f"{base}/avatars/{account.id}",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{base}/{account.login}",
        "followers_url": f"{url}/followers",
        "following_url": f"{url}/following{{/other_user}}",
        "gists_url": f"{url}/gists{{/gist_id}}",
        "starred_url": f"{url}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{url}/subscriptions",
        "organizations_url": f"{url}/orgs",
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events{{/privacy}}",
        "received_events_url": f"{url}/received_events",
        "type": account.kind,
        "site_admin": False,
    }


def organization(call: Call, owner: str) -> Json:
    """Return what hooks say of the organisation that owns a repository; nothing of a person."""
    account = call.world.account(owner)
    if account.kind != "Organization":
        return {}
    url = f"{call.base}/orgs/{owner}"
    return {
        "organization": {
            "login": owner,
            "id": account.id,
            "node_id": node_id(account.kind, account.id),
            "url": url,
            "repos_url": f"{url}/repos",
            "events_url": f"{url}/events",
            "hooks_url": f"{url}/hooks",
            "issues_url": f"{url}/issues",
            "members_url": f"{url}/members{{/member}}",
            "public_members_url": f"{url}/public_members{{/member}}",
            "avatar_url": f"{call.base}/avatars/{account.id}",
            "description": "",
        }
    }


def team(call: Call, slug: str) -> Json:
    """Return a team of the organisation, by its slug."""
    number = int.from_bytes(slug.encode()[:6], "big")
    owner = call.world.account(call.repo.owner).id
    url = f"{call.base}/organizations/{owner}/team/{number}"
    return {
        "id": number,
        "node_id": node_id("Team", slug),
        "name": slug.capitalize(),
        "slug": slug,
        "description": None,
        "privacy": "closed",
        "notification_setting": "notifications_enabled",
        "permission": "pull",
        "url": url,
        "html_url": f"{call.base}/orgs/{call.repo.owner}/teams/{slug}",
        "members_url": f"{url}/members{{/member}}",
        "repositories_url": f"{url}/repos",
        "parent": None,
        "type": "organization",
        "organization_id": owner,
    }


def _full(call: Call, account: Account) -> Json:
    return _user(call.base, account) | {
        "name": account.name,
        "company": None,
        "blog": "",
        "location": None,
        "email": account.email if account.kind == "User" else None,
        "hireable": None,
        "bio": None,
        "twitter_username": None,
        "public_repos": 0,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": stamp(EPOCH),
        "updated_at": stamp(EPOCH),
    }


def app_key(world: GitHubWorld) -> str:
    """Return the PEM private key of the app; it is made on first use and then kept."""
    if not world.app_key:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        world.app_key = pem.decode()
        world.save()
    return world.app_key


@lru_cache(maxsize=8)
def _public_key(pem: str) -> rsa.RSAPublicKey:
    """Read the public half of the app's key; reading checks the primes, which takes a while."""
    key = serialization.load_pem_private_key(pem.encode(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("the key of the app is no RSA key")
    return key.public_key()


def app_grant(world: GitHubWorld, token: str) -> Grant | None:
    """Return what a signed app token may do; 401 if it is badly signed, too long or over."""
    if token.count(".") != 2 or not world.app_key:  # noqa: PLR2004 - the shape of a JWT
        return None
    try:
        claims = jwt.decode(token, _public_key(world.app_key), algorithms=["RS256"], leeway=60)
        life = int(claims["exp"]) - int(claims["iat"])
    except (jwt.InvalidTokenError, KeyError):
        raise Problem(401, "A JSON web token could not be decoded") from None
    if str(claims.get("iss")) != str(APP_ID):
        raise Problem(401, "Integration not found")
    if life > 660:  # noqa: PLR2004 - ten minutes ahead and one back
        raise Problem(401, "'Expiration time' claim ('exp') is too far in the future")
    return Grant(login=f"{APP_SLUG}[bot]", installation=-1)


async def _current_user(call: Call) -> Reply:
    if call.grant.installation:
        raise Problem(403, "Resource not accessible by integration")
    private = {
        "private_gists": 0,
        "total_private_repos": 0,
        "owned_private_repos": 0,
        "disk_usage": 0,
        "collaborators": 0,
        "two_factor_authentication": True,
    }
    headers = {"x-oauth-scopes": "repo, read:org"}
    if call.grant.expires:
        ends = f"{call.grant.expires:%Y-%m-%d %H:%M:%S} UTC"
        headers["github-authentication-token-expiration"] = ends
    return Reply(_full(call, call.actor) | private, headers=headers)


async def _one_user(call: Call) -> Reply:
    return Reply(_full(call, call.one(call.world.accounts, "login")))


async def _app(call: Call) -> Reply:
    only_app(call)
    return Reply(app_shape(call, APP_SLUG))


def app_shape(call: Call, slug: str) -> Json:
    """Return an app (`integration`): ours, or the one that reported a check."""
    ours = slug == APP_SLUG
    owner = next((a.login for a in call.world.accounts.values() if a.kind == "Organization"), slug)
    return {
        "id": APP_ID if ours else 15368,
        "slug": slug,
        "node_id": node_id("App", slug),
        "owner": user(call, owner),
        "name": slug.replace("-", " ").title(),
        "description": "",
        "external_url": f"{call.base}/apps/{slug}",
        "html_url": f"{call.base}/apps/{slug}",
        "created_at": stamp(EPOCH),
        "updated_at": stamp(EPOCH),
        "permissions": PERMISSIONS,
        "events": EVENTS,
    }


async def _installations(call: Call) -> Reply:
    only_app(call)
    owners = sorted({repo.owner for repo in call.world.repositories.values()})
    return call.listed(owners, _installed)


async def _installation(call: Call) -> Reply:
    only_app(call)
    owner = call.params.get("org") or call.params.get("login") or call.repo.owner
    if all(repo.owner != owner for repo in call.world.repositories.values()):
        raise missing()
    return Reply(_installed(call, owner))


async def _access_token(call: Call) -> Reply:
    only_app(call)
    account = _by_id(call.world, call.params["id"])
    token = f"ghs_{APP_ID}_{secrets.token_urlsafe(48)}"
    expires = datetime.now(UTC) + TOKEN_LIFE  # credentials live by the real clock
    call.world.tokens[token] = Grant(
        login=call.actor.login, expires=expires, installation=account.id
    )
    body: Json = {
        "token": token,
        "expires_at": stamp(expires),
        "permissions": call.body.get("permissions", PERMISSIONS),
        "repository_selection": "all",
    }
    return Reply(body, 201)


def _by_id(world: GitHubWorld, number: int) -> Account:
    found = next((a for a in world.accounts.values() if a.id == number), None)
    if found is None:
        raise missing()
    return found


def _installed(call: Call, owner: str) -> Json:
    account = call.world.account(owner)
    return {
        "id": account.id,
        "account": user(call, owner),
        "repository_selection": "all",
        "access_tokens_url": f"{call.base}/app/installations/{account.id}/access_tokens",
        "repositories_url": f"{call.base}/installation/repositories",
        "html_url": f"{call.base}/organizations/{owner}/settings/installations/{account.id}",
        "app_id": APP_ID,
        "app_slug": APP_SLUG,
        "target_id": account.id,
        "target_type": account.kind,
        "permissions": PERMISSIONS,
        "events": EVENTS,
        "created_at": stamp(EPOCH),
        "updated_at": stamp(EPOCH),
        "single_file_name": None,
        "suspended_by": None,
        "suspended_at": None,
    }


def only_app(call: Call) -> None:
    """Let only the app itself pass, signed in by its key."""
    if call.grant.installation != -1:
        raise Problem(401, "A JSON web token could not be decoded")


ROUTES: list[Route] = [
    ("GET", "/user", _current_user),
    ("GET", "/users/{login}", _one_user),
    ("GET", "/app", _app),
    ("GET", "/app/installations", _installations),
    ("POST", "/app/installations/{id:int}/access_tokens", _access_token),
    ("GET", "/orgs/{org}/installation", _installation),
    ("GET", "/users/{login}/installation", _installation),
    ("GET", "/repos/{owner}/{repo}/installation", _installation),
]
