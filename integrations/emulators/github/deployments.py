"""Deployments, how they went, and what replaced them."""

import json

from integrations.emulators.github.accounts import user
from integrations.emulators.github.calls import (
    Call,
    Json,
    Problem,
    Reply,
    Route,
    invalid,
    node_id,
    stamp,
)
from integrations.emulators.github.records import Deployment, DeploymentStatus

_STATES = ("error", "failure", "inactive", "in_progress", "queued", "pending", "success")


def deployment(call: Call, found: Deployment) -> Json:
    """Return a deployment; its payload is an object when it was made as one."""
    url = call.url("deployments", found.id)
    return {
        "url": url,
        "id": found.id,
        "node_id": node_id("Deployment", found.id),
        "sha": found.sha,
        "ref": found.ref,
        "task": found.task,
        "payload": json.loads(found.payload) if found.payload else {},
        "original_environment": found.environment,
        "environment": found.environment,
        "description": found.description or None,
        "creator": user(call, found.creator),
        "created_at": stamp(found.created_at),
        "updated_at": stamp(found.updated_at),
        "statuses_url": f"{url}/statuses",
        "repository_url": call.url(),
        "transient_environment": False,
        "production_environment": found.production,
    }


async def _listing(call: Call) -> Reply:
    found = list(reversed(call.repo.deployments.values()))
    for field in ("sha", "ref", "task", "environment"):
        if wanted := call.query.get(field):
            found = [one for one in found if getattr(one, field) == wanted]
    return call.listed(sorted(found, key=lambda d: (d.created_at, d.id), reverse=True), deployment)


async def create(call: Call) -> Reply:
    """Ask for a deployment."""
    ref, body, now = call.required("ref", "Deployment"), call.body, call.world.clock
    sha = call.git.resolve(ref)
    if sha is None:
        raise Problem(422, f"No ref found for: {ref}")
    contexts = body.get("required_contexts")
    runs = call.repo.latest_runs(sha)
    if contexts is None and any(
        run.conclusion not in ("success", "neutral", "skipped") for run in runs
    ):
        words = f"Conflict: Commit status checks failed for {ref}."
        raise Problem(
            409,
            words,
            [{"resource": "Deployment", "field": "required_contexts", "code": "invalid"}],
        )
    environment = str(body.get("environment") or "production")
    payload = body.get("payload")
    made = Deployment(
        id=call.world.next_id(),
        sha=sha,
        ref=ref,
        environment=environment,
        creator=call.actor.login,
        created_at=now,
        updated_at=now,
        task=str(body.get("task") or "deploy"),
        description=str(body.get("description") or ""),
        payload=json.dumps(payload) if payload else "",
        production=bool(body.get("production_environment", environment == "production")),
    )
    call.repo.deployments[made.id] = made
    call.repo.environments.setdefault(environment, now)
    return Reply(deployment(call, made), 201)


async def _one(call: Call) -> Reply:
    return Reply(deployment(call, call.one(call.repo.deployments)))


async def _delete(call: Call) -> Reply:
    found = call.one(call.repo.deployments)
    if found.statuses and found.statuses[-1].state == "success":
        raise Problem(
            422,
            "We cannot delete an active deployment unless it is the only deployment in a "
            "given environment.",
        )
    del call.repo.deployments[found.id]
    return Reply(None, 204)


def status(call: Call, found: DeploymentStatus) -> Json:
    """Return a deployment status."""
    url = call.url("deployments", call.params["id"])
    return {
        "url": f"{url}/statuses/{found.id}",
        "id": found.id,
        "node_id": node_id("DeploymentStatus", found.id),
        "state": found.state,
        "creator": user(call, found.creator),
        "description": found.description,
        "environment": call.one(call.repo.deployments).environment,
        "target_url": found.log_url,
        "log_url": found.log_url,
        "environment_url": found.environment_url,
        "created_at": stamp(found.created_at),
        "updated_at": stamp(found.created_at),
        "deployment_url": url,
        "repository_url": call.url(),
    }


async def _statuses(call: Call) -> Reply:
    return call.listed(list(reversed(call.one(call.repo.deployments).statuses)), status)


async def create_status(call: Call) -> Reply:
    """Say how a deployment goes."""
    found, state = call.one(call.repo.deployments), call.required("state", "DeploymentStatus")
    if state not in _STATES:
        raise invalid(
            "DeploymentStatus", "custom", "state", f"state must be one of {', '.join(_STATES)}"
        )
    now, body = call.world.clock, call.body
    made = DeploymentStatus(
        id=call.world.next_id(),
        state=state,
        creator=call.actor.login,
        created_at=now,
        description=str(body.get("description") or ""),
        log_url=str(body.get("log_url") or body.get("target_url") or ""),
        environment_url=str(body.get("environment_url") or ""),
    )
    found.statuses.append(made)
    found.updated_at = now
    if state == "success" and body.get("auto_inactive", True):
        retire(call, found)
    return Reply(status(call, made), 201)


def retire(call: Call, newest: Deployment) -> None:
    """Mark the earlier successes of the environment inactive, as GitHub does by default."""
    for other in call.repo.deployments.values():
        same = other.environment == newest.environment and other.id != newest.id
        if same and other.statuses and other.statuses[-1].state == "success":
            now = call.world.clock
            gone = DeploymentStatus(
                id=call.world.next_id(), state="inactive", creator=call.actor.login, created_at=now
            )
            other.statuses.append(gone)
            other.updated_at = now


_DEPLOYMENT = "/repos/{owner}/{repo}/deployments/{id:int}"
ROUTES: list[Route] = [
    ("GET", "/repos/{owner}/{repo}/deployments", _listing),
    ("POST", "/repos/{owner}/{repo}/deployments", create),
    ("GET", _DEPLOYMENT, _one),
    ("DELETE", _DEPLOYMENT, _delete),
    ("GET", f"{_DEPLOYMENT}/statuses", _statuses),
    ("POST", f"{_DEPLOYMENT}/statuses", create_status),
]
