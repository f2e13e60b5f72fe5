"""The emulated OSV refuses and pages as the real one does."""

import httpx
import pytest

from integrations.emulators.osv import OsvWorld, osv_app

VITE = {"package": {"ecosystem": "npm", "name": "vite"}, "version": "5.0.0"}


@pytest.fixture
def world() -> OsvWorld:
    """Return the recorded advisories."""
    return OsvWorld()


@pytest.fixture
def client(world: OsvWorld) -> httpx.AsyncClient:
    """Return a client of anybody's."""
    transport = httpx.ASGITransport(osv_app(world))
    return httpx.AsyncClient(transport=transport, base_url="http://osv.example")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({}, "Invalid query."),
        ({"package": {"name": "vite"}}, "Invalid query."),
        ({"package": {"name": "x", "ecosystem": "Fortran"}}, "Invalid ecosystem."),
        ({**VITE, "page_token": "!"}, "Invalid page token."),
    ],
)
async def test_a_bad_query_is_refused(
    client: httpx.AsyncClient, query: object, message: str
) -> None:
    """With the code of gRPC beside the status of HTTP; in a batch one spoils all."""
    for path, body in (("query", query), ("querybatch", {"queries": [VITE, query]})):
        answer = await client.post(f"/v1/{path}", json=body)
        assert (answer.status_code, answer.json()) == (400, {"code": 3, "message": message})


async def test_a_batch_has_its_limit(client: httpx.AsyncClient) -> None:
    """A thousand are taken, one more is not."""
    taken = await client.post("/v1/querybatch", json={"queries": [VITE] * 1000})
    assert len(taken.json()["results"]) == 1000
    refused = await client.post("/v1/querybatch", json={"queries": [VITE] * 1001})
    assert (refused.status_code, refused.json()["message"]) == (400, "Too many queries.")


async def test_what_is_no_json_is_refused(client: httpx.AsyncClient) -> None:
    """And what is no object, too."""
    for body in (b"{", b"[]", b"\xff"):
        assert (await client.post("/v1/query", content=body)).status_code == 400


async def test_an_unknown_advisory_is_not_found(client: httpx.AsyncClient) -> None:
    """In OSV's words."""
    answer = await client.get("/v1/vulns/GHSA-none")
    assert (answer.status_code, answer.json()) == (404, {"code": 5, "message": "Bug not found."})


async def test_a_query_tells_whole_advisories_page_by_page(
    world: OsvWorld, client: httpx.AsyncClient
) -> None:
    """Without a version all that were ever known of the package; nothing is an empty object."""
    world.page_size = 2
    first = (await client.post("/v1/query", json=VITE)).json()
    assert [each["affected"][0]["package"]["name"] for each in first["vulns"]] == ["vite"] * 2
    second = await client.post("/v1/query", json={**VITE, "page_token": first["next_page_token"]})
    assert len(second.json()["vulns"]) == 1
    assert "next_page_token" not in second.json()
    every = await client.post("/v1/query", json={"package": VITE["package"]})
    assert len(every.json()["vulns"]) == 2
    nothing = await client.post("/v1/query", json={**VITE, "version": "9.0.0"})
    assert nothing.json() == {}


async def test_what_fails_on_demand_fails_where_it_was_asked_to(
    world: OsvWorld, client: httpx.AsyncClient
) -> None:
    """After so many that went well."""
    world.breaks.fail(status=500, match="GHSA-8jhw", after=1)
    path = "/v1/vulns/GHSA-8jhw-289h-jh2g"
    statuses = [(await client.get(path)).status_code for _ in range(3)]
    assert statuses == [200, 500, 200]
    assert (await client.get("/v1/vulns/GHSA-c24v-8rfc-w8vw")).status_code == 200


def test_a_world_may_follow_the_real_clock() -> None:
    """As one does that is served alone."""
    world = OsvWorld(now=None)
    before = world.clock
    assert world.advisory("GHSA-new", "npm", "a")["modified"].endswith("Z")
    assert world.clock >= before
