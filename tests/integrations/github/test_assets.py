"""Files are put into a release once, and read where GitHub keeps them."""

import hashlib

import httpx
import pytest

from integrations.emulators.github import GitHubWorld
from integrations.errors import NotFound, Refused, Transient
from integrations.github import GitHub
from integrations.github.api import uploads_of
from tests.integrations.github.conftest import Connect

REPO, TAG = "acme/api", "v1.2.0"
CONTENT = b"\x1f\x8b what was built"


async def test_a_file_is_put_into_a_release_once(world: GitHubWorld, github: GitHub) -> None:
    """It is found again by its name and content, and taken out again once."""
    made = await github.ensure_asset(REPO, TAG, "api-1.2.0.tar.gz", CONTENT, label="Source")
    assert await github.ensure_asset(REPO, TAG, "api-1.2.0.tar.gz", CONTENT) == made
    digest = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
    assert (made.size, made.digest, made.label) == (len(CONTENT), digest, "Source")
    assert len(world.writes) == 1
    assert await github.asset_content(REPO, made.id) == CONTENT
    (held,) = await github.assets(REPO, TAG)
    assert (held.name, held.downloads, held.uploader) == ("api-1.2.0.tar.gz", 1, "flowbot")
    with pytest.raises(Refused, match="another file"):
        await github.ensure_asset(REPO, TAG, "api-1.2.0.tar.gz", b"else")
    for _ in range(2):
        await github.delete_asset(REPO, TAG, "api-1.2.0.tar.gz")
    assert await github.assets(REPO, TAG) == []
    with pytest.raises(NotFound, match="no file"):
        await github.asset_content(REPO, made.id)


async def test_what_arrived_in_part_is_sent_again(world: GitHubWorld, github: GitHub) -> None:
    """Also when only the answer was lost, and the whole file is there."""
    made = await github.ensure_asset(REPO, TAG, "api.whl", CONTENT)
    release = world[REPO].release(TAG)
    assert release
    release.assets[made.id].state = "open"
    again = await github.ensure_asset(REPO, TAG, "api.whl", CONTENT)
    assert again.id != made.id

    world.fail(status=502, match="/uploads/", late=True)
    with pytest.raises(Transient):
        await github.ensure_asset(REPO, TAG, "notes.txt", b"Notes")
    before = len(world.writes)
    await github.ensure_asset(REPO, TAG, "notes.txt", b"Notes")
    assert len(world.writes) == before


async def test_a_draft_has_files_too(github: GitHub) -> None:
    """They go with it; what GitHub would not take is refused before it is sent."""
    await github.ensure_release(REPO, "v2.0.0", "2", "Notes", draft=True)
    await github.ensure_asset(REPO, "v2.0.0", "a.txt", b"a", "text/plain")
    for name, content in (
        ("two words.txt", b"a"),
        (".hidden", b"a"),
        ("a..b", b"a"),
        ("empty.txt", b""),
    ):
        with pytest.raises(Refused):
            await github.ensure_asset(REPO, "v2.0.0", name, content)
    await github.delete_release(REPO, "v2.0.0")
    await github.delete_asset(REPO, "v2.0.0", "a.txt")
    with pytest.raises(NotFound, match="no release"):
        await github.assets(REPO, "v2.0.0")


async def test_files_go_to_the_host_that_takes_them(connect: Connect) -> None:
    """With the sign-in; they are fetched from a third host, without it."""
    asked: list[httpx.Request] = []
    upload = "https://uploads.github.com/repos/acme/api/releases/7/assets{?name,label}"

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if request.url.host == "objects.githubusercontent.com":
            return httpx.Response(200, content=CONTENT)
        if request.headers["accept"] == "application/octet-stream":
            place = "https://objects.githubusercontent.com/9?signature=x"
            return httpx.Response(302, headers={"location": place})
        if request.method == "POST":
            return httpx.Response(201, json={"id": 9, "name": "a.bin"})
        if request.url.path.endswith("/assets"):
            return httpx.Response(200, json=[])
        release = {"id": 7, "tag_name": TAG, "upload_url": upload}
        return httpx.Response(200, json=release)

    github = connect(handler)
    made = await github.ensure_asset(REPO, TAG, "a.bin", CONTENT, "application/x-thing", "A")
    sent = asked[-1]
    assert str(sent.url).startswith("https://uploads.github.com/repos/acme/api/releases/7/assets?")
    assert dict(sent.url.params) == {"name": "a.bin", "label": "A"}
    assert sent.headers["authorization"] == "Bearer secret"
    assert (sent.headers["content-type"], sent.content) == ("application/x-thing", CONTENT)
    assert await github.asset_content(REPO, made.id) == CONTENT
    assert "authorization" not in asked[-1].headers


@pytest.mark.parametrize("address", ["https://evil.example/x{?name}", ""])
async def test_files_go_nowhere_else(connect: Connect, address: str) -> None:
    """Whatever the answer says."""

    def handler(request: httpx.Request) -> httpx.Response:
        assert request.url.host == "api.github.com"
        if request.url.path.endswith("/assets"):
            return httpx.Response(200, json=[])
        release = {"id": 7, "tag_name": TAG, "upload_url": address}
        return httpx.Response(200, json=release)

    with pytest.raises(Refused, match=r"another host|does not say"):
        await connect(handler).ensure_asset(REPO, TAG, "a.bin", CONTENT)


@pytest.mark.parametrize(
    ("api", "uploads"),
    [
        ("https://api.github.com", "https://uploads.github.com"),
        ("https://api.acme.ghe.com/", "https://uploads.acme.ghe.com/"),
        ("https://git.acme.example/api/v3", "https://git.acme.example/api/v3"),
        ("https://api.acme.example", "https://api.acme.example"),
    ],
)
def test_the_host_of_files_follows_from_that_of_the_api(api: str, uploads: str) -> None:
    """On Enterprise Server it is the same one."""
    assert uploads_of(api) == uploads
