"""Pull requests are reviewed and merged once, at the commit that was looked at."""

from datetime import timedelta
from typing import Literal

import httpx
import pytest

from integrations.emulators.github import GitHubWorld
from integrations.errors import NotFound, Refused, Transient
from integrations.github import GitHub
from integrations.github.rules import Protection
from integrations.github.settings import Settings
from tests.integrations.github.conftest import Connect

REPO = "acme/api"


@pytest.fixture
async def pull(world: GitHubWorld) -> int:
    """Return an open pull request."""
    return await world.person("ada").opens_pull(REPO, "Add", {"a.txt": "one\n"})


def head(world: GitHubWorld, pull: int) -> str:
    """Return the last commit of a pull request."""
    return world[REPO].pulls[pull].head_sha


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
async def test_a_pull_request_is_merged_once(
    method: Literal["merge", "squash", "rebase"], world: GitHubWorld, github: GitHub, pull: int
) -> None:
    """The second time the commit that it became comes back."""
    sha = head(world, pull)
    made = await github.ensure_merged(REPO, pull, sha, method)
    assert await github.ensure_merged(REPO, pull, sha, method) == made == world.head(REPO)
    assert len(world.writes) == 1


async def test_only_what_was_looked_at_is_merged(
    world: GitHubWorld, github: GitHub, pull: int
) -> None:
    """A commit that came later stops it, and so does a conflict."""
    sha = head(world, pull)
    await world.person("ada").pushes(REPO, {"b.txt": "b"}, branch=world[REPO].pulls[pull].head_ref)
    with pytest.raises(Refused, match="Head branch was modified"):
        await github.ensure_merged(REPO, pull, sha)
    with pytest.raises(NotFound, match="no pull request #99"):
        await github.ensure_merged(REPO, 99, sha)


