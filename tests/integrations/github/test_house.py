"""What rules look at comes in few calls, and once more in one."""

from datetime import timedelta

import pytest

from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.belongings import Protection
from integrations.errors import NotFound, Refused
from integrations.github import GitHub

REPO = "acme/api"


async def test_a_pull_request_is_seen_with_all_that_rules_ask(
    world: GitHubWorld, github: GitHub
) -> None:
    """Who said what when, how it merges, and who has to look."""
    world.account("eve", email="eve@elsewhere.example")
    number = await world.person("eve").opens_pull(REPO, "Add", {"docs/a.md": "one\n"})
    await world.person("ada").asks(REPO, number, "bo", teams=["web"])
    await world.person("ada").approves(REPO, number)
    world.clock += timedelta(hours=1)
    await world.person("bo").comments(REPO, number, "Hm")
    await github.pull_watched(REPO, number)  # who looks first may not hear how it merges
    about, pull = await github.pull_watched(REPO, number)

    assert (about.default_branch, about.auto_merge) == ("main", False)
    assert (pull.fits, pull.status, pull.is_open, pull.is_pull) == (True, "clean", True, True)
    assert (pull.association, pull.paths) == ("FIRST_TIME_CONTRIBUTOR", ("docs/a.md",))
    assert pull.reviewers == ("bo", "acme/web")
    assert [(each.author, each.state) for each in pull.verdicts] == [("ada", "approved")]
    assert pull.verdicts[0].sha == pull.head_sha
    assert pull.spoke_at == world.clock
    assert pull.reviewed
    assert pull.ours_at is None
    await github.ensure_comment(REPO, number, "key", "Ours")
    _, after = await github.pull_watched(REPO, number)
    assert (after.ours_at, after.spoke_at) == (after.updated_at, pull.spoke_at)


async def test_what_is_open_is_asked_for_once(world: GitHubWorld, github: GitHub) -> None:
    """A second look is a page of news, and free without any; after a push it is a whole one."""
    ada = world.person("ada")
    numbers = [await ada.opens_pull(REPO, f"Add {n}", {f"{n}.txt": "one\n"}) for n in range(3)]
    issue = await ada.opens_issue(REPO, "Broken")
    await github.open_pulls_watched(REPO)  # who looks first may not hear how they merge
    first = await github.open_pulls_watched(REPO)
    issues = await github.open_issues_watched(REPO)
    assert [each.number for each in first.items] == numbers
    assert [each.number for each in issues.items] == [issue]
    assert not issues.items[0].is_pull

    world.clock += timedelta(hours=1)
    await ada.closes(REPO, numbers[0])
    await ada.labels(REPO, numbers[1], "docs")
    await ada.closes(REPO, issue)
    again = await github.open_pulls_watched(REPO)
    issues = await github.open_issues_watched(REPO)
    assert [(each.number, each.labels) for each in again.items] == [
        (numbers[1], ("docs",)),
        (numbers[2], ()),
    ]
    assert issues.items == ()
    before = world.spent["reads"]
    assert await github.open_pulls_watched(REPO) == again
    assert await github.open_issues_watched(REPO) == issues
    assert world.spent["reads"] == before

    await ada.pushes(REPO, {"2.txt": "two\n"})
    await github.open_pulls_watched(REPO)
    pushed = await github.open_pulls_watched(REPO)
    assert [each.fits for each in pushed.items] == [True, False]


async def test_a_branch_is_seen_with_its_pull_requests(world: GitHubWorld, github: GitHub) -> None:
    """And with whether it is protected."""
    ada = world.person("ada")
    number = await ada.opens_pull(REPO, "Add", {"a.txt": "one\n"})
    head = world[REPO].pulls[number].head_ref
    world[REPO].protections["main"] = Protection()
    found = {each.name: each for each in (await github.head_branches(REPO)).items}
    assert (found["main"].protected, found[head].protected) == (True, False)
    assert [each.number for each in found[head].pulls] == [number]
    assert await github.head_branch(REPO, head) == found[head]
    assert await github.head_branch(REPO, "nothing") is None
    about = (await github.open_pulls_watched(REPO)).about
    before = world.spent["reads"]
    again = await github.head_branches(REPO, about)
    assert world.spent["reads"] == before
    assert {each.name: each for each in again.items} == found


async def test_small_changes_are_made_once_and_taken_back(
    world: GitHubWorld, github: GitHub
) -> None:
    """For a pull request as for an issue; a branch goes only at the commit that was seen."""
    ada = world.person("ada")
    number = await ada.opens_pull(REPO, "Add", {"a.txt": "one\n"})
    issue, pull = await ada.opens_issue(REPO, "Broken"), world[REPO].pulls[number]
    assert await github.touched_at(REPO, issue) == world.clock
    for each in (issue, number):
        thread = world[REPO].thread(each)
        assert thread
        for _ in range(2):
            await github.ensure_labelled(REPO, each, "stale")
            await github.ensure_thread_closed(REPO, each)
        assert (thread.labels, thread.state) == (["stale"], "closed")
        assert await github.touched_at(REPO, each) is None
        for _ in range(2):
            await github.delete_labelled(REPO, each, "stale")
            await github.ensure_thread_opened(REPO, each)
        assert (thread.labels, thread.state) == ([], "open")
    assert world[REPO].issues[issue].reason == "reopened"
    assert len(world.writes) == 8

    with pytest.raises(Refused, match="has other commits by now"):
        await github.delete_branch_at(REPO, pull.head_ref, "0" * 40)
    for _ in range(2):
        await github.delete_branch_at(REPO, pull.head_ref, pull.head_sha)
    assert await github.branch(REPO, pull.head_ref) is None
    with pytest.raises(NotFound, match="has no #99"):
        await github.ensure_labelled(REPO, 99, "stale")
    for looks in (github.pull_watched, github.issue_watched):
        with pytest.raises(NotFound, match="#99"):
            await looks(REPO, 99)
    with pytest.raises(NotFound, match="acme/nothing"):
        await github.head_branches("acme/nothing")
