"""Issues with all that is said on them, and changes of many parts in one."""

from datetime import timedelta
from typing import Any

import pytest

from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.records import Comment, Issue, Label
from integrations.errors import NotFound
from integrations.github import GitHub
from integrations.github.threads import IssueFields

REPO = "acme/api"


def opened(world: GitHubWorld, title: str, said: int = 0, **parts: Any) -> Issue:  # noqa: ANN401 - as an issue has them
    """Let ada open an issue, and say something on it so many times."""
    repo, at = world[REPO], world.clock
    repo.last_number += 1
    made = Issue(
        id=world.next_id(),
        number=repo.last_number,
        title=title,
        author="ada",
        created_at=at,
        updated_at=at,
        comments=[
            Comment(id=world.next_id(), author="bo", body=f"Word {n}", created_at=at, updated_at=at)
            for n in range(said)
        ],
        **parts,
    )
    repo.issues[made.number] = made
    return made


async def test_issues_are_read_with_all_that_is_said(world: GitHubWorld, github: GitHub) -> None:
    """Long ones to their end, pull requests never, those of a state or since a time alone."""
    repo = world[REPO]
    repo.labels["bug"] = Label(id=world.next_id(), name="bug")
    talked = opened(world, "Talk", said=60, labels=["bug"], assignees=["cy"])
    world.clock += timedelta(hours=1)
    closed = opened(world, "Old", said=1, state="closed", reason="not_planned")
    one, two = await github.issue_threads(REPO)

    assert (one.title, one.labels, one.assignees, len(one.comments)) == (
        "Talk",
        ("bug",),
        ("cy",),
        60,
    )
    assert [(each.author, each.body) for each in two.comments] == [("bo", "Word 0")]
    assert (two.state, two.reason, one.state) == ("closed", "not_planned", "open")
    assert await github.issue_threads(REPO, state="OPEN") == [one]
    assert await github.issue_threads(REPO, world.clock) == [two]
    assert await github.issue_thread(REPO, talked.number) == one
    assert await github.issue_thread(REPO, closed.number) == two
    assert await github.issue_thread(REPO, 1) is None  # a pull request
    with pytest.raises(NotFound):
        await github.issue_thread("acme/none", 1)
    with pytest.raises(NotFound):
        await github.issue_threads("acme/none")


async def test_an_issue_is_changed_in_one_write(world: GitHubWorld, github: GitHub) -> None:
    """What is not given stays; what is so already is not written again."""
    for name in ("bug", "ui"):
        world[REPO].labels[name] = Label(id=world.next_id(), name=name)
    issue = opened(world, "Cart", labels=["bug"], assignees=["cy"])
    wanted = IssueFields(
        title="Cart is empty",
        state="not_planned",
        assignees=("dee",),
        add_labels=("ui",),
        remove_labels=("Bug",),
    )
    for _ in range(2):
        await github.ensure_issue_fields(REPO, issue.number, wanted)
    assert (issue.title, issue.state, issue.reason) == ("Cart is empty", "closed", "not_planned")
    assert (issue.assignees, issue.labels, issue.body) == (["dee"], ["ui"], "")
    assert len(world.writes) == 1
    after = await github.ensure_issue_fields(
        REPO, issue.number, IssueFields(state="open", body="B")
    )
    assert (after.state, after.body, issue.reason) == ("open", "B", "reopened")
