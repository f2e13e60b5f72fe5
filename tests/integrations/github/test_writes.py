"""Writes can be repeated: the second time the emulated GitHub is asked to change nothing."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from integrations.emulators.github import TOKEN, GitHubWorld, github_app
from integrations.emulators.server import serve
from integrations.errors import NotFound, Refused, Transient
from integrations.github import File, GitHub
from integrations.github.api import GitHubApi
from integrations.github.places import place
from integrations.github.sign_in import TokenSignIn
from integrations.meter import Meter, WriteOutsideEffect, metered
from tests.integrations.github.conftest import Connect

REPO = "acme/api"


@pytest.fixture
def world(tmp_path: Path) -> GitHubWorld:
    """Return a world with one small repository."""
    made = GitHubWorld(tmp_path / "world")
    made.repo(REPO, release="v1.2.0", merged=["feat: Add retries"])
    return made


@pytest.fixture
async def github(world: GitHubWorld) -> AsyncIterator[GitHub]:
    """Return the real client, connected to the world."""
    async with (
        serve(github_app(world)) as base,
        GitHubApi(TokenSignIn(TOKEN), base_url=base) as api,
    ):
        yield GitHub(api)
    world.close()


async def test_a_tag_is_made_once(world: GitHubWorld, github: GitHub) -> None:
    """The same tag at the same commit is the same result, annotated or not."""
    sha = world.head(REPO)
    for tag, message in (("v1.3.0", "Release"), ("light", "")):
        first = await github.ensure_tag(REPO, tag, sha, message)
        writes = len(world.writes)
        assert await github.ensure_tag(REPO, tag, sha, message) == first
        assert len(world.writes) == writes
        assert world.tags(REPO)[tag] == sha == first.sha


async def test_a_tag_is_never_moved(world: GitHubWorld, github: GitHub) -> None:
    """Another commit under the same name is refused, and the text says what to do."""
    with pytest.raises(Refused, match="choose another version"):
        await github.ensure_tag(REPO, "v1.2.0", world.head(REPO))


async def test_a_tag_of_no_commit_is_refused(world: GitHubWorld, github: GitHub) -> None:
    """GitHub's own words reach the person, and no tag is there."""
    with pytest.raises(Refused):
        await github.ensure_tag(REPO, "v2", "0" * 40)
    assert "v2" not in world.tags(REPO)


async def test_a_lost_answer_is_made_good_by_asking_again(
    world: GitHubWorld, github: GitHub
) -> None:
    """The work was done but nobody heard: repeating finds it done."""
    world.fail(status=502, match="/git/refs", method="POST", late=True)
    with pytest.raises(Transient):
        await github.ensure_tag(REPO, "v1.3.0", world.head(REPO))
    writes = len(world.writes)
    assert (await github.ensure_tag(REPO, "v1.3.0", world.head(REPO))).sha == world.head(REPO)
    assert len(world.writes) == writes


async def test_what_is_deleted_twice_is_gone(world: GitHubWorld, github: GitHub) -> None:
    """Deleting what is not there is no error."""
    await github.ensure_branch(REPO, "side/x", world.head(REPO))
    for _ in range(2):
        await github.delete_release(REPO, "v1.2.0")
        await github.delete_tag(REPO, "v1.2.0")
        await github.delete_branch(REPO, "side/x")
    assert world.tags(REPO) == {}
    assert await github.branch(REPO, "side/x") is None
    with pytest.raises(NotFound):
        await github.delete_tag("acme/nope", "v1")


async def test_a_release_is_published_once_and_then_brought_into_form(
    world: GitHubWorld, github: GitHub
) -> None:
    """Equal content writes nothing; other notes are edited in place."""
    await github.ensure_tag(REPO, "v1.3.0", world.head(REPO))
    first = await github.ensure_release(REPO, "v1.3.0", "v1.3.0", "Notes")
    writes = len(world.writes)
    assert await github.ensure_release(REPO, "v1.3.0", "v1.3.0", "Notes") == first
    assert len(world.writes) == writes
    edited = await github.ensure_release(REPO, "v1.3.0", "v1.3.0", "Better notes")
    assert (edited.id, edited.body) == (first.id, "Better notes")
    latest = await github.latest_release(REPO)
    assert latest is not None
    assert latest.tag == "v1.3.0"


async def test_a_draft_is_found_again(world: GitHubWorld, github: GitHub) -> None:
    """Drafts have no address by tag; a repeat makes no second one."""
    first = await github.ensure_release(REPO, "v9", "Nine", "Notes", draft=True)
    assert (await github.ensure_release(REPO, "v9", "Nine", "Notes", draft=True)).id == first.id
    assert [r.tag for r in await github.releases(REPO) if r.draft] == ["v9"]
    await github.delete_release(REPO, "v9")
    assert not [r for r in await github.releases(REPO) if r.draft]