@pytest.mark.parametrize(
    ("mergeable", "words", "kind"),
    [
        (None, "Pull Request is not mergeable", Transient),
        (True, "Base branch was modified. Review and try the merge again.", Transient),
        (False, "Pull Request is not mergeable", Refused),
        (True, "At least 1 approving review is required.", Refused),
    ],
)
async def test_what_github_still_works_out_is_no_refusal(
    connect: Connect, mergeable: bool | None, words: str, kind: type[Exception]
) -> None:
    """It is tried again a moment later; a conflict is not."""

    def handler(request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            return httpx.Response(405, json={"message": words})
        sides = {"head": {"ref": "topic", "sha": "a1"}, "base": {"ref": "main"}}
        pull = {"number": 7, "title": "Add", "state": "open", "mergeable": mergeable}
        return httpx.Response(200, json=pull | sides)

    with pytest.raises(kind):
        await connect(handler).ensure_merged(REPO, 7, "a1")


async def test_a_merge_has_the_words_it_was_given(
    world: GitHubWorld, github: GitHub, pull: int
) -> None:
    """Where there are any; GitHub has its own."""
    sha = head(world, pull)
    made = await github.ensure_merged(REPO, pull, sha, title="Title", message="Text")
    commit = await github.head(REPO)
    assert (commit.sha, commit.message) == (made, "Title\n\nText")


async def test_a_verdict_is_given_once_for_a_commit(
    world: GitHubWorld, github: GitHub, pull: int
) -> None:
    """Another commit wants another one."""
    sha = head(world, pull)
    first = await github.ensure_review(REPO, pull, sha, "APPROVE")
    assert await github.ensure_review(REPO, pull, sha, "APPROVE") == first
    await github.ensure_review(REPO, pull, sha, "COMMENT", "One more word")
    said = [(one.author, one.state) for one in await github.reviews(REPO, pull)]
    assert said == [("flowbot", "approved"), ("flowbot", "commented")]


async def test_people_and_teams_are_asked_once(
    world: GitHubWorld, github: GitHub, pull: int
) -> None:
    """Only those who are not asked yet; a stranger is refused."""
    for people in (["bo"], ["bo", "cy"], ["bo", "cy"]):
        await github.ensure_reviewers(REPO, pull, people, ["web"])
    assert world[REPO].pulls[pull].reviewers == ["bo", "cy"]
    assert len(world.writes) == 2
    with pytest.raises(Refused, match="collaborators"):
        await github.ensure_reviewers(REPO, pull, ["zoe"])


async def test_a_branch_is_brought_up_to_date_once(
    world: GitHubWorld, github: GitHub, pull: int
) -> None:
    """Where it is as it was seen; nothing happens where nothing is new."""
    sha = head(world, pull)
    await github.ensure_branch_updated(REPO, pull, sha)
    assert head(world, pull) == sha
    await world.person("bo").pushes(REPO, {"b.txt": "b"})
    for _ in range(2):
        await github.ensure_branch_updated(REPO, pull, sha)
    compared = await github.comparison(REPO, "main", world[REPO].pulls[pull].head_ref)
    assert (compared.status, compared.ahead) == ("ahead", 2)


async def test_a_branch_is_merged_into_another_once(
    world: GitHubWorld, github: GitHub, pull: int
) -> None:
    """Without a pull request; a conflict is refused."""
    sha = head(world, pull)
    made = await github.ensure_merged_into(REPO, "main", sha, "Bring it in")
    assert await github.ensure_merged_into(REPO, "main", sha) == made == world.head(REPO)
    await world.person("bo").pushes(REPO, {"README.md": "other"}, branch="side")
    await world.person("bo").pushes(REPO, {"README.md": "another"})
    with pytest.raises(Refused, match="Merge conflict"):
        await github.ensure_merged_into(REPO, "main", "side")
    with pytest.raises(NotFound, match="no main or no nope"):
        await github.ensure_merged_into(REPO, "main", "nope")


async def test_a_pull_request_merges_by_itself_once_all_is_there(
    world: GitHubWorld, github: GitHub, pull: int
) -> None:
    """Set once, taken back once; then the yes comes and it is merged."""
    sha = head(world, pull)
    with pytest.raises(Refused, match="not allowed"):
        await github.ensure_auto_merge(REPO, pull, sha)
    await github.ensure_settings(REPO, Settings(allow_auto_merge=True))
    with pytest.raises(Refused, match="clean status"):
        await github.ensure_auto_merge(REPO, pull, sha)
    await github.ensure_protection(REPO, "main", Protection(approvals=1))
    world.writes.clear()
    for _ in range(2):
        await github.ensure_auto_merge(REPO, pull, sha)
    for _ in range(2):
        await github.delete_auto_merge(REPO, pull)
    assert len(world.writes) == 2
    await github.ensure_auto_merge(REPO, pull, sha, "merge")
    await world.person("bo").approves(REPO, pull)
    world.clock += timedelta(minutes=1)
    found = await github.pull(REPO, pull)
    assert (found.state, found.merge_sha) == ("merged", world.head(REPO))


async def test_a_draft_ends_once(world: GitHubWorld, github: GitHub) -> None:
    """And can then be merged."""
    number = await world.person("ada").opens_pull(REPO, "Add", {"a": "a"}, draft=True)
    world.writes.clear()
    for _ in range(2):
        await github.ensure_ready(REPO, number)
    assert len(world.writes) == 1
    assert not world[REPO].pulls[number].draft
    with pytest.raises(NotFound, match="no pull request #99"):
        await github.ensure_ready(REPO, 99)


async def test_who_was_asked_is_asked_no_more(world: GitHubWorld, github: GitHub) -> None:
    """Whoever was not asked is none the worse."""
    number = await world.person("bo").opens_pull(REPO, "feat: carts", {"cart.py": "x = 1\n"})
    world.account("cy")
    await github.ensure_reviewers(REPO, number, ["cy"])
    await github.delete_reviewers(REPO, number, ["cy"], ["web"])
    assert (await github.pull(REPO, number)).reviewers == ()
    [changed] = await github.pull_changes(REPO, number)
    assert (changed.path, changed.status, changed.additions) == ("cart.py", "added", 1)
    assert "+x = 1" in changed.patch


async def test_a_verdict_is_taken_back_once(world: GitHubWorld, github: GitHub, pull: int) -> None:
    """What was only said cannot be."""
    sha = head(world, pull)
    bad = await github.ensure_review(REPO, pull, sha, "REQUEST_CHANGES", "No")
    found = await github.ensure_review_dismissed(REPO, pull, bad.id, "It was mended.")
    assert await github.ensure_review_dismissed(REPO, pull, bad.id, "It was mended.") == found
    assert (found.state, len(world.writes)) == ("dismissed", 2)
    said = await github.ensure_review(REPO, pull, sha, "COMMENT", "Hm")
    with pytest.raises(Refused, match="dismiss a commented"):
        await github.ensure_review_dismissed(REPO, pull, said.id, "x")
