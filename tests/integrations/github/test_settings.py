"""Repositories are made and set up once."""

import pytest

from integrations.emulators.github import GitHubWorld
from integrations.errors import NotFound, Refused
from integrations.github import GitHub
from integrations.github.settings import Settings

REPO = "acme/api"


async def test_a_repository_comes_from_a_template_once(world: GitHubWorld, github: GitHub) -> None:
    """It has all the files and none of the history; and it can be deleted twice."""
    with pytest.raises(Refused, match="not a template"):
        await github.ensure_repository("acme/web", template=REPO)
    await github.ensure_settings(REPO, Settings(is_template=True))
    world.writes.clear()
    made = await github.ensure_repository("acme/web", template=REPO, description="The web")
    assert await github.ensure_repository("acme/web", template=REPO) == made
    assert (made.full_name, made.description, made.private) == ("acme/web", "The web", True)
    assert len(world.writes) == 1
    readme = await github.file("acme/web", "README.md")
    assert readme is not None
    assert readme.text == f"# {REPO}\n"
    assert await world.git(world["acme/web"]).count("HEAD") == 1
    for _ in range(2):
        await github.delete_repository("acme/web")
    with pytest.raises(NotFound):
        await github.repository("acme/web")
    with pytest.raises(NotFound, match="no template acme/nope"):
        await github.ensure_repository("acme/web", template="acme/nope")


async def test_an_empty_repository_has_a_first_commit(github: GitHub) -> None:
    """So that branches can be made at once."""
    await github.ensure_repository("acme/new", private=False)
    assert (await github.head("acme/new")).message == "Initial commit"
    with pytest.raises(NotFound, match="no organisation umbrella"):
        await github.ensure_repository("umbrella/new")


async def test_settings_are_changed_only_where_they_differ(
    world: GitHubWorld, github: GitHub
) -> None:
    """What is not named stays; what GitHub cannot do is refused."""
    wanted = Settings(description="An API", delete_branch_on_merge=True, allow_merge_commit=False)
    for _ in range(2):
        found = await github.ensure_settings(REPO, wanted)
        assert (found.description, found.allow_merge_commit) == ("An API", False)
        assert found.allow_squash_merge
    await github.ensure_settings(REPO, Settings(homepage=""))
    assert len(world.writes) == 1
    with pytest.raises(Refused, match="at least one merge"):
        await github.ensure_settings(
            REPO, Settings(allow_squash_merge=False, allow_rebase_merge=False)
        )
    with pytest.raises(Refused):
        await github.ensure_settings(REPO, Settings(default_branch="nope"))
    await github.ensure_branch(REPO, "next", world.head(REPO))
    moved = await github.ensure_settings(REPO, Settings(default_branch="next", private=True))
    assert (moved.default_branch, moved.private) == ("next", True)


async def test_topics_are_set_once(world: GitHubWorld, github: GitHub) -> None:
    """In any order; bad ones are refused."""
    for names in (["api", "go"], ["go", "api"]):
        assert await github.ensure_topics(REPO, names) == names
    assert len(world.writes) == 1
    with pytest.raises(Refused, match="lowercase"):
        await github.ensure_topics(REPO, ["Big Topic"])


async def test_the_repositories_of_an_organisation_are_listed(
    world: GitHubWorld, github: GitHub
) -> None:
    """By their names."""
    world.repo("acme/Shop")
    world.repo("other/shop")
    names = [each.full_name for each in await github.repositories("acme")]
    assert names == ["acme/api", "acme/Shop"]
    with pytest.raises(NotFound, match="no organisation nobody"):
        await github.repositories("nobody")
