"""Sign-in to Linear: a personal API key, an access token, or an OAuth app that gets its own."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol
from urllib.parse import urlencode

import msgspec

from integrations.errors import Refused, Unauthorized
from integrations.http import Call, Http, SignIn

KEY = "lin_api_"
TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path
SCOPES = "read,write"
ADMIN = "admin"
RENEW_BEFORE = timedelta(minutes=5)


class LinearSigns(SignIn, Protocol):
    """A sign-in; people read `refused` after a 401."""

    refused: str


class LinearSignIn:
    """Sends a personal key as it is and any other token as a bearer's, as Linear wants them."""

    refused = (
        "Linear does not accept the token; set FLOWBOT_LINEAR_TOKEN to a personal API key or an "
        "OAuth token that is valid, then run `python -m bot doctor`."
    )

    def __init__(self, token: str) -> None:
        self._token = token

    def __repr__(self) -> str:
        return "LinearSignIn(…)"

    async def headers(self, http: Http, scope: str) -> Mapping[str, str]:  # noqa: ARG002 - one for all
        if not self._token:
            return {}
        is_key = self._token.startswith(KEY)
        return {"authorization": self._token if is_key else f"Bearer {self._token}"}

    def forget(self, scope: str) -> bool:  # noqa: ARG002 - a refused token stays refused
        return False


class _AccessToken(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: float


class LinearAppSignIn:
    """An OAuth app that acts as itself: a token for its id and secret, renewed before it ends.

    With `admin` it may also see and change webhooks. All who wait get the same token.
    """

    refused = (
        "Linear does not accept the app's sign-in; check FLOWBOT_LINEAR_CLIENT_ID and "
        "FLOWBOT_LINEAR_CLIENT_SECRET, allow client credentials in the app's settings in Linear, "
        "then run `python -m bot doctor`."
    )

    def __init__(self, client_id: str, client_secret: str, *, admin: bool = False) -> None:
        self._id = client_id
        self._secret = client_secret
        self._scopes = f"{SCOPES},{ADMIN}" if admin else SCOPES
        self._token = ""
        self._until = datetime.min.replace(tzinfo=UTC)
        self._lock = asyncio.Lock()

    def __repr__(self) -> str:
        return f"LinearAppSignIn({self._id})"

    async def headers(self, http: Http, scope: str) -> Mapping[str, str]:  # noqa: ARG002 - one for all
        async with self._lock:
            if not self._token or self._until - datetime.now(UTC) < RENEW_BEFORE:
                await self._renew(http)
            return {"authorization": f"Bearer {self._token}"}

    def forget(self, scope: str) -> bool:  # noqa: ARG002 - one for all
        """Drop a token that was refused: it may have been taken back."""
        had, self._token = self._token, ""
        return bool(had)

    async def _renew(self, http: Http) -> None:
        given = {
            "grant_type": "client_credentials",
            "client_id": self._id,
            "client_secret": self._secret,
            "scope": self._scopes,
        }
        kind = {"content-type": "application/x-www-form-urlencoded"}
        body = urlencode(given).encode()
        # A new token changes nothing that people can see, so it is no write.
        call = Call("POST", TOKEN_PATH, body=body, headers=kind, signed=False, write=False)
        try:
            found = (await http.send(call)).decode(_AccessToken)
        except Refused:
            raise Unauthorized(self.refused) from None
        self._token = found.access_token
        self._until = datetime.now(UTC) + timedelta(seconds=found.expires_in)


def linear_sign_in(
    token: str, app: str = "", secret: str = "", *, admin: bool = False
) -> LinearSigns:
    """Return how to sign in: as the app where there is one, else by the token."""
    return LinearAppSignIn(app, secret, admin=admin) if app else LinearSignIn(token)
