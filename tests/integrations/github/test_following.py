"""What the client says of the objects that people follow is what stands on GitHub."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from integrations.emulators.github import TOKEN, GitHubWorld, Story, github_app
from integrations.emulators.github.records import Pull, Review, Status
from integrations.emulators.server import serve
from integrations.errors import NotFound
from integrations.github import GitHub
from integrations.github.api import GitHubApi
from integrations.github.sign_in import TokenSignIn
from tests.integrations.github.conftest import Connect

REPO = "acme/api"


@pytest.fixture
def world(tmp_path: Path) -> GitHubWorld:
    """Return a world with one small repository."""
    made = GitHubWorld(tmp_path / "world")
    made.repo(REPO, release="v1.2.0")
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


def opened(world: GitHubWorld, author: str = "ada", **changes: object) -> Pull:
    """Open a pull request that adds retries."""
    story = Story.continued(world, REPO)
    at = world.clock - timedelta(hours=1)
    pull = story.pull(
        "Add retries", author, {"retries.py": "3\n", "docs/retries.md": "three\n"}, opened=at
    )
    story.tell()
    for name, value in changes.items():
        setattr(pull, name, value)
    return pull


def review(world: GitHubWorld, author: str, state: Any) -> Review:  # noqa: ANN401 - one of the states
    """Return what somebody says now."""
    return Review(
        id=world.next_id(), author=author, state=state, submitted_at=world.clock, commit=""
    )


async def test_an_open_pull_request_costs_one_call(world: GitHubWorld, github: GitHub) -> None:
    """Its labels, files, people, reviews, checks and whether it can be merged come together."""
    pull = opened(
        world,
        labels=[],
        assignees=["ada"],
        reviewers=["eli"],
        teams=["web"],
        reviews=[
            review(world, "bo", "CHANGES_REQUESTED"),
            review(world, "cy", "COMMENTED"),
            review(world, "bo", "APPROVED"),
            review(world, "bo", "COMMENTED"),
            review(world, "dee", "PENDING"),
        ],
    )
    before = world.requests.total()
    state = await github.pull_state(REPO, pull.number)

    assert world.requests.total() == before + 1
    assert (state.state, state.draft, state.author, state.author_is_bot) == (
        "open",
        False,
        "ada",
        False,
    )
    assert (state.head_ref, state.base_ref) == (pull.head_ref, "main")
    assert state.head_sha == world.head(REPO, pull.head_ref)
    assert state.paths == ("docs/retries.md", "retries.py")
    assert (state.assignees, state.reviewers, state.teams) == (("ada",), ("eli",), ("acme/web",))
    assert [(each.author, each.state) for each in state.reviews] == [
        ("bo", "approved"),
        ("cy", "commented"),
    ]
    assert (state.decision, state.mergeable, state.checks) == ("approved", "clean", "success")


@pytest.mark.parametrize(
    ("conclusion", "checks", "mergeable"),
    [("failure", "failure", "unstable"), (None, "pending", "unstable")],
)
async def test_the_checks_of_the_last_commit_count(
    world: GitHubWorld, github: GitHub, conclusion: str | None, checks: str, mergeable: str
) -> None:
    """What runs or failed there is told, and that a merge would not be clean."""
    pull = opened(world)
    world.check(REPO, conclusion, sha=pull.head_sha)
    state = await github.pull_state(REPO, pull.number)
    assert (state.checks, state.mergeable) == (checks, mergeable)


async def test_a_status_counts_like_a_check(world: GitHubWorld, github: GitHub) -> None:
    """Services that only know statuses are heard too."""
    pull = opened(world, draft=True)
    for state in ("pending", "error"):
        world[REPO].statuses.append(
            Status(
                id=world.next_id(),
                sha=pull.head_sha,
                state=state,
                context="deploy/preview",
                creator="flowbot",
                created_at=world.clock,
            )
        )
        found = await github.pull_state(REPO, pull.number)
        assert found.checks == {"pending": "pending", "error": "failure"}[state]
        assert (found.draft, found.mergeable) == (True, "draft")


async def test_what_is_over_says_who_and_when(world: GitHubWorld, github: GitHub) -> None:
    """Merged and closed are told apart."""
    world.merge(REPO, "Add retries")
    merged = await github.pull_state(REPO, 1)
    assert (merged.state, merged.merged_by != "", merged.merged_at is not None) == (
        "merged",
        True,
        True,
    )
    pull = opened(world, "dependabot[bot]", state="closed", closed_at=world.clock)
    closed = await github.pull_state(REPO, pull.number)
    assert (closed.state, closed.closed_at, closed.merged_at) == ("closed", world.clock, None)
    assert (closed.author, closed.author_is_bot) == ("dependabot[bot]", True)
    assert closed.mergeable == "unknown"


async def test_conflicts_are_named(world: GitHubWorld, github: GitHub) -> None:
    """Both sides changed one file."""
    pull = opened(world)
    story = Story.continued(world, REPO)
    story.commit("bo", world.clock, "Other retries", {"retries.py": "5\n"})
    story.tell()
    assert (await github.pull_state(REPO, pull.number)).mergeable == "conflicts"


async def test_every_changed_file_is_read(world: GitHubWorld, github: GitHub) -> None:
    """A hundred come with the first call, a hundred more with each further one."""
    story = Story.continued(world, REPO)
    files = {f"f{number:03}.txt": "x\n" for number in range(205)}
    pull = story.pull("Add files", "ada", files, opened=world.clock)
    story.tell()
    before = world.requests.total()
    assert (await github.pull_state(REPO, pull.number)).paths == tuple(files)
    assert world.requests.total() == before + 3


async def test_what_is_not_there_is_named(github: GitHub) -> None:
    """The error says which thing is missing, not only that one is."""
    with pytest.raises(NotFound, match="has no pull request #99"):
        await github.pull_state(REPO, 99)
    with pytest.raises(NotFound, match="has no issue #99"):
        await github.issue_state(REPO, 99)
    with pytest.raises(NotFound, match="has no workflow run 99"):
        await github.workflow_run(REPO, 99)
    with pytest.raises(NotFound, match="has no deployment 99"):
        await github.deployment_state(REPO, 99)
    with pytest.raises(NotFound, match="has no release v9"):
        await github.release_state(REPO, "v9")


async def test_a_hidden_pull_request_is_not_found(connect: Connect) -> None:
    """GitHub may answer null where an app may not look; files may vanish between two pages."""
    page = {"nodes": [{"path": "a"}], "pageInfo": {"hasNextPage": True, "endCursor": "x"}}
    pull = {
        "number": 7,
        "title": "t",
        "url": "u",
        "createdAt": "2026-06-01T12:00:00Z",
        "updatedAt": "2026-06-01T12:00:00Z",
        "headRefName": "h",
        "baseRefName": "main",
        "files": page,
    }
    answers: list[dict[str, Any]] = [
        {"repository": None},
        {"repository": {"pullRequest": pull}},
        {"repository": {"pullRequest": None}},
    ]
    github = connect(lambda _: httpx.Response(200, json={"data": answers.pop(0)}))
    with pytest.raises(NotFound):
        await github.pull_state(REPO, 7)
    assert (await github.pull_state(REPO, 7)).paths == ("a",)


async def test_an_issue_says_why_it_is_closed(world: GitHubWorld, github: GitHub) -> None:
    """Not planned is another news than completed."""
    story = Story.continued(world, REPO)
    issue = story.issue("Crash", "bo", world.clock, labels=["bug"], closed=world.clock)
    story.tell()
    issue.reason, issue.assignees = "not_planned", ["cy"]
    state = await github.issue_state(REPO, issue.number)
    assert (state.state, state.reason, state.closed_by) == ("closed", "not_planned", "bo")
    assert (state.labels, state.assignees, state.comments) == (("bug",), ("cy",), 0)
    assert (state.author, state.closed_at) == ("bo", world.clock)


async def test_a_pull_request_is_no_issue(world: GitHubWorld, github: GitHub) -> None:
    """GitHub shares their numbers; following one as the other would mislead."""
    with pytest.raises(NotFound, match="is a pull request"):
        await github.issue_state(REPO, opened(world).number)


async def test_a_failed_run_says_where(world: GitHubWorld, github: GitHub) -> None:
    """Only a failed one costs a second call."""
    story = Story.continued(world, REPO)
    pull = story.pull("Break", "ada", {"a.py": "b\n"}, opened=world.clock, stumbles=True)
    story.tell()
    failed, good = world[REPO].runs[-2:]
    state = await github.workflow_run(REPO, failed.id)
    assert (state.name, state.branch, state.event) == ("CI", pull.head_ref, "pull_request")
    assert (state.status, state.conclusion, state.attempt) == ("completed", "failure", 1)
    assert (state.sha, state.actor, state.pulls) == (pull.head_sha, "ada", (pull.number,))
    assert [(job.name, job.conclusion, job.steps) for job in state.failed_jobs] == [
        ("test", "failure", ("Run test",))
    ]
    before = world.requests.total()
    assert (await github.workflow_run(REPO, good.id)).failed_jobs == ()
    assert world.requests.total() == before + 1


async def test_the_run_before_is_one_of_the_same_workflow(
    world: GitHubWorld, github: GitHub
) -> None:
    """One that was cancelled says nothing; neither does one of another branch, or a later one."""
    ada = world.person("ada")
    runs = [await ada.starts_ci(REPO) for _ in range(3)]
    for run in runs:
        await ada.ends_ci(REPO, run, *(["test"] if run == runs[0] else []))
    made = {each.id: each for each in world[REPO].runs}
    made[runs[1]].conclusion = "cancelled"
    last = await github.workflow_run(REPO, runs[2])
    before = await github.run_before(REPO, last)
    assert before
    assert (before.id, before.conclusion) == (runs[0], "failure")
    named = replace(last, name="Release")
    assert await github.run_before(REPO, named) is None
    assert await github.run_before(REPO, replace(last, branch="else")) is None


async def test_a_deployment_tells_its_newest_status(world: GitHubWorld, github: GitHub) -> None:
    """The newest one comes with its words and its address."""
    story = Story.continued(world, REPO)
    story.deploy("production", world.clock, by="ada", state="failure")
    story.tell()
    (deployment,) = world[REPO].deployments.values()
    deployment.statuses[-1].description = "Timed out"
    deployment.statuses[-1].environment_url = "https://api.example"
    state = await github.deployment_state(REPO, deployment.id)
    assert (state.environment, state.creator, state.ref) == ("production", "ada", "main")
    assert (state.sha, state.state) == (world.head(REPO), "failure")
    assert state.newest is not None
    assert (state.newest.description, state.newest.url) == ("Timed out", "https://api.example")
    deployment.statuses.clear()
    waiting = await github.deployment_state(REPO, deployment.id)
    assert (waiting.state, waiting.newest) == ("pending", None)


async def test_a_release_tells_its_notes(github: GitHub) -> None:
    """The published release of a tag."""
    state = await github.release_state(REPO, "v1.2.0")
    assert (state.tag, state.author, state.draft, state.prerelease) == (
        "v1.2.0",
        "ada",
        False,
        False,
    )
    assert state.published_at is not None


async def test_a_list_of_pulls_says_who_is_asked_for_a_review(
    world: GitHubWorld, github: GitHub
) -> None:
    """Until they have given it."""
    ada, bo = world.person("ada"), world.person("bo")
    number = await ada.opens_pull(REPO, "Add limits", {"limits.py": "3\n"})
    await ada.asks(REPO, number, "bo", "cy")
    [pull] = [each for each in await github.open_pulls(REPO) if each.number == number]
    assert pull.reviewers == ("bo", "cy")
    await bo.approves(REPO, number)
    [pull] = [each for each in await github.open_pulls(REPO) if each.number == number]
    assert pull.reviewers == ("cy",)
