"""Signing in, limits, pages, cached answers and failures follow GitHub's rules."""

from datetime import timedelta

import httpx
import pytest

from integrations.emulators.github import GitHubWorld, Write
from tests.integrations.emulators.github.connection import connected

HERE = "/repos/acme/api"


@pytest.mark.parametrize(
    ("token", "words"), [("", "Requires authentication"), ("nonsense", "Bad credentials")]
)
async def test_who_is_not_known_gets_401(token: str, words: str, world: GitHubWorld) -> None:
    """The message says whether there was a credential at all."""
    async with connected(world, token) as api:
        answer = await api.get(HERE)
    assert (answer.status_code, answer.json()["message"]) == (401, words)


async def test_a_reader_may_not_write(world: GitHubWorld) -> None:
    """A read-only token gets 403 and the world stays as it was."""
    world.token("look", "ada", writes=False)
    async with connected(world, "look") as api:
        answer = await api.post(f"{HERE}/issues", json={"title": "x"})
    assert answer.status_code == 403
    assert (world.writes, world["acme/api"].issues) == ([], {})


@pytest.mark.parametrize(
    "path",
    ["/repos/acme/nope", "/repos/nobody/api/pulls", f"{HERE}/pulls/99", f"{HERE}/releases/tags/v9"],
)
async def test_the_unknown_is_404(path: str, api: httpx.AsyncClient) -> None:
    """What is not there has GitHub's words for it."""
    answer = await api.get(path)
    assert (answer.status_code, answer.json()["message"]) == (404, "Not Found")


async def test_a_reference_is_made_once(world: GitHubWorld, api: httpx.AsyncClient) -> None:
    """The second time the words are those that clients look for."""
    body = {"ref": "refs/tags/v1.3.0", "sha": world.head("acme/api")}
    first = await api.post(f"{HERE}/git/refs", json=body)
    second = await api.post(f"{HERE}/git/refs", json=body)
    assert (first.status_code, second.status_code) == (201, 422)
    assert second.json()["message"] == "Reference already exists"
    assert world.writes == [Write("POST", f"{HERE}/git/refs")]


async def test_a_tag_has_one_release(api: httpx.AsyncClient) -> None:
    """A second release of a tag is refused with the code already_exists."""
    answer = await api.post(f"{HERE}/releases", json={"tag_name": "v1.2.0"})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"resource": "Release", "code": "already_exists", "field": "tag_name"}
    ]


async def test_a_branch_moves_only_forward(world: GitHubWorld, api: httpx.AsyncClient) -> None:
    """Without force a branch goes only where its history goes."""
    old = {"sha": world.tags("acme/api")["v1.2.0"]}
    answer = await api.patch(f"{HERE}/git/refs/heads/main", json=old)
    assert (answer.status_code, answer.json()["message"]) == (422, "Update is not a fast forward")
    forced = await api.patch(f"{HERE}/git/refs/heads/main", json=old | {"force": True})
    assert forced.status_code == 200
    assert world.head("acme/api") == old["sha"]


async def test_a_stale_file_is_a_conflict(api: httpx.AsyncClient) -> None:
    """Writing over a file takes the sha of what is there now."""
    body = {"message": "m", "content": "eA=="}
    without = await api.put(f"{HERE}/contents/README.md", json=body)
    stale = await api.put(f"{HERE}/contents/README.md", json=body | {"sha": "0" * 40})
    assert (without.status_code, stale.status_code) == (422, 409)


async def test_pages_are_linked(acme: GitHubWorld) -> None:
    """Following `next` gives every tag once, and the last page has no next."""
    async with connected(acme) as api:
        answer = await api.get("/repos/acme/shop/tags?per_page=4")
        seen = [tag["name"] for tag in answer.json()]
        while "next" in answer.links:
            answer = await api.get(answer.links["next"]["url"])
            seen += [tag["name"] for tag in answer.json()]
    assert len(seen) == len(set(seen)) == len(acme.tags("acme/shop"))
    assert set(answer.links) == {"prev", "first"}


async def test_an_unchanged_answer_costs_nothing(api: httpx.AsyncClient) -> None:
    """304 with the tag of the copy; the rate limit stays; a change brings a new tag."""
    first = await api.get(HERE)
    again = await api.get(HERE, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["x-ratelimit-used"] == first.headers["x-ratelimit-used"]

    await api.post(f"{HERE}/issues", json={"title": "x"})
    changed = await api.get(HERE, headers={"if-none-match": first.headers["etag"]})
    assert changed.status_code == 200


async def test_the_hour_has_so_many_requests(world: GitHubWorld, api: httpx.AsyncClient) -> None:
    """Beyond the limit it is 403 with nothing remaining, until the hour is over."""
    world.quotas["core"].limit = 2
    used = [(await api.get(HERE)).headers["x-ratelimit-remaining"] for _ in range(2)]
    over = await api.get(HERE)
    assert used == ["1", "0"]
    assert (over.status_code, over.headers["x-ratelimit-remaining"]) == (403, "0")

    world.clock += timedelta(hours=1)
    assert (await api.get(HERE)).status_code == 200


async def test_a_failure_lasts_as_often_as_told(world: GitHubWorld, api: httpx.AsyncClient) -> None:
    """Only matching requests fail, and only so many times."""
    world.fail(status=502, times=2, match="/releases")
    codes = [(await api.get(f"{HERE}/releases")).status_code for _ in range(3)]
    assert codes == [502, 502, 200]
    world.fail(status=503, match="/releases")
    assert (await api.get(HERE)).status_code == 200


async def test_a_secondary_limit_says_when_to_come_back(
    world: GitHubWorld, api: httpx.AsyncClient
) -> None:
    """403 with Retry-After carries the words by which clients know it."""
    world.fail(status=403, retry_after=30)
    answer = await api.get(HERE)
    assert answer.headers["retry-after"] == "30"
    assert "secondary rate limit" in answer.json()["message"]


async def test_an_answer_can_be_lost_after_the_work(
    world: GitHubWorld, api: httpx.AsyncClient
) -> None:
    """The caller sees 502 although the issue was made: what a crash in between looks like."""
    world.fail(status=502, match="/issues", late=True)
    answer = await api.post(f"{HERE}/issues", json={"title": "x"})
    assert answer.status_code == 502
    assert [issue.title for issue in world["acme/api"].issues.values()] == ["x"]
    assert world.writes == [Write("POST", f"{HERE}/issues")]


async def test_requests_are_counted_by_kind(world: GitHubWorld, api: httpx.AsyncClient) -> None:
    """A test can ask how many calls something took."""
    await api.get(HERE)
    await api.post("/graphql", json={"query": "{ viewer { login } }"})
    assert world.requests == {"rest": 1, "graphql": 1}
