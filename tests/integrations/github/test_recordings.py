"""What GitHub once really sent is understood by the client."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.errors import NotFound, OutsideError, Refused, Transient
from integrations.github import GitHub
from integrations.github.api import GitHubApi
from integrations.github.sign_in import TokenSignIn
from tests.contract.rest import RestContract
from tests.contract.thinning import Thinner
from tests.integrations.github.conftest import Connect

SINCE = datetime(2000, 1, 1, tzinfo=UTC)
# An endpoint that a read asks besides the recorded one answers that there is nothing.
NOTHING = {"check_runs": [], "statuses": [], "jobs": [], "total_count": 0}


@dataclass(frozen=True)
class Recording:
    path: str
    operation: str
    status: int
    headers: list[tuple[str, str]]
    body: Any

    @property
    def segments(self) -> list[str]:
        return urlsplit(self.path).path.strip("/").split("/")

    @property
    def repo(self) -> str:
        return "/".join(self.segments[1:3])

    def handler(self, request: httpx.Request) -> httpx.Response:
        """Answer the recorded path as it was answered, wherever it appears."""
        if request.url.path.startswith("/repositories/") and self.path.endswith("per_page=3"):
            return httpx.Response(200, json=[])  # the next page, which was not recorded
        if unquote(request.url.path) != unquote(urlsplit(self.path).path):
            return httpx.Response(200, json=NOTHING)
        # Lengths and encodings are those of the wire, not of the stored text.
        kept = [(k, v) for k, v in self.headers if k.lower() not in SKIPPED]
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return httpx.Response(self.status, headers=kept, content=text.encode())


# The address of the next page would lead here again.
SKIPPED = {"content-length", "content-encoding", "transfer-encoding", "link"}
Read = Callable[[GitHub, Recording], Awaitable[object]]
READS: dict[str, Read] = {
    "actions/download-job-logs-for-workflow-run": lambda g, r: g.job_log(
        r.repo, int(r.segments[5])
    ),
    "actions/get-workflow": lambda g, r: g.workflow(r.repo, r.segments[5]),
    "actions/list-artifacts-for-repo": lambda g, r: g.artifacts(r.repo),
    "actions/list-jobs-for-workflow-run": lambda g, r: g.jobs(r.repo, int(r.segments[5])),
    "actions/list-repo-workflows": lambda g, r: g.workflows(r.repo),
    "actions/list-workflow-run-artifacts": lambda g, r: g.artifacts(r.repo, int(r.segments[5])),
    "actions/list-workflow-runs": lambda g, r: g.runs_of_workflow(r.repo, r.segments[5], SINCE),
    "checks/list-annotations": lambda g, r: g.check_annotations(r.repo, int(r.segments[4])),
    "code-scanning/list-alerts-for-repo": lambda g, r: g.code_alerts(r.repo),
    "dependabot/list-alerts-for-repo": lambda g, r: g.dependency_alerts(r.repo),
    "git/get-tree": lambda g, r: g.tree(r.repo, r.segments[5]),
    "issues/list-labels-for-repo": lambda g, r: g.labels(r.repo),
    "repos/get-branch-protection": lambda g, r: g.protection(r.repo, r.segments[4]),
    "repos/get-collaborator-permission-level": lambda g, r: g.permission(r.repo, r.segments[4]),
    "search/code": lambda g, r: g.search_code("acme/api", "x"),
    "search/issues-and-pull-requests": lambda g, r: g.search_threads("acme/api", "x"),
    "secret-scanning/list-alerts-for-repo": lambda g, r: g.secret_alerts(r.repo),
    "actions/list-workflow-runs-for-repo": lambda g, r: g.workflow_runs(r.repo, SINCE),
    "actions/get-workflow-run": lambda g, r: g.workflow_run(r.repo, int(r.segments[5])),
    "checks/list-for-ref": lambda g, r: g.checks(r.repo, r.segments[4]),
    "issues/get": lambda g, r: g.issue_state(r.repo, int(r.segments[4])),
    "issues/list-comments": lambda g, r: g.comments(r.repo, int(r.segments[4])),
    "issues/list-for-repo": lambda g, r: g.open_issues(r.repo),
    "pulls/get": lambda g, r: g.pull(r.repo, int(r.segments[4])),
    "pulls/list": lambda g, r: g.open_pulls(r.repo),
    "pulls/list-files": lambda g, r: g.pull_paths(r.repo, int(r.segments[4])),
    "rate-limit/get": lambda g, r: g.quota(),
    "repos/compare-commits-with-basehead": lambda g, r: g.commits_between(
        r.repo, *r.segments[4].split("...")
    ),
    "repos/get": lambda g, r: g.repository(r.repo),
    "repos/get-all-environments": lambda g, r: g.environments(r.repo),
    "repos/get-branch": lambda g, r: g.branch(r.repo, r.segments[4]),
    "repos/get-combined-status-for-ref": lambda g, r: g.checks(r.repo, r.segments[4]),
    "repos/get-commit": lambda g, r: g.head(r.repo, r.segments[4]),
    "repos/get-latest-release": lambda g, r: g.latest_release(r.repo),
    "repos/get-release-by-tag": lambda g, r: g.release_by_tag(r.repo, r.segments[5]),
    "repos/list-releases": lambda g, r: g.releases(r.repo),
    "repos/list-webhook-deliveries": lambda g, r: g.failed_deliveries(
        r.repo, int(r.segments[4]), SINCE
    ),
    "users/get-authenticated": lambda g, r: g.identity(),
    "users/get-by-username": lambda g, r: g.user(r.segments[1]),
}


def meaning(recording: Recording) -> type[OutsideError] | None:
    """Return how the client must fail, by GitHub's own rules."""
    match recording.status:
        case 401:
            return Refused
        case 403 | 429 | 500 | 502 | 503:
            return Transient  # every recorded 403 of these endpoints is a rate limit
        case 301:
            return Refused  # each leads to itself or to another host
        case 404:
            return NotFound
    return None


