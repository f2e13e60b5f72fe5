"""The ordinary git client clones, fetches and pushes."""

from pathlib import Path

import httpx
import pytest

from integrations.emulators.github import TOKEN, GitHubWorld, Write
from tests.integrations.emulators.github.connection import connected, remote


def plain(api: httpx.AsyncClient) -> str:
    """Return the address of the repository."""
    return f"{str(api.base_url).rstrip('/')}/acme/api.git"


def address(api: httpx.AsyncClient, token: str = TOKEN) -> str:
    """Return the address with the credentials in it."""
    return plain(api).replace("http://", f"http://x-access-token:{token}@")


@pytest.mark.parametrize(
    ("flags", "count"),
    [
        ((), 2),
        (("--depth", "1"), 1),
        (("--filter=blob:none", "--no-checkout"), 2),
        (("-c", "protocol.version=0"), 2),
    ],
)
async def test_a_clone_has_the_history(
    flags: tuple[str, ...], count: int, world: GitHubWorld, api: httpx.AsyncClient, tmp_path: Path
) -> None:
    """Whole, shallow, blobless and old-protocol clones end at the world's head."""
    done = await remote(tmp_path, "clone", *flags, address(api), "copy")
    assert done.returncode == 0, done.stderr

    log = await remote(tmp_path / "copy", "rev-list", "origin/main")
    assert log.stdout.split()[0] == world.head("acme/api")
    assert len(log.stdout.split()) == count


async def test_a_token_in_a_header_is_enough(api: httpx.AsyncClient, tmp_path: Path) -> None:
    """Credentials need not stand in the address."""
    header = f"http.extraHeader=Authorization: Bearer {TOKEN}"
    done = await remote(tmp_path, "-c", header, "ls-remote", plain(api))
    assert "refs/tags/v1.2.0" in done.stdout


async def test_a_push_moves_the_branch_and_its_pull_request(
    world: GitHubWorld, api: httpx.AsyncClient, tmp_path: Path
) -> None:
    """What git pushed is what the API then tells; an open pull request follows its branch."""
    await remote(tmp_path, "clone", address(api), "copy")
    copy = tmp_path / "copy"
    (copy / "big.txt").write_text("0123456789\n" * 200_000)  # enough for git to send in chunks
    await remote(copy, "checkout", "-b", "topic")
    await remote(copy, "add", "big.txt")
    await remote(copy, "commit", "-m", "Add a big file")
    first = await remote(copy, "push", "origin", "topic")
    assert first.returncode == 0, first.stderr
    body = {"title": "Big", "head": "topic", "base": "main"}
    opened = (await api.post("/repos/acme/api/pulls", json=body)).json()

    await remote(copy, "commit", "--allow-empty", "-m", "Again")
    await remote(copy, "push", "origin", "topic")

    now = (await api.get(f"/repos/acme/api/pulls/{opened['number']}")).json()
    assert now["head"]["sha"] == world.head("acme/api", "topic") != opened["head"]["sha"]
    assert world.writes[0] == Write("POST", "/acme/api.git/git-receive-pack")


async def test_a_stranger_gets_nothing(api: httpx.AsyncClient, tmp_path: Path) -> None:
    """Without a token git is asked for one; a wrong one is turned down."""
    bare = await remote(tmp_path, "ls-remote", plain(api))
    wrong = await remote(tmp_path, "ls-remote", address(api, "nonsense"))
    assert bare.returncode != 0
    assert wrong.returncode != 0


async def test_a_reader_cannot_push(world: GitHubWorld, tmp_path: Path) -> None:
    """A read-only token clones, but its push is refused and changes nothing."""
    world.token("look", "ada", writes=False)
    before = world.head("acme/api")
    async with connected(world, "look") as api:
        await remote(tmp_path, "clone", address(api, "look"), "copy")
        await remote(tmp_path / "copy", "commit", "--allow-empty", "-m", "No")
        done = await remote(tmp_path / "copy", "push", "origin", "main")

    assert done.returncode != 0
    assert world.head("acme/api") == before
    assert world.writes == []
