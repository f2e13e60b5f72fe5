"""What workflow runs leave: logs and artifacts behind signed addresses, caches, and minutes."""

import hashlib
from datetime import timedelta

from starlette.requests import Request

from integrations.emulators.github import assets, outputs, signed
from integrations.emulators.github.actions import flow_of, named_job, named_run, named_workflow
from integrations.emulators.github.calls import (
    Call,
    Json,
    Problem,
    Reply,
    Route,
    invalid,
    missing,
    node_id,
    stamp,
)
from integrations.emulators.github.ci import jobs_of
from integrations.emulators.github.records import CheckRun, Grant, WorkflowRun
from integrations.emulators.github.signed import sent_to
from integrations.emulators.github.workflows import Cache
from integrations.emulators.github.world import GitHubWorld

_MILLISECOND = timedelta(milliseconds=1)


async def download(world: GitHubWorld, request: Request) -> Reply:
    """Answer for a signed address with the bytes behind it."""
    signed.check(world, request)
    params = request.path_params
    base = str(request.base_url).rstrip("/")
    call = Call(world, base, request.url.path, params, {}, {}, Grant(login="ghost"))
    text = "text/plain; charset=utf-8"
    match params["kind"]:
        case "job":
            job, run = named_job(call, params["id"])
            return Reply(None, raw=outputs.log(call.git, flow_of(call, run), job), kind=text)
        case "run":
            run = named_run(call)
            flow = flow_of(call, run)
            held = {
                f"{index}_{job.name}.txt": outputs.log(call.git, flow, job)
                for index, job in enumerate(jobs_of(call.repo, run.suite))
            }
            return Reply(None, raw=outputs.packed(held), kind="application/zip")
        case "asset":
            return assets.fetched(call)
        case _:
            _, job = _artifact(call)
            return Reply(None, raw=outputs.results(call.git, job), kind="application/zip")


async def _job_log(call: Call) -> Reply:
    job, _ = named_job(call, call.params["id"])
    if job.status != "completed":
        raise missing()
    if call.world.clock - job.started_at > outputs.KEPT:
        raise Problem(410, "Server Error")
    return sent_to(call, "job", job.id)


async def _run_logs(call: Call) -> Reply:
    found = named_run(call)
    if found.status != "completed":
        raise missing()
    return sent_to(call, "run", found.id)


def artifact(call: Call, found: tuple[int, CheckRun]) -> Json:
    """Return an artifact; after three months it is still listed, and cannot be fetched."""
    number, job = found
    run = next(one for one in call.repo.runs if one.id == number)
    url, at = call.url("actions/artifacts", job.id), job.completed_at or job.started_at
    content = outputs.results(call.git, job)
    return {
        "id": job.id,
        "node_id": node_id("Artifact", job.id),
        "name": outputs.RESULTS,
        "size_in_bytes": len(content),
        "url": url,
        "archive_download_url": f"{url}/zip",
        "expired": _expired(call, job),
        "digest": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "created_at": stamp(at),
        "updated_at": stamp(at),
        "expires_at": stamp(at + outputs.KEPT),
        "workflow_run": {
            "id": run.id,
            "repository_id": call.repo.id,
            "head_repository_id": call.repo.id,
            "head_branch": run.branch,
            "head_sha": run.sha,
        },
    }


def _expired(call: Call, job: CheckRun) -> bool:
    return call.world.clock - (job.completed_at or job.started_at) > outputs.KEPT


def _artifacts(call: Call) -> list[tuple[int, CheckRun]]:
    found = outputs.results_of(call.repo, {flow.id: flow for flow in call.repo.workflows})
    wanted = call.query.get("name", outputs.RESULTS)
    return found if wanted == outputs.RESULTS else []


async def _listing(call: Call) -> Reply:
    return call.listed(_artifacts(call), artifact, "artifacts")


async def _of_run(call: Call) -> Reply:
    found = named_run(call)
    held = [each for each in _artifacts(call) if each[0] == found.id]
    return call.listed(held, artifact, "artifacts")


def _artifact(call: Call) -> tuple[int, CheckRun]:
    number = call.params["id"]
    found = next((each for each in _artifacts(call) if each[1].id == number), None)
    if found is None:
        raise missing()
    return found


async def _one(call: Call) -> Reply:
    return Reply(artifact(call, _artifact(call)))


async def _zip(call: Call) -> Reply:
    _, job = _artifact(call)
    if _expired(call, job):
        raise Problem(410, "Artifact has expired")
    return sent_to(call, "artifact", job.id)


