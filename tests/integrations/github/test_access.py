"""Who may do what is read, given once and taken away once."""

import pytest

from integrations.emulators.github import GitHubWorld
from integrations.errors import NotFound, Refused
from integrations.github import GitHub

REPO = "acme/api"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGemulated"


async def test_the_permissions_of_people_are_told(world: GitHubWorld, github: GitHub) -> None:
    """The most that each may do, by name, by team or by the organisation."""
    world.account("kim", email="kim@elsewhere.example")
    world.account("lou", email="lou@elsewhere.example")
    world.team("acme", "ops", "kim", repos={REPO: "maintain"})
    held = {one.login: one.permission for one in await github.collaborators(REPO)}
    assert (held["flowbot"], held["ada"], held["kim"]) == ("admin", "push", "maintain")
    assert await github.permission(REPO, "kim") == "maintain"
    assert await github.permission(REPO, "lou") == "pull"
    assert await github.permission(REPO, "nobody") == ""
    assert [(one.slug, one.permission) for one in await github.teams_of_repository(REPO)] == [
        ("ops", "maintain")
    ]


async def test_who_is_not_of_the_organisation_is_invited(
    world: GitHubWorld, github: GitHub
) -> None:
    """The invitation waits, and is taken back once; a member has the right at once."""
    world.account("kim", email="kim@elsewhere.example")
    sent = await github.ensure_collaborator(REPO, "kim", "triage")
    assert sent is not None
    assert await github.invitations(REPO) == [sent]
    assert (sent.login, sent.permission) == ("kim", "triage")
    for _ in range(2):
        await github.delete_invitation(REPO, sent.id)
    assert await github.invitations(REPO) == []

    world.writes.clear()
    for _ in range(2):
        assert await github.ensure_collaborator(REPO, "ada", "maintain") is None
    assert len(world.writes) == 1
    (direct,) = await github.collaborators(REPO, "direct")
    assert (direct.login, direct.permission) == ("ada", "maintain")
    assert await github.collaborators(REPO, "outside") == []
    for _ in range(2):
        await github.delete_collaborator(REPO, "ada")
    assert await github.permission(REPO, "ada") == "push"
    with pytest.raises(NotFound, match="unknown"):
        await github.ensure_collaborator(REPO, "nobody", "pull")


async def test_an_organisation_has_members_and_teams(world: GitHubWorld, github: GitHub) -> None:
    """Somebody joins and leaves a team once."""
    world.team("acme", "web", "ada")
    members = await github.members("acme")
    assert [one.login for one in members if one.role == "admin"] == ["flowbot"]
    assert [one.name for one in await github.teams("acme")] == ["Web"]
    world.writes.clear()
    for _ in range(2):
        await github.ensure_team_member("acme", "web", "bo")
    assert await github.team_members("acme", "web") == ["ada", "bo"]
    for _ in range(2):
        await github.delete_team_member("acme", "web", "ada")
    assert await github.team_members("acme", "web") == ["bo"]
    with pytest.raises(NotFound, match="no team nope"):
        await github.delete_team_member("acme", "nope", "ada")
    with pytest.raises(NotFound, match="no organisation umbrella"):
        await github.members("umbrella")
    with pytest.raises(Refused, match="is not one"):
        await github.members("a/b")


async def test_a_deploy_key_is_added_once(world: GitHubWorld, github: GitHub) -> None:
    """Whatever stands behind it; and it is removed once."""
    first = await github.ensure_deploy_key(REPO, "CI", KEY)
    assert await github.ensure_deploy_key(REPO, "CI", f"{KEY} me@here") == first
    assert (first.read_only, first.added_by, len(world.writes)) == (True, "flowbot", 1)
    for _ in range(2):
        await github.delete_deploy_key(REPO, first.id)
    assert await github.deploy_keys(REPO) == []
    with pytest.raises(Refused, match="OpenSSH"):
        await github.ensure_deploy_key(REPO, "CI", "nonsense")
