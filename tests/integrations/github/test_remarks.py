"""Reactions, locks and remarks on lines are made once."""

import pytest

from integrations.emulators.github import GitHubWorld
from integrations.errors import NotFound, Refused
from integrations.github import GitHub

REPO = "acme/api"


@pytest.fixture
async def pull(world: GitHubWorld) -> int:
    """Return an open pull request that adds a file of three lines."""
    return await world.person("ada").opens_pull(REPO, "Add", {"a.txt": "one\ntwo\nthree\n"})


async def test_a_reaction_is_given_once(world: GitHubWorld, github: GitHub, pull: int) -> None:
    """To a thread and to a comment in it; taken back once."""
    comment = await world.person("bo").comments(REPO, pull, "Nice")
    for place in (0, comment):
        first = await github.ensure_reaction(REPO, pull, "eyes", place)
        assert await github.ensure_reaction(REPO, pull, "eyes", place) == first
        assert (first.content, first.author) == ("eyes", "flowbot")
        assert len(world[REPO].reactions) == 1
        for _ in range(2):
            await github.delete_reaction(REPO, pull, first.id, place)
    assert await github.reactions(REPO, pull) == []


async def test_a_thread_is_locked_and_opened(world: GitHubWorld, github: GitHub) -> None:
    """As often as one likes; the reason is kept."""
    number = await world.person("ada").opens_issue(REPO, "Loud")
    for _ in range(2):
        await github.ensure_locked(REPO, number, "too heated")
    assert world[REPO].issues[number].lock_reason == "too heated"
    for _ in range(2):
        await github.ensure_unlocked(REPO, number)
    assert not world[REPO].issues[number].locked
    with pytest.raises(NotFound, match="no #99"):
        await github.ensure_locked(REPO, 99)


async def test_a_remark_is_made_once_on_a_line(
    world: GitHubWorld, github: GitHub, pull: int
) -> None:
    """And answered once; a line that the pull request does not show is refused."""
    sha = world[REPO].pulls[pull].head_sha
    first = await github.ensure_line_comment(REPO, pull, sha, "a.txt", 2, "Two?")
    assert await github.ensure_line_comment(REPO, pull, sha, "a.txt", 2, "Two?") == first
    answer = await github.ensure_line_reply(REPO, pull, first.id, "Two.")
    assert await github.ensure_line_reply(REPO, pull, first.id, "Two.") == answer
    assert [(one.line, one.answers) for one in await github.line_comments(REPO, pull)] == [
        (2, 0),
        (2, first.id),
    ]
    with pytest.raises(Refused, match="part of the diff"):
        await github.ensure_line_comment(REPO, pull, sha, "a.txt", 9, "Nine?")
    with pytest.raises(Refused):
        await github.ensure_line_comment(REPO, pull, sha, "b.txt", 1, "Where?")
    with pytest.raises(NotFound, match="no such remark"):
        await github.ensure_line_reply(REPO, pull, 7, "?")
    for _ in range(2):
        await github.delete_line_comment(REPO, first.id)
    assert [one.id for one in await github.line_comments(REPO, pull)] == [answer.id]
