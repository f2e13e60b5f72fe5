"""What GitHub refuses is refused with its status, and changes nothing."""

from typing import Any

import httpx
import pytest

from integrations.emulators.github import GitHubWorld

NONE = "0" * 40
CHECK = {"name": "x", "head_sha": "{head}"}
REFUSED: list[tuple[str, str, dict[str, Any], int]] = [
    ("GET", "/git/ref/heads/nope", {}, 404),
    ("GET", "/git/tags/{head}", {}, 404),
    ("GET", f"/git/commits/{NONE}", {}, 404),
    ("GET", f"/git/trees/{NONE}", {}, 404),
    ("GET", f"/git/blobs/{NONE}", {}, 404),
    ("GET", "/branches/nope", {}, 404),
    ("GET", "/commits/nope", {}, 422),
    ("GET", "/commits/nope/pulls", {}, 422),
    ("GET", "/commits?sha=nope", {}, 404),
    ("GET", "/commits?since=yesterday", {}, 422),
    ("GET", "/compare/main", {}, 404),
    ("GET", "/compare/v1.2.0...nope", {}, 404),
    ("GET", "/contents/nope", {}, 404),
    ("GET", "/contents/README.md?ref=nope", {}, 404),
    ("GET", "/releases/1", {}, 404),
    ("GET", "/milestones/9", {}, 404),
    ("GET", "/labels/nope", {}, 404),
    ("GET", "/issues/99", {}, 404),
    ("GET", "/issues/comments/99", {}, 404),
    ("GET", "/deployments/9", {}, 404),
    ("GET", "/environments/nope", {}, 404),
    ("GET", "/check-runs/9", {}, 404),
    ("GET", "/actions/runs/9", {}, 404),
    ("GET", "/actions/workflows/nope.yml", {}, 404),
    ("GET", "/nothing/like/this", {}, 404),
    ("POST", "/git/refs", {"ref": "main", "sha": "{head}"}, 422),
    ("POST", "/git/refs", {"ref": "refs/heads/a..b", "sha": "{head}"}, 422),
    ("POST", "/git/refs", {"ref": "refs/heads/x", "sha": NONE}, 422),
    ("POST", "/git/refs", {"ref": "refs/heads/main/x", "sha": "{head}"}, 422),
    ("POST", "/git/refs", {"sha": "{head}"}, 422),
    ("PATCH", "/git/refs/heads/nope", {"sha": "{head}"}, 422),
    ("DELETE", "/git/refs/heads/nope", {}, 422),
    ("DELETE", "/git/refs/heads/main", {}, 422),
    ("POST", "/git/tags", {"tag": "a b", "object": "{head}", "type": "commit"}, 422),
    ("POST", "/git/tags", {"tag": "v9", "object": "{head}", "type": "tree"}, 422),
    ("POST", "/git/commits", {"message": "m", "tree": "{head}"}, 422),
    ("POST", "/git/trees", {}, 422),
    ("POST", "/git/trees", {"tree": [{"path": "", "sha": None}]}, 422),
    ("POST", "/git/trees", {"tree": [{"path": "../x", "content": "x"}]}, 422),
    ("POST", "/git/blobs", {}, 422),
    ("POST", "/git/blobs", {"content": "?", "encoding": "base64"}, 422),
    ("PUT", "/contents/x", {"message": "m", "content": "eA==", "branch": "nope"}, 404),
    ("PUT", "/contents/.git/config", {"message": "m", "content": "eA=="}, 422),
    ("PUT", "/contents/x", {"content": "eA=="}, 422),
    ("DELETE", "/contents/nope", {"message": "m", "sha": NONE}, 404),
    ("DELETE", "/contents/README.md", {"message": "m", "sha": NONE}, 409),
    ("POST", "/releases", {"tag_name": "a..b"}, 422),
    ("POST", "/releases", {"tag_name": "v9", "target_commitish": "nope"}, 422),
    ("POST", "/releases", {"tag_name": "v9", "body": "x" * 125_001}, 422),
    ("POST", "/pulls", {"title": "x", "head": "nope", "base": "main"}, 422),
    ("POST", "/pulls", {"title": "x", "head": "main", "base": "main"}, 422),
    ("PATCH", "/pulls/1", {"state": "open"}, 422),
    ("PATCH", "/pulls/1", {"base": "nope"}, 422),
    ("PUT", "/pulls/1/merge", {"merge_method": "magic"}, 422),
    ("POST", "/pulls/1/reviews", {"event": "SHRUG"}, 422),
    ("POST", "/pulls/1/reviews", {"event": "COMMENT"}, 422),
    ("PUT", "/pulls/1/reviews/9/dismissals", {"message": "m"}, 404),
    ("POST", "/pulls/1/requested_reviewers", {"reviewers": ["nobody"]}, 422),
    ("POST", "/pulls/1/requested_reviewers", {"reviewers": ["bo"]}, 422),
    ("POST", "/issues", {}, 422),
    ("PATCH", "/issues/1", {"state": "ajar"}, 422),
    ("PATCH", "/issues/1", {"milestone": 9}, 422),
    ("POST", "/issues/1/comments", {}, 422),
    ("POST", "/issues/1/labels", {}, 422),
    ("DELETE", "/issues/1/labels/nope", {}, 404),
    ("POST", "/milestones", {}, 422),
    ("POST", "/statuses/{head}", {"state": "fine"}, 422),
    ("POST", "/deployments", {"ref": "nope"}, 422),
    ("POST", "/actions/workflows/ci.yml/dispatches", {"ref": "nope"}, 422),
    ("POST", "/actions/workflows/ci.yml/dispatches", {"ref": "main", "inputs": {"a": 1}}, 422),
    ("POST", "/actions/workflows/ci.yml/dispatches", {"ref": "main", "inputs": [1]}, 422),
    ("POST", "/actions/runs/9/rerun", {}, 404),
    ("POST", "/actions/jobs/9/rerun", {}, 404),
    ("POST", "/actions/runs/{run}/cancel", {}, 409),
    ("GET", "/actions/runs/{run}/attempts/9", {}, 404),
    ("GET", "/actions/jobs/9", {}, 404),
    ("GET", "/actions/artifacts/9/zip", {}, 404),
    ("DELETE", "/actions/caches", {}, 422),
    ("DELETE", "/actions/caches?key=nope", {}, 404),
    ("DELETE", "/actions/caches/9", {}, 404),
    ("PATCH", "/labels/nope", {"color": "000000"}, 404),
    ("DELETE", "/labels/nope", {}, 404),
    ("PUT", "/branches/main/protection", {"enforce_admins": True}, 422),
    ("GET", "/branches/main/protection", {}, 404),
    ("GET", "/branches/nope/protection", {}, 404),
    ("DELETE", "/branches/main/protection", {}, 404),
    ("POST", "/rulesets", {"name": "x", "enforcement": "sometimes"}, 422),
    ("GET", "/rulesets/9", {}, 404),
    ("GET", "/codeowners/errors", {}, 404),
    ("PUT", "/environments/x", {"wait_timer": -1}, 422),
    ("PUT", "/environments/x", {"reviewers": [{"type": "User", "id": 1}]}, 422),
    ("GET", "/environments/nope/variables", {}, 404),
    ("GET", "/actions/variables/nope", {}, 404),
    ("DELETE", "/actions/variables/nope", {}, 404),
    ("PUT", "/collaborators/ada", {"permission": "boss"}, 422),
    ("PUT", "/collaborators/nobody", {}, 404),
    ("GET", "/collaborators/nobody/permission", {}, 404),
    ("DELETE", "/invitations/9", {}, 404),
    ("POST", "/keys", {"key": "x"}, 422),
    ("DELETE", "/keys/9", {}, 404),
    ("POST", "/issues/1/reactions", {"content": "shrug"}, 422),
    ("DELETE", "/issues/1/reactions/9", {}, 404),
    ("PUT", "/issues/1/lock", {"lock_reason": "why"}, 422),
    ("POST", "/pulls/1/comments", {"path": "changes/1.md"}, 422),
    ("POST", "/pulls/1/comments", {"body": "x", "path": "nope"}, 422),
    ("POST", "/pulls/1/comments", {"body": "x", "path": "x", "commit_id": NONE}, 422),
    ("POST", "/pulls/1/comments", {"body": "x", "path": "changes/1.md", "line": 99}, 422),
    ("POST", "/pulls/1/comments/9/replies", {"body": "x"}, 404),
    ("GET", "/pulls/comments/9", {}, 404),
    ("PUT", "/pulls/1/update-branch", {"expected_head_sha": NONE}, 422),
    ("POST", "/merges", {"base": "nope", "head": "main"}, 404),
    ("POST", "/merges", {"base": "main", "head": "nope"}, 404),
    (
        "POST",
        "/check-runs",
        {"name": "x", "head_sha": "{head}", "output": {"annotations": [1]}},
        422,
    ),
    ("POST", "/check-runs", {"name": "x", "head_sha": "{head}", "output": {"annotations": 1}}, 422),
    ("GET", "/dependabot/alerts/9", {}, 404),
    ("PATCH", "/code-scanning/alerts/9", {"state": "open"}, 404),
    ("POST", "/generate", {"name": "x"}, 422),
    ("PATCH", "", {"default_branch": "nope"}, 422),
    ("PUT", "/topics", {"names": "x"}, 422),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), REFUSED)
