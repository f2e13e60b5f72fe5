"""What GitHub once really answered to writes, and to reads of one thing, is understood, too."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.errors import NotFound, OutsideError, Refused
from integrations.github import actions, merging, remarks, rules, standing, tracking, verdicts, wire
from integrations.github.api import GitHubApi
from integrations.github.places import ANYWHERE
from integrations.github.search import ThreadsWire
from integrations.github.sign_in import TokenSignIn
from integrations.http import Answer
from tests.contract.rest import RestContract
from tests.contract.thinning import Thinner
from tests.integrations.github.test_recordings import READS

# The rest has an answer of which the client reads nothing, or is no call of the client's.
SHAPES: dict[str, Any] = {
    "actions/create-workflow-dispatch": actions.StartedWire,
    "actions/get-job-for-workflow-run": actions.JobWire,
    "checks/create": verdicts.CheckWire,
    "checks/get": verdicts.CheckWire,
    "checks/list-for-suite": wire.CheckRuns,
    "checks/update": verdicts.CheckWire,
    "git/create-ref": wire.Ref,
    "git/create-tree": wire.Sha,
    "git/get-ref": wire.Ref,
    "git/update-ref": wire.Ref,
    "issues/add-labels": list[wire.Label],
    "issues/create": tracking.Issue,
    "issues/create-comment": tracking.Comment,
    "pulls/create-reply-for-review-comment": remarks.LineCommentWire,
    "pulls/create-review": merging.ReviewWire,
    "pulls/dismiss-review": merging.ReviewWire,
    "pulls/list-commits": list[wire.Commit],
    "pulls/list-requested-reviewers": merging.RequestedWire,
    "pulls/merge": merging.MergedWire,
    "pulls/update": wire.Pull,
    "reactions/create-for-issue": remarks.ReactionWire,
    "repos/create-commit-status": verdicts.StatusWire,
    "repos/create-deployment-status": standing.DeploymentStatus,
    "repos/create-in-org": wire.Repository,
    "repos/create-or-update-file-contents": wire.FileCommit,
    "repos/create-release": wire.Release,
    "repos/get": wire.Repository,
    "repos/get-combined-status-for-ref": wire.Statuses,
    "repos/get-release": wire.Release,
    "repos/list-commit-statuses-for-ref": list[wire.Status],
    "repos/list-deployments": list[standing.Deployment],
    "repos/update": wire.Repository,
    "repos/update-branch-protection": rules.ProtectionWire,
    "search/issues-and-pull-requests": ThreadsWire,
}


@dataclass(frozen=True)
class Recording:
    """One call with its answer; `shape` is what the client reads of it."""

    method: str
    path: str
    status: int
    body: Any
    shape: Any = None

    def handler(self, _: httpx.Request) -> httpx.Response:
        """Answer whatever is asked as it was answered."""
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return httpx.Response(self.status, content=text.encode())

    async def replayed(self) -> list[object]:
        """Ask again; return what the client makes of the answer."""
        url = urlsplit(self.path)
        async with GitHubApi(TokenSignIn("x"), transport=httpx.MockTransport(self.handler)) as api:
            if self.method == "GET":
                params: dict[str, str | int] = dict(parse_qsl(url.query))
                answer = await api.answer(ANYWHERE, url.path, params=params)
            else:
                answer = await api.change(ANYWHERE, self.method, url.path, {})
        return self.understood(answer)

    def understood(self, answer: Answer) -> list[object]:
        """Return what the client makes of an answer."""
        if self.shape is None:
            return []
        found = answer.decode(self.shape)
        several = found if isinstance(found, list) else [found]
        return [each.model() if hasattr(each, "model") else each for each in several]


@pytest.fixture(scope="module")
def played(contracts: Path, contract: RestContract) -> list[Recording]:
    """Read the recordings once."""
    return list(recordings(contracts, contract))


def recordings(contracts: Path, contract: RestContract) -> Iterator[Recording]:
    """Yield every recorded call that is not replayed into a read of the client."""
    folder = contracts / "github" / "rest-recordings"
    for entry in json.loads((folder / "index.json").read_text()):
        if entry["operationId"] not in READS and entry["status"] != 304:
            raw = json.loads((folder / entry["file"]).read_text())
            asked, said = raw["request"], raw["response"]
            shape = SHAPES.get(entry["operationId"])
            yield Recording(asked["method"], asked["path"], said["status"], said["body"], shape)
    for path in sorted((folder / "octokit-fixtures").glob("*.json")):
        for raw in json.loads(path.read_text()):
            method, place = raw["method"].upper(), urlsplit(raw["path"]).path
            operation = contract.operation(method.lower(), place)
            shape = SHAPES.get(operation.described["operationId"]) if operation else None
            yield Recording(method, raw["path"], raw["status"], raw["response"], shape)


def meaning(recording: Recording) -> type[OutsideError] | None:
    """Return how the client must fail, by GitHub's own rules."""
    if recording.status == 404:
        return NotFound
    # A redirect leads to an address that was not recorded with it, if anywhere.
    is_failure = recording.status >= 400
    return Refused if is_failure else None


async def test_every_recorded_answer_is_understood(played: list[Recording]) -> None:
    """Each becomes what the client reads of it, or the right error."""
    understood = set()
    for recording in played:
        if expected := meaning(recording):
            with pytest.raises(expected):
                await recording.replayed()
        elif recording.status < 300:
            found = await recording.replayed()
            assert bool(found) is (recording.shape is not None), recording.path
            understood.add(str(recording.shape))
    assert {str(shape) for shape in SHAPES.values()} <= understood


@given(random=st.builds(Random, st.integers(min_value=0)))
@settings(max_examples=20)
def test_what_is_not_promised_may_be_missing(
    played: list[Recording], contract: RestContract, random: Random
) -> None:
    """Without optional fields, and with null where GitHub allows it, everything is understood."""
    thinner = Thinner(contract, random)
    for each in played:
        if each.shape is not None and each.status < 300:
            place = urlsplit(each.path).path
            body = thinner.thinned(each.method, place, each.status, each.body)
            each.understood(Answer("GitHub", each.status, {}, json.dumps(body).encode()))
