"""The emulator answers as GitHub's own description says."""

import base64

import httpx
import pytest

from integrations.emulators.github import GitHubWorld
from tests.contract.rest import RestContract
from tests.integrations.emulators.github.connection import connected

READS = (
    "",
    "/branches",
    "/branches/main",
    "/tags",
    "/commits",
    "/commits?path=README.md&since=2020-01-01T00:00:00Z&author=ada",
    "/commits/main",
    "/compare/v1.14.1...main",
    "/compare/main...v1.14.1",
    "/git/ref/heads/main",
    "/git/ref/tags/v1.14.2",
    "/git/matching-refs/tags/v1",
    "/git/commits/{sha}",
    "/git/tags/{tag}",
    "/git/trees/main?recursive=1",
    "/git/blobs/{blob}",
    "/releases",
    "/releases/latest",
    "/releases/tags/v1.14.2",
    "/contents/shop/cart",
    "/contents/pyproject.toml",
    "/readme",
    "/pulls?state=all&per_page=100",
    "/pulls?state=open&sort=updated",
    "/pulls/71",
    "/pulls/{open}",
    "/pulls/71/files",
    "/pulls/71/commits",
    "/pulls/71/reviews",
    "/pulls/71/requested_reviewers",
    "/issues?state=all",
    "/issues?state=open&labels=bug",
    "/issues/71",
    "/issues/71/comments",
    "/issues/71/labels",
    "/labels",
    "/labels/bug",
    "/milestones?state=all",
    "/milestones/1",
    "/commits/main/check-runs",
    "/commits/main/check-suites",
    "/commits/main/status",
    "/commits/main/statuses",
    "/commits/{sha}/pulls",
    "/check-runs/{check}",
    "/deployments?environment=production",
    "/deployments/{deployment}",
    "/deployments/{deployment}/statuses",
    "/environments",
    "/environments/production",
    "/actions/runs?branch=main&status=success&created=>=2020-01-01",
    "/actions/runs/{run}",
    "/actions/runs/{run}/jobs",
    "/actions/workflows",
    "/actions/workflows/ci.yml",
    "/actions/workflows/ci.yml/runs",
    "/actions/runs/{run}/attempts/1",
    "/actions/runs/{run}/attempts/1/jobs",
    "/actions/runs/{run}/artifacts",
    "/actions/runs/{run}/timing",
    "/actions/jobs/{job}",
    "/actions/artifacts",
    "/actions/artifacts/{job}",
    "/actions/caches?sort=size_in_bytes&direction=asc",
    "/actions/cache/usage",
    "/actions/variables",
    "/actions/secrets",
    "/check-runs/{check}/annotations",
    "/rulesets",
    "/rules/branches/main",
    "/codeowners/errors",
    "/collaborators",
    "/collaborators/ada/permission",
    "/teams",
    "/invitations",
    "/keys",
    "/dependabot/alerts",
    "/code-scanning/alerts",
    "/secret-scanning/alerts",
    "/security-advisories",
    "/topics",
    "/traffic/views",
    "/traffic/clones",
    "/traffic/popular/paths",
    "/traffic/popular/referrers",
    "/pulls/71/comments",
    "/issues/71/reactions",
)


@pytest.fixture(scope="session")
def places(acme: GitHubWorld) -> dict[str, str]:
    """Name the things whose addresses hold ids."""
    repo = acme["acme/shop"]
    git = acme.git(repo)
    names = {"sha": "main", "tag": "refs/tags/v1.14.2", "blob": "main:README.md"}
    found = {key: (git.object(name) or ("",))[0] for key, name in names.items()}
    ids = {
        "deployment": next(iter(repo.deployments)),
        "run": repo.runs[0].id,
        "check": repo.checks[0].id,
        "job": next(job.id for job in repo.checks if job.name == "test"),
        "open": next(pull.number for pull in repo.pulls.values() if pull.state == "open"),
    }
    return found | {key: str(value) for key, value in ids.items()}


@pytest.mark.parametrize("path", READS)
async def test_every_read_fits_the_official_description(
    path: str, acme: GitHubWorld, contract: RestContract, places: dict[str, str]
) -> None:
    """A client that trusts GitHub's schema can trust the emulator."""
    async with connected(acme) as api:
        answer = await api.get(f"/repos/acme/shop{path.format(**places)}")

    assert answer.status_code == 200
    contract.check(answer)


