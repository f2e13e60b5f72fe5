"""Workflows and their runs."""

from datetime import datetime

from msgspec.structs import replace

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
from integrations.emulators.github.records import CheckRun, Pull, WorkflowRun
from integrations.emulators.github.repositories import pull_row, repository
from integrations.emulators.github.workflows import Workflow

_FILTERED_LIMIT = 1000  # GitHub gives no more once any filter is set
_FIELDS = {"branch": "branch", "event": "event", "head_sha": "sha", "actor": "actor"}


def run(call: Call, found: WorkflowRun) -> Json:
    """Return a workflow run."""
    url = call.url("actions/runs", found.id)
    flow = flow_of(call, found)
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
        "triggering_actor": user(call, found.starter or found.actor),
        "jobs_url": f"{url}/jobs",
        "logs_url": f"{url}/logs",
        "check_suite_url": call.url("check-suites", found.suite),
        "artifacts_url": f"{url}/artifacts",
        "cancel_url": f"{url}/cancel",
        "rerun_url": f"{url}/rerun",
        "previous_attempt_url": f"{url}/attempts/{found.attempt - 1}" if found.earlier else None,
        "workflow_url": call.url("actions/workflows", flow.id),
        "head_commit": simple_commit(call.git.commit(found.sha)) if known else None,
        "repository": call.cache["repository"],
        "head_repository": call.cache["repository"],
    }


def flow_of(call: Call, found: WorkflowRun) -> Workflow:
    """Return the workflow that a run is of."""
    return next(flow for flow in call.repo.workflows if flow.id == found.workflow)


def _pulls(call: Call, found: WorkflowRun) -> list[Pull]:
    """Return the pull request that a run belongs to; GitHub forgets it once it is closed."""
    pull = call.repo.pulls.get(found.pull or 0)
    return [pull] if pull is not None and pull.state == "open" else []


def job(call: Call, found: CheckRun, of: WorkflowRun) -> Json:
    """Return a job of a workflow run: the check run that it is on a commit, and its steps."""
    flow = flow_of(call, of)
    attempt = next((one.number for one in of.earlier if one.suite == found.suite), of.attempt)
    url, check = call.url("actions/jobs", found.id), call.url("check-runs", found.id)
    return {
        "id": found.id,
        "run_id": of.id,
        "workflow_name": flow.name,
        "head_branch": of.branch,
        "run_url": call.url("actions/runs", of.id),
        "run_attempt": attempt,
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
    if found.status == "queued":
        return []
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
    of = named_run(call)
    suites = {of.suite}
    if call.query.get("filter") == "all":
        suites |= {one.suite for one in of.earlier}
    return _listed_jobs(call, of, suites)


def _listed_jobs(call: Call, of: WorkflowRun, suites: set[int]) -> Reply:
    found = [one for one in call.repo.checks if one.suite in suites]
    return call.listed(found, lambda call, one: job(call, one, of), "jobs")


async def _jobs_of_attempt(call: Call) -> Reply:
    of = _attempt(call)
    return _listed_jobs(call, named_run(call), {of.suite})


async def _one_attempt(call: Call) -> Reply:
    return Reply(run(call, _attempt(call)))


def _attempt(call: Call) -> WorkflowRun:
    """Return a run as it was at an attempt."""
    found, number = named_run(call), call.params["attempt"]
    if number == found.attempt:
        return found
    past = next((one for one in found.earlier if one.number == number), None)
    if past is None:
        raise missing()
    return replace(
        found,
        attempt=past.number,
        suite=past.suite,
        status="completed",
        conclusion=past.conclusion,
        started_at=past.started_at,
        updated_at=past.updated_at,
        starter=past.actor,
        earlier=[one for one in found.earlier if one.number < number],
    )


def named_job(call: Call, number: int) -> tuple[CheckRun, WorkflowRun]:
    """Return a job and the run that it belongs to."""
    found = next((one for one in call.repo.checks if one.id == number), None)
    for of in call.repo.runs:
        if found and found.suite in (of.suite, *(one.suite for one in of.earlier)):
            return found, of
    raise missing()


async def _one_job(call: Call) -> Reply:
    return Reply(job(call, *named_job(call, call.params["id"])))


async def _runs(call: Call) -> Reply:
    found = sorted(call.repo.runs, key=lambda r: (r.created_at, r.id), reverse=True)
    query, whole = call.query, len(found)
    for name, field in _FIELDS.items():
        if wanted := query.get(name):
            found = [one for one in found if getattr(one, field) == wanted]
    if wanted := query.get("status"):
        found = [one for one in found if wanted in (one.status, one.conclusion)]
    if created := query.get("created"):
        found = [one for one in found if within(one.created_at, created)]
    if key := call.params.get("workflow"):
        flow = named_workflow(call, key)
        found = [one for one in found if one.workflow == flow.id]
    if len(found) != whole:
        found = found[:_FILTERED_LIMIT]
    return call.listed(found, run, "workflow_runs")


def within(at: datetime, span: str) -> bool:
    """Read GitHub's search dates: `>=2026-03-01`, `<…`, `a..b` with `*` for an open end."""
    first, dots, last = span.partition("..")
    if dots:
        after = first == "*" or at >= moment(first)
        return after and (last == "*" or at <= moment(last))
    for sign, holds in ((">=", at.__ge__), ("<=", at.__le__), (">", at.__gt__), ("<", at.__lt__)):
        if span.startswith(sign):
            return holds(moment(span.removeprefix(sign)))
    return at.date() == moment(span).date()


def named_run(call: Call) -> WorkflowRun:
    """Return the workflow run of the path."""
    found = next((r for r in call.repo.runs if r.id == call.params["id"]), None)
    if found is None:
        raise missing()
    return found


async def _one(call: Call) -> Reply:
    return Reply(run(call, named_run(call)))


def named_workflow(call: Call, key: str) -> Workflow:
    """Return a workflow by its number or the name of its file."""
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
        "state": flow.state,
        "created_at": at,
        "updated_at": at,
        "url": call.url("actions/workflows", flow.id),
        "html_url": call.html("blob", call.repo.default_branch, flow.path),
        "badge_url": call.html("workflows", flow.name, "badge.svg"),
    }


async def _workflows(call: Call) -> Reply:
    return call.listed(call.repo.workflows, workflow, "workflows")


async def _one_workflow(call: Call) -> Reply:
    return Reply(workflow(call, named_workflow(call, call.params["workflow"])))


ROUTES: list[Route] = [
    ("GET", "/repos/{owner}/{repo}/actions/runs", _runs),
    ("GET", "/repos/{owner}/{repo}/actions/runs/{id:int}", _one),
    ("GET", "/repos/{owner}/{repo}/actions/runs/{id:int}/jobs", _jobs),
    ("GET", "/repos/{owner}/{repo}/actions/runs/{id:int}/attempts/{attempt:int}", _one_attempt),
    (
        "GET",
        "/repos/{owner}/{repo}/actions/runs/{id:int}/attempts/{attempt:int}/jobs",
        _jobs_of_attempt,
    ),
    ("GET", "/repos/{owner}/{repo}/actions/jobs/{id:int}", _one_job),
    ("GET", "/repos/{owner}/{repo}/actions/workflows", _workflows),
    ("GET", "/repos/{owner}/{repo}/actions/workflows/{workflow}", _one_workflow),
    ("GET", "/repos/{owner}/{repo}/actions/workflows/{workflow}/runs", _runs),
]
