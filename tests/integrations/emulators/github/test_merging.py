"""Pull requests are merged by git itself."""

import base64

import httpx
import pytest

from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.belongings import Protection

HERE = "/repos/acme/api"


async def opened(world: GitHubWorld, api: httpx.AsyncClient, *texts: str, **more: object) -> int:
    """Open a pull request that writes each text to its own file; return its number."""
    body = {"ref": "refs/heads/topic", "sha": world.tags("acme/api")["v1.2.0"]}
    await api.post(f"{HERE}/git/refs", json=body)
    for index, text in enumerate(texts):
        content = base64.b64encode(text.encode()).decode()
        body = {"message": f"Part {index}", "content": content, "branch": "topic"}
        await api.put(f"{HERE}/contents/part{index}.txt", json=body)
    body = {"title": "Parts", "head": "topic", "base": "main"}
    answer = await api.post(f"{HERE}/pulls", json=body | more)
    number: int = answer.json()["number"]
    return number


@pytest.mark.parametrize(
    ("method", "parents", "added"), [("merge", 2, 3), ("squash", 1, 1), ("rebase", 1, 2)]
)
async def test_each_method_leaves_its_own_history(
    method: str, parents: int, added: int, world: GitHubWorld, api: httpx.AsyncClient
) -> None:
    """A merge keeps both commits and adds one, a squash makes one, a rebase makes two."""
    before = world.head("acme/api")
    number = await opened(world, api, "one", "two")
    answer = await api.put(f"{HERE}/pulls/{number}/merge", json={"merge_method": method})
    assert answer.json()["merged"], answer.text

    git, head = world.git(world["acme/api"]), world.head("acme/api")
    assert head == answer.json()["sha"]
    assert len(git.commit(head).parents) == parents
    assert await git.count(f"{before}..{head}") == added
    assert git.object(f"{head}:part1.txt") is not None
    assert git.object(f"{head}:changes/1.md") is not None
    assert (await api.get(f"{HERE}/pulls/{number}/merge")).status_code == 204
    files = (await api.get(f"{HERE}/pulls/{number}/files")).json()
    assert [one["filename"] for one in files] == ["part0.txt", "part1.txt"]


async def test_a_conflict_is_not_merged(world: GitHubWorld, api: httpx.AsyncClient) -> None:
    """Both sides changed a file: GitHub says so and main stays."""
    number = await opened(world, api, "one")
    body = {"message": "m", "content": base64.b64encode(b"other").decode()}
    await api.put(f"{HERE}/contents/part0.txt", json=body)
    before = world.head("acme/api")

    told = [(await api.get(f"{HERE}/pulls/{number}")).json() for _ in range(2)]
    assert [(one["mergeable"], one["mergeable_state"]) for one in told] == [
        (None, "unknown"),
        (False, "dirty"),
    ]
    answer = await api.put(f"{HERE}/pulls/{number}/merge", json={})
    assert (answer.status_code, answer.json()["message"]) == (405, "Pull Request is not mergeable")
    assert world.head("acme/api") == before


async def test_what_stands_in_the_way_has_github_s_words(
    world: GitHubWorld, api: httpx.AsyncClient
) -> None:
    """Nobody knows until somebody has looked, whenever one of the two branches moves."""
    number = await opened(world, api, "one", draft=True)
    pull, ada = world["acme/api"].pulls[number], world.person("ada")

    async def seen() -> list[str]:
        told = [(await api.get(f"{HERE}/pulls/{number}")).json() for _ in range(2)]
        return [one["mergeable_state"] for one in told]

    assert await seen() == ["unknown", "draft"]
    pull.draft = False
    assert await seen() == ["clean", "clean"]
    world.check("acme/api", None, sha=pull.head_sha)
    assert await seen() == ["unstable", "unstable"]
    rule = world["acme/api"].protections["main"] = Protection(checks=["test"], strict=True)
    assert await seen() == ["blocked", "blocked"]
    rule.checks = []
    await ada.pushes("acme/api", {"more.txt": "more"})
    assert await seen() == ["unknown", "behind"]
    answer = await api.put(f"{HERE}/pulls/{number}/merge", json={})
    assert (answer.status_code, answer.json()["message"][:26]) == (
        405,
        "Head branch is out of date",
    )
    await api.put(f"{HERE}/pulls/{number}/update-branch", json={})
    assert await seen() == ["unknown", "clean"]


async def test_a_branch_that_moved_is_not_merged(
    world: GitHubWorld, api: httpx.AsyncClient
) -> None:
    """A merge bound to a commit is refused once the branch has another."""
    number = await opened(world, api, "one")
    answer = await api.put(f"{HERE}/pulls/{number}/merge", json={"sha": "0" * 40})
    assert answer.status_code == 409


async def test_a_draft_waits(world: GitHubWorld, api: httpx.AsyncClient) -> None:
    """A draft cannot be merged, nor can what is merged already."""
    number = await opened(world, api, "one", draft=True)
    answer = await api.put(f"{HERE}/pulls/{number}/merge", json={})
    again = await api.put(f"{HERE}/pulls/1/merge", json={})
    assert (answer.status_code, again.status_code) == (405, 405)


async def test_a_branch_has_one_open_pull_request(
    world: GitHubWorld, api: httpx.AsyncClient
) -> None:
    """A second one for the same branches is refused in words that name the branch."""
    await opened(world, api, "one")
    answer = await api.post(f"{HERE}/pulls", json={"title": "x", "head": "topic", "base": "main"})
    assert answer.status_code == 422
    words = "A pull request already exists for acme:topic."
    assert answer.json()["errors"][0]["message"] == words