@pytest.mark.parametrize(
    "path",
    [
        "/user",
        "/users/ada",
        "/rate_limit",
        "/meta",
        "/orgs/acme/repos",
        "/users/bo/repos",
        "/orgs/acme/members",
        "/orgs/acme/teams",
        "/orgs/acme/memberships/ada",
        "/orgs/acme/packages?package_type=container",
        "/search/issues?q=is:open",
        "/search/code?q=basket",
    ],
)
async def test_what_belongs_to_no_repository_fits_too(
    path: str, acme: GitHubWorld, contract: RestContract
) -> None:
    """People, limits and lists of repositories have GitHub's shapes."""
    async with connected(acme) as api:
        contract.check(await api.get(path))


async def test_every_write_answers_as_described(
    world: GitHubWorld, api: httpx.AsyncClient, contract: RestContract
) -> None:
    """A whole life of a change: branch, file, pull request, review, merge, release, deployment."""
    sha, here = world.head("acme/api"), "/repos/acme/api"

    async def send(method: str, path: str, status: int, **body: object) -> dict[str, object]:
        answer = await api.request(method, here + path, json=body)
        assert answer.status_code == status, answer.text
        contract.check(answer)
        told: dict[str, object] = answer.json() if isinstance(answer.json(), dict) else {}
        return told

    text = base64.b64encode(b"hello\n").decode()
    await send("POST", "/git/refs", 201, ref="refs/heads/topic", sha=sha)
    made = await send(
        "PUT", "/contents/docs/hello.md", 201, message="Hello", content=text, branch="topic"
    )
    blob = made["content"]["sha"]  # type: ignore[index] # JSON
    await send(
        "PUT", "/contents/docs/hello.md", 200, message="Hi", content=text, branch="topic", sha=blob
    )
    await send("POST", "/pulls", 201, title="Hello", head="topic", base="main")
    await send("PATCH", "/pulls/2", 200, body="Says hello.")
    await send("POST", "/pulls/2/requested_reviewers", 201, reviewers=["ada"])
    await send("POST", "/pulls/2/reviews", 200, event="COMMENT", body="Nice")
    await send("POST", "/issues/2/comments", 201, body="Ready?")
    await send("POST", "/issues/2/labels", 200, labels=["docs"])
    await send("POST", "/milestones", 201, title="1.3")
    await send("PATCH", "/issues/2", 200, milestone=1)
    await send("PATCH", "/milestones/1", 200, state="closed")
    merged = await send("PUT", "/pulls/2/merge", 200, merge_method="squash")
    await send("POST", f"/statuses/{merged['sha']}", 201, state="success", context="ci")
    await send(
        "POST", "/check-runs", 201, name="lint", head_sha=merged["sha"], conclusion="success"
    )
    tag = await send(
        "POST", "/git/tags", 201, tag="v1.3.0", message="m", object=merged["sha"], type="commit"
    )
    await send("POST", "/git/refs", 201, ref="refs/tags/v1.3.0", sha=tag["sha"])
    release = await send("POST", "/releases", 201, tag_name="v1.3.0", name="1.3", body="Notes")
    await send("PATCH", f"/releases/{release['id']}", 200, prerelease=True)
    await send("POST", "/releases/generate-notes", 200, tag_name="v1.3.0")
    deployment = await send("POST", "/deployments", 201, ref="main", payload={"run": "r1"})
    await send("POST", f"/deployments/{deployment['id']}/statuses", 201, state="success")
    await send("POST", "/issues", 201, title="A bug", labels=["bug"])
    blob_made = await send("POST", "/git/blobs", 201, content="x")
    entry = {"path": "a/b", "mode": "100644", "type": "blob", "sha": blob_made["sha"]}
    tree = await send("POST", "/git/trees", 201, base_tree=merged["sha"], tree=[entry])
    await send("POST", "/git/commits", 201, message="m", tree=tree["sha"], parents=[merged["sha"]])
    await send("PATCH", "/git/refs/heads/topic", 200, sha=merged["sha"], force=True)
