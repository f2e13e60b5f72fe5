"""The GraphQL view of workflow runs: their suite and its jobs."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import replace

from integrations.emulators.github.calls import Call, maybe, node_id, stamp
from integrations.emulators.github.ci import jobs_of
from integrations.emulators.github.connections import Connection, connection
from integrations.emulators.github.records import CheckRun, WorkflowRun

IDS_LIMIT = 100


class CheckRunNode:
    typename = "CheckRun"

    def __init__(self, call: Call, found: CheckRun, suite: "CheckSuiteNode") -> None:
        self.id, self.database_id = node_id("CheckRun", found.id), found.id
        self.name, self.check_suite = found.name, suite
        self.status = found.status.upper()
        self.conclusion = found.conclusion.upper() if found.conclusion else None
        self.started_at, self.completed_at = stamp(found.started_at), maybe(found.completed_at)
        self.url = self.permalink = call.html("runs", found.id)
        self.details_url, self.external_id = found.details_url or self.url, found.external_id
        self.title, self.summary, self.text = found.title, found.summary, found.text


class CheckSuiteNode:
    typename = "CheckSuite"

    def __init__(self, call: Call, run: "WorkflowRunNode", suite: int) -> None:
        self._call, self.workflow_run = call, run
        self.id, self.database_id = node_id("CheckSuite", suite), suite

    def check_runs(self, **page: object) -> Connection[object]:
        held = jobs_of(self._call.repo, self.database_id)
        return connection("checkRuns", held, lambda one: CheckRunNode(self._call, one, self), page)


class WorkflowRunNode:
    typename = "WorkflowRun"

    def __init__(self, call: Call, found: WorkflowRun) -> None:
        self._call, self._found = call, found
        self.id, self.database_id = node_id("WorkflowRun", found.id), found.id
        self.event, self.run_number = found.event, found.number
        self.created_at, self.updated_at = stamp(found.created_at), stamp(found.updated_at)
        self.url = call.html("actions/runs", found.id)

    @property
    def check_suite(self) -> CheckSuiteNode:
        return CheckSuiteNode(self._call, self, self._found.suite)


def runs_by_id(call: Call, ids: Sequence[str]) -> list[WorkflowRunNode | None]:
    """Return workflow runs by the ids that GraphQL knows them by; None for any other id."""
    runs = {
        found.id: (repo, found) for repo in call.world.repositories.values() for found in repo.runs
    }
    rows: list[WorkflowRunNode | None] = []
    for key in ids:
        repo, found = runs.get(_number(key), (None, None))
        if repo is None or found is None:
            rows.append(None)
            continue
        here = replace(call, params={"owner": repo.owner, "repo": repo.name}, _repo=None)
        rows.append(WorkflowRunNode(here, found))
    return rows


def _number(key: str) -> int:
    try:
        kind, _, number = base64.b64decode(key, validate=True).decode().partition(":")
        return int(number) if kind == "WorkflowRun" else 0
    except (binascii.Error, ValueError):
        return 0
