"""An app signs in as GitHub asks: a signed token, an installation, a token for it."""

import time

import httpx
import jwt

from integrations.emulators.github import APP_ID, GitHubWorld, app_key
from tests.contract.rest import RestContract
from tests.integrations.emulators.github.connection import connected


def signed(world: GitHubWorld, *, key: str = "", minutes: int = 9, issuer: int = APP_ID) -> str:
    """Sign a token as the app would."""
    now = int(time.time())
    claims = {"iat": now - 60, "exp": now + 60 * minutes, "iss": str(issuer)}
    return jwt.encode(claims, key or app_key(world), algorithm="RS256")


async def test_an_installation_token_opens_the_repositories(
    world: GitHubWorld, contract: RestContract
) -> None:
    """App token, installation, access token, repository; each answer fits the description."""
    async with connected(world, signed(world)) as app:
        contract.check(await app.get("/app"))
        found = await app.get("/repos/acme/api/installation")
        contract.check(found)
        assert (await app.get("/orgs/acme/installation")).json() == found.json()
        # The description of this list wants an account to be user and enterprise at once.
        assert (await app.get("/app/installations")).json() == [found.json()]
        token = await app.post(f"/app/installations/{found.json()['id']}/access_tokens")
        contract.check(token)
    assert token.json()["token"].startswith("ghs_")

    async with connected(world, token.json()["token"]) as api:
        made = await api.post("/repos/acme/api/issues", json={"title": "x"})
        listed = await api.get("/installation/repositories")
        contract.check(listed)
    assert made.json()["user"] == made.json()["user"] | {"login": "flowbot[bot]", "type": "Bot"}
    assert [write.path for write in world.writes] == ["/repos/acme/api/issues"]


async def test_a_forged_or_stretched_token_is_refused(world: GitHubWorld) -> None:
    """Another key, a life of an hour and another app's id are all 401."""
    other = GitHubWorld(world.root.parent / "other")
    for token in (
        signed(world, key=app_key(other)),
        signed(world, minutes=60),
        signed(world, issuer=1),
    ):
        async with connected(world, token) as app:
            assert (await app.get("/app")).status_code == 401


async def test_a_personal_token_is_no_app(api: httpx.AsyncClient) -> None:
    """What only an app may ask is closed to people."""
    assert (await api.get("/app")).status_code == 401


async def test_an_app_is_not_a_user(world: GitHubWorld) -> None:
    """An app has no user of its own to ask for."""
    async with connected(world, signed(world)) as app:
        assert (await app.get("/user")).status_code == 403
