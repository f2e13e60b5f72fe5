"""Workflows and their runs."""

from datetime import datetime

from integrations.emulators.github.accounts import user
from integrations.emulators.github.calls import (
    Call,
    Json,
    Reply,
    Route,
    maybe,
    missing,
    moment,
    node_id,
    stamp,
)
from integrations.emulators.github.commits import simple_commit
from integrations.emulators.github.records import CheckRun, Pull, Workflow, WorkflowRun
from integrations.emulators.github.repositories import pull_row, repository

_FILTERED_LIMIT = 1000  # GitHub gives no more once any filter is set
_FIELDS = {"branch": "branch", "event": "event", "head_sha": "sha", "actor": "actor"}


def run(call: Call, found: WorkflowRun) -> Json:
    """Return a workflow run."""
    url = call.url("actions/runs", found.id)
    flow = next(flow for flow in call.repo.workflows if flow.id == found.workflow)
    if "repository" not in call.cache:
        call.cache["repository"] = repository(call, call.repo)
    known = call.git.object(found.sha)
    return {
        "id": found.id,
        "name": flow.name,
        "node_id": node_id("WorkflowRun", found.id),
        "check_suite_id": found.suite,
        "check_suite_node_id": node_id("CheckSuite", found.suite),
        "head_branch": found.branch,
        "head_sha": found.sha,
        "path": flow.path,
        "run_number": found.number,
        "run_attempt": found.attempt,
        "event": found.event,
        "display_title": found.title,
        "status": found.status,
        "conclusion": found.conclusion,
        "workflow_id": flow.id,
        "url": url,
        "html_url": call.html("actions/runs", found.id),
        "pull_requests": [pull_row(call, one) for one in _pulls(call, found)],
        "created_at": stamp(found.created_at),
        "updated_at": stamp(found.updated_at),
        "run_started_at": stamp(found.started_at),
        "actor": user(call, found.actor),
        "triggering_actor": user(call, found.actor),
        "jobs_url": f"{url}/jobs",
        "logs_url": f"{url}/logs",
        "check_suite_url": call.url("check-suites", found.suite),
        "artifacts_url": f"{url}/artifacts",
        "cancel_url": f"{url}/cancel",
        "rerun_url": f"{url}/rerun",
        "previous_attempt_url": None,
        "workflow_url": call.url("actions/workflows", flow.id),
        "head_commit": simple_commit(call.git.commit(found.sha)) if known else None,
        "repository": call.cache["repository"],
        "head_repository": call.cache["repository"],
    }


def _pulls(call: Call, found: WorkflowRun) -> list[Pull]:
    """Return the pull request that a run belongs to; GitHub forgets it once it is closed."""
    pull = call.repo.pulls.get(found.pull or 0)
    return [pull] if pull is not None and pull.state == "open" else []


def job(call: Call, found: CheckRun, of: WorkflowRun) -> Json:
    """Return a job of a workflow run: the check run that it is on a commit, and its steps."""
    flow = next(flow for flow in call.repo.workflows if flow.id == of.workflow)
    url, check = call.url("actions/jobs", found.id), call.url("check-runs", found.id)
    return {
        "id": found.id,
        "run_id": of.id,
        "workflow_name": flow.name,
        "head_branch": of.branch,
        "run_url": call.url("actions/runs", of.id),
        "run_attempt": of.attempt,
        "node_id": node_id("CheckRun", found.id),
        "head_sha": found.sha,
        "url": url,
        "html_url": call.html("actions/runs", of.id, "job", found.id),
        "status": found.status,
        "conclusion": found.conclusion,
        "created_at": stamp(found.started_at),
        "started_at": stamp(found.started_at),
        "completed_at": maybe(found.completed_at),
        "name": found.name,
        "steps": _steps(found),
        "check_run_url": check,
        "labels": ["ubuntu-latest"],
        "runner_id": 1,
        "runner_name": "emulated",
        "runner_group_id": 1,
        "runner_group_name": "Default",
    }