async def _delete(call: Call) -> Reply:
    call.repo.gone_artifacts.append(_artifact(call)[1].id)
    return Reply(None, 204)


def cache(_: Call, found: Cache) -> Json:
    """Return a cache."""
    return {
        "id": found.id,
        "ref": found.ref,
        "key": found.key,
        "version": hashlib.sha256(found.key.encode()).hexdigest(),
        "last_accessed_at": stamp(found.used_at),
        "created_at": stamp(found.created_at),
        "size_in_bytes": found.size,
    }


def _caches(call: Call) -> list[Cache]:
    key, ref = call.query.get("key", ""), call.query.get("ref")
    held = call.repo.caches.values()
    found = [one for one in held if one.key.startswith(key) and ref in (None, one.ref)]
    by = {"created_at": "created_at", "size_in_bytes": "size"}.get(
        call.query.get("sort", ""), "used_at"
    )
    down = call.query.get("direction", "desc") == "desc"
    return sorted(found, key=lambda one: (getattr(one, by), one.id), reverse=down)


async def _list_caches(call: Call) -> Reply:
    return call.listed(_caches(call), cache, "actions_caches")


async def _delete_caches(call: Call) -> Reply:
    if not call.query.get("key"):
        raise invalid("ActionsCache", "missing_field", "key")
    found = [one for one in _caches(call) if one.key == call.query["key"]]
    if not found:
        raise missing()
    for one in found:
        del call.repo.caches[one.id]
    rows = [cache(call, one) for one in found]
    return Reply({"total_count": len(rows), "actions_caches": rows})


async def _delete_cache(call: Call) -> Reply:
    if call.repo.caches.pop(call.params["id"], None) is None:
        raise missing()
    return Reply(None, 204)


async def _usage(call: Call) -> Reply:
    held = call.repo.caches.values()
    body: Json = {
        "full_name": call.repo.full_name,
        "active_caches_size_in_bytes": sum(one.size for one in held),
        "active_caches_count": len(held),
    }
    return Reply(body)


async def _timing(call: Call) -> Reply:
    found = named_run(call)
    rows = [
        {"job_id": job.id, "duration_ms": (job.completed_at - job.started_at) // _MILLISECOND}
        for job in jobs_of(call.repo, found.suite)
        if job.completed_at
    ]
    total = sum(int(row["duration_ms"]) for row in rows)
    billed = {"total_ms": total, "jobs": len(rows), "job_runs": rows}
    return Reply({"billable": {"UBUNTU": billed}, "run_duration_ms": _took(found)})


async def _timing_of_workflow(call: Call) -> Reply:
    """Say what of a workflow is billed since the month began."""
    flow, now = named_workflow(call, call.params["workflow"]), call.world.clock
    month = now.replace(day=1, hour=0, minute=0, second=0)
    total = sum(
        (job.completed_at - job.started_at) // _MILLISECOND
        for run in call.repo.runs
        if run.workflow == flow.id and run.created_at >= month
        for job in jobs_of(call.repo, run.suite)
        if job.completed_at
    )
    return Reply({"billable": {"UBUNTU": {"total_ms": total}}})


def _took(found: WorkflowRun) -> int:
    return (found.updated_at - found.started_at) // _MILLISECOND


_ACTIONS = "/repos/{owner}/{repo}/actions"
ROUTES: list[Route] = [
    ("GET", f"{_ACTIONS}/jobs/{{id:int}}/logs", _job_log),
    ("GET", f"{_ACTIONS}/runs/{{id:int}}/logs", _run_logs),
    ("GET", f"{_ACTIONS}/runs/{{id:int}}/artifacts", _of_run),
    ("GET", f"{_ACTIONS}/runs/{{id:int}}/timing", _timing),
    ("GET", f"{_ACTIONS}/workflows/{{workflow}}/timing", _timing_of_workflow),
    ("GET", f"{_ACTIONS}/artifacts", _listing),
    ("GET", f"{_ACTIONS}/artifacts/{{id:int}}", _one),
    ("DELETE", f"{_ACTIONS}/artifacts/{{id:int}}", _delete),
    ("GET", f"{_ACTIONS}/artifacts/{{id:int}}/zip", _zip),
    ("GET", f"{_ACTIONS}/caches", _list_caches),
    ("DELETE", f"{_ACTIONS}/caches", _delete_caches),
    ("DELETE", f"{_ACTIONS}/caches/{{id:int}}", _delete_cache),
    ("GET", f"{_ACTIONS}/cache/usage", _usage),
]
