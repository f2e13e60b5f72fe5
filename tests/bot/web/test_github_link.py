"""Somebody signs in at GitHub and is known by that login, once they have said so."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

from bot.dispatch import Dispatch
from bot.passes import Passes
from bot.people.acquaintance import Acquaintance
from bot.people.linking import Linking
from bot.people.naming import Naming
from bot.services import open_services
from bot.settings import Settings
from bot.web.app import create_app
from integrations.github.oauth import OAuth
from storage import people
from storage.database import Database
from storage.people import Identity
from tests.bot.web.conftest import RULES, Clock, catalogue
from tests.bot.web.people import ADA, CAT
from tests.bot.web.wire import Line, News

PAGE = "http://localhost"


@dataclass
class GitHubDoor:
    """GitHub as far as signing in needs it: each code is good once."""

    codes: dict[str, str] = field(default_factory=lambda: {"c1": "Ada-L", "c2": "eve"})
    secret: str = "secret"
    asked: list[httpx.Request] = field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer as GitHub does: 200, also for a code that is wrong."""
        self.asked.append(request)
        if request.url.path == "/user":
            login = request.headers["authorization"].removeprefix("Bearer gho_")
            return httpx.Response(200, json={"login": login, "id": 1})
        body = dict(httpx.Response(200, content=request.content).json())
        if body["client_secret"] != self.secret:
            return httpx.Response(200, json={"error": "incorrect_client_credentials"})
        login = self.codes.pop(body["code"], "")
        if not login:
            return httpx.Response(200, json={"error": "bad_verification_code"})
        return httpx.Response(200, json={"access_token": f"gho_{login}", "token_type": "bearer"})


@pytest.fixture
def door() -> GitHubDoor:
    """Return GitHub's door."""
    return GitHubDoor()


@pytest_asyncio.fixture
async def linked(
    database: Database,
    news: News,
    line: Line,
    clock: Clock,
    dispatch: Dispatch,
    passes: Passes,
    door: GitHubDoor,
) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a browser on a page where people can link themselves with GitHub."""
    naming = Naming(database, RULES, clock)
    known = Acquaintance(database, clock, {})
    linking = Linking(database, naming, clock, known, passes, github_at=PAGE)
    transport = httpx.MockTransport(door.answer)
    async with OAuth(
        "id",
        "secret",
        web_url="https://github.example",
        api_url="https://api.github.example",
        transport=transport,
    ) as oauth:
        app = create_app(
            database,
            news,
            line,
            dispatch,
            passes,
            public_url=PAGE,
            clock=clock,
            catalogue=catalogue,
            linking=(linking, oauth),
        )
        serving = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=serving, base_url=PAGE) as browser:
            yield browser


async def begun(browser: httpx.AsyncClient, passes: Passes) -> str:
    """Follow the link of the chat; return the state that GitHub gives back."""
    sent = await browser.get(passes.joining(ADA, ""))
    there = urlsplit(sent.headers["location"])
    query = parse_qs(there.query)
    assert (sent.status_code, there.netloc, there.path) == (
        303,
        "github.example",
        "/login/oauth/authorize",
    )
    assert query["client_id"] == ["id"]
    assert query["redirect_uri"] == [f"{PAGE}/link/github/back"]
    return query["state"][0]


async def test_who_signs_in_and_says_so_is_known_by_that_login(
    linked: httpx.AsyncClient, passes: Passes, database: Database, door: GitHubDoor
) -> None:
    """Only the button links, and only once."""
    state = await begun(linked, passes)
    back = {"state": state, "code": "c1"}
    page = await linked.get("/link/github/back", params=back)
    assert "You are <strong>ada</strong> (Slack), and signed in at GitHub." in page.text
    assert door.asked == []

    done = await linked.post("/link/github", data=back)

    assert done.status_code == 200
    assert "You are Ada-L on GitHub: you have signed in there." in done.text
    async with database.read() as connection:
        person = await people.of(connection, ADA.platform, ADA.id)
    assert person is not None
    assert person.on("github") == Identity("github", "ada-l", "Ada-L", "link")
    again = await linked.post("/link/github", data=back | {"code": "c2"})
    assert again.status_code == 403
    assert (await linked.get("/link/github", params={"token": state})).status_code == 403


async def test_a_link_that_is_forged_or_old_leads_nowhere(
    linked: httpx.AsyncClient, passes: Passes, clock: Clock
) -> None:
    """Nor does one that was made to sign in to the page."""
    state = await begun(linked, passes)
    other = passes.link(ADA, "").partition("token=")[2]
    for token in ("", "forged", other):
        assert (await linked.get("/link/github", params={"token": token})).status_code == 403
        tried = await linked.post("/link/github", data={"state": token, "code": "c1"})
        assert tried.status_code == 403
    assert (await linked.get("/link/github/back", params={"state": state})).status_code == 403
    clock.now += timedelta(seconds=601)
    assert (await linked.post("/link/github", data={"state": state})).status_code == 403


async def test_what_github_does_not_know_links_nothing(
    linked: httpx.AsyncClient, passes: Passes, door: GitHubDoor
) -> None:
    """The page says what to do; the link is still good."""
    state = await begun(linked, passes)
    wrong = await linked.post("/link/github", data={"state": state, "code": "c9"})
    assert wrong.status_code == 502
    assert "start again from the chat" in wrong.text
    door.secret = "another"
    wrong = await linked.post("/link/github", data={"state": state, "code": "c1"})
    assert "FLOWBOT_GITHUB_CLIENT_ID" in wrong.text
    door.secret = "secret"
    assert (await linked.post("/link/github", data={"state": state, "code": "c1"})).is_success


async def test_a_login_of_somebody_else_is_not_taken(
    linked: httpx.AsyncClient, passes: Passes, database: Database, clock: Clock
) -> None:
    """An admin can say otherwise."""
    async with database.begin() as connection:
        cat = await people.seen(connection, CAT.platform, CAT.id, "cat", clock())
        login = Identity("github", "ada-l", "Ada-L", "admin")
        await people.give(connection, cat.id, login, clock())
    state = await begun(linked, passes)
    taken = await linked.post("/link/github", data={"state": state, "code": "c1"})
    assert taken.status_code == 409
    assert "Ada-L on GitHub is cat already." in taken.text


async def test_the_door_is_open_where_its_settings_are(tmp_path: Path) -> None:
    """Without them the page has no such address."""
    settings = Settings(
        data_dir=tmp_path, github_client_id="id", github_client_secret=SecretStr("s")
    )
    async with open_services(settings) as services:
        assert services.oauth
        address = services.oauth.address("state", PAGE)
        assert address.startswith("https://github.com/login/oauth/authorize?client_id=id&")
    async with open_services(settings.model_copy(update={"github_client_id": ""})) as bare:
        assert bare.oauth is None
