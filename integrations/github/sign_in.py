"""Sign-in to GitHub: a token, or an App that gets a short-lived token per owner."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec

from integrations.errors import NotFound, Refused
from integrations.github.places import quoted
from integrations.http import Call, Http, SignIn
from integrations.meter import in_thread

# The JWT may be ten minutes long at most, and the two clocks may differ.
JWT_LIFE = timedelta(minutes=9)
CLOCK_SKEW = timedelta(seconds=60)
RENEW_BEFORE = timedelta(minutes=5)


class GitHubSignIn(SignIn, Protocol):
    """A sign-in that git can use as well; people read `refused` after a 401."""

    refused: str
    is_app: bool

    async def token(self, http: Http, scope: str) -> str: ...


class TokenSignIn:
    """A personal or fine-grained access token, of any length."""

    refused = (
        "GitHub does not accept the token; set FLOWBOT_GITHUB_TOKEN to one that is valid, "
        "then run `python -m bot doctor`."
    )
    is_app = False

    def __init__(self, token: str) -> None:
        self._token = token

    def __repr__(self) -> str:
        return "TokenSignIn(…)"

    async def token(self, http: Http, scope: str) -> str:  # noqa: ARG002 - one for every owner
        return self._token

    async def headers(self, http: Http, scope: str) -> Mapping[str, str]:  # noqa: ARG002 - same
        return {"authorization": f"Bearer {self._token}"} if self._token else {}

    def forget(self, scope: str) -> bool:  # noqa: ARG002 - a refused token stays refused
        return False


class _Installation(msgspec.Struct, frozen=True):
    id: int


class _AccessToken(msgspec.Struct, frozen=True):
    token: str
    expires_at: datetime


class AppSignIn:
    """A GitHub App; its installation is looked up per owner, once for all who wait for it.

    `private_key` is the PEM text. Tokens are renewed five minutes before they end. Scopes are
    `owner/name` or an organisation; without one, the App signs in as itself.
    """

    refused = (
        "GitHub does not accept the App's sign-in; check FLOWBOT_GITHUB_APP_ID, the private "
        "key and the clock, then run `python -m bot doctor`."
    )
    is_app = True

    def __init__(self, app_id: str, private_key: str) -> None:
        self._app_id = app_id
        self._key = private_key
        self._installations: dict[str, int] = {}
        self._tokens: dict[str, _AccessToken] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    def __repr__(self) -> str:
        return f"AppSignIn({self._app_id})"

    async def headers(self, http: Http, scope: str) -> Mapping[str, str]:
        if not scope:
            return await self.app_headers()
        return {"authorization": f"Bearer {await self.token(http, scope)}"}

    async def token(self, http: Http, scope: str) -> str:
        """Return the owner's installation token; single flight."""
        owner = scope.partition("/")[0]
        async with self._locks.setdefault(owner, asyncio.Lock()):
            known = self._tokens.get(owner)
            if known is None or known.expires_at - datetime.now(UTC) < RENEW_BEFORE:
                known = self._tokens[owner] = await self._new_token(http, owner, scope)
            return known.token

    async def app_headers(self) -> Mapping[str, str]:
        """Return the App's own credentials, signed in a thread: RSA takes a millisecond."""
        import jwt

        now = datetime.now(UTC)
        claims = {"iat": now - CLOCK_SKEW, "exp": now + JWT_LIFE, "iss": self._app_id}
        try:
            signed = await in_thread(jwt.encode, claims, self._key, algorithm="RS256")
        except (jwt.PyJWTError, ValueError):
            raise Refused("The GitHub App's private key is not a PEM key.") from None
        return {"authorization": f"Bearer {signed}"}

    def forget(self, scope: str) -> bool:
        """Drop the owner's token and installation: the App may have been installed anew."""
        owner = scope.partition("/")[0]
        self._installations.pop(owner, None)
        return self._tokens.pop(owner, None) is not None

    async def _new_token(self, http: Http, owner: str, scope: str) -> _AccessToken:
        headers = await self.app_headers()
        if owner not in self._installations:
            self._installations[owner] = await _installation(http, scope, headers)
        path = f"/app/installations/{self._installations[owner]}/access_tokens"
        gone = {404: f"The GitHub App is no longer installed for {owner}."}
        # A new token changes nothing that people can see, so it is no write.
        call = Call("POST", path, headers=headers, signed=False, write=False, missing=gone)
        try:
            return (await http.send(call)).decode(_AccessToken)
        except NotFound:
            self._installations.pop(owner, None)
            raise


async def _installation(http: Http, scope: str, headers: Mapping[str, str]) -> int:
    owner, _, name = scope.partition("/")
    path = f"/repos/{quoted(owner)}/{quoted(name)}" if name else f"/orgs/{quoted(owner)}"
    missing = {404: f"The GitHub App does not see {scope}: check the name, or install it there."}
    call = Call("GET", f"{path}/installation", headers=headers, signed=False, missing=missing)
    return (await http.send(call)).decode(_Installation).id
