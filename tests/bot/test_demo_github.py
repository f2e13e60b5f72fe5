"""What people of a demo do on GitHub, in words of the prompt."""

from pathlib import Path

import pytest

from bot.demo.hub import DEEDS, done
from integrations.emulators.github import GitHubWorld

REPO = "acme/shop"


@pytest.fixture
def github(tmp_path: Path) -> GitHubWorld:
    """Return a GitHub with two repositories."""
    world = GitHubWorld(tmp_path / "github")
    world.repo(REPO, release="v1.0.0", merged=["Add a cart"])
    world.repo("acme/api", release="v0.1.0")
    return world


async def test_a_pull_request_is_opened_talked_about_and_merged(github: GitHubWorld) -> None:
    """By who types; the first repository is meant where none is named."""
    opened = await done(github, "ada", 'open-pr "Sell umbrellas"')
    number = max(github[REPO].pulls)
    assert opened == f"{REPO}#{number} is open."
    for typed, said in (
        (f"comment {number} Which colours?", "has your comment."),
        (f"label #{number} needs review", "has the label needs review."),
        (f"ask-review {number} cy", "asks cy for a review."),
        (f"fail-ci {number}", f": CI failed on #{number}."),
        (f"pass-ci {number}", f": CI succeeded on #{number}."),
        (f"approve {number}", "is approved."),
        (f"merge {number}", "is merged."),
    ):
        assert (await done(github, "bo", typed)).endswith(said)
    pull = github[REPO].pulls[number]
    assert (pull.author, pull.merged_by, pull.labels) == ("ada", "bo", ["needs review"])


async def test_everything_else_is_done_too(github: GitHubWorld) -> None:
    """In the repository that is named."""
    for typed, said in (
        ("open-issue acme/api The basket is empty", "acme/api#1 is open."),
        ("close acme/api 1", "acme/api#1 is closed."),
        ("push acme/api Be faster", "on its default branch."),
        ("fail-ci acme/api", "acme/api: CI failed on its default branch."),
        ("release acme/api v0.2.0", "acme/api has the release v0.2.0."),
        ("deploy acme/api", "acme/api is deployed to production."),
    ):
        assert (await done(github, "ada", typed)).endswith(said)
    assert f"{REPO}: 1 tag" in await done(github, "ada", "")
    assert "acme/api: 2 tags, the newest version is v0.2.0" in await done(github, "ada", "")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("help", "github open-pr TITLE"),
        ("fly", "github open-pr TITLE"),
        ("open-pr", "Say it in words. Type: github open-pr TITLE"),
        ("merge", "Say which one. Type: github merge NUMBER"),
        ("merge 999", "acme/shop has no “999”. Type: github merge NUMBER"),
        ("merge acme/api x", "acme/api has no “x”. Type: github merge NUMBER"),
        ("release v1.0.0", "GitHub says: "),
    ],
)
async def test_what_cannot_be_done_says_how_it_is_typed(
    github: GitHubWorld, typed: str, said: str
) -> None:
    """In one line, and nothing has changed."""
    assert said in await done(github, "ada", typed)


async def test_an_issue_cannot_be_merged(github: GitHubWorld) -> None:
    """It is named as what it is."""
    await done(github, "ada", "open-issue It rains")
    number = max(github[REPO].issues)
    assert f"#{number} is no pull request." in await done(github, "ada", f"merge {number}")


async def test_every_deed_is_in_the_help(github: GitHubWorld) -> None:
    """With what it takes."""
    shown = await done(github, "ada", "help")
    assert all(f"github {name} {deed.use}" in shown for name, deed in DEEDS.items())
