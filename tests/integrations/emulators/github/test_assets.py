"""Files of releases are taken, renamed, refused and hidden as GitHub does it."""

import httpx

from integrations.emulators.github import GitHubWorld
from tests.integrations.emulators.github.connection import connected

HERE = "/repos/acme/api"
RAW = {"accept": "application/octet-stream"}


async def test_a_file_has_github_s_name_and_refusals(
    world: GitHubWorld, api: httpx.AsyncClient
) -> None:
    """What is strange in a name becomes a dot; nothing is taken that is empty or has no name."""
    draft = await api.post(f"{HERE}/releases", json={"tag_name": "v2", "draft": True})
    release = draft.json()
    address = release["upload_url"].partition("{")[0]
    made = await api.post(f"{address}?name=a b~(1).txt.", content=b"a")
    assert (made.status_code, made.json()["name"]) == (201, "a.b.1.txt")
    for query, content, code in (("name=a.b.1.txt", b"a", "already_exists"), ("", b"a", "missing")):
        answer = await api.post(f"{address}?{query}", content=content)
        assert (answer.status_code, code in answer.text) == (422, True)
    empty = await api.post(f"{address}?name=empty")
    assert empty.json()["errors"][0]["message"] == "size must be greater than or equal to 1"

    number = made.json()["id"]
    one = f"{HERE}/releases/assets/{number}"
    assert (await api.get(one)).json() == made.json()
    assert (await api.get(f"{HERE}/releases/{release['id']}")).json()["assets"] == [made.json()]
    world.token("look", "ada", writes=False)
    async with connected(world, "look") as reader:
        assert (await reader.get(one)).status_code == 404
    place = (await api.get(one, headers=RAW)).headers["location"]
    async with httpx.AsyncClient(trust_env=False) as bare:
        assert (await bare.get(place)).content == b"a"
        world["acme/api"].releases[release["id"]].assets[number].state = "open"
        assert (await bare.get(place)).status_code == 404
        assert (await bare.get(f"{place}0")).status_code == 403