async def test_a_refusal_changes_nothing(
    method: str,
    path: str,
    body: dict[str, Any],
    status: int,
    world: GitHubWorld,
    api: httpx.AsyncClient,
) -> None:
    """The status is GitHub's, the body has a message, and no write is counted."""
    head, run = world.head("acme/api"), world["acme/api"].runs[0].id
    sent = {key: head if value == "{head}" else value for key, value in body.items()}
    before = world.tags("acme/api")
    answer = await api.request(
        method, f"/repos/acme/api{path.format(head=head, run=run)}", json=sent or None
    )
    assert answer.status_code == status, answer.text
    assert answer.json()["message"]
    assert world.writes == []
    assert (world.head("acme/api"), world.tags("acme/api")) == (head, before)


@pytest.mark.parametrize("content", [b"{", b"[]"])
async def test_a_body_must_be_an_object(content: bytes, api: httpx.AsyncClient) -> None:
    """What is no JSON object is 400."""
    assert (await api.post("/repos/acme/api/issues", content=content)).status_code == 400


async def test_red_checks_hold_a_deployment_back(
    world: GitHubWorld, api: httpx.AsyncClient
) -> None:
    """409 while CI is red, unless the caller asks for no contexts."""
    world.check("acme/api", "failure")
    held = await api.post("/repos/acme/api/deployments", json={"ref": "main"})
    body = {"ref": "main", "required_contexts": []}
    forced = await api.post("/repos/acme/api/deployments", json=body)
    assert (held.status_code, forced.status_code) == (409, 201)


async def test_an_empty_repository_has_no_commits(
    world: GitHubWorld, api: httpx.AsyncClient
) -> None:
    """409 in GitHub's words; the first file then makes the branch."""
    world.add("acme/new", created_at=world.clock)
    empty = await api.get("/repos/acme/new/commits")
    body = {"message": "Begin", "content": "eA=="}
    first = await api.put("/repos/acme/new/contents/x", json=body)
    assert (empty.status_code, first.status_code) == (409, 201)
    assert world.head("acme/new") == first.json()["commit"]["sha"]
