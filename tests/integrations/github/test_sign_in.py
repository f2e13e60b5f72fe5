"""Signing in as a token or as an App, without ever showing a secret."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from integrations.errors import NotFound, Refused
from integrations.github.sign_in import AppSignIn, GitHubSignIn, TokenSignIn
from tests.integrations.github.conftest import Connect

REPOSITORY = {"full_name": "acme/api", "default_branch": "main"}


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    """Return a key pair that no one else has."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def pem(key: rsa.RSAPrivateKey) -> str:
    """Return the key as GitHub hands it out."""
    return key.private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    ).decode()


class AppServer:
    """GitHub as far as an App's sign-in needs it; remembers what was asked."""

    def __init__(self, life: timedelta = timedelta(hours=1)) -> None:
        self.life = life
        self.asked: list[str] = []
        self.valid: set[str] = set()
        self.jwt = ""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.asked.append(path)
        sent = request.headers.get("authorization", "")
        if path.endswith("/installation"):
            self.jwt = sent.removeprefix("Bearer ")
            missing = "/nope/" in path
            return httpx.Response(404) if missing else httpx.Response(200, json={"id": 5})
        if path == "/app":
            return httpx.Response(200, json={"slug": "flowbot"})
        if path == "/app/installations/5/access_tokens":
            token = f"ghs_{len(self.asked)}_" + "x" * 400
            self.valid.add(f"Bearer {token}")
            ends = datetime.now(UTC) + self.life
            return httpx.Response(201, json={"token": token, "expires_at": ends.isoformat()})
        if sent not in self.valid:
            return httpx.Response(401, json={"message": "Bad credentials"})
        return httpx.Response(200, json=REPOSITORY)

    def tokens(self) -> int:
        return sum(path.endswith("/access_tokens") for path in self.asked)


async def test_many_first_calls_ask_for_one_token(
    connect: Connect, pem: str, key: rsa.RSAPrivateKey
) -> None:
    """Single flight: twenty runs that start together cost one installation and one token."""
    server = AppServer()
    github = connect(server, AppSignIn("42", pem))
    await asyncio.gather(*(github.repository("acme/api") for _ in range(20)))
    assert server.tokens() == 1
    assert server.asked.count("/repos/acme/api/installation") == 1
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    claims = jwt.decode(server.jwt, public, algorithms=["RS256"])
    assert claims["iss"] == "42"
    assert claims["exp"] - claims["iat"] <= 600


async def test_owners_have_tokens_of_their_own(connect: Connect, pem: str) -> None:
    """An installation sees one owner; its repositories share the token."""
    server = AppServer()
    github = connect(server, AppSignIn("42", pem))
    for repo in ("acme/api", "acme/shop", "other/api"):
        await github.repository(repo)
    assert server.tokens() == 2


async def test_a_token_is_renewed_before_it_ends(connect: Connect, pem: str) -> None:
    """Less than five minutes are not enough for a long page of calls."""
    server = AppServer(life=timedelta(minutes=4))
    github = connect(server, AppSignIn("42", pem))
    await github.repository("acme/api")
    await github.repository("acme/api")
    assert server.tokens() == 2


async def test_a_token_that_died_early_is_replaced_once(connect: Connect, pem: str) -> None:
    """A revoked token is signed anew; when that is refused too, the person is told."""
    server = AppServer()
    github = connect(server, AppSignIn("42", pem))
    await github.repository("acme/api")
    server.valid.clear()
    await github.repository("acme/api")
    assert server.tokens() == 2

    class Closed(AppServer):
        def tokens_are_refused(self) -> None:
            self.valid.clear()

        def __call__(self, request: httpx.Request) -> httpx.Response:
            answer = super().__call__(request)
            self.tokens_are_refused()
            return answer

    closed = Closed()
    with pytest.raises(Refused, match="FLOWBOT_GITHUB_APP_ID"):
        await connect(closed, AppSignIn("42", pem)).repository("acme/api")
    assert closed.tokens() == 2


async def test_an_app_that_is_not_installed_says_so(connect: Connect, pem: str) -> None:
    """The person can install it, so the text names the place."""
    github = connect(AppServer(), AppSignIn("42", pem))
    with pytest.raises(NotFound, match="does not see nope/api"):
        await github.repository("nope/api")


async def test_an_app_knows_its_own_name(connect: Connect, pem: str) -> None:
    """Without a repository the App signs in as itself."""
    identity = await connect(AppServer(), AppSignIn("42", pem)).identity()
    assert (identity.login, identity.kind) == ("flowbot[bot]", "app")


async def test_a_key_that_is_none_is_named(connect: Connect) -> None:
    """The key's text is not in the message."""
    github = connect(AppServer(), AppSignIn("42", "not a key"))
    with pytest.raises(Refused, match="not a PEM key") as caught:
        await github.repository("acme/api")
    assert "not a key" not in str(caught.value)


async def test_a_refused_token_names_the_setting(connect: Connect) -> None:
    """A plain token is not tried twice."""
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["authorization"])
        return httpx.Response(401, json={"message": "Bad credentials"})

    with pytest.raises(Refused, match="FLOWBOT_GITHUB_TOKEN"):
        await connect(handler).repository("acme/api")
    assert asked == ["Bearer secret"]


async def test_without_a_token_nothing_is_sent(connect: Connect) -> None:
    """Public repositories can be read by anybody."""

    def handler(request: httpx.Request) -> httpx.Response:
        assert "authorization" not in request.headers
        return httpx.Response(200, json=REPOSITORY)

    await connect(handler, TokenSignIn("")).repository("acme/api")


@pytest.mark.parametrize("sign_in", [TokenSignIn("s3cret"), AppSignIn("42", "s3cret")])
def test_a_sign_in_does_not_print_its_secret(sign_in: GitHubSignIn) -> None:
    """Neither in a log nor in an error report."""
    assert "s3cret" not in repr(sign_in)


@pytest.mark.parametrize(
    ("header", "end"),
    [
        ("2026-12-01 12:00:00 UTC", datetime(2026, 12, 1, 12, tzinfo=UTC)),
        ("2026-12-01 14:00:00 +0200", datetime(2026, 12, 1, 12, tzinfo=UTC)),
        ("someday", None),
    ],
)
async def test_a_token_says_what_it_may_and_until_when(
    connect: Connect, header: str, end: datetime | None
) -> None:
    """Both stand in headers, for the health check."""
    headers = {
        "x-oauth-scopes": "repo, read:org",
        "github-authentication-token-expiration": header,
    }
    github = connect(lambda _: httpx.Response(200, json={"login": "ada"}, headers=headers))
    identity = await github.identity()
    assert (identity.login, identity.scopes) == ("ada", ("repo", "read:org"))
    assert identity.expires_at == end
    bare = connect(lambda _: httpx.Response(200, json={"login": "ada"}))
    assert (await bare.identity()).scopes is None