def _steps(found: CheckRun) -> list[Json]:
    """Return what a job did: it is the step in the middle that can fail."""
    outcomes = {
        "Set up job": "success",
        f"Run {found.name}": found.conclusion,
        "Complete job": "success",
    }
    over = found.completed_at is not None
    return [
        {
            "name": name,
            "status": "completed" if over else "in_progress",
            "conclusion": outcome if over else None,
            "number": number,
            "started_at": stamp(found.started_at),
            "completed_at": maybe(found.completed_at),
        }
        for number, (name, outcome) in enumerate(outcomes.items(), start=1)
    ]


async def _jobs(call: Call) -> Reply:
    of = _named(call)
    found = [one for one in call.repo.checks if one.suite == of.suite]
    return call.listed(found, lambda call, one: job(call, one, of), "jobs")


async def _runs(call: Call) -> Reply:
    found = sorted(call.repo.runs, key=lambda r: (r.created_at, r.id), reverse=True)
    query, whole = call.query, len(found)
    for name, field in _FIELDS.items():
        if wanted := query.get(name):
            found = [one for one in found if getattr(one, field) == wanted]
    if wanted := query.get("status"):
        found = [one for one in found if wanted in (one.status, one.conclusion)]
    if created := query.get("created"):
        found = [one for one in found if _within(one.created_at, created)]
    if key := call.params.get("workflow"):
        flow = _workflow(call, key)
        found = [one for one in found if one.workflow == flow.id]
    if len(found) != whole:
        found = found[:_FILTERED_LIMIT]
    return call.listed(found, run, "workflow_runs")


def _within(at: datetime, span: str) -> bool:
    """Read GitHub's search dates: `>=2026-03-01`, `<…`, `a..b` with `*` for an open end."""
    first, dots, last = span.partition("..")
    if dots:
        after = first == "*" or at >= moment(first)
        return after and (last == "*" or at <= moment(last))
    for sign, holds in ((">=", at.__ge__), ("<=", at.__le__), (">", at.__gt__), ("<", at.__lt__)):
        if span.startswith(sign):
            return holds(moment(span.removeprefix(sign)))
    return at.date() == moment(span).date()


def _named(call: Call) -> WorkflowRun:
    found = next((r for r in call.repo.runs if r.id == call.params["id"]), None)
    if found is None:
        raise missing()
    return found


async def _one(call: Call) -> Reply:
    return Reply(run(call, _named(call)))


def _workflow(call: Call, key: str) -> Workflow:
    for flow in call.repo.workflows:
        if key in (str(flow.id), flow.path.rpartition("/")[2]):
            return flow
    raise missing()


def workflow(call: Call, flow: Workflow) -> Json:
    """Return a workflow."""
    at = stamp(flow.created_at)
    return {
        "id": flow.id,
        "node_id": node_id("Workflow", flow.id),
        "name": flow.name,
        "path": flow.path,
        "state": "active",
        "created_at": at,
        "updated_at": at,
        "url": call.url("actions/workflows", flow.id),
        "html_url": call.html("blob", call.repo.default_branch, flow.path),
        "badge_url": call.html("workflows", flow.name, "badge.svg"),
    }


async def _workflows(call: Call) -> Reply:
    return call.listed(call.repo.workflows, workflow, "workflows")


async def _one_workflow(call: Call) -> Reply:
    return Reply(workflow(call, _workflow(call, call.params["workflow"])))


ROUTES: list[Route] = [
    ("GET", "/repos/{owner}/{repo}/actions/runs", _runs),
    ("GET", "/repos/{owner}/{repo}/actions/runs/{id:int}", _one),
    ("GET", "/repos/{owner}/{repo}/actions/runs/{id:int}/jobs", _jobs),
    ("GET", "/repos/{owner}/{repo}/actions/workflows", _workflows),
    ("GET", "/repos/{owner}/{repo}/actions/workflows/{workflow}", _one_workflow),
    ("GET", "/repos/{owner}/{repo}/actions/workflows/{workflow}/runs", _runs),
]
