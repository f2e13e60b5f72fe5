"""Search finds threads and files, with an allowance of its own."""

from datetime import timedelta

import pytest

from integrations.emulators.github import GitHubWorld
from integrations.errors import Limited, Refused
from integrations.github import GitHub

REPO = "acme/api"


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("is:issue", ["Slow start", "It crashes"]),
        ("is:issue crashes", ["It crashes"]),
        ('is:open label:"needs look"', ["It crashes"]),
        ("is:pr is:merged", ["feat: Add retries"]),
        ("-is:pr author:bo", ["Slow start"]),
        ("is:issue created:>=2026-03-02", ["Slow start", "It crashes"]),
        ("is:issue updated:<2026-01-01", []),
        ("is:pr closed:>2026-01-01 draft:false", ["feat: Add retries"]),
        ("is:issue assignee:ada", []),
    ],
)
async def test_threads_are_found(
    query: str, titles: list[str], world: GitHubWorld, github: GitHub
) -> None:
    """By state, label, author, time and words."""
    await world.person("ada").opens_issue(REPO, "It crashes", labels=["needs look"])
    world.clock += timedelta(hours=1)
    await world.person("bo").opens_issue(REPO, "Slow start")
    found = await github.search_threads(REPO, query)
    assert [item.title for item in found.items] == titles
    assert (found.total, found.complete) == (len(titles), True)
    assert {item.repo for item in found.items} <= {REPO}


async def test_no_more_is_read_than_was_asked_for(world: GitHubWorld, github: GitHub) -> None:
    """The total says how many there are."""
    for number in range(105):
        await world.person("ada").opens_issue(REPO, f"Number {number}")
    found = await github.search_threads(REPO, "is:issue", most=3)
    assert (found.total, len(found.items)) == (105, 3)
    assert len((await github.search_threads(REPO, "is:issue", most=200)).items) == 105


async def test_files_are_found_by_their_words(github: GitHub) -> None:
    """On the default branch, in a folder where one is named."""
    found = await github.search_code(REPO, "retries path:changes")
    assert [item.path for item in found.items] == ["changes/1.md"]
    assert (found.items[0].repo, found.total) == (REPO, 1)
    assert (await github.search_code(REPO, "nowhere-at-all")).items == ()
    with pytest.raises(Refused, match="what to search for"):
        await github.search_code(REPO, " ")


async def test_search_has_its_own_minute(world: GitHubWorld, github: GitHub) -> None:
    """Ten searches of code, and then none until the minute is over."""
    for number in range(10):
        await github.search_code(REPO, f"word{number}")
    with pytest.raises(Limited, match="slow down"):
        await github.search_code(REPO, "one more")
    left = await github.quota("code_search")
    assert left is not None
    assert left.remaining == 0
    world.clock += timedelta(minutes=1)
    await github.search_code(REPO, "one more")
