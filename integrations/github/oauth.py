"""Signing people in with GitHub: to know their login, or to call GitHub as one of them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Self
from urllib.parse import urlencode

import msgspec

from integrations.errors import Refused, Unauthorized
from integrations.github.sign_in import RENEW_BEFORE
from integrations.http import Call, Http, Transport, Words

INTEGRATION = "github"
REFUSED = (
    "GitHub does not accept the sign-in of people: set FLOWBOT_GITHUB_CLIENT_ID and "
    "FLOWBOT_GITHUB_CLIENT_SECRET to those of the OAuth App or the GitHub App."
)
STALE = "GitHub does not know this sign-in any more: start again from the chat."
OVER = "This sign-in with GitHub is over: whoever it is for has to sign in again."
NEW = timedelta(minutes=1)  # longer than a call that was under way when a token was renewed
ACCEPT = {"accept": "application/json"}


class UserToken(msgspec.Struct, frozen=True):
    """Lets a program act as a person; one that ends comes with what a new one is asked for with.

    That may be used once: with the new token comes another.
    """

    token: str
    refresh: str = ""
    until: datetime | None = None

    def __repr__(self) -> str:
        return "UserToken(…)"


class _Granted(msgspec.Struct, frozen=True):
    """GitHub answers 200 to a code that is wrong, too, and says so in `error`."""

    access_token: str = ""
    refresh_token: str = ""
    expires_in: float | None = None
    error: str = ""

    def model(self) -> UserToken:
        life = None if self.expires_in is None else timedelta(seconds=self.expires_in)
        until = None if life is None else datetime.now(UTC) + life
        return UserToken(self.access_token, self.refresh_token, until)


class _User(msgspec.Struct, frozen=True):
    login: str


class OAuth:
    """The web application flow; `login` uses the token that it gives once, and keeps it nowhere."""

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        *,
        web_url: str,
        api_url: str,
        transport: Transport | None = None,
    ) -> None:
        self._id = client_id
        self._secret = client_secret
        words = Words("GitHub", REFUSED)
        self._web = Http(web_url, integration=INTEGRATION, words=words, transport=transport)
        self._api = Http(api_url, integration=INTEGRATION, words=words, transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._web.aclose()
        await self._api.aclose()

    def address(self, state: str, back: str) -> str:
        """Return where somebody is sent to sign in; GitHub sends them `back` with the state."""
        query = {"client_id": self._id, "redirect_uri": back, "state": state, "scope": ""}
        return f"{self._web.base_url}/login/oauth/authorize?{urlencode(query)}"

    async def login(self, code: str, back: str) -> str:
        """Return who has signed in; raises Refused for a code that is none, or was used."""
        granted = await self.token(code, back)
        signed = ACCEPT | {"authorization": f"Bearer {granted.token}"}
        return (await self._api.send(Call("GET", "/user", headers=signed))).decode(_User).login

    async def token(self, code: str, back: str) -> UserToken:
        """Return the token of whoever has signed in; raises Refused as `login` does."""
        granted = await self._granted({"code": code, "redirect_uri": back})
        if not granted.access_token:
            raise Refused(STALE)
        return granted.model()

    async def renewed(self, old: UserToken) -> UserToken:
        """Return the token that follows another, which ends with that, or raise Unauthorized."""
        wanted = {"grant_type": "refresh_token", "refresh_token": old.refresh}
        granted = await self._granted(wanted)
        if not granted.access_token:
            raise Unauthorized(OVER)
        return granted.model()

    async def _granted(self, asked: Mapping[str, str]) -> _Granted:
        wanted = {"client_id": self._id, "client_secret": self._secret, **asked}
        # It changes nothing that anybody sees: the answer is a token.
        call = Call("POST", "/login/oauth/access_token", body=wanted, headers=ACCEPT, write=False)
        granted = (await self._web.send(call)).decode(_Granted)
        if granted.error == "incorrect_client_credentials":
            raise Refused(REFUSED)
        return granted


class UserSignIn:
    """Acts as a person by their token, renewed before it ends, once for all who wait for it.

    `keep` stores the new one before it is used: what the old one was renewed with is good no more.
    """

    refused = OVER
    is_app = False

    def __init__(
        self, oauth: OAuth, held: UserToken, keep: Callable[[UserToken], Awaitable[None]]
    ) -> None:
        self._oauth = oauth
        self._held = held
        self._keep = keep
        self._renewed_at = datetime.min.replace(tzinfo=UTC)
        self._is_refused = False
        self._lock = asyncio.Lock()

    def __repr__(self) -> str:
        return "UserSignIn(…)"

    async def headers(self, http: Http, scope: str) -> Mapping[str, str]:
        return {"authorization": f"Bearer {await self.token(http, scope)}"}

    async def token(self, http: Http, scope: str) -> str:  # noqa: ARG002 - one for every owner
        """Return the person's token; single flight."""
        async with self._lock:
            until = self._held.until
            ends = until is not None and until - datetime.now(UTC) < RENEW_BEFORE
            if self._held.refresh and (ends or self._is_refused):
                self._held = await self._oauth.renewed(self._held)
                await self._keep(self._held)
                self._renewed_at, self._is_refused = datetime.now(UTC), False
            return self._held.token

    def forget(self, scope: str) -> bool:  # noqa: ARG002 - one for every owner
        """Say whether a new token may help; what was asked with the old one takes the newest."""
        is_old = datetime.now(UTC) - self._renewed_at > NEW
        self._is_refused = self._is_refused or (bool(self._held.refresh) and is_old)
        return bool(self._held.refresh)
