"""Starting, repeating and stopping workflow runs."""

from datetime import timedelta

from integrations.emulators.github import ci
from integrations.emulators.github.actions import named_run, named_workflow
from integrations.emulators.github.calls import Call, Json, Problem, Reply, Route, missing
from integrations.emulators.github.records import WorkflowRun
from integrations.emulators.github.workflows import Workflow

MONTH = timedelta(days=30)
ACTIVE, DISABLED = "active", "disabled_manually"
_INPUTS_LIMIT = 25


async def _dispatch(call: Call) -> Reply:
    flow, ref = named_workflow(call, call.params["workflow"]), call.required("ref", "Workflow")
    branch = ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
    sha = call.git.resolve(branch)
    if sha is None:
        raise Problem(422, f"No ref found for: {ref}")
    _startable(flow, call.body.get("inputs") or {})
    made = ci.made(
        call.world,
        call.repo,
        flow,
        "workflow_dispatch",
        branch=branch,
        sha=sha,
        actor=call.actor.login,
        title=flow.name,
    )
    if not call.body.get("return_run_details"):
        return Reply(None, 204)
    body: Json = {
        "workflow_run_id": made.id,
        "run_url": call.url("actions/runs", made.id),
        "html_url": call.html("actions/runs", made.id),
    }
    return Reply(body)


def _startable(flow: Workflow, inputs: object) -> None:
    if flow.state != ACTIVE:
        raise Problem(422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow")
    if not flow.by_hand:
        raise Problem(422, "Workflow does not have 'workflow_dispatch' trigger")
    if not isinstance(inputs, dict) or len(inputs) > _INPUTS_LIMIT:
        raise Problem(422, "Invalid request.")
    if strange := [name for name in inputs if name not in flow.inputs]:
        raise Problem(422, f"Unexpected inputs provided: {strange}")


async def _rerun(call: Call) -> Reply:
    return _again(call, named_run(call))


async def _rerun_failed(call: Call) -> Reply:
    found = named_run(call)
    if found.status == "completed" and found.conclusion == "success":
        raise Problem(403, "The workflow run has no failed jobs")
    return _again(call, found, only=True)


async def _rerun_job(call: Call) -> Reply:
    suites = {job.suite for job in call.repo.checks if job.id == call.params["job"]}
    found = next((run for run in call.repo.runs if run.suite in suites), None)
    if found is None:
        raise missing()
    return _again(call, found, only=True)


def _again(call: Call, found: WorkflowRun, *, only: bool = False) -> Reply:
    if found.status != "completed":
        raise Problem(403, "This workflow is already running")
    if call.world.clock - found.created_at > MONTH:
        words = "Unable to retry this workflow run because it was created over a month ago"
        raise Problem(403, words)
    ci.again(call.world, call.repo, found, call.actor.login, only=only)
    return Reply({}, 201)


async def _cancel(call: Call) -> Reply:
    found = named_run(call)
    if found.status == "completed":
        raise Problem(409, "Cannot cancel a workflow run that is completed.")
    ci.cancelled(call.world, call.repo, found)
    return Reply({}, 202)


async def _delete(call: Call) -> Reply:
    found = named_run(call)
    if found.status != "completed":
        raise Problem(403, "Could not delete the workflow run")
    call.repo.runs.remove(found)
    return Reply(None, 204)


async def _enable(call: Call) -> Reply:
    named_workflow(call, call.params["workflow"]).state = ACTIVE
    return Reply(None, 204)


async def _disable(call: Call) -> Reply:
    flow = named_workflow(call, call.params["workflow"])
    if flow.state != ACTIVE:
        raise Problem(403, "Unable to disable a workflow that is not active.")
    flow.state = DISABLED
    return Reply(None, 204)


_FLOW = "/repos/{owner}/{repo}/actions/workflows/{workflow}"
_RUN = "/repos/{owner}/{repo}/actions/runs/{id:int}"
ROUTES: list[Route] = [
    ("POST", f"{_FLOW}/dispatches", _dispatch),
    ("PUT", f"{_FLOW}/enable", _enable),
    ("PUT", f"{_FLOW}/disable", _disable),
    ("POST", f"{_RUN}/rerun", _rerun),
    ("POST", f"{_RUN}/rerun-failed-jobs", _rerun_failed),
    ("POST", f"{_RUN}/cancel", _cancel),
    ("DELETE", _RUN, _delete),
    ("POST", "/repos/{owner}/{repo}/actions/jobs/{job:int}/rerun", _rerun_job),
]
