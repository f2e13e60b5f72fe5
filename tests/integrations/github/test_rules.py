"""Branches are protected once, and the protection holds."""

import pytest

from integrations.emulators.github import GitHubWorld
from integrations.errors import NotFound, Refused
from integrations.github import GitHub
from integrations.github.rules import Protection

REPO = "acme/api"
STRICT = Protection(
    approvals=1,
    dismiss_stale=True,
    code_owners=True,
    checks=("test",),
    up_to_date=True,
    admins_too=True,
    linear=True,
    conversations=True,
)


@pytest.mark.parametrize("wanted", [STRICT, Protection(), Protection(force_pushes=True)])
async def test_a_branch_is_protected_once(
    wanted: Protection, world: GitHubWorld, github: GitHub
) -> None:
    """Exactly as it was asked for; and it can be taken back twice."""
    assert await github.protection(REPO, "main") is None
    for _ in range(2):
        assert await github.ensure_protection(REPO, "main", wanted) == wanted
    assert len(world.writes) == 1
    branch = await github.branch(REPO, "main")
    assert branch is not None
    assert branch.protected
    for _ in range(2):
        await github.delete_protection(REPO, "main")
    assert await github.protection(REPO, "main") is None
    with pytest.raises(NotFound, match="no branch nope"):
        await github.ensure_protection(REPO, "nope", wanted)


async def test_a_protected_branch_wants_what_it_asks_for(
    world: GitHubWorld, github: GitHub
) -> None:
    """No push around it, no merge without a yes and a green check."""
    await github.ensure_protection(REPO, "main", STRICT)
    with pytest.raises(Refused, match="Cannot delete"):
        await github.delete_branch(REPO, "main")
    ada, bo = world.person("ada"), world.person("bo")
    number = await ada.opens_pull(REPO, "Add a thing", {"x": "x"})
    refused = [await merge_refusal(world, number)]
    await bo.requests_changes(REPO, number, "No")
    refused.append(await merge_refusal(world, number))
    await bo.approves(REPO, number)
    refused.append(await merge_refusal(world, number))
    assert [words.partition(" ")[0] for words in refused] == ["At", "Changes", "Required"]
    world.check(REPO, "success", sha=world[REPO].pulls[number].head_sha)
    assert await ada.merges(REPO, number) == world.head(REPO)


async def merge_refusal(world: GitHubWorld, number: int) -> str:
    """Return why a merge is refused."""
    with pytest.raises(Exception) as refusal:  # noqa: PT011 - the words are what is compared
        await world.person("ada").merges(REPO, number)
    return str(refusal.value)


async def test_a_ruleset_is_known_by_its_name(world: GitHubWorld, github: GitHub) -> None:
    """It is made once, brought into form, in force on its branch, and deleted once."""
    rules = ({"type": "deletion"}, {"type": "non_fast_forward"})
    made = await github.ensure_ruleset(REPO, "main", rules)
    assert await github.ensure_ruleset(REPO, "main", rules) == made
    assert len(world.writes) == 1
    assert [one.id for one in await github.rulesets(REPO)] == [made.id]
    in_force = await github.branch_rules(REPO, "main")
    assert [(one.kind, one.ruleset) for one in in_force] == [
        ("deletion", made.id),
        ("non_fast_forward", made.id),
    ]
    assert await github.branch_rules(REPO, "side") == []
    changed = await github.ensure_ruleset(REPO, "main", rules, enforcement="disabled")
    assert (changed.id, changed.enforcement) == (made.id, "disabled")
    for _ in range(2):
        await github.delete_ruleset(REPO, "main")
    assert await github.ruleset(REPO, "main") is None


async def test_an_unknown_owner_of_code_is_told(world: GitHubWorld, github: GitHub) -> None:
    """With its line; no file is no error."""
    assert await github.codeowners_errors(REPO) is None
    world.team("acme", "web", "ada")
    text = "# owners\n* @ada @nobody\n/web @acme/web @acme/nope # us\n/x who\n/y a@b.example\n"
    await github.ensure_file(REPO, "main", "CODEOWNERS", text, "Say who owns what")
    errors = await github.codeowners_errors(REPO)
    assert errors is not None
    assert [(error.line, error.kind) for error in errors] == [
        (2, "Unknown owner"),
        (3, "Unknown owner"),
        (4, "Invalid owner"),
    ]