def recordings(contracts: Path, operation: str) -> list[Recording]:
    """Return what GitHub once answered to an operation."""
    folder = contracts / "github" / "rest-recordings"
    index = json.loads((folder / "index.json").read_text())
    found = []
    for entry in index:
        if entry["operationId"] != operation:
            continue
        raw = json.loads((folder / entry["file"]).read_text())
        answer, path = raw["response"], raw["request"]["path"]
        if answer["status"] != 304:  # it answers a question that this client has not asked yet
            found.append(
                Recording(path, operation, answer["status"], answer["headers"], answer["body"])
            )
    return found


@pytest.mark.parametrize("operation", sorted(READS))
async def test_recorded_answers_are_understood(
    contracts: Path, connect: Connect, operation: str
) -> None:
    """Every recording of an endpoint becomes a value that can be stored, or the right error."""
    played = recordings(contracts, operation)
    for recording in played:
        read = READS[operation](connect(recording.handler), recording)
        if expected := meaning(recording):
            with pytest.raises(expected):
                await read
        else:
            value = await read
            assert value, recording.path
            kind = list[type(value[0])] if isinstance(value, list) else type(value)  # type: ignore[misc]
            assert msgspec.json.decode(msgspec.json.encode(value), type=kind) == value
    assert played


@pytest.mark.parametrize("operation", sorted(READS))
@given(random=st.randoms(use_true_random=False))
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_not_promised_may_be_missing(
    contracts: Path, contract: RestContract, operation: str, random: Random
) -> None:
    """Without optional fields, and with null where GitHub allows it, everything is understood."""
    for recording in recordings(contracts, operation):
        if recording.status == 200 and isinstance(recording.body, dict | list):
            path = urlsplit(recording.path).path
            body = Thinner(contract, random).thinned("GET", path, 200, recording.body)
            asyncio.run(understood(replace(recording, body=body)))


async def understood(recording: Recording) -> None:
    """Read an answer; raise where it is not understood."""
    api = GitHubApi(TokenSignIn("x"), transport=httpx.MockTransport(recording.handler))
    async with api:
        await READS[recording.operation](GitHub(api), recording)
