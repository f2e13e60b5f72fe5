"""The emulated registries answer, redirect and refuse each in its own way."""

import httpx
import pytest

from integrations.emulators.packages import PackagesWorld
from integrations.emulators.registries import registries_app


@pytest.fixture
def world() -> PackagesWorld:
    """Return the recorded packages."""
    return PackagesWorld()


@pytest.fixture
def client(world: PackagesWorld) -> httpx.AsyncClient:
    """Return a client of anybody's."""
    transport = httpx.ASGITransport(registries_app(world))
    return httpx.AsyncClient(transport=transport, base_url="http://registries.example")


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/pypi/pypi/nothing/json", 404, '{"message":"Not Found"}'),
        ("/npm/nothing", 404, '{"error":"Not found"}'),
        ("/go/example.com/a/@latest", 404, "not found: module example.com/a: no matching versions"),
        ("/go/example.com/a/@v/list", 404, "not found: module"),
        ("/go/example.com/a/@v/v1.0.0.info", 404, "not found: module"),
        ("/go/golang.org/x/sync/@v/v9.9.9.info", 404, "unknown revision v9.9.9"),
        ("/go/example.com/a/@v/v1.0.0.mod", 404, "not found: module"),
        ("/go/golang.org/x/sync/@v/v9.9.9.mod", 404, "unknown revision v9.9.9"),
        ("/go/github.com/BurntSushi/toml/@v/list", 400, "invalid escaped module path"),
        ("/crates/api/v1/crates/nothing", 404, "crate `nothing` does not exist"),
    ],
)
async def test_what_is_not_there_is_told_in_its_registrys_words(
    client: httpx.AsyncClient, path: str, status: int, said: str
) -> None:
    """Each has a form of its own."""
    answer = await client.get(path)
    assert answer.status_code == status
    assert said in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/pypi/pypi/flask/json",
        "/npm/@types%2Fnode",
        "/npm/@types/node",
        "/go/github.com/!burnt!sushi/toml/@v/list",
        "/crates/api/v1/crates/Futures_Util",
    ],
)
async def test_an_answer_that_still_holds_is_not_sent_again(
    client: httpx.AsyncClient, path: str
) -> None:
    """Its tag tells."""
    first = await client.get(path)
    again = await client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


async def test_pypi_leads_to_the_one_spelling(client: httpx.AsyncClient) -> None:
    """Whatever the name was."""
    answer = await client.get("/pypi/pypi/SQLAlchemy/json")
    assert (answer.status_code, answer.headers["location"]) == (301, "/pypi/pypi/sqlalchemy/json")


async def test_crates_wants_to_know_who_asks(client: httpx.AsyncClient) -> None:
    """Without a name there is no answer."""
    answer = await client.get("/crates/api/v1/crates/time", headers={"user-agent": ""})
    assert answer.status_code == 403


async def test_the_short_document_of_npm_has_no_times(client: httpx.AsyncClient) -> None:
    """It is for those who install."""
    short = {"accept": "application/vnd.npm.install-v1+json"}
    told = (await client.get("/npm/request", headers=short)).json()
    assert told.keys() == {"name", "dist-tags", "versions", "modified"}
    assert "deprecated" in told["versions"]["2.88.2"]
    assert (await client.get("/npm/vite")).json()["dist-tags"]["next"] == "6.0.0-beta.10"


async def test_people_publish_and_withdraw(world: PackagesWorld, client: httpx.AsyncClient) -> None:
    """What was yanked is never the latest."""
    world.clock = None
    before = world.clock
    assert world.release("PyPI", "brand.new", "1.0").at >= before
    world.release("PyPI", "brand-new", "2.0")
    world.yank("PyPI", "Brand_New", "2.0", "too early")
    told = (await client.get("/pypi/pypi/brand-new/json")).json()
    assert told["info"]["version"] == "1.0"
    assert told["releases"]["2.0"][0]["yanked_reason"] == "too early"
    world.yank("PyPI", "brand-new", "1.0")
    assert (await client.get("/pypi/pypi/brand-new/json")).json()["info"]["version"] == ""
