"""Every change is told to hooks, in bodies of the shapes that GitHub documents."""

import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from integrations.emulators.github import TOKEN, GitHubWorld, Person
from integrations.emulators.github.records import CheckRun
from integrations.github import webhooks
from integrations.github.webhooks import verify
from tests.contract.bodies import misfits_by
from tests.contract.rest import RestContract
from tests.integrations.emulators.github.connection import git, remote
from tests.integrations.emulators.github.receiver import Receiver, receiving

REPO = "acme/api"
HERE = "/repos/acme/api"
Told = Callable[[], Awaitable[list[str]]]
SECRET = "spring water"


@pytest.fixture
async def receiver(world: GitHubWorld) -> AsyncIterator[Receiver]:
    """Let somebody hear of everything in the repository."""
    async with receiving() as taken:
        world.hook(REPO, taken.url, SECRET)
        yield taken


@pytest.fixture
def ada(world: GitHubWorld) -> Person:
    """Return Ada, who acts."""
    return world.person("ada")


@pytest.fixture(scope="session")
def real(contracts: Path) -> dict[str, list[Any]]:
    """Return real bodies by the names of their events."""
    found: dict[str, list[Any]] = {}
    for file in sorted((contracts / "github/webhooks/examples").glob("*/*.json")):
        body = json.loads(file.read_bytes())
        name = f"{file.parent.name}.{body.get('action', '')}".rstrip(".")
        found.setdefault(name, []).append(body)
    return found


@pytest.fixture
def told(
    world: GitHubWorld, receiver: Receiver, contract: RestContract, real: dict[str, list[Any]]
) -> Told:
    """Return the names of what came since the last time, each proven to be as GitHub sends it."""

    async def names() -> list[str]:
        await world.courier.deliver()
        got = receiver.all()
        for one in got:
            assert verify([SECRET], one.body, one.headers["x-hub-signature-256"])
            contract.check_event(one.event, one.told)
            for body in real.get(one.name, []):
                assert misfits_by(body, one.told) == [], one.name
            assert webhooks.told(one.event, one.body).topics
        return [one.name for one in got]

    return names


async def test_a_pull_request_is_told_from_end_to_end(
    world: GitHubWorld, receiver: Receiver, ada: Person, told: Told
) -> None:
    """Opened, pushed to, labelled late, reviewed, merged: one event for each thing that happens."""
    bo = world.person("bo")
    number = await ada.opens_pull(REPO, "Add limits", {"limits.py": "3\n"}, branch="limits")
    assert await told() == ["push", "create", "pull_request.opened"]
    await ada.pushes(REPO, {"limits.py": "4\n"}, branch="limits")
    assert await told() == ["push", "pull_request.synchronize"]
    await ada.labels(REPO, number, "api", "urgent")
    labelled = ["pull_request.labeled"] * 2
    assert await told() == ["label.created", "label.created", *labelled]
    await ada.unlabels(REPO, number, "urgent")
    assert await told() == ["pull_request.unlabeled"]
    await ada.edits(REPO, number, title="Add a limit", body="Because.")
    assert await told() == ["pull_request.edited"]
    await ada.drafts(REPO, number)
    await ada.drafts(REPO, number, draft=False)
    assert await told() == [
        "pull_request.converted_to_draft",
        "pull_request.ready_for_review",
    ]
    await ada.asks(REPO, number, "bo", "cy", teams=["web"])
    assert await told() == ["pull_request.review_requested"] * 3
    await bo.requests_changes(REPO, number, "Why 4?")
    await bo.approves(REPO, number)
    assert await told() == ["pull_request_review.submitted"] * 2
    await bo.comments(REPO, number, "Nice.")
    assert await told() == ["issue_comment.created"]
    await bo.closes(REPO, number)
    await bo.reopens(REPO, number)
    assert await told() == ["pull_request.closed", "pull_request.reopened"]
    sha = await bo.merges(REPO, number)
    *_, closed = receiver.got
    assert closed.told["pull_request"]["merged"] is True
    assert closed.told["pull_request"]["merge_commit_sha"] == sha
    assert closed.told["sender"]["login"] == "bo"
    assert await told() == ["push", "pull_request.closed"]