async def test_a_release_can_be_marked_as_withdrawn(world: GitHubWorld, github: GitHub) -> None:
    """Only what is given changes, and the second time nothing does."""
    marked = await github.ensure_release_marked(REPO, "v1.2.0", notes="Withdrawn", prerelease=True)
    assert (marked.body, marked.prerelease) == ("Withdrawn", True)
    marked = await github.ensure_release_marked(REPO, "v1.2.0", name="Gone")
    assert (marked.name, marked.body) == ("Gone", "Withdrawn")
    writes = len(world.writes)
    assert await github.ensure_release_marked(REPO, "v1.2.0", prerelease=True) == marked
    assert len(world.writes) == writes
    with pytest.raises(NotFound, match="no release v0"):
        await github.ensure_release_marked(REPO, "v0", notes="x")


async def test_one_release_is_the_latest(world: GitHubWorld, github: GitHub) -> None:
    """Whichever is said to be; the second time nothing changes."""
    await github.ensure_release(REPO, "v1.1.0", "Older", "Notes", latest=False)
    assert (await github.ensure_latest(REPO, "v1.1.0")).tag == "v1.1.0"
    latest = await github.latest_release(REPO)
    assert latest
    assert latest.tag == "v1.1.0"
    writes = len(world.writes)
    await github.ensure_latest(REPO, "v1.1.0")
    assert len(world.writes) == writes
    with pytest.raises(NotFound, match="no release v0"):
        await github.ensure_latest(REPO, "v0")


async def test_a_branch_is_made_once_and_never_moved(world: GitHubWorld, github: GitHub) -> None:
    """As with tags."""
    sha = world.head(REPO)
    first = await github.ensure_branch(REPO, "side/x", sha)
    assert await github.ensure_branch(REPO, "side/x", sha) == first
    old = (await github.commits_between(REPO, "v1.2.0", sha))[0].sha
    other = world.tags(REPO)["v1.2.0"]
    assert old != other
    with pytest.raises(Refused, match="choose another name"):
        await github.ensure_branch(REPO, "side/x", other)


async def test_a_file_is_committed_once(world: GitHubWorld, github: GitHub) -> None:
    """The same text again is the same commit; a text that changed meanwhile is refused."""
    await github.ensure_branch(REPO, "side", world.head(REPO))
    path = "docs/ü x.md"
    first = await github.ensure_file(REPO, "side", path, "hi\n", "Add docs", "")
    assert first.sha == world.head(REPO, "side")
    assert await github.ensure_file(REPO, "side", path, "hi\n", "Add docs", "") == first
    there = await github.file(REPO, path, "side")
    assert there is not None
    assert there.text == "hi\n"
    with pytest.raises(Refused, match="meanwhile"):
        await github.ensure_file(REPO, "side", path, "new\n", "Change", "0" * 40)
    second = await github.ensure_file(REPO, "side", path, "new\n", "Change", there.sha)
    assert second.sha != first.sha


async def test_a_pull_request_is_opened_once(world: GitHubWorld, github: GitHub) -> None:
    """Head and base are its key; what people changed in it stays."""
    await github.ensure_branch(REPO, "side", world.head(REPO))
    await github.ensure_file(REPO, "side", "a.md", "hi\n", "Add a")
    first = await github.ensure_pull(REPO, "side", "main", "My change", "Why")
    again = await github.ensure_pull(REPO, "side", "main", "Other title", "Why")
    assert (again.number, again.title, again.state) == (first.number, "My change", "open")
    for _ in range(2):
        assert (await github.ensure_pull_closed(REPO, first.number)).state == "closed"
    with pytest.raises(NotFound, match="#999"):
        await github.ensure_pull_closed(REPO, 999)


async def test_a_pull_request_of_no_branch_is_refused(github: GitHub) -> None:
    """GitHub says why, since nothing else is there to be found."""
    with pytest.raises(Refused):
        await github.ensure_pull(REPO, "nope", "main", "My change", "")


async def test_a_milestone_is_closed_and_opened(github: GitHub) -> None:
    """Both can be repeated, and the counts come along."""
    await github._api.change(place(REPO), "POST", "/milestones", {"title": "1.0"})
    (milestone,) = await github.milestones(REPO)
    for _ in range(2):
        closed = await github.ensure_milestone_closed(REPO, milestone.number)
        assert (closed.title, closed.state, closed.open_issues) == ("1.0", "closed", 0)
    opened = await github.ensure_milestone_opened(REPO, milestone.number)
    assert opened.state == "open"
    assert await github.milestones(REPO, "closed") == []


