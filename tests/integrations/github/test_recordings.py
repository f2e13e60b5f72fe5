"""What GitHub once really sent is understood by the client."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import msgspec
import pytest

from integrations.errors import NotFound, OutsideError, Refused, Transient
from integrations.github import GitHub
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


SKIPPED = {"content-length", "content-encoding", "transfer-encoding"}
Read = Callable[[GitHub, Recording], Awaitable[object]]
READS: dict[str, Read] = {
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


@pytest.mark.parametrize("operation", sorted(READS))
async def test_recorded_answers_are_understood(
    contracts: Path, connect: Connect, operation: str
) -> None:
    """Every recording of an endpoint becomes a value that can be stored, or the right error."""
    folder = contracts / "github" / "rest-recordings"
    index = json.loads((folder / "index.json").read_text())
    names = [entry["file"] for entry in index if entry["operationId"] == operation]
    played = 0
    for name in names:
        raw = json.loads((folder / name).read_text())
        answer = raw["response"]
        if answer["status"] == 304:
            continue  # it answers a question that this client has not asked yet
        played += 1
        recording = Recording(
            raw["request"]["path"], operation, answer["status"], answer["headers"], answer["body"]
        )
        read = READS[operation](connect(recording.handler), recording)
        if expected := meaning(recording):
            with pytest.raises(expected):
                await read
        else:
            value = await read
            assert value, name
            kind = list[type(value[0])] if isinstance(value, list) else type(value)  # type: ignore[misc]
            assert msgspec.json.decode(msgspec.json.encode(value), type=kind) == value
    assert played
