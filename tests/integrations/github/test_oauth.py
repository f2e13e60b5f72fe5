"""A program acts as a person, whose token is renewed in time, once, and never shown."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import httpx
import msgspec
import pytest

from integrations.errors import Refused, Unauthorized
from integrations.github import GitHub
from integrations.github.api import GitHubApi
from integrations.github.oauth import OAuth, UserSignIn, UserToken

HOUR = timedelta(hours=1)


class Server:
    """GitHub as far as this needs it: each token and what renews it are good once."""

    def __init__(self) -> None:
        self.given = 0
        self.valid = "ghu_1"
        self.fails = ""

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path != "/login/oauth/access_token":
            known = request.headers["authorization"] == f"Bearer {self.valid}"
            repository = {"full_name": "acme/api", "default_branch": "main", "login": "ada"}
            return httpx.Response(200 if known else 401, json=repository)
        asked = msgspec.json.decode(request.content, type=dict[str, str])
        assert (asked["client_id"], asked["client_secret"]) == ("id", "secret")
        if self.fails:
            return httpx.Response(200, json={"error": self.fails})
        good = {f"ghr_{self.given}", "code"} if not self.given else {f"ghr_{self.given}"}
        if asked.get("refresh_token", asked.get("code")) not in good:
            return httpx.Response(200, json={"error": "bad_refresh_token"})
        self.given += 1
        # A token may be of any length.
        self.valid = f"ghu_{self.given}".ljust(900, "x")
        told = {"access_token": self.valid, "refresh_token": f"ghr_{self.given}"}
        return httpx.Response(200, json=told | {"expires_in": 28_800, "token_type": "bearer"})


@pytest.fixture
def server() -> Server:
    """Return a GitHub that knows one person."""
    return Server()


@asynccontextmanager
async def signed_in(server: Server, held: UserToken) -> AsyncIterator[tuple[GitHub, list[str]]]:
    """Yield GitHub as a person sees it, and the tokens that were kept."""
    transport, kept = httpx.MockTransport(server.answer), list[str]()

    async def keep(token: UserToken) -> None:
        kept.append(token.refresh)

    web, api = "https://github.com", "https://api.github.com"
    async with OAuth("id", "secret", web_url=web, api_url=api, transport=transport) as oauth:
        sign_in = UserSignIn(oauth, held, keep)
        assert "ghu" not in f"{sign_in} {held}"
        async with GitHubApi(sign_in, transport=transport) as github:
            yield GitHub(github), kept


async def test_a_token_is_renewed_before_it_ends(server: Server) -> None:
    """Once for all who wait, and what it is renewed with next time is kept."""
    soon = UserToken("ghu_0", "ghr_0", datetime.now(UTC) + timedelta(minutes=1))
    async with signed_in(server, soon) as (github, kept):
        calls = [github.repository("acme/api") for _ in range(3)]
        assert len(set(await asyncio.gather(*calls))) == 1
        assert kept == ["ghr_1"]


async def test_a_token_that_was_taken_back_is_renewed(server: Server) -> None:
    """Also when several calls learn of it at once; one that is good is left alone."""
    async with signed_in(server, UserToken("ghu_1", "ghr_0", datetime.now(UTC) + HOUR)) as one:
        github, kept = one
        await github.repository("acme/api")
        assert kept == []
        server.valid = "ghu_2"
        await asyncio.gather(*(github.repository("acme/api") for _ in range(3)))
        assert kept == ["ghr_1"]


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        ("bad_refresh_token", Unauthorized, "sign in again"),
        ("incorrect_client_credentials", Refused, "FLOWBOT_GITHUB_CLIENT_ID"),
    ],
)
async def test_a_sign_in_that_is_over_says_so(
    server: Server, error: str, kind: type[Refused], words: str
) -> None:
    """To whoever has to do something about it."""
    server.fails = error
    async with signed_in(server, UserToken("ghu_0", "ghr_0", datetime.now(UTC))) as (github, _):
        with pytest.raises(kind, match=words):
            await github.repository("acme/api")


async def test_a_token_without_an_end_is_used_as_it_is(server: Server) -> None:
    """Refused, it stays refused."""
    async with signed_in(server, UserToken("ghu_1")) as (github, kept):
        await github.repository("acme/api")
        server.valid = ""
        with pytest.raises(Refused, match="sign in again"):
            await github.repository("acme/api")
        assert kept == []


async def test_a_code_becomes_a_token(server: Server) -> None:
    """Which says until when it is good; a code that was used becomes none."""
    transport = httpx.MockTransport(server.answer)
    web, api = "https://github.com", "https://api.github.com"
    async with OAuth("id", "secret", web_url=web, api_url=api, transport=transport) as oauth:
        asked = parse_qs(httpx.URL(oauth.address("state", "https://back.example")).query.decode())
        assert asked["state"] == ["state"]
        token = await oauth.token("code", "https://back.example")
        assert (len(token.token), token.refresh) == (900, "ghr_1")
        assert token.until
        assert token.until > datetime.now(UTC) + 7 * HOUR
        with pytest.raises(Refused, match="start again"):
            await oauth.login("code", "https://back.example")