SHA = "a" * 40
OPEN = {
    "number": 1,
    "title": "My change",
    "head": {"ref": "side"},
    "base": {"ref": "main"},
    "state": "open",
}
RELEASE = {"id": 1, "tag_name": "v1", "name": "v1", "body": "Notes"}
RACES: dict[str, tuple[Any, Callable[[GitHub], Awaitable[object]]]] = {
    "/git/ref/tags/v1": (
        {"object": {"sha": SHA, "type": "commit"}},
        lambda github: github.ensure_tag(REPO, "v1", SHA),
    ),
    "/branches/side": (
        {"name": "side", "commit": {"sha": SHA}},
        lambda github: github.ensure_branch(REPO, "side", SHA),
    ),
    "/releases/tags/v1": (RELEASE, lambda github: github.ensure_release(REPO, "v1", "v1", "Notes")),
    "/pulls": ([OPEN], lambda github: github.ensure_pull(REPO, "side", "main", "x", "")),
}


class Race:
    """GitHub where somebody else makes the thing just before a write arrives, or nobody does."""

    def __init__(self, path: str, thing: object, *, made: bool) -> None:
        self.path, self.thing, self.made = path, thing, made
        self.there = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.there = self.made
            return httpx.Response(422, json={"message": "Validation Failed"})
        if request.url.path == f"/repos/{REPO}":
            return httpx.Response(200, json={"full_name": REPO})
        if request.url.path == f"/repos/{REPO}{self.path}" and self.there:
            return httpx.Response(200, json=self.thing)
        if request.url.path.endswith(("/pulls", "/releases")):
            return httpx.Response(200, json=[])
        return httpx.Response(404)


@pytest.mark.parametrize("path", list(RACES))
async def test_a_write_that_came_second_finds_the_first(connect: Connect, path: str) -> None:
    """GitHub refuses the second of two equal writes; the result is there all the same."""
    thing, write = RACES[path]
    assert await write(connect(Race(path, thing, made=True)))
    with pytest.raises(Refused, match="Validation Failed"):
        await write(connect(Race(path, thing, made=False)))


@pytest.mark.parametrize(
    ("path", "thing", "delete"),
    [
        ("/git/ref/tags/v1", RACES["/git/ref/tags/v1"][0], GitHub.delete_tag),
        ("/branches/side", RACES["/branches/side"][0], GitHub.delete_branch),
        ("/releases/tags/v1", RELEASE, GitHub.delete_release),
    ],
)
async def test_what_may_not_be_deleted_is_not_said_to_be_gone(
    connect: Connect, path: str, thing: object, delete: Callable[..., Awaitable[None]]
) -> None:
    """A protected tag or branch is refused with the same status as a missing one."""

    def handler(request: httpx.Request) -> httpx.Response:
        if request.method == "DELETE":
            return httpx.Response(422, json={"message": "Cannot delete a protected tag"})
        return httpx.Response(200, json=thing)

    with pytest.raises(Refused, match="protected"):
        await delete(connect(handler), REPO, path.rsplit("/", 1)[-1])


async def test_a_milestone_that_is_missing_is_named(github: GitHub) -> None:
    """Closing and opening say which one is not there."""
    for write in (github.ensure_milestone_closed, github.ensure_milestone_opened):
        with pytest.raises(NotFound, match="no milestone 7"):
            await write(REPO, 7)


async def test_writes_need_an_effect(world: GitHubWorld, github: GitHub) -> None:
    """Without one, not even a request for it leaves."""
    with metered(Meter(writes=False)), pytest.raises(WriteOutsideEffect):
        await github.ensure_branch(REPO, "side", world.head(REPO))
    assert world.writes == []


class Hasty(GitHub):
    """Looks for a file a moment before somebody else writes it."""

    looks = 0

    async def file(self, repo: str, path: str, ref: str = "") -> File | None:
        self.looks += 1
        return None if self.looks == 1 else await super().file(repo, path, ref)


async def test_a_file_that_another_try_wrote_meanwhile_is_the_result(github: GitHub) -> None:
    """An earlier try of ours may arrive late; another text is another's, and is refused."""
    await github.ensure_branch(REPO, "page", (await github.head(REPO)).sha)
    first = await github.ensure_file(REPO, "page", "a.md", "ours", "Add a")

    assert await Hasty(github._api).ensure_file(REPO, "page", "a.md", "ours", "Add a") == first
    with pytest.raises(Refused, match="sha"):
        await Hasty(github._api).ensure_file(REPO, "page", "a.md", "theirs", "Add a")
