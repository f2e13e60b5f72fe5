"""Signing people in with GitHub, to know their login: nothing else is asked of them."""

from typing import Self
from urllib.parse import urlencode

import msgspec

from integrations.errors import Refused
from integrations.http import Call, Http, Transport, Words

INTEGRATION = "github"
REFUSED = (
    "GitHub does not accept the sign-in of people: set FLOWBOT_GITHUB_CLIENT_ID and "
    "FLOWBOT_GITHUB_CLIENT_SECRET to those of the OAuth App or the GitHub App."
)
STALE = "GitHub does not know this sign-in any more: start again from the chat."
ACCEPT = {"accept": "application/json"}


class _Granted(msgspec.Struct, frozen=True):
    """GitHub answers 200 to a code that is wrong, too, and says so in `error`."""

    access_token: str = ""
    error: str = ""


class _User(msgspec.Struct, frozen=True):
    login: str


class OAuth:
    """The web application flow; the token that it gives is used once, and kept nowhere."""

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
        wanted = {
            "client_id": self._id,
            "client_secret": self._secret,
            "code": code,
            "redirect_uri": back,
        }
        # It changes nothing that anybody sees: the answer is a token.
        call = Call("POST", "/login/oauth/access_token", body=wanted, headers=ACCEPT, write=False)
        granted = (await self._web.send(call)).decode(_Granted)
        if not granted.access_token:
            is_ours = granted.error == "incorrect_client_credentials"
            raise Refused(REFUSED if is_ours else STALE)
        signed = ACCEPT | {"authorization": f"Bearer {granted.access_token}"}
        return (await self._api.send(Call("GET", "/user", headers=signed))).decode(_User).login