async def test_an_issue_is_told_from_end_to_end(
    world: GitHubWorld, receiver: Receiver, ada: Person, told: Told, api: httpx.AsyncClient
) -> None:
    """People, programs and milestones alike."""
    number = await ada.opens_issue(REPO, "Crash", labels=["bug"])
    assert await told() == [
        "label.created",
        "issues.opened",
        "issues.labeled",
    ]
    await api.post(f"{HERE}/milestones", json={"title": "1.3"})
    changes = {"title": "1.4", "state": "closed", "due_on": "2026-04-01T00:00:00Z"}
    await api.patch(f"{HERE}/milestones/1", json=changes)
    await api.patch(
        f"{HERE}/milestones/1", json={"state": "open", "due_on": "2026-05-01T00:00:00Z"}
    )
    assert await told() == [
        "milestone.created",
        "milestone.edited",
        "milestone.closed",
        "milestone.edited",
        "milestone.opened",
    ]
    await ada.edits(REPO, number, assignees=["bo"], milestone=1, title="Crash at start")
    await ada.edits(REPO, number, assignees=[], milestone=None, labels=[])
    assert await told() == [
        "issues.edited",
        "issues.assigned",
        "issues.milestoned",
        "issues.unlabeled",
        "issues.unassigned",
        "issues.demilestoned",
    ]
    comment = await ada.comments(REPO, number, "Me too")
    await api.patch(f"{HERE}/issues/comments/{comment}", json={"body": "I see it, too"})
    await api.delete(f"{HERE}/issues/comments/{comment}")
    assert await told() == [
        "issue_comment.created",
        "issue_comment.edited",
        "issue_comment.deleted",
    ]
    await ada.closes(REPO, number, "not_planned")
    await ada.reopens(REPO, number)
    await api.patch(f"{HERE}/milestones/1", json={"description": "Soon"})
    await api.delete(f"{HERE}/milestones/1")
    assert await told() == [
        "issues.closed",
        "issues.reopened",
        "milestone.edited",
        "milestone.deleted",
    ]


async def test_machines_are_told_from_end_to_end(
    world: GitHubWorld, receiver: Receiver, ada: Person, told: Told, api: httpx.AsyncClient
) -> None:
    """A run with its jobs and checks, a second attempt, a status, a deployment, a release."""
    run = await ada.starts_ci(REPO)
    assert await told() == [
        "check_run.created",
        "workflow_job.in_progress",
        "check_run.created",
        "workflow_job.in_progress",
        "workflow_run.requested",
        "workflow_run.in_progress",
    ]
    await ada.ends_ci(REPO, run, "test")
    *_, ended = receiver.got
    assert ended.told["workflow_run"]["conclusion"] == "failure"
    job = ["check_run.completed", "workflow_job.completed"]
    assert await told() == [
        *job,
        *job,
        "check_suite.completed",
        "workflow_run.completed",
    ]
    await ada.reruns_ci(REPO, run)
    await ada.ends_ci(REPO, run)
    assert (await told())[-1] == "workflow_run.completed"
    sha = world.head(REPO)
    await api.post(f"{HERE}/statuses/{sha}", json={"state": "success", "context": "deploy"})
    check = {"name": "lint", "head_sha": sha, "conclusion": "success"}
    await api.post(f"{HERE}/check-runs", json=check)
    assert await told() == [
        "status",
        "check_run.created",
        "check_run.completed",
        "check_suite.completed",
    ]
    deployment = await ada.deploys(REPO, "production")
    for state in ("in_progress", "failure"):
        await ada.reports(REPO, deployment, state, text="Timed out")
    status = ["deployment_status.created"] * 2
    assert await told() == ["deployment.created", *status]
    release = await ada.releases(REPO, "v1.3.0", "What is new")
    await api.patch(f"{HERE}/releases/{release}", json={"body": "All that is new"})
    await api.delete(f"{HERE}/releases/{release}")
    assert await told() == [
        "push",
        "create",
        "release.created",
        "release.published",
        "release.released",
        "release.edited",
        "release.deleted",
    ]


async def test_a_draft_is_no_release_yet(
    world: GitHubWorld, receiver: Receiver, ada: Person, told: Told, api: httpx.AsyncClient
) -> None:
    """It is published later; a pre-release becomes one for all later still."""
    made = await api.post(f"{HERE}/releases", json={"tag_name": "v2", "draft": True})
    assert await told() == ["release.created"]
    address = f"{HERE}/releases/{made.json()['id']}"
    await api.patch(address, json={"draft": False, "prerelease": True})
    published = ["release.published", "release.prereleased"]
    assert await told() == ["push", "create", *published]
    await api.patch(address, json={"prerelease": False})
    await api.patch(address, json={"draft": True})
    assert await told() == ["release.released", "release.unpublished"]
    await ada.releases(REPO, "v3", pre=True)
    assert (await told())[-1] == "release.prereleased"


async def test_git_and_files_are_pushes(
    world: GitHubWorld,
    receiver: Receiver,
    told: Told,
    api: httpx.AsyncClient,
    tmp_path: Path,
) -> None:
    """The ordinary git client, the file door and the reference door tell the same."""
    text = base64.b64encode(b"hello\n").decode()
    await api.put(f"{HERE}/contents/a.md", json={"message": "Hello", "content": text})
    await world.courier.deliver()
    (push,) = receiver.got
    assert push.told["commits"][0]["added"] == ["a.md"]
    assert push.told["head_commit"]["message"] == "Hello"
    assert await told() == ["push"]
    base = str(api.base_url).rstrip("/").replace("://", f"://x:{TOKEN}@")
    done = await remote(tmp_path, "clone", f"{base}/{REPO}.git", "copy")
    assert done.returncode == 0, done.stderr
    copy = tmp_path / "copy"
    (copy / "a.md").unlink()
    (copy / "b.md").write_text("b\n")
    git(copy, "add", "-A")
    git(copy, "commit", "-m", "Replace")
    done = await remote(copy, "push", "origin", "HEAD:refs/heads/main", "HEAD:refs/heads/side")
    assert done.returncode == 0, done.stderr
    names = await told()
    assert sorted(names) == ["create", "push", "push"]
    sha = world.head(REPO)
    await api.patch(f"{HERE}/git/refs/heads/side", json={"sha": f"{sha}", "force": True})
    await api.delete(f"{HERE}/git/refs/heads/side")
    assert await told() == ["push", "delete"]


async def test_what_changed_outside_the_doors_is_told_with_the_next_thing(
    world: GitHubWorld, receiver: Receiver, ada: Person, told: Told
) -> None:
    """A story that is told later becomes events as well: nothing is lost between two looks."""
    world.merge(REPO, "Add caching")
    world[REPO].checks.append(
        CheckRun(
            id=world.next_id(),
            suite=world.next_id(),
            sha=world.head(REPO),
            name="slow",
            status="queued",
            started_at=world.clock,
        )
    )
    await ada.opens_issue(REPO, "Slow")
    names = await told()
    assert {"pull_request.opened", "pull_request_review.submitted", "pull_request.closed"} <= {
        *names
    }
    assert names.index("pull_request.opened") < names.index("pull_request.closed")
    assert "issues.opened" in names


async def test_a_review_is_dismissed(
    world: GitHubWorld, receiver: Receiver, ada: Person, told: Told, api: httpx.AsyncClient
) -> None:
    """Requests for a review that are taken back are told, too."""
    number = await ada.opens_pull(REPO, "Add limits", {"limits.py": "3\n"}, draft=True)
    await world.person("bo").requests_changes(REPO, number, "No.")
    review = world[REPO].pulls[number].reviews[0].id
    await ada.asks(REPO, number, "cy")
    receiver.all()
    pull = f"{HERE}/pulls/{number}"
    await api.put(f"{pull}/reviews/{review}/dismissals", json={"message": "Done."})
    gone = {"reviewers": ["cy"]}
    await api.request("DELETE", f"{pull}/requested_reviewers", json=gone)
    assert await told() == [
        "pull_request_review.dismissed",
        "pull_request.review_request_removed",
    ]


async def test_a_changed_base_says_what_it_was(
    world: GitHubWorld, receiver: Receiver, ada: Person, told: Told
) -> None:
    """The body names the old branch."""
    await ada.pushes(REPO, {"next.md": "1\n"}, branch="next")
    number = await ada.opens_pull(REPO, "Add limits", {"limits.py": "3\n"})
    receiver.all()
    await ada.edits(REPO, number, base="next")
    (edited,) = receiver.got
    assert edited.told["changes"]["base"]["ref"] == {"from": "main"}
    assert await told() == ["pull_request.edited"]


async def test_without_hooks_nothing_is_noted(world: GitHubWorld, ada: Person) -> None:
    """A world that nobody listens to pays nothing for it."""
    await ada.opens_issue(REPO, "Crash")
    assert world.courier.log == []


async def test_comments_are_told_when_they_come_change_and_go(
    world: GitHubWorld, ada: Person, told: Told
) -> None:
    """Those below a pull request, and those on its lines."""
    number = await ada.opens_pull(REPO, "Add limits", {"limits.py": "3\n"}, branch="limits")
    await told()
    made = await ada.comments(REPO, number, "Hello")
    await ada.edits_comment(REPO, made, "Hello!")
    await ada.deletes_comment(REPO, made)
    assert await told() == [f"issue_comment.{each}" for each in ("created", "edited", "deleted")]

    remark = await ada.remarks(REPO, number, "limits.py", 1, "Why?")
    assert await told() == ["pull_request_review_comment.created"]
    world[REPO].remarks[remark].body = "Why three?"
    await ada.comments(REPO, number, "See above")
    assert await told() == ["issue_comment.created", "pull_request_review_comment.edited"]
    del world[REPO].remarks[remark]
    await ada.comments(REPO, number, "Never mind")
    assert await told() == ["issue_comment.created", "pull_request_review_comment.deleted"]
